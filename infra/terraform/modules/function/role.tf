locals {
  # What every function may.
  common = [
    {
      sid       = "Table"
      actions   = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
      resources = [var.installation.table_arn]
      condition = null
    },
    {
      sid       = "Shelf"
      actions   = ["dynamodb:Query"]
      resources = ["${var.installation.table_arn}/index/shelf"]
      condition = null
    },
    {
      sid       = "Bus"
      actions   = ["events:PutEvents"]
      resources = [var.installation.bus.arn]
      condition = { StringEquals = { "events:source" = ["tidegate"] } }
    },
    {
      sid       = "Traces"
      actions   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      resources = ["*"]
      condition = null
    },
    {
      sid     = "Logs"
      actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
      # The provider's ARN of a log group ends before the streams.
      resources = ["${aws_cloudwatch_log_group.logs.arn}:*"]
      condition = null
    },
    {
      sid       = "Undelivered"
      actions   = ["sqs:SendMessage"]
      resources = [aws_sqs_queue.undelivered.arn]
      condition = null
    },
  ]

  key = var.installation.kms_key_arn == "" ? [] : [{
    sid       = "Key"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.installation.kms_key_arn]
    condition = null
  }]
}

resource "aws_iam_role" "role" {
  name_prefix = substr("${local.full_name}-", 0, 38)
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "role" {
  name = var.name
  role = aws_iam_role.role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for statement in concat(local.common, local.key, var.statements) : merge(
        { Sid = statement.sid, Effect = "Allow", Action = statement.actions, Resource = statement.resources },
        statement.condition == null ? {} : { Condition = statement.condition },
      )
    ]
  })
}
