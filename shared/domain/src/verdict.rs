//! What was found out about a candidate: evidence, causes, verdicts.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::deployment::DeploymentStatus;
use crate::freeze::Freeze;
use crate::policy::Harm;
use crate::rollout::RolloutId;
use crate::target::Version;
use crate::units::Span;

/// What the judge knew when it spoke.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The evidence for harm over all metrics, as a natural logarithm.
    pub log_e: f64,
    /// The evidence at which the judge rolls back, as a natural logarithm.
    pub threshold_log_e: f64,
    /// The metrics that show harm, where the judge can name them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub culprits: Vec<String>,
    /// Each gating metric.
    pub metrics: Vec<MetricEvidence>,
}

/// What the judge knew about one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MetricEvidence {
    /// The metric's name.
    pub name: String,
    /// Which direction is the harm. Where fewer are worse, ratio and interval say how many times fewer.
    #[serde(default, skip_serializing_if = "Harm::is_increase")]
    pub harm: Harm,
    /// The candidate's counts.
    pub candidate: Counts,
    /// The stable version's counts in the same minutes.
    pub stable: Counts,
    /// How many times worse than stable the candidate is; `None` without data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// The lower end of the ratio's interval, which holds at every minute at once, 2.5 % a side, assuming independent
    /// requests; `None` where it is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Its upper end; `None` where it has none, or where nothing was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// The evidence for harm, as a natural logarithm.
    pub log_e: f64,
    /// The evidence for a pass of this step, as a natural logarithm.
    pub log_e_pass: f64,
    /// Requests still needed to see a doubling, or the least of them while there is nothing bad to compare with; `None` when it
    /// cannot be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_needed: Option<f64>,
    /// The same in minutes at the traffic of the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes_needed: Option<f64>,
}

/// Bad events among all events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// All events.
    pub total: u64,
    /// The bad ones among them.
    pub bad: u64,
}

impl Counts {
    /// The bad share of all events; `None` without events.
    pub fn rate(self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "counts of requests stay far below 2^53")]
        (self.total > 0).then(|| self.bad as f64 / self.total as f64)
    }
}

impl std::ops::Add for Counts {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { total: self.total.saturating_add(other.total), bad: self.bad.saturating_add(other.bad) }
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |a, b| a + b)
    }
}

/// The stable version before the rollout, frozen at its start: what the watch after promotion is held against.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Baseline {
    /// Requests and failed requests of the target over the window.
    pub errors: Counts,
    /// Latency quantiles in milliseconds; absent without traffic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<LatencyBaseline>,
    /// The window it was measured over.
    pub window: Span,
}

/// Latency quantiles of the stable version, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LatencyBaseline {
    /// Half of the requests were faster.
    pub p50: f64,
    /// Nine in ten were faster.
    pub p90: f64,
    /// Ninety-nine in a hundred were faster.
    pub p99: f64,
}

impl LatencyBaseline {
    /// The quantile of so many percent, where it was measured.
    pub fn quantile(&self, percent: u8) -> Option<f64> {
        match percent {
            50 => Some(self.p50),
            90 => Some(self.p90),
            99 => Some(self.p99),
            _ => None,
        }
    }
}

/// What health-check found; it acts on nothing itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind", content = "with")]
pub enum Verdict {
    /// Preflight's measurements are in.
    Ready(Preflight),
    /// Nothing to do yet.
    Continue,
    /// This step is passed.
    Promote(Pass),
    /// The candidate has to go.
    RollBack(Cause),
    /// The weight stays where it is.
    Hold(HoldCause),
    /// The step's time is over and the evidence decides nothing.
    Inconclusive(Evidence),
}

impl Verdict {
    /// What it says, without its data.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ready(_) => "ready",
            Self::Continue => "continue",
            Self::Promote(_) => "promote",
            Self::RollBack(_) => "roll back",
            Self::Hold(_) => "hold",
            Self::Inconclusive(_) => "inconclusive",
        }
    }
}

/// The measurements that a rollout starts from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preflight {
    /// The stable version before the rollout.
    pub baseline: Baseline,
    /// Alarms of the policy that fire already.
    pub firing: Vec<String>,
    /// Checks before any traffic that failed, each with its reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<String>,
}

/// Why a step is passed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind", content = "with")]
pub enum Pass {
    /// The evidence says so.
    Evidence(Evidence),
    /// The checks before any traffic passed.
    Checks,
    /// The step was passed before, and its timed gate is over.
    GateOver,
    /// The evidence decides nothing, there was data, and the policy says `proceed`.
    Proceed(Evidence),
    /// The watch after promotion ended without harm. This is no comparison: there is no second version beside it.
    WatchOver,
}

/// Why a candidate is taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind", content = "with")]
pub enum Cause {
    /// The comparison with stable shows harm beyond the margin.
    HarmShown(Evidence),
    /// The candidate fails outright, many times as often as stable. The evidence is that of the fast path.
    FailsOutright(Evidence),
    /// An absolute guard fired.
    GuardBroken {
        /// The guard in words: `errors above 5 % in 3 of 3 minutes`.
        guard: String,
        /// What the judge knew.
        evidence: Evidence,
    },
    /// After promotion: the candidate is far from the frozen baseline.
    WorseThanBaseline {
        /// The candidate in the last minutes.
        candidate: Counts,
        /// The stable version before the rollout.
        baseline: Counts,
    },
    /// An alarm of the policy fired.
    AlarmFired {
        /// Its name.
        alarm: String,
    },
    /// Somebody asked for it.
    Aborted {
        /// Who, as the caller states it.
        by: String,
        /// Why, as the caller states it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// A newer candidate takes its place.
    Superseded {
        /// The rollout of the newer candidate.
        by: RolloutId,
    },
    /// A step stayed undecided and the policy says `rollBack`.
    Undecided(Evidence),
    /// Checks before any traffic failed.
    ChecksFailed(Vec<String>),
    /// CodeDeploy ended the deployment: somebody stopped it, or it failed.
    DeploymentEnded {
        /// How.
        status: DeploymentStatus,
        /// Why, in CodeDeploy's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// A flag that it set was taken back by AppConfig or somebody else, or could not be set.
    FlagsTakenBack(String),
    /// It did not end in its time.
    DeadlinePassed {
        /// The deadline.
        #[schemars(with = "String")]
        deadline: Timestamp,
    },
}

/// Why a weight stays where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind", content = "with")]
pub enum HoldCause {
    /// The candidate's data is missing while the stable version has data.
    NoData,
    /// The router does not send the traffic where it was told to.
    RouteMismatch,
    /// An alarm of the policy fires and its action is `hold`.
    Alarm {
        /// Its name.
        alarm: String,
    },
    /// The installation is frozen.
    Frozen(Freeze),
}

/// Why a rollout cannot start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind", content = "with")]
pub enum Finding {
    /// The target cannot be read.
    TargetUnreadable(String),
    /// The candidate carries the traffic already.
    AlreadyLive,
    /// The target runs a newer version, and nobody asked for the older one.
    NewerLive(Version),
    /// Somebody is shifting traffic on this target at the moment.
    AlreadyShifting(String),
    /// The candidate is not what the router can route to.
    CandidateUnfit(String),
    /// The candidate cannot be routed to yet; this is expected to pass by itself.
    NotYet(String),
    /// Both versions differ in something that the router demands to be equal.
    Incompatible(String),
    /// An alarm of the policy fires, and the request does not say `fixForward`.
    AlarmFiring(String),
    /// The same version is being rolled out.
    UnderWay(RolloutId),
    /// A newer version is being rolled out.
    NewerUnderWay {
        /// Its rollout.
        rollout: RolloutId,
        /// The newer version.
        version: Version,
    },
    /// The policy asks for something that this target or this release cannot do.
    Unsupported(String),
    /// A check before any traffic failed.
    CheckFailed(String),
    /// CodeDeploy cannot do what the policy asks for, or refuses it.
    DeploymentRefused(String),
    /// A flag of the policy cannot be set.
    FlagRefused(String),
    /// Preflight did not end in its time.
    PreflightTimedOut,
}
