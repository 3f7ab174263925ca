# A function of your own whose alias Tidegate moves. Store a policy with `mode: drive` for it, such as
# events/policies/canary.yaml; from then on an apply that changes the code publishes a version, and Tidegate rolls it out.

variable "package" {
  description = "The function's package: infra/sam/examples/guarded/src, zipped."
  type        = string
  default     = "checkout.zip"
}

resource "aws_lambda_function" "checkout" {
  #checkov:skip=CKV_AWS_50:an example of what Tidegate needs, and of nothing else
  #checkov:skip=CKV_AWS_115:an example of what Tidegate needs, and of nothing else
  #checkov:skip=CKV_AWS_116:an example of what Tidegate needs, and of nothing else
  #checkov:skip=CKV_AWS_117:an example of what Tidegate needs, and of nothing else
  #checkov:skip=CKV_AWS_272:an example of what Tidegate needs, and of nothing else
  function_name    = "checkout"
  role             = aws_iam_role.checkout.arn
  runtime          = "python3.13"
  handler          = "app.handler"
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)

  # Each change is a version; it has no traffic until the alias gives it some.
  publish = true

  # The one line that Tidegate needs: the name of the policy.
  tags = { "tidegate:policy" = "checkout" }
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.checkout.function_name
  function_version = aws_lambda_function.checkout.version

  lifecycle {
    # Which version has how much traffic is Tidegate's at run time, or CodeDeploy's. Without this line every apply would
    # give the newest version all traffic, past any canary, and Tidegate would take that for somebody's drift.
    ignore_changes = [function_version, routing_config]
  }
}

resource "aws_iam_role" "checkout" {
  name_prefix = "checkout-"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "checkout" {
  role       = aws_iam_role.checkout.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}
