# What is written to has the tag, or a name that says what it is for.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }
}

variables {
  packages              = { bucket = "packages" }
  policies              = ["shop-*", "search"]
  check_function_prefix = "smoke-"
}

run "what_is_written_to_is_tagged_or_named" {
  assert {
    condition = [
      for statement in flatten([
        for policy in [module.traffic_shift.policy, module.rollback.policy] : jsondecode(policy).Statement
      ]) : try(statement.Condition, "nothing") if contains(statement.Action, "lambda:UpdateAlias")
    ] == [for function in range(2) : { StringLike = { "aws:ResourceTag/tidegate:policy" = ["shop-*", "search"] } }]
    error_message = "traffic-shift or rollback may move an alias without the tag."
  }
  assert {
    condition = [
      for statement in jsondecode(module.traffic_shift.policy).Statement : try(statement.Condition, "nothing")
      if contains(statement.Action, "codedeploy:CreateDeployment")
    ] == [{ StringLike = { "aws:ResourceTag/tidegate:policy" = ["shop-*", "search"] } }]
    error_message = "traffic-shift may start a deployment without the tag."
  }
  assert {
    condition = [
      for statement in jsondecode(module.health_check.policy).Statement :
      try(statement.Condition.StringLike["aws:ResourceTag/tidegate:policy"], statement.Resource)
      if contains(statement.Action, "lambda:InvokeFunction")
    ] == [["shop-*", "search"], ["arn:aws:lambda:eu-west-1:123456789012:function:smoke-*"]]
    error_message = "health-check may invoke more than what is tagged, and check functions."
  }
  assert {
    condition = [
      for statement in jsondecode(module.feature_flag.policy).Statement : try(statement.Condition, "nothing")
      if contains(statement.Action, "appconfig:CreateHostedConfigurationVersion")
    ] == [{ StringLike = { "aws:ResourceTag/tidegate:policy" = ["shop-*", "search"] } }]
    error_message = "feature-flag may write a configuration without the tag."
  }
}
