# Observes and judges. It is there twice: CodeDeploy's own managed role invokes functions whose names begin with
# CodeDeployHook_ and no others. Name that one as a lifecycle hook.
module "health_check" {
  source = "./modules/function"

  installation         = local.installation
  name                 = "health-check"
  description          = "Observes, stores ticks, judges, publishes verdicts. Every minute."
  undelivered          = "A sweep or an event for health-check could not be handled. It lies in the dead-letter queue."
  reserved_concurrency = 10

  second = {
    key                  = "code-deploy-hook"
    name                 = "CodeDeployHook_${var.name}"
    description          = "Answers the lifecycle hooks of CodeDeploy."
    reserved_concurrency = 5
  }

  rules = {
    due = { pattern = jsonencode({
      source      = ["tidegate"]
      detail-type = ["Effects Due"]
      detail      = { owner = ["health-check"] }
    }) }
    ticks = { pattern = jsonencode({
      source      = ["tidegate"]
      detail-type = ["Ticks Due"]
    }) }
    # AppConfig puts such events on the default bus where an extension says so: the guard does (flags.tf).
    flag_deployments = { bus = "default", pattern = jsonencode({
      source      = ["aws.appconfig"]
      detail-type = ["On Deployment Start"]
    }) }
  }

  statements = concat(local.reads_targets, local.reads_deployments, [
    {
      sid     = "ReadsAlarms"
      actions = ["cloudwatch:DescribeAlarms"]
      # Composite alarms can only be read with all alarms allowed.
      resources = [local.every.alarm]
    },
    {
      sid       = "ReadsMetrics"
      actions   = ["cloudwatch:GetMetricData"]
      resources = ["*"]
    },
    {
      sid       = "AnswersHooks"
      actions   = ["codedeploy:PutLifecycleEventHookExecutionStatus"]
      resources = ["*"]
    },
    {
      sid       = "AsksTaggedTargets"
      actions   = ["lambda:InvokeFunction"]
      resources = [local.every.function]
      condition = local.tagged
    },
    {
      sid       = "AsksCheckFunctions"
      actions   = ["lambda:InvokeFunction"]
      resources = ["arn:${local.partition}:lambda:${local.here}:function:${var.check_function_prefix}*"]
    },
  ])
}
