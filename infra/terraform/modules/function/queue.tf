# Events that could not be handled.
resource "aws_sqs_queue" "undelivered" {
  name                      = "${local.full_name}-undelivered"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = var.installation.kms_key_arn == "" ? true : null
  kms_master_key_id         = var.installation.kms_key_arn == "" ? null : var.installation.kms_key_arn
}

resource "aws_sqs_queue_policy" "undelivered" {
  queue_url = aws_sqs_queue.undelivered.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RulesAndSchedules"
        Effect    = "Allow"
        Principal = { Service = ["events.amazonaws.com", "scheduler.amazonaws.com"] }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.undelivered.arn
        Condition = { StringEquals = { "aws:SourceAccount" = var.installation.account } }
      },
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.undelivered.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}
