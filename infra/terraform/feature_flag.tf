# Sets and restores flags of AppConfig; nobody else may.
module "feature_flag" {
  source = "./modules/function"

  installation         = local.installation
  name                 = "feature-flag"
  description          = "Sets feature flags, for rollouts and for people, and turns them off when an alarm fires."
  undelivered          = "An event for feature-flag could not be handled. It lies in the dead-letter queue."
  reserved_concurrency = 5
  environment          = { TIDEGATE_FLAG_STRATEGY = aws_appconfig_deployment_strategy.at_once.id }

  rules = {
    toggles = { pattern = jsonencode({
      source      = ["tidegate"]
      detail-type = ["Flag Toggle Requested", "Flags Due"]
    }) }
    due = { pattern = jsonencode({
      source      = ["tidegate"]
      detail-type = ["Effects Due"]
      detail      = { owner = ["feature-flag"] }
    }) }
    # Kill switches. rollback hears of the same alarms, for rollouts.
    alarms = { bus = "default", pattern = jsonencode({
      source      = ["aws.cloudwatch"]
      detail-type = ["CloudWatch Alarm State Change"]
      detail      = { state = { value = ["ALARM"] } }
    }) }
    flag_deployments = { bus = "default", pattern = jsonencode({
      source      = ["aws.appconfig"]
      detail-type = ["On Deployment Complete", "On Deployment Rollback"]
    }) }
  }

  statements = [
    {
      sid     = "FindsApplications"
      actions = ["appconfig:ListApplications", "appconfig:ListDeploymentStrategies"]
      # IAM knows nothing narrower for these.
      resources = ["*"]
    },
    {
      sid = "ReadsFlags"
      actions = [
        "appconfig:GetDeployment",
        "appconfig:GetHostedConfigurationVersion",
        "appconfig:ListConfigurationProfiles",
        "appconfig:ListDeployments",
        "appconfig:ListEnvironments",
        "appconfig:ListHostedConfigurationVersions",
      ]
      resources = [local.every.flags]
    },
    {
      sid = "ChangesTaggedFlags"
      # Each of them has to have the tag: the application, the profile, the environment.
      actions   = ["appconfig:CreateHostedConfigurationVersion", "appconfig:StartDeployment", "appconfig:StopDeployment"]
      resources = [local.every.flags]
      condition = local.tagged
    },
    # Both calls want these beside what is tagged.
    {
      sid       = "StopsDeploymentsThere"
      actions   = ["appconfig:StopDeployment"]
      resources = ["${local.every.flags}/environment/*/deployment/*"]
    },
    {
      sid       = "WithAnyStrategy"
      actions   = ["appconfig:StartDeployment"]
      resources = ["arn:${local.partition}:appconfig:${local.here}:deploymentstrategy/*"]
    },
  ]
}
