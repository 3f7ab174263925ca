//! The policy: how a target's new versions are let in, judged and announced.
//!
//! These are the parsed types: whoever holds a [`Policy`] holds a valid one. Reading one from YAML or JSON,
//! with every fault reported at once, is `parse`'s job; a rollout keeps the policy it started with.

mod analysis;
mod checks;
mod defaults;
mod faults;
mod flags;
mod lenient;
mod metrics;
mod notify;
mod parse;
mod raw;
mod schema;
mod steps;
mod strategy;
mod switches;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::Check;
use crate::target::Target;
use crate::units::{Span, Weight};

pub use self::faults::{Fault, Faults};
pub use self::flags::flag_strategy;
pub use self::notify::{Notify, OutcomeKind, Severity};
pub use self::parse::json_of;
pub use self::schema::policy_schema;
pub use self::strategy::steps_of;
pub use self::switches::{FlagChange, FlagMoment, KillSwitch};

/// A valid policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// Its name, by which the tag `tidegate:policy` and requests refer to it.
    pub name: String,
    /// Who moves the traffic.
    pub mode: Mode,
    /// Whose traffic; may come from the request or the tag instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// In which steps.
    pub strategy: Strategy,
    /// How the candidate is judged.
    pub analysis: Analysis,
    /// What is asked of a version before it gets any traffic.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// Flags that are turned off when an alarm fires, whether or not there is a rollout.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kill_switches: Vec<KillSwitch>,
    /// Feature flags that change with the traffic.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<FlagChange>,
    /// Whom to tell.
    #[serde(default)]
    pub notify: Notify,
    /// How long a rollout may take in all.
    pub deadline: Span,
}

impl Policy {
    /// The policy for a deployment that somebody else started: its steps are those of the deployment, whatever the policy states,
    /// and a deadline that nobody stated is the one where AWS moves the traffic.
    #[must_use]
    pub fn following(mut self, steps: Vec<Step>) -> Self {
        if self.deadline == defaults::deadline(self.mode, &self.strategy) {
            let unstated = Strategy { steps: Vec::new(), ..self.strategy };
            self.deadline = defaults::deadline(Mode::Guard, &unstated);
        }
        self.strategy.steps = steps;
        self
    }

    /// What a deadline that nobody stated grows by where the minutes of each step settle so much later than usual.
    pub fn time_to_settle(&self, later: Span) -> Span {
        let steps = u32::try_from(self.strategy.steps.len()).unwrap_or(u32::MAX);
        let is_usual = self.deadline == defaults::deadline(self.mode, &self.strategy);
        if is_usual { later * steps.saturating_mul(2) } else { Span::ZERO }
    }
}

/// Who moves the traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// AWS does; Tidegate adopts the deployment, judges it, and stops it when harm shows.
    Guard,
    /// Tidegate does.
    Drive,
}

/// The steps of a rollout and the watch after its promotion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Strategy {
    /// Steps with rising weights below 100 %. Empty means all at once: straight to full promotion.
    pub steps: Vec<Step>,
    /// Whether the policy states no steps and leaves them to CodeDeploy; then there are none.
    #[serde(default, skip_serializing_if = "is_no")]
    pub is_open: bool,
    /// How long to watch after full promotion.
    pub watch: Span,
}

/// One step: a weight, the least time it bakes, and perhaps a gate before the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The candidate's share during this step.
    pub weight: Weight,
    /// The least time that it keeps this share.
    pub bake: Span,
    /// What must happen after the pass and before the next step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<Gate>,
}

/// A pause between two steps. The candidate is judged while it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Gate {
    /// Until somebody says `promote` or `resume`.
    Manual,
    /// Until this time has gone by.
    Timed(Span),
}

/// How the candidate is judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Analysis {
    /// Evidence needed for a rollback, slow path: the error probability alpha.
    pub alpha_slow: f64,
    /// The same for the fast path.
    pub alpha_fast: f64,
    /// The metrics: those that gate, whose weights sum to 1, and those of weight 0 that only a guard looks at.
    pub metrics: Vec<Metric>,
    /// Absolute limits beside the comparison.
    #[serde(default)]
    pub guards: Vec<Guard>,
    /// CloudWatch alarms that speak in this rollout.
    #[serde(default)]
    pub alarms: Vec<AlarmRule>,
    /// What a step that stays undecided leads to, after one extension.
    pub on_inconclusive: OnInconclusive,
    /// The time after each rise of the weight whose minutes are not judged: the candidate may be cold.
    #[serde(default, skip_serializing_if = "Span::is_zero")]
    pub warm_up: Span,
    /// Whether a router that divides the traffic otherwise than told holds the rollout.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub traffic_split: bool,
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_yes(value: &bool) -> bool {
    *value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_no(value: &bool) -> bool {
    !*value
}

impl Analysis {
    /// A guard in words. A ceiling for a quantile is a limit on the share that the quantile leaves room for.
    pub fn in_words(&self, guard: &Guard) -> String {
        // In hundredths of a percent: 0.07 * 100 is 7.000000000000001.
        let percent = (guard.above * 10_000.0).round() / 100.0;
        let metric = self.metrics.iter().find(|metric| metric.name == guard.metric);
        let limit = match metric.map(|metric| &metric.source) {
            Some(MetricSource::SlowerThanLimit { milliseconds }) => {
                format!("latency p{} above {milliseconds} ms", 100.0 - percent)
            }
            Some(
                MetricSource::Errors
                | MetricSource::Throttles
                | MetricSource::SlowerThan { .. }
                | MetricSource::CloudWatch { .. },
            )
            | None => format!("{} above {percent} %", guard.metric),
        };
        format!("{limit} in {} of {} minutes", guard.m, guard.n)
    }
}

/// One metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metric {
    /// Its name, shown to people.
    pub name: String,
    /// Where its counts come from.
    pub source: MetricSource,
    /// Which direction is the harm.
    pub harm: Harm,
    /// Margin: the ratio to stable above which the candidate is worse.
    pub margin: f64,
    /// The ratio below which the candidate passes.
    pub pass: f64,
    /// Its share of the evidence; 0 where only a guard looks at it.
    pub weight: f64,
}

/// Where a metric's counts come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MetricSource {
    /// Failed requests of the target.
    Errors,
    /// Requests that were throttled, out of those that were tried: a throttled request is no invocation and no error.
    Throttles,
    /// Requests slower than the stable version's own quantile before the rollout, in percent: 50, 90 or 99.
    SlowerThan {
        /// Which quantile of the baseline, in percent.
        quantile: u8,
    },
    /// Requests slower than this many milliseconds, for a guard.
    SlowerThanLimit {
        /// The limit in milliseconds.
        milliseconds: u32,
    },
    /// A pair of CloudWatch counts.
    CloudWatch {
        /// What is counted.
        events: CloudWatchMetric,
        /// Out of what; the target's requests where unset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<CloudWatchMetric>,
    },
}

impl MetricSource {
    /// Whether its counts are out of the target's requests.
    pub const fn is_per_request(&self) -> bool {
        match self {
            Self::Errors | Self::SlowerThan { .. } | Self::SlowerThanLimit { .. } => true,
            Self::Throttles => false,
            Self::CloudWatch { of, .. } => of.is_none(),
        }
    }
}

/// A CloudWatch metric with one series per version: `{version}` in a dimension's value stands for the
/// version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CloudWatchMetric {
    /// The metric's namespace.
    pub namespace: String,
    /// The metric's name.
    pub metric: String,
    /// Its dimensions.
    pub dimensions: BTreeMap<String, String>,
    /// What of it is counted.
    #[serde(default)]
    pub statistic: Statistic,
}

/// What of a CloudWatch metric is counted in a minute.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Statistic {
    /// The sum of its values: for metrics that count.
    #[default]
    Sum,
    /// How often it was reported: for metrics that measure.
    SampleCount,
}

impl Statistic {
    /// As CloudWatch names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sum => "Sum",
            Self::SampleCount => "SampleCount",
        }
    }
}

/// Which direction of a metric is the harm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Harm {
    /// More of it: errors.
    #[default]
    Increase,
    /// Less of it: orders.
    Decrease,
}

impl Harm {
    /// Whether more is worse.
    pub const fn is_increase(&self) -> bool {
        matches!(self, Self::Increase)
    }
}

/// An absolute limit on the candidate: `m` of the last `n` minutes above it roll back. A ceiling for a quantile of latency
/// is one too: the 99th percentile is above 800 ms where more than 1 % of the requests are slower.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Guard {
    /// The name of the metric it limits.
    pub metric: String,
    /// The limit, as a fraction of the requests.
    pub above: f64,
    /// So many minutes above the limit ...
    pub m: u32,
    /// ... out of so many.
    pub n: u32,
}

/// A CloudWatch alarm and what it does to a rollout when it fires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AlarmRule {
    /// The alarm's name.
    pub name: String,
    /// What it does.
    pub action: AlarmAction,
}

/// What a firing alarm does to a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AlarmAction {
    /// Takes the traffic back.
    RollBack,
    /// Holds the weight until it is quiet.
    Hold,
}

/// What a step that stays undecided after its extension leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnInconclusive {
    /// Wait for evidence or a person.
    Hold,
    /// Go on, if there was data at all.
    Proceed,
    /// Take the traffic back.
    RollBack,
}
