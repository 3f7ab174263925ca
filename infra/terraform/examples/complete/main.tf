# Every variable of the module, none at its default.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.99.1, < 7.0"
    }
  }
}

provider "aws" {
  region = "eu-west-1"
}

module "tidegate" {
  source = "../.."

  name               = "tidegate-shop"
  architecture       = "x86_64"
  log_level          = "debug"
  log_retention_days = 365

  # What `aws s3 sync target/lambda s3://example-packages/tidegate/1.0.0/` put there. A new release is a new prefix.
  packages = { bucket = "example-packages", prefix = "tidegate/1.0.0/" }

  kms_key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  alarm_topic_arn = "arn:aws:sns:eu-west-1:123456789012:platform"

  # Only resources whose tag tidegate:policy begins with shop- may be written to.
  policies              = ["shop-*"]
  check_function_prefix = "shop-check-"

  guarded_flags_resource = "arn:aws:appconfig:eu-west-1:123456789012:application/abc1234/environment/def5678"
  guarded_flags_policy   = "shop-flags"

  reserve_concurrency = false
  deletion_protection = false
}

output "tidegate" {
  description = "What `tidegate` and your own configurations need to know."
  value       = module.tidegate
}
