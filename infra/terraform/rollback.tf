# Takes traffic back.
module "rollback" {
  source = "./modules/function"

  installation         = local.installation
  name                 = "rollback"
  description          = "Takes traffic back."
  undelivered          = "A rollback could not be handled. Its event lies in the dead-letter queue; the sweep keeps trying."
  reserved_concurrency = 10

  rules = {
    aborts = { pattern = jsonencode({
      source      = ["tidegate"]
      detail-type = ["Rollout Command"]
      detail      = { verb = ["abort"] }
    }) }
    due = { pattern = jsonencode({
      source      = ["tidegate"]
      detail-type = ["Verdict Reached", "Effects Due"]
      detail      = { owner = ["rollback"] }
    }) }
    alarms = { bus = "default", pattern = jsonencode({
      source      = ["aws.cloudwatch"]
      detail-type = ["CloudWatch Alarm State Change"]
      detail      = { state = { value = ["ALARM"] } }
    }) }
    deployments = { bus = "default", pattern = jsonencode({
      source      = ["aws.codedeploy"]
      detail-type = ["CodeDeploy Deployment State-change Notification"]
      detail      = { state = ["FAILURE", "STOP"] }
    }) }
  }

  statements = concat(local.moves_tagged_targets, local.reads_deployments, [
    {
      sid       = "ReadsTargets"
      actions   = ["lambda:GetAlias"]
      resources = [local.every.function]
    },
    {
      sid     = "StopsDeployments"
      actions = ["codedeploy:StopDeployment"]
      # IAM knows nothing narrower for it.
      resources = ["*"]
    },
  ])
}
