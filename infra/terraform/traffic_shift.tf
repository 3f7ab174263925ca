# Starts rollouts, moves weights forward.
module "traffic_shift" {
  source = "./modules/function"

  installation         = local.installation
  name                 = "traffic-shift"
  description          = "Starts rollouts and moves their weight forward."
  undelivered          = "An event for traffic-shift could not be handled. It lies in the dead-letter queue."
  reserved_concurrency = 10

  rules = {
    requests = { pattern = jsonencode({
      source      = ["tidegate"]
      detail-type = ["Rollout Requested"]
    }) }
    commands = { pattern = jsonencode({
      source      = ["tidegate"]
      detail-type = ["Rollout Command"]
      # A command without a verb comes here too, to be quarantined.
      detail = { verb = [{ anything-but = "abort" }, { exists = false }] }
    }) }
    due = { pattern = jsonencode({
      source      = ["tidegate"]
      detail-type = ["Verdict Reached", "Effects Due"]
      detail      = { owner = ["traffic-shift"] }
    }) }
    versions = { bus = "default", pattern = jsonencode({
      source      = ["aws.lambda"]
      detail-type = ["AWS API Call via CloudTrail"]
      detail = {
        eventSource = ["lambda.amazonaws.com"]
        eventName   = [{ prefix = "PublishVersion" }, { prefix = "UpdateFunctionCode" }]
        errorCode   = [{ exists = false }]
      }
    }) }
    found = { pattern = jsonencode({
      source      = ["tidegate"]
      detail-type = ["Deployment Found"]
    }) }
    # A deployment that failed or was stopped is rollback's.
    deployments = { bus = "default", pattern = jsonencode({
      source      = ["aws.codedeploy"]
      detail-type = ["CodeDeploy Deployment State-change Notification"]
      detail      = { state = [{ anything-but = ["FAILURE", "STOP"] }] }
    }) }
  }

  statements = concat(local.reads_targets, local.moves_tagged_targets, local.reads_deployments, [
    {
      sid       = "ReadsTagsOfGroups"
      actions   = ["codedeploy:ListTagsForResource"]
      resources = [local.every.deployment_group]
    },
    {
      sid       = "ReadsTagsOfServices"
      actions   = ["ecs:ListTagsForResource"]
      resources = [local.every.service]
    },
    {
      sid       = "StartsTaggedDeployments"
      actions   = ["codedeploy:CreateDeployment"]
      resources = [local.every.deployment_group]
      condition = local.tagged
    },
    {
      sid = "KeepsRevisions"
      # A creation demands it of whoever brings an AppSpec; it moves nothing.
      actions   = ["codedeploy:RegisterApplicationRevision"]
      resources = [local.every.application]
    },
    {
      sid       = "ReadsTimetables"
      actions   = ["codedeploy:GetDeploymentConfig"]
      resources = [local.every.deployment_config]
    },
    {
      sid       = "KeepsTimetables"
      actions   = ["codedeploy:CreateDeploymentConfig"]
      resources = ["arn:${local.partition}:codedeploy:${local.here}:deploymentconfig:Tidegate*"]
    },
    {
      sid     = "EndsWaits"
      actions = ["codedeploy:ContinueDeployment"]
      # IAM knows nothing narrower for it.
      resources = ["*"]
    },
  ])
}
