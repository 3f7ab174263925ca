locals {
  full_name = "${var.installation.name}-${var.name}"
  zip       = "${var.name}/bootstrap.zip"
  from_s3   = var.installation.packages.bucket != null
  file      = "${var.installation.packages.folder}/${local.zip}"

  first     = { key = var.name, name = local.full_name, description = var.description, reserved_concurrency = var.reserved_concurrency }
  functions = { for function in concat([local.first], var.second[*]) : function.key => function }
}

resource "aws_lambda_function" "function" {
  #checkov:skip=CKV_AWS_116:what an asynchronous invocation could not handle goes where the event invoke config says, with its error
  #checkov:skip=CKV_AWS_117:it calls AWS's own endpoints alone, and listens to nothing
  #checkov:skip=CKV_AWS_173:its environment has names and no secrets
  #checkov:skip=CKV_AWS_272:signed code needs a signing profile, which is the account's to have
  for_each = local.functions

  function_name = each.value.name
  description   = each.value.description
  role          = aws_iam_role.role.arn
  runtime       = "provided.al2023"
  handler       = "bootstrap"
  architectures = [var.installation.architecture]
  memory_size   = 256
  # No function runs longer: the way back counts on it (LONGEST_FUNCTION_TIMEOUT in shared/domain).
  timeout                        = 60
  reserved_concurrent_executions = var.installation.reserve_concurrency ? each.value.reserved_concurrency : null

  filename         = local.from_s3 ? null : local.file
  source_code_hash = local.from_s3 || !fileexists(local.file) ? null : filebase64sha256(local.file)
  s3_bucket        = var.installation.packages.bucket
  s3_key           = local.from_s3 ? "${var.installation.packages.prefix}${local.zip}" : null

  environment {
    variables = merge(var.installation.environment, var.environment)
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.logs.name
  }

  tracing_config {
    mode = "Active"
  }

  lifecycle {
    precondition {
      condition     = local.from_s3 || fileexists(local.file)
      error_message = "packages: there is no ${local.file}; `cargo lambda build --release --output-format zip` makes it."
    }
  }

  # Lambda refuses functions that may not yet do what they are configured for.
  depends_on = [aws_iam_role_policy.role]
}

resource "aws_lambda_function_event_invoke_config" "function" {
  for_each = aws_lambda_function.function

  function_name          = each.value.function_name
  qualifier              = "$LATEST"
  maximum_retry_attempts = 2

  destination_config {
    on_failure {
      destination = aws_sqs_queue.undelivered.arn
    }
  }
}

resource "aws_cloudwatch_log_group" "logs" {
  name              = "/aws/lambda/${local.full_name}"
  retention_in_days = var.installation.log_retention_days
  kms_key_id        = var.installation.kms_key_arn == "" ? null : var.installation.kms_key_arn
}
