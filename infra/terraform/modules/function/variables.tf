variable "installation" {
  description = "What all functions have in common."
  type = object({
    name                = string
    account             = string
    architecture        = string
    kms_key_arn         = string
    log_retention_days  = number
    reserve_concurrency = bool
    table_arn           = string
    bus                 = object({ name = string, arn = string })
    packages            = object({ folder = string, bucket = optional(string), prefix = string })
    environment         = map(string)
  })
}

variable "name" {
  description = "The function, as its binary is called."
  type        = string
}

variable "description" {
  description = "What it does, in a line."
  type        = string
}

variable "undelivered" {
  description = "What it means that something lies in its dead-letter queue; the alarm says so."
  type        = string
}

variable "reserved_concurrency" {
  description = "How many of it may run at once, and always can."
  type        = number
}

variable "second" {
  description = "The same code once more under another name, with the same role, logs and queue. No rule invokes it."
  type        = object({ key = string, name = string, description = string, reserved_concurrency = number })
  default     = null
}

variable "environment" {
  description = "Environment variables beside those that all functions have."
  type        = map(string)
  default     = {}
}

variable "rules" {
  description = "What invokes it: event patterns as JSON, on the installation's bus unless another is named."
  type        = map(object({ pattern = string, bus = optional(string) }))
}

variable "statements" {
  description = "What it may do beside what all functions may: statements that allow."
  type = list(object({
    sid       = string
    actions   = list(string)
    resources = list(string)
    condition = optional(map(map(list(string))))
  }))
}
