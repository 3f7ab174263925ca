# Statements that the roles of several functions have in common. Policies are written with jsonencode and not with
# data sources, so that a plan shows them and `terraform test` can read them.

locals {
  here = "${local.region}:${local.account}"

  every = {
    alarm             = "arn:${local.partition}:cloudwatch:${local.here}:alarm:*"
    application       = "arn:${local.partition}:codedeploy:${local.here}:application:*"
    deployment_config = "arn:${local.partition}:codedeploy:${local.here}:deploymentconfig:*"
    deployment_group  = "arn:${local.partition}:codedeploy:${local.here}:deploymentgroup:*"
    # In an ARN's pattern * stands for slashes too: these are applications of AppConfig's with all that is in them.
    flags    = "arn:${local.partition}:appconfig:${local.here}:application/*"
    function = "arn:${local.partition}:lambda:${local.here}:function:*"
    service  = "arn:${local.partition}:ecs:${local.here}:service/*"
    task_set = "arn:${local.partition}:ecs:${local.here}:task-set/*"
    topic    = "arn:${local.partition}:sns:${local.here}:*"
  }

  # Holds for resources with the tag alone; one without it matches no pattern, not even `*`.
  tagged = { StringLike = { "aws:ResourceTag/tidegate:policy" = var.policies } }

  reads_targets = [{
    sid = "ReadsTargets"
    actions = [
      "lambda:GetAlias",
      "lambda:GetFunctionConfiguration",
      "lambda:ListTags",
      "lambda:ListVersionsByFunction",
    ]
    resources = [local.every.function]
  }]

  moves_tagged_targets = [{
    sid       = "MovesTaggedTargets"
    actions   = ["lambda:UpdateAlias"]
    resources = [local.every.function]
    condition = local.tagged
  }]

  reads_deployments = [
    {
      sid = "ReadsDeployments"
      actions = [
        "codedeploy:BatchGetDeployments",
        "codedeploy:GetDeployment",
        "codedeploy:GetDeploymentGroup",
        "codedeploy:ListDeployments",
      ]
      resources = [local.every.deployment_group]
    },
    {
      sid       = "ReadsRevisions"
      actions   = ["codedeploy:GetApplicationRevision"]
      resources = [local.every.application]
    },
    {
      sid     = "ReadsDeploymentTargets"
      actions = ["codedeploy:BatchGetDeploymentTargets", "codedeploy:ListDeploymentTargets"]
      # IAM knows nothing narrower for these.
      resources = ["*"]
    },
    {
      sid       = "ReadsServices"
      actions   = ["ecs:DescribeServices"]
      resources = [local.every.service]
    },
    {
      sid       = "ReadsTaskSets"
      actions   = ["ecs:DescribeTaskSets"]
      resources = [local.every.task_set]
    },
  ]
}
