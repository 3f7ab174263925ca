resource "aws_cloudwatch_event_rule" "rule" {
  for_each = var.rules

  name           = "${local.full_name}-${replace(each.key, "_", "-")}"
  event_bus_name = coalesce(each.value.bus, var.installation.bus.name)
  event_pattern  = each.value.pattern
}

resource "aws_cloudwatch_event_target" "rule" {
  for_each = aws_cloudwatch_event_rule.rule

  rule           = each.value.name
  event_bus_name = each.value.event_bus_name
  target_id      = var.name
  arn            = local.function.arn

  dead_letter_config {
    arn = aws_sqs_queue.undelivered.arn
  }
}

resource "aws_lambda_permission" "rule" {
  for_each = aws_cloudwatch_event_rule.rule

  function_name = local.function.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = each.value.arn
}

locals {
  function = aws_lambda_function.function[var.name]
}
