# ---------------------------------------------------------------- the table
resource "aws_dynamodb_table" "table" {
  name                        = var.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pk"
  range_key                   = "sk"
  deletion_protection_enabled = var.deletion_protection

  dynamic "attribute" {
    for_each = ["pk", "sk", "shelf", "since"]
    content {
      name = attribute.value
      type = "S"
    }
  }

  # Sparse: of all items only what is under way has a shelf. The provider's version 5 knows no other words for its keys.
  global_secondary_index {
    name               = "shelf"
    hash_key           = "shelf"
    range_key          = "since"
    projection_type    = "INCLUDE"
    non_key_attributes = ["target"]
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  # Without a key of the user's the table is encrypted with one that AWS owns; a block would choose aws/dynamodb.
  dynamic "server_side_encryption" {
    for_each = local.own_key ? [var.kms_key_arn] : []
    content {
      enabled     = true
      kms_key_arn = server_side_encryption.value
    }
  }
}

# ---------------------------------------------------------------- the bus
resource "aws_cloudwatch_event_bus" "bus" {
  name = var.name
}

# ---------------------------------------------------------------- people
resource "aws_sns_topic" "on_call" {
  name              = "${var.name}-on-call"
  kms_master_key_id = local.topic_key
}

resource "aws_sns_topic_policy" "on_call" {
  arn = aws_sns_topic.on_call.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.on_call.arn
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.on_call.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

# CloudWatch's alarms cannot publish to a topic under the key that AWS manages for SNS.
resource "aws_kms_key" "on_call" {
  count = local.own_key ? 0 : 1

  description         = "Encrypts what ${var.name} tells on-call."
  enable_key_rotation = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Account"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
    ]
  })
}
