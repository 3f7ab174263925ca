# The same alias where CodeDeploy moves the traffic: with a policy of `mode: guard`, such as that of
# infra/sam/examples/guarded, Tidegate judges the deployments of this group and stops one that does harm. Leave this file
# out where Tidegate moves the weight by itself.

resource "aws_codedeploy_app" "shop" {
  name             = "shop"
  compute_platform = "Lambda"
}

resource "aws_codedeploy_deployment_group" "checkout" {
  app_name               = aws_codedeploy_app.shop.name
  deployment_group_name  = "checkout"
  service_role_arn       = aws_iam_role.codedeploy.arn
  deployment_config_name = "CodeDeployDefault.LambdaCanary10Percent10Minutes"

  deployment_style {
    deployment_type   = "BLUE_GREEN"
    deployment_option = "WITH_TRAFFIC_CONTROL"
  }

  # Where Tidegate stops a deployment it says itself that all goes back; this is for what CodeDeploy fails by itself.
  auto_rollback_configuration {
    enabled = true
    events  = ["DEPLOYMENT_FAILURE"]
  }

  # Lets Tidegate start deployments too; those that somebody else starts are guarded by the function's tag.
  tags = { "tidegate:policy" = "checkout" }

  # A deployment changes nothing here, so nothing is ignored: what it moves is the alias (function.tf).
}

resource "aws_iam_role" "codedeploy" {
  name_prefix = "codedeploy-shop-"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "codedeploy.amazonaws.com" }
    }]
  })
}

# Lets CodeDeploy move aliases, and invoke as hooks functions whose names begin with CodeDeployHook_: Tidegate's is one.
resource "aws_iam_role_policy_attachment" "codedeploy" {
  role       = aws_iam_role.codedeploy.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda"
}
