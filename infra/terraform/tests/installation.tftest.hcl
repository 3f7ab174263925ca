# The installation as a whole: what its names are made of, and what its variables turn on and off.

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
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-1:123456789012:key/own" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:123456789012:on-call" }
  }
}

variables {
  packages = { bucket = "packages" }
}

run "by_default" {
  assert {
    condition     = aws_sns_topic.on_call.kms_master_key_id == "arn:aws:kms:eu-west-1:123456789012:key/own" && aws_kms_key.on_call[0].enable_key_rotation
    error_message = "The topic is under ${aws_sns_topic.on_call.kms_master_key_id}."
  }
  assert {
    condition     = length(aws_dynamodb_table.table.server_side_encryption) == 0
    error_message = "The table is encrypted otherwise than with a key that AWS owns."
  }
  assert {
    condition     = aws_cloudwatch_composite_alarm.unwell.alarm_actions == toset([aws_sns_topic.on_call.arn]) && aws_cloudwatch_composite_alarm.unwell.ok_actions == toset([aws_sns_topic.on_call.arn])
    error_message = "The alarm does not tell on-call of its beginning and its end."
  }
  assert {
    condition     = aws_dynamodb_table.table.deletion_protection_enabled && aws_dynamodb_table.table.point_in_time_recovery[0].enabled
    error_message = "The table can be deleted, or not be restored."
  }
  assert {
    condition     = length(aws_appconfig_extension_association.guarded) == 0
    error_message = "Something is associated with the extension."
  }
}

run "with_everything_set" {
  variables {
    name                   = "second"
    kms_key_arn            = "arn:aws:kms:eu-west-1:123456789012:key/given"
    alarm_topic_arn        = "arn:aws:sns:eu-west-1:123456789012:platform"
    deletion_protection    = false
    guarded_flags_resource = "arn:aws:appconfig:eu-west-1:123456789012:application/abc1234"
    guarded_flags_policy   = "checkout"
  }
  assert {
    condition = [
      aws_dynamodb_table.table.name,
      aws_cloudwatch_event_bus.bus.name,
      aws_sns_topic.on_call.name,
      aws_scheduler_schedule.sweep.name,
      aws_appconfig_deployment_strategy.at_once.name,
      aws_appconfig_extension.guard.name,
      aws_cloudwatch_dashboard.dashboard.dashboard_name,
      aws_cloudwatch_composite_alarm.unwell.alarm_name,
      module.health_check.functions["health-check"].name,
      module.health_check.functions["code-deploy-hook"].name,
    ] == ["second", "second", "second-on-call", "second-sweep", "second-at-once", "second-guard", "second", "second-unwell", "second-health-check", "CodeDeployHook_second"]
    error_message = "A name does not begin with the installation's."
  }
  assert {
    condition     = output.table == "second" && output.bus == "second"
    error_message = "The outputs do not name the table and the bus."
  }
  assert {
    condition     = length(regexall("ALARM\\(\"second-", aws_cloudwatch_composite_alarm.unwell.alarm_rule)) == 19
    error_message = "Not every alarm is in ${aws_cloudwatch_composite_alarm.unwell.alarm_rule}"
  }
  assert {
    condition     = length(aws_kms_key.on_call) == 0 && aws_sns_topic.on_call.kms_master_key_id == var.kms_key_arn
    error_message = "The topic is under ${aws_sns_topic.on_call.kms_master_key_id}."
  }
  assert {
    condition     = aws_dynamodb_table.table.server_side_encryption[0].kms_key_arn == var.kms_key_arn
    error_message = "The table is under another key."
  }
  assert {
    condition     = aws_cloudwatch_composite_alarm.unwell.alarm_actions == toset([var.alarm_topic_arn]) && aws_cloudwatch_composite_alarm.unwell.ok_actions == toset([var.alarm_topic_arn])
    error_message = "The alarm does not tell the topic that was named."
  }
  assert {
    condition     = !aws_dynamodb_table.table.deletion_protection_enabled
    error_message = "The table is protected all the same."
  }
  assert {
    condition     = aws_appconfig_extension_association.guarded[0].resource_arn == var.guarded_flags_resource && aws_appconfig_extension_association.guarded[0].parameters == tomap({ Policy = "checkout" })
    error_message = "The extension guards something else, or by another policy."
  }
}
