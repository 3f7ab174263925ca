# Tells people.
module "notify" {
  source = "./modules/function"

  installation         = local.installation
  name                 = "notify"
  description          = "Tells on-call, once."
  undelivered          = "People could not be told of an outcome. It lies in the dead-letter queue; the sweep keeps trying."
  reserved_concurrency = 5

  rules = {
    outcomes = { pattern = jsonencode({
      source      = ["tidegate"]
      detail-type = ["Rollout Outcome"]
    }) }
    due = { pattern = jsonencode({
      source      = ["tidegate"]
      detail-type = ["Effects Due"]
      detail      = { owner = ["notify"] }
    }) }
    # What nobody else listens to is a mistake of its sender's: it is quarantined, and people are told.
    unknown = { pattern = jsonencode({
      source = ["tidegate"]
      detail-type = [{ anything-but = [
        "Rollout Requested",
        "Rollout Command",
        "Verdict Reached",
        "Effects Due",
        "Ticks Due",
        "Deployment Found",
        "Rollout Outcome",
        "Flag Toggle Requested",
        "Flags Due",
        "Flags Changed",
      ] }]
    }) }
    # So is what is for an owner and names none that listens to it.
    unowned_verdicts = { pattern = jsonencode({
      source      = ["tidegate"]
      detail-type = ["Verdict Reached"]
      detail      = { owner = [{ anything-but = ["traffic-shift", "rollback"] }, { exists = false }] }
    }) }
    unowned_effects = { pattern = jsonencode({
      source      = ["tidegate"]
      detail-type = ["Effects Due"]
      detail = { owner = [
        { anything-but = ["traffic-shift", "rollback", "health-check", "feature-flag", "notify"] },
        { exists = false },
      ] }
    }) }
  }

  statements = concat(
    [{
      sid     = "TellsPeople"
      actions = ["sns:Publish"]
      # Policies may name topics beside the installation's own, in this account and region.
      resources = [local.every.topic]
    }],
    # With a key of the user's every function has these rights on it (modules/function).
    local.own_key ? [] : [{
      sid       = "Key"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [local.topic_key]
    }],
  )
}
