# Every minute health-check looks at every live rollout.
resource "aws_scheduler_schedule" "sweep" {
  #checkov:skip=CKV_AWS_297:its input says "sweep" and the time
  name                = "${var.name}-sweep"
  description         = "Looks at every live rollout."
  schedule_expression = "rate(1 minute)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = module.health_check.arn
    role_arn = aws_iam_role.sweep.arn
    # A string and not jsonencode, which writes < and > as escapes: Scheduler looks for the placeholder as it stands.
    input = "{\"tidegate\":\"sweep\",\"time\":\"<aws.scheduler.scheduled-time>\"}"

    dead_letter_config {
      arn = module.health_check.undelivered_arn
    }

    retry_policy {
      maximum_retry_attempts       = 0
      maximum_event_age_in_seconds = 60
    }
  }
}

resource "aws_iam_role" "sweep" {
  name_prefix = substr("${var.name}-sweep-", 0, 38)
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "sweep" {
  name = "sweep"
  role = aws_iam_role.sweep.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Sweeps"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = module.health_check.arn
      },
      {
        Sid      = "Undelivered"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = module.health_check.undelivered_arn
      },
    ]
  })
}

# ---------------------------------------------------------------- alarms
resource "aws_cloudwatch_metric_alarm" "sweep_stopped" {
  alarm_name          = "${var.name}-sweep-stopped"
  alarm_description   = "Nothing has swept for five minutes. Rollouts are not judged."
  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = { FunctionName = module.health_check.functions["health-check"].name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
}

resource "aws_cloudwatch_metric_alarm" "rollouts_stuck" {
  alarm_name          = "${var.name}-rollouts-stuck"
  alarm_description   = "Traffic should be back on stable and is not, for five minutes."
  namespace           = "Tidegate"
  metric_name         = "RolloutsStuck"
  dimensions          = { Installation = var.name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 5
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
}
