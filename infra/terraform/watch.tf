# One alarm that pages, and the dashboard.

locals {
  alarms = concat(
    module.traffic_shift.alarms,
    module.health_check.alarms,
    module.rollback.alarms,
    module.feature_flag.alarms,
    module.notify.alarms,
    [aws_cloudwatch_metric_alarm.sweep_stopped.alarm_name, aws_cloudwatch_metric_alarm.rollouts_stuck.alarm_name],
  )
}

# The other alarms say what is wrong; this one alone pages, once.
resource "aws_cloudwatch_composite_alarm" "unwell" {
  alarm_name        = "${var.name}-unwell"
  alarm_description = "Tidegate itself needs attention. The alarms that fire say where."
  alarm_rule        = join(" OR ", [for alarm in local.alarms : "ALARM(\"${alarm}\")"])
  alarm_actions     = [local.alarm_topic_arn]
  ok_actions        = [local.alarm_topic_arn]
}

resource "aws_cloudwatch_dashboard" "dashboard" {
  dashboard_name = var.name
  dashboard_body = templatefile("${path.module}/dashboard.json.tftpl", { name = var.name, region = local.region })
}
