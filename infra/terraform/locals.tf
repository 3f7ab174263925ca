data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  # `id`, because its other names differ between the provider's versions 5 and 6.
  region = data.aws_region.current.id

  own_key   = var.kms_key_arn != ""
  topic_key = one(concat(aws_kms_key.on_call[*].arn, local.own_key ? [var.kms_key_arn] : []))

  alarm_topic_arn = var.alarm_topic_arn == "" ? aws_sns_topic.on_call.arn : var.alarm_topic_arn

  # Without a folder or a bucket: what `cargo lambda build` left in this repository.
  package_folder = coalesce(var.packages.folder, "${path.module}/../../target/lambda")

  # What all functions have in common.
  installation = {
    name                = var.name
    account             = local.account
    architecture        = var.architecture
    kms_key_arn         = var.kms_key_arn
    log_retention_days  = var.log_retention_days
    reserve_concurrency = var.reserve_concurrency
    table_arn           = aws_dynamodb_table.table.arn
    bus                 = { name = aws_cloudwatch_event_bus.bus.name, arn = aws_cloudwatch_event_bus.bus.arn }
    packages = {
      folder = local.package_folder
      bucket = var.packages.bucket
      prefix = var.packages.prefix
    }
    environment = {
      TIDEGATE_BUS          = aws_cloudwatch_event_bus.bus.name
      TIDEGATE_INSTALLATION = var.name
      TIDEGATE_LOG          = var.log_level
      TIDEGATE_TABLE        = aws_dynamodb_table.table.name
      TIDEGATE_TOPIC        = aws_sns_topic.on_call.arn
    }
  }
}
