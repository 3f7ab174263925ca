//! Feature flags that change with the traffic, or when an alarm fires, as people write them.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;

use crate::policy::defaults;
use crate::policy::lenient::{Lenient, Unknown};
use crate::policy::values::Moment;

/// A feature flag that a rollout switches.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    rename_all = "camelCase",
    expecting = "an object with flag, application, environment and profile"
)]
#[schemars(deny_unknown_fields, extend("required" = ["flag", "application", "environment", "profile"]))]
pub(in crate::policy) struct RawFlag {
    /// The flag's key.
    #[schemars(length(min = 1, max = defaults::LONGEST_NAME))]
    pub(in crate::policy) flag: Lenient<String>,
    /// The variant, of a flag that has variants. Without one, turning off turns off all of them.
    #[schemars(length(min = 1, max = defaults::LONGEST_NAME))]
    pub(in crate::policy) variant: Lenient<String>,
    /// When it switches: with the step of a weight, before any traffic, or after full promotion. In guard mode after full promotion
    /// alone.
    #[schemars(extend("default" = "promotion"))]
    pub(in crate::policy) at: Lenient<Moment>,
    /// Its AppConfig application, by name or id.
    #[schemars(length(min = 1, max = defaults::LONGEST_NAME))]
    pub(in crate::policy) application: Lenient<String>,
    /// Its AppConfig environment, by name or id.
    #[schemars(length(min = 1, max = defaults::LONGEST_NAME))]
    pub(in crate::policy) environment: Lenient<String>,
    /// Its AppConfig configuration profile, by name or id.
    #[schemars(length(min = 1, max = defaults::LONGEST_NAME))]
    pub(in crate::policy) profile: Lenient<String>,
    /// On or off. On where unset, and as it is where only attributes are stated.
    pub(in crate::policy) enabled: Lenient<bool>,
    /// Attributes to set, by name; the others stay as they are.
    #[schemars(schema_with = "attributes_schema")]
    pub(in crate::policy) attributes: Lenient<BTreeMap<String, Value>>,
    /// The AppConfig deployment strategy, by name or id; allAtOnce and linear are AppConfig's own. At once where unset.
    #[schemars(length(min = 1, max = defaults::LONGEST_NAME))]
    pub(in crate::policy) strategy: Lenient<String>,
    /// Whether a newest version that somebody wrote and never deployed is shipped along.
    #[schemars(extend("default" = false))]
    pub(in crate::policy) ship_pending: Lenient<bool>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(in crate::policy) unknown: Unknown,
}

/// A flag that is turned off, all at once, when an alarm fires.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    rename_all = "camelCase",
    expecting = "an object with alarm, flag, application, environment and profile"
)]
#[schemars(
    deny_unknown_fields,
    extend("required" = ["alarm", "flag", "application", "environment", "profile"])
)]
pub(in crate::policy) struct RawKillSwitch {
    /// The CloudWatch alarm's name.
    #[schemars(length(min = 1, max = defaults::LONGEST_NAME))]
    pub(in crate::policy) alarm: Lenient<String>,
    /// The flag's key.
    #[schemars(length(min = 1, max = defaults::LONGEST_NAME))]
    pub(in crate::policy) flag: Lenient<String>,
    /// The variant, of a flag that has variants; all of them where unset.
    #[schemars(length(min = 1, max = defaults::LONGEST_NAME))]
    pub(in crate::policy) variant: Lenient<String>,
    /// Its AppConfig application, by name or id.
    #[schemars(length(min = 1, max = defaults::LONGEST_NAME))]
    pub(in crate::policy) application: Lenient<String>,
    /// Its AppConfig environment, by name or id.
    #[schemars(length(min = 1, max = defaults::LONGEST_NAME))]
    pub(in crate::policy) environment: Lenient<String>,
    /// Its AppConfig configuration profile, by name or id.
    #[schemars(length(min = 1, max = defaults::LONGEST_NAME))]
    pub(in crate::policy) profile: Lenient<String>,
    /// Whether somebody else's deployment in the environment is stopped for it.
    #[schemars(extend("default" = false))]
    pub(in crate::policy) preempt: Lenient<bool>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(in crate::policy) unknown: Unknown,
}

/// The values that AppConfig knows: a text, a number, true or false, or a list of texts or numbers.
fn attributes_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "additionalProperties": {
            "type": ["string", "number", "boolean", "array"],
            "items": { "type": ["string", "number"] }
        }
    })
}
