//! What the judge answers: types only.

use crate::input::Counts;

/// The verdict with what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// What to do.
    pub verdict: Verdict,
    /// The findings, one per metric, in the order of the input.
    pub metrics: Vec<MetricJudgement>,
    /// Log of the combined evidence `Σ w_i·E_i` for harm; 0 without gating metrics.
    pub combined_log_e: f64,
    /// Log of the combined evidence of the fast path; 0 where no gating metric takes it.
    pub fast_log_e: f64,
    /// Where the combined evidence rolls back: `ln(1/α_slow)`.
    pub threshold_log_e: f64,
    /// Names of the metrics that e-BH rejects; it names, it does not decide, and may name none.
    pub culprits: Vec<String>,
    /// Names of the gating metrics in which a doubling would not show in the minutes left, at today's traffic.
    pub undetectable: Vec<String>,
}

/// What one metric shows.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricJudgement {
    /// The metric's name.
    pub name: String,
    /// Log evidence for harm, over all ticks (slow path, with the start mixture).
    pub log_e: f64,
    /// Log evidence of the fast path; `None` where the metric does not take it.
    pub log_e_fast: Option<f64>,
    /// Log evidence that the ratio is below `r1`, from the settled ticks of the current step. Once the step's time
    /// is over it is the one of rule 6, before that the more cautious one of rule 5.
    pub log_e_pass: f64,
    /// Events the candidate would have in those ticks if it were like stable; below 20 nothing passes.
    pub expected_events: f64,
    /// Overdispersion estimated from all ticks, at least 1: what the next tick will be tempered by.
    pub phi: f64,
    /// How many times worse the candidate is (for [`Harm::Decrease`](crate::Harm::Decrease) the arms are swapped,
    /// so above 1 is worse there too); `None` while no tick has events and both arms.
    pub ratio: Option<f64>,
    /// The candidate's counts, summed.
    pub candidate: Counts,
    /// The stable version's counts, summed.
    pub stable: Counts,
    /// Requests to both versions still needed to detect a doubling; `None` while that cannot be told.
    pub requests_needed: Option<f64>,
    /// The same in minutes at the traffic of the current step.
    pub minutes_needed: Option<f64>,
    /// Where the version that is compared with had no bad event yet: requests that a doubling takes at the least,
    /// for its rate is at most three in its requests so far, with 95 % confidence.
    pub least_requests: Option<f64>,
    /// The same in minutes at the traffic of the current step.
    pub least_minutes: Option<f64>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Take the candidate back.
    RollBack(RollBackCause),
    /// The step is passed.
    Promote,
    /// Stay, something is wrong with the observation itself.
    Hold(HoldCause),
    /// The step's time is over and nothing is shown.
    Inconclusive,
    /// Keep looking.
    Continue,
}

/// Why the candidate goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RollBackCause {
    /// The combined evidence shows harm beyond the margin.
    Harm,
    /// The candidate fails outright.
    FastPath,
    /// The named guard fired.
    Guard(String),
}

/// Why the rollout stays where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldCause {
    /// The candidate shows no data while stable does.
    NoData,
    /// The router does not do what it was told.
    RouteMismatch,
}

/// A confidence sequence for the ratio of the bad-event rates, valid at every minute at once; 2.5 % a side. To be
/// labelled "assuming independent requests".
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Interval {
    /// The ratio over all ticks; `None` while no tick has events and both arms.
    pub ratio: Option<f64>,
    /// Its lower bound; `None` reads as 0.
    pub low: Option<f64>,
    /// Its upper bound; `None` reads as unbounded.
    pub high: Option<f64>,
}
