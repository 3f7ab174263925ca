# One function by itself: where its package is, what encrypts, how many of it run.

mock_provider "aws" {}

variables {
  name                 = "rollback"
  description          = "Takes traffic back."
  undelivered          = "A rollback could not be handled."
  reserved_concurrency = 10
  rules                = { aborts = { pattern = "{}" }, alarms = { pattern = "{}", bus = "default" } }
  statements           = []
  installation = {
    name                = "tidegate"
    account             = "123456789012"
    architecture        = "arm64"
    kms_key_arn         = ""
    log_retention_days  = 30
    reserve_concurrency = true
    table_arn           = "arn:aws:dynamodb:eu-west-1:123456789012:table/tidegate"
    bus                 = { name = "tidegate", arn = "arn:aws:events:eu-west-1:123456789012:event-bus/tidegate" }
    packages            = { folder = "tests/packages", bucket = null, prefix = "" }
    environment         = { TIDEGATE_LOG = "info" }
  }
}

run "a_package_in_a_folder_is_known_by_its_hash" {
  module {
    source = "./modules/function"
  }
  assert {
    condition     = aws_lambda_function.function["rollback"].filename == "tests/packages/rollback/bootstrap.zip"
    error_message = "The package is ${aws_lambda_function.function["rollback"].filename}."
  }
  assert {
    # That of an empty file.
    condition     = aws_lambda_function.function["rollback"].source_code_hash == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    error_message = "A new package under the old name would not be deployed."
  }
}

run "a_package_that_is_missing_is_told_at_the_plan" {
  command = plan
  module {
    source = "./modules/function"
  }
  variables {
    name = "notify"
  }
  expect_failures = [aws_lambda_function.function]
}

run "a_package_in_a_bucket_is_named_by_its_key" {
  module {
    source = "./modules/function"
  }
  variables {
    installation = {
      name                = "tidegate"
      account             = "123456789012"
      architecture        = "arm64"
      kms_key_arn         = "arn:aws:kms:eu-west-1:123456789012:key/given"
      log_retention_days  = 30
      reserve_concurrency = false
      table_arn           = "arn:aws:dynamodb:eu-west-1:123456789012:table/tidegate"
      bus                 = { name = "tidegate", arn = "arn:aws:events:eu-west-1:123456789012:event-bus/tidegate" }
      packages            = { folder = "nowhere", bucket = "packages", prefix = "1.0.0/" }
      environment         = {}
    }
  }
  assert {
    condition     = aws_lambda_function.function["rollback"].s3_key == "1.0.0/rollback/bootstrap.zip" && aws_lambda_function.function["rollback"].filename == null
    error_message = "The package is ${aws_lambda_function.function["rollback"].s3_key}."
  }
  assert {
    condition     = aws_lambda_function.function["rollback"].reserved_concurrent_executions == null
    error_message = "Concurrency is reserved all the same."
  }
  assert {
    condition     = aws_sqs_queue.undelivered.kms_master_key_id == var.installation.kms_key_arn && aws_cloudwatch_log_group.logs.kms_key_id == var.installation.kms_key_arn
    error_message = "Queue or logs are under another key."
  }
  assert {
    condition     = one([for statement in jsondecode(output.policy).Statement : statement.Resource if statement.Sid == "Key"]) == ["arn:aws:kms:eu-west-1:123456789012:key/given"]
    error_message = "The function may not use the key."
  }
}

run "without_a_key_the_queue_is_encrypted_by_sqs" {
  module {
    source = "./modules/function"
  }
  assert {
    condition     = aws_sqs_queue.undelivered.sqs_managed_sse_enabled && !strcontains(output.policy, "kms:")
    error_message = "The queue is not encrypted, or the function has rights on a key."
  }
}

run "concurrency_is_reserved" {
  module {
    source = "./modules/function"
  }
  assert {
    condition     = aws_lambda_function.function["rollback"].reserved_concurrent_executions == 10
    error_message = "Nothing is reserved."
  }
}

run "rules_are_on_the_installation_s_bus_unless_they_name_another" {
  module {
    source = "./modules/function"
  }
  assert {
    condition     = { for key, rule in aws_cloudwatch_event_rule.rule : key => rule.event_bus_name } == { aborts = "tidegate", alarms = "default" }
    error_message = "A rule is on another bus."
  }
}
