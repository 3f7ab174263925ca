# All at once and without a bake. AppConfig's own AllAtOnce bakes for ten minutes, in which nothing else can be deployed.
resource "aws_appconfig_deployment_strategy" "at_once" {
  name                           = "${var.name}-at-once"
  description                    = "To all clients at once, without a bake."
  deployment_duration_in_minutes = 0
  final_bake_time_in_minutes     = 0
  growth_factor                  = 100
  growth_type                    = "LINEAR"
  replicate_to                   = "NONE"
}

# Associate it with what is to be guarded: at every tick of a deployment AppConfig asks health-check whether it may go
# on. It also has AppConfig say on the default bus when deployments begin and end, of which the functions hear otherwise
# only when they look.
resource "aws_appconfig_extension" "guard" {
  name        = "${var.name}-guard"
  description = "Tidegate judges deployments, and has those taken back that do harm."

  action_point {
    point = "AT_DEPLOYMENT_TICK"
    action {
      name     = "judge"
      uri      = module.health_check.arn
      role_arn = aws_iam_role.guard.arn
    }
  }

  dynamic "action_point" {
    for_each = {
      ON_DEPLOYMENT_START       = "say-start"
      ON_DEPLOYMENT_COMPLETE    = "say-complete"
      ON_DEPLOYMENT_ROLLED_BACK = "say-rolled-back"
    }
    content {
      point = action_point.key
      action {
        name = action_point.value
        uri  = "arn:${local.partition}:events:${local.here}:event-bus/default"
      }
    }
  }

  parameter {
    name        = "Policy"
    description = "The name of the policy that judges."
    required    = true
  }
}

resource "aws_iam_role" "guard" {
  name_prefix = substr("${var.name}-guard-", 0, 38)
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "appconfig.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "guard" {
  name = "ask-health-check"
  role = aws_iam_role.guard.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "AsksHealthCheck"
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = module.health_check.arn
    }]
  })
}

resource "aws_appconfig_extension_association" "guarded" {
  count = var.guarded_flags_resource == "" ? 0 : 1

  extension_arn = aws_appconfig_extension.guard.arn
  resource_arn  = var.guarded_flags_resource
  parameters    = { Policy = var.guarded_flags_policy }
}
