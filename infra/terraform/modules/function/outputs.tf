output "arn" {
  description = "The function that rules invoke."
  value       = local.function.arn
}

output "functions" {
  description = "Every function by its key: name and ARN."
  value       = { for key, function in aws_lambda_function.function : key => { name = function.function_name, arn = function.arn } }
}

output "undelivered_arn" {
  description = "The queue of events that could not be handled."
  value       = aws_sqs_queue.undelivered.arn
}

output "alarms" {
  description = "The names of its alarms."
  value = concat(
    [aws_cloudwatch_metric_alarm.undelivered.alarm_name],
    values(aws_cloudwatch_metric_alarm.errors)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.throttles)[*].alarm_name,
  )
}

output "policy" {
  description = "What it may do, as IAM's JSON."
  value       = aws_iam_role_policy.role.policy
}
