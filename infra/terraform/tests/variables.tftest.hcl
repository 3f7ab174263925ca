# Each variable refuses what AWS or the functions would, by its name and before anything is made.

mock_provider "aws" {}

run "what_is_wrong_is_refused_all_at_once" {
  command = plan
  variables {
    name                   = "Tidegate"
    packages               = { folder = "target/lambda", bucket = "packages" }
    architecture           = "arm"
    log_level              = "verbose"
    log_retention_days     = 31
    kms_key_arn            = "alias/tidegate"
    alarm_topic_arn        = "on-call"
    policies               = []
    check_function_prefix  = ""
    guarded_flags_resource = "arn:aws:lambda:eu-west-1:123456789012:function:checkout"
    guarded_flags_policy   = "checkout"
  }
  expect_failures = [
    var.name,
    var.packages,
    var.architecture,
    var.log_level,
    var.log_retention_days,
    var.kms_key_arn,
    var.alarm_topic_arn,
    var.policies,
    var.check_function_prefix,
    var.guarded_flags_resource,
  ]
}

run "what_does_not_go_together_is_refused" {
  command = plan
  variables {
    # 33 letters; 32 are the most.
    name                   = "abcdefghijklmnopqrstuvwxyz-abcdef"
    packages               = { prefix = "1.0.0/" }
    policies               = ["shop-*", ""]
    guarded_flags_resource = "arn:aws:appconfig:eu-west-1:123456789012:application/abc1234"
  }
  expect_failures = [var.name, var.packages, var.policies, var.guarded_flags_policy]
}
