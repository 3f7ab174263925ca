variable "name" {
  description = "What everything is called after: the table, the bus, NAME-rollback, /aws/lambda/NAME-rollback and so on. Two installations in one account and region need two names."
  type        = string
  default     = "tidegate"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,31}$", var.name))
    error_message = "name: \"${var.name}\" has to be a lower-case letter and up to 31 letters, digits and hyphens."
  }
}

variable "packages" {
  description = "Where the functions' packages are, as FUNCTION/bootstrap.zip: in a folder, or in an S3 bucket under a prefix. Unset: target/lambda of this repository."
  type = object({
    folder = optional(string)
    bucket = optional(string)
    prefix = optional(string, "")
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.packages.folder == null || var.packages.bucket == null
    error_message = "packages: folder and bucket exclude each other; say where the packages are once."
  }
  validation {
    condition     = var.packages.bucket != null || var.packages.prefix == ""
    error_message = "packages: prefix \"${var.packages.prefix}\" is one in a bucket; name the bucket too."
  }
}

variable "architecture" {
  description = "What the functions run on; the packages have to be built for it."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture: \"${var.architecture}\" is not known; known: arm64, x86_64."
  }
}

variable "log_level" {
  description = "How much the functions log. Metrics are written whatever it says."
  type        = string
  default     = "info"

  validation {
    condition     = contains(["off", "error", "warn", "info", "debug"], var.log_level)
    error_message = "log_level: \"${var.log_level}\" is not known; known: off, error, warn, info, debug."
  }
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "log_retention_days: CloudWatch does not know ${var.log_retention_days}; known: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731."
  }
}

variable "kms_key_arn" {
  description = "The key for table, queues, topic and logs; its policy has to let CloudWatch, EventBridge, Scheduler and CloudWatch Logs use it. Empty: keys that AWS owns, and for the topic one that the module makes."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+)?$", var.kms_key_arn))
    error_message = "kms_key_arn: \"${var.kms_key_arn}\" is not a key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID."
  }
}

variable "alarm_topic_arn" {
  description = "The SNS topic for alarms about Tidegate itself. Empty: the on-call topic."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+)?$", var.alarm_topic_arn))
    error_message = "alarm_topic_arn: \"${var.alarm_topic_arn}\" is not a topic's ARN, arn:aws:sns:REGION:ACCOUNT:NAME."
  }
}

variable "policies" {
  description = "Which values of the tag tidegate:policy let Tidegate write to a resource: names of policies, * and ? as wildcards. One without the tag is never written to."
  type        = list(string)
  default     = ["*"]
  nullable    = false

  validation {
    condition     = length(var.policies) > 0 && alltrue([for policy in var.policies : length(policy) > 0])
    error_message = "policies: name at least one, none of them empty; [\"*\"] is every policy."
  }
}

variable "check_function_prefix" {
  description = "What the names of your own check functions begin with. health-check may invoke these, and tagged targets."
  type        = string
  default     = "tidegate-check-"

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,63}$", var.check_function_prefix))
    error_message = "check_function_prefix: \"${var.check_function_prefix}\" has to be 1 to 63 letters, digits, hyphens and underscores."
  }
}

variable "guarded_flags_resource" {
  description = "ARN of an AppConfig application, environment or profile whose deployments are judged. Empty for none."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(arn:[a-z-]+:appconfig:[a-z0-9-]+:[0-9]{12}:application/.+)?$", var.guarded_flags_resource))
    error_message = "guarded_flags_resource: \"${var.guarded_flags_resource}\" is not an ARN of AppConfig's, arn:aws:appconfig:REGION:ACCOUNT:application/ID…."
  }
}

variable "guarded_flags_policy" {
  description = "The name of the policy that judges them; needed where guarded_flags_resource is set."
  type        = string
  default     = ""

  validation {
    condition     = var.guarded_flags_resource == "" || var.guarded_flags_policy != ""
    error_message = "guarded_flags_policy is empty; guarded_flags_resource is set, so it has to name the policy that judges its deployments."
  }
}

variable "reserve_concurrency" {
  description = "Whether each function has a share of the account's concurrency that no storm can take or exceed. It takes 45; say false where the account has less than 145."
  type        = bool
  default     = true
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the table. Set it to false and apply before you destroy an installation."
  type        = bool
  default     = true
  nullable    = false
}
