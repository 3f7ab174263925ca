//! How a candidate is judged, as people write it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::lenient::{Lenient, Unknown};
use crate::policy::values::{Duration, MOfN, Milliseconds, Rate};
use crate::policy::{AlarmAction, Harm, OnInconclusive, Statistic, defaults};

/// How the candidate is judged.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    rename_all = "camelCase",
    expecting = "an object with fields like preset, metrics and guards"
)]
#[schemars(deny_unknown_fields)]
pub(in crate::policy) struct RawAnalysis {
    /// The numbers to start from; each can be overridden.
    #[schemars(extend("default" = defaults::PRESET))]
    pub(in crate::policy) preset: Lenient<Preset>,
    /// The error probability of a rollback on the slow path; from the preset where unset.
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 0.5))]
    pub(in crate::policy) alpha_slow: Lenient<f64>,
    /// The error probability of a rollback on the fast path; from the preset where unset.
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 0.5))]
    pub(in crate::policy) alpha_fast: Lenient<f64>,
    /// The metrics that gate each step: errors and latency where unset.
    #[schemars(length(min = 1))]
    pub(in crate::policy) metrics: Lenient<Vec<Lenient<RawMetric>>>,
    /// Absolute limits beside the comparison; a service with little traffic needs them.
    pub(in crate::policy) guards: Lenient<Vec<Lenient<RawGuard>>>,
    /// CloudWatch alarms that speak in a rollout.
    #[schemars(length(max = defaults::ALARMS))]
    pub(in crate::policy) alarms: Lenient<Vec<Lenient<RawAlarm>>>,
    /// What a step leads to that stays undecided after one extension.
    #[schemars(extend("default" = defaults::ON_INCONCLUSIVE))]
    pub(in crate::policy) on_inconclusive: Lenient<OnInconclusive>,
    /// How long the candidate is cold after each rise of its weight; these minutes are not judged.
    #[schemars(extend("default" = "0m"))]
    pub(in crate::policy) warm_up: Lenient<Duration>,
    /// Whether a router that divides the traffic otherwise than told holds the rollout.
    #[schemars(extend("default" = defaults::TRAFFIC_SPLIT))]
    pub(in crate::policy) traffic_split: Lenient<bool>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(in crate::policy) unknown: Unknown,
}

/// How strict the judge is.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::policy) enum Preset {
    /// Finds a doubled error rate early; at most 5 % of healthy rollouts are rolled back.
    Balanced,
    /// Fewer false rollbacks, slower.
    Tolerant,
}

/// One of errors, latency, and a CloudWatch count of your own.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", expecting = "an object like { errors: {} }")]
#[schemars(deny_unknown_fields, extend("oneOf" = [
    { "required": ["errors"], "maxProperties": 1 },
    { "required": ["throttles"], "maxProperties": 1 },
    { "required": ["latency"], "maxProperties": 1 },
    { "required": ["name", "cloudwatch"], "properties": { "errors": false, "throttles": false, "latency": false } }
]))]
pub(in crate::policy) struct RawMetric {
    /// Failed requests of the target.
    pub(in crate::policy) errors: Lenient<RawErrors>,
    /// Requests of the target that were throttled. They are neither requests nor errors to Lambda.
    pub(in crate::policy) throttles: Lenient<RawErrors>,
    /// Requests slower than the stable version's own p50, p90 and p99 before the rollout.
    pub(in crate::policy) latency: Lenient<RawLatency>,
    /// The name of a metric of your own.
    #[schemars(length(min = 1, max = 64))]
    pub(in crate::policy) name: Lenient<String>,
    /// Where its counts come from.
    pub(in crate::policy) cloudwatch: Lenient<RawCloudWatch>,
    /// Out of what they are counted; out of the target's requests where unset.
    pub(in crate::policy) of: Lenient<RawCloudWatch>,
    /// Which direction is the harm.
    #[schemars(extend("default" = defaults::HARM))]
    pub(in crate::policy) harm: Lenient<Harm>,
    /// The ratio to stable above which the candidate is worse; from the preset where unset.
    #[schemars(range(min = 1, max = defaults::HIGHEST_RATIO))]
    pub(in crate::policy) margin: Lenient<f64>,
    /// The ratio below which the candidate passes; from the preset where unset.
    #[schemars(range(min = 1, max = defaults::HIGHEST_RATIO))]
    pub(in crate::policy) pass: Lenient<f64>,
    /// Its share of the evidence, relative to the other metrics.
    #[schemars(range(min = defaults::LOWEST_WEIGHT, max = defaults::HIGHEST_WEIGHT), extend("default" = defaults::WEIGHT))]
    pub(in crate::policy) weight: Lenient<f64>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(in crate::policy) unknown: Unknown,
}

/// How failed requests are compared.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", expecting = "{} or an object with fields like margin")]
#[schemars(deny_unknown_fields)]
pub(in crate::policy) struct RawErrors {
    /// The ratio to stable above which the candidate is worse; from the preset where unset.
    #[schemars(range(min = 1, max = defaults::HIGHEST_RATIO))]
    pub(in crate::policy) margin: Lenient<f64>,
    /// The ratio below which the candidate passes; from the preset where unset.
    #[schemars(range(min = 1, max = defaults::HIGHEST_RATIO))]
    pub(in crate::policy) pass: Lenient<f64>,
    /// Its share of the evidence, relative to the other metrics. 1 where others are stated, 0.6 beside
    /// latency alone.
    #[schemars(range(min = defaults::LOWEST_WEIGHT, max = defaults::HIGHEST_WEIGHT))]
    pub(in crate::policy) weight: Lenient<f64>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(in crate::policy) unknown: Unknown,
}

/// How slow requests are compared: three metrics, one for each quantile.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", expecting = "{} or an object with fields like margin")]
#[schemars(deny_unknown_fields)]
pub(in crate::policy) struct RawLatency {
    /// The ratios to stable above which the candidate is worse.
    pub(in crate::policy) margin: Lenient<RawMargins>,
    /// The ratio below which the candidate passes; from the preset where unset.
    #[schemars(range(min = 1, max = defaults::HIGHEST_RATIO))]
    pub(in crate::policy) pass: Lenient<f64>,
    /// Their share of the evidence together, relative to the other metrics. 1 where others are stated, 0.4
    /// beside errors alone.
    #[schemars(range(min = defaults::LOWEST_WEIGHT, max = defaults::HIGHEST_WEIGHT))]
    pub(in crate::policy) weight: Lenient<f64>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(in crate::policy) unknown: Unknown,
}

/// One margin for each quantile.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", expecting = "an object like { p99: 1.5 }")]
#[schemars(deny_unknown_fields)]
pub(in crate::policy) struct RawMargins {
    /// Of the requests slower than stable's median.
    #[schemars(range(min = 1, max = defaults::HIGHEST_RATIO), extend("default" = defaults::LATENCY_MARGINS[0].1))]
    pub(in crate::policy) p50: Lenient<f64>,
    /// Of those slower than its 90th percentile.
    #[schemars(range(min = 1, max = defaults::HIGHEST_RATIO), extend("default" = defaults::LATENCY_MARGINS[1].1))]
    pub(in crate::policy) p90: Lenient<f64>,
    /// Of those slower than its 99th percentile.
    #[schemars(range(min = 1, max = defaults::HIGHEST_RATIO), extend("default" = defaults::LATENCY_MARGINS[2].1))]
    pub(in crate::policy) p99: Lenient<f64>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(in crate::policy) unknown: Unknown,
}

/// A CloudWatch metric with one series per version.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", expecting = "an object with namespace, metric and dimensions")]
#[schemars(deny_unknown_fields, extend("required" = ["namespace", "metric", "dimensions"]))]
pub(in crate::policy) struct RawCloudWatch {
    /// The metric's namespace.
    #[schemars(length(min = 1, max = defaults::LONGEST_NAME))]
    pub(in crate::policy) namespace: Lenient<String>,
    /// The metric's name.
    #[schemars(length(min = 1, max = defaults::LONGEST_NAME))]
    pub(in crate::policy) metric: Lenient<String>,
    /// Its dimensions. `{version}` in a value stands for the version; one of them must have it.
    #[schemars(extend("minProperties" = 1))]
    pub(in crate::policy) dimensions: Lenient<BTreeMap<String, Lenient<String>>>,
    /// What of it is counted in a minute.
    #[schemars(extend("default" = Statistic::default()))]
    pub(in crate::policy) statistic: Lenient<Statistic>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(in crate::policy) unknown: Unknown,
}

/// An absolute limit on the candidate.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", expecting = "an object like { errorRate: { above: 5% } }")]
#[schemars(deny_unknown_fields, extend("minProperties" = 1, "maxProperties" = 1))]
pub(in crate::policy) struct RawGuard {
    /// On the share of its requests that fail.
    pub(in crate::policy) error_rate: Lenient<RawErrorRate>,
    /// On a quantile of its latency.
    pub(in crate::policy) latency: Lenient<RawCeiling>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(in crate::policy) unknown: Unknown,
}

/// A limit on the share of failed requests.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", expecting = "an object like { above: 5%, for: 3 of 3 }")]
#[schemars(deny_unknown_fields, extend("required" = ["above"]))]
pub(in crate::policy) struct RawErrorRate {
    /// The limit; rolls back above it.
    pub(in crate::policy) above: Lenient<Rate>,
    /// In how many of the last minutes.
    #[serde(rename = "for")]
    #[schemars(extend("default" = "3 of 3"))]
    pub(in crate::policy) minutes: Lenient<MOfN>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(in crate::policy) unknown: Unknown,
}

/// A limit on one quantile of latency.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", expecting = "an object like { p99: 800ms, for: 3 of 3 }")]
#[schemars(deny_unknown_fields, extend("oneOf" = [
    { "required": ["p50"] }, { "required": ["p90"] }, { "required": ["p99"] }
]))]
pub(in crate::policy) struct RawCeiling {
    /// The limit for the median.
    pub(in crate::policy) p50: Lenient<Milliseconds>,
    /// The limit for the 90th percentile.
    pub(in crate::policy) p90: Lenient<Milliseconds>,
    /// The limit for the 99th percentile.
    pub(in crate::policy) p99: Lenient<Milliseconds>,
    /// In how many of the last minutes.
    #[serde(rename = "for")]
    #[schemars(extend("default" = "3 of 3"))]
    pub(in crate::policy) minutes: Lenient<MOfN>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(in crate::policy) unknown: Unknown,
}

/// A CloudWatch alarm and what it does to a rollout when it fires.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    rename_all = "camelCase",
    expecting = "an object like { name: checkout-5xx, action: rollBack }"
)]
#[schemars(deny_unknown_fields, extend("required" = ["name"]))]
pub(in crate::policy) struct RawAlarm {
    /// The alarm's name.
    #[schemars(length(min = 1, max = defaults::LONGEST_NAME))]
    pub(in crate::policy) name: Lenient<String>,
    /// What it does.
    #[schemars(extend("default" = defaults::ALARM_ACTION))]
    pub(in crate::policy) action: Lenient<AlarmAction>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(in crate::policy) unknown: Unknown,
}
