# What those may do who call `tidegate`. Each policy adds to the one before it.

# ---------------------------------------------------------------- looks
resource "aws_iam_policy" "reader" {
  name_prefix = "${var.name}-reader-"
  description = "Looks at the rollouts, flags and policies of ${var.name}."
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        # Neither what hooks wait with, nor what only functions need of each other.
        {
          Sid      = "ReadsItems"
          Effect   = "Allow"
          Action   = ["dynamodb:GetItem", "dynamodb:Query"]
          Resource = aws_dynamodb_table.table.arn
          Condition = {
            "ForAllValues:StringLike" = {
              "dynamodb:LeadingKeys" = ["FREEZE", "LOCK#*", "POLICY#*", "QUARANTINE", "ROLLOUT#*", "TOGGLE#*"]
            }
            Null = { "dynamodb:LeadingKeys" = "false" }
          }
        },
        {
          Sid      = "ReadsNames"
          Effect   = "Allow"
          Action   = "dynamodb:Query"
          Resource = "${aws_dynamodb_table.table.arn}/index/shelf"
        },
      ],
      [for key in local.own_key ? [var.kms_key_arn] : [] : {
        Sid       = "Key"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = key
        Condition = { StringEquals = { "kms:ViaService" = "dynamodb.${local.region}.${data.aws_partition.current.dns_suffix}" } }
      }],
      [
        {
          Sid    = "ReadsFunctions"
          Effect = "Allow"
          Action = "lambda:GetFunctionConfiguration"
          Resource = [
            module.feature_flag.arn,
            module.health_check.arn,
            module.notify.arn,
            module.rollback.arn,
            module.traffic_shift.arn,
          ]
        },
        {
          Sid      = "ReadsTargets"
          Effect   = "Allow"
          Action   = ["lambda:GetAlias", "lambda:ListTags"]
          Resource = local.every.function
        },
        # A function's configuration shows its environment, so only of functions that are under Tidegate.
        {
          Sid       = "ReadsTaggedTargets"
          Effect    = "Allow"
          Action    = ["lambda:GetFunctionConfiguration", "lambda:ListVersionsByFunction"]
          Resource  = local.every.function
          Condition = { Null = { "aws:ResourceTag/tidegate:policy" = "false" } }
        },
        {
          Sid      = "ReadsBus"
          Effect   = "Allow"
          Action   = "events:DescribeEventBus"
          Resource = aws_cloudwatch_event_bus.bus.arn
        },
        # On the installation's bus and on the default one.
        {
          Sid      = "ReadsRules"
          Effect   = "Allow"
          Action   = "events:DescribeRule"
          Resource = "arn:${local.partition}:events:${local.here}:rule/*"
        },
        # Composite alarms can only be read with all alarms allowed.
        {
          Sid      = "ReadsAlarms"
          Effect   = "Allow"
          Action   = "cloudwatch:DescribeAlarms"
          Resource = local.every.alarm
        },
        # Environments, profiles and versions lie below their application.
        {
          Sid    = "ReadsFlags"
          Effect = "Allow"
          Action = [
            "appconfig:GetHostedConfigurationVersion",
            "appconfig:ListConfigurationProfiles",
            "appconfig:ListDeployments",
            "appconfig:ListEnvironments",
            "appconfig:ListHostedConfigurationVersions",
          ]
          Resource = local.every.flags
        },
        # IAM knows nothing narrower for these.
        {
          Sid      = "Finds"
          Effect   = "Allow"
          Action   = ["appconfig:ListApplications", "cloudwatch:GetMetricData", "events:ListRuleNamesByTarget"]
          Resource = "*"
        },
      ],
    )
  })
}

# ---------------------------------------------------------------- answers for rollouts under way, and takes them back
resource "aws_iam_policy" "approver" {
  name_prefix = "${var.name}-approver-"
  description = "Promotes, pauses, resumes, aborts and retries rollouts of ${var.name}. Beside the reader's policy."
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      # One entry carries one source and one type, but IAM has both as lists: all of them have to fit, and one has to be
      # there.
      {
        Sid      = "Commands"
        Effect   = "Allow"
        Action   = "events:PutEvents"
        Resource = aws_cloudwatch_event_bus.bus.arn
        Condition = {
          "ForAllValues:StringEquals" = { "events:source" = "tidegate", "events:detail-type" = "Rollout Command" }
          Null                        = { "events:source" = "false", "events:detail-type" = "false" }
        }
      },
    ]
  })
}

# ---------------------------------------------------------------- starts rollouts, switches flags, stores policies
resource "aws_iam_policy" "operator" {
  name_prefix = "${var.name}-operator-"
  description = "Starts rollouts of ${var.name}, switches flags, stores policies. Beside the reader's and the approver's policy."
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Requests"
        Effect   = "Allow"
        Action   = "events:PutEvents"
        Resource = aws_cloudwatch_event_bus.bus.arn
        Condition = {
          "ForAllValues:StringEquals" = {
            "events:source"      = "tidegate"
            "events:detail-type" = ["Flag Toggle Requested", "Rollout Requested"]
          }
          Null = { "events:source" = "false", "events:detail-type" = "false" }
        }
      },
      # A policy, and the items by which it is found. No person writes the document of a rollout.
      {
        Sid      = "StoresPolicies"
        Effect   = "Allow"
        Action   = "dynamodb:PutItem"
        Resource = aws_dynamodb_table.table.arn
        Condition = {
          "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["FREEZE", "GUARD#*", "KILL#*", "POLICY#*"] }
          Null                      = { "dynamodb:LeadingKeys" = "false" }
        }
      },
    ]
  })
}
