output "table" {
  description = "The table. `tidegate --table` or TIDEGATE_TABLE."
  value       = aws_dynamodb_table.table.name
}

output "bus" {
  description = "The bus. `tidegate --bus` or TIDEGATE_BUS."
  value       = aws_cloudwatch_event_bus.bus.name
}

output "code_deploy_hook" {
  description = "Name this function as a lifecycle hook of your deployments."
  value       = module.health_check.functions["code-deploy-hook"].arn
}

output "flag_guard" {
  description = "Associate this extension with AppConfig applications, environments or profiles whose deployments are to be judged."
  value       = aws_appconfig_extension.guard.arn
}

output "on_call_topic" {
  description = "Subscribe on-call here."
  value       = aws_sns_topic.on_call.arn
}

output "reader_policies" {
  description = "Attach these to whoever looks."
  value       = [aws_iam_policy.reader.arn]
}

output "approver_policies" {
  description = "Attach these to whoever answers for rollouts."
  value       = [aws_iam_policy.reader.arn, aws_iam_policy.approver.arn]
}

output "operator_policies" {
  description = "Attach these to whoever does everything."
  value       = [aws_iam_policy.reader.arn, aws_iam_policy.approver.arn, aws_iam_policy.operator.arn]
}
