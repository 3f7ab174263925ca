//! What the judge is given: ticks, metrics, guards and where the step stands. Plain data; it is checked in
//! `fault` and nowhere else.

use crate::preset::Thresholds;

/// One complete minute of one metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tick {
    /// What the candidate served in this minute.
    pub candidate: Counts,
    /// What the stable version served in this minute.
    pub stable: Counts,
}

/// Requests of one version in one minute, or summed over many, and the bad events among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Requests.
    pub total: u64,
    /// Events among them: errors, requests slower than a threshold, or (with [`Harm::Decrease`]) orders placed.
    pub bad: u64,
}

/// The direction in which a metric moves when users are harmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// More events are worse: errors, slow requests.
    Increase,
    /// Fewer events are worse: orders, sign-ups. The judge swaps the arms.
    Decrease,
}

/// What a metric counts, as far as the judge treats it differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Failed requests. They also take the fast path.
    Errors,
    /// Any other count of `x of n`: requests slower than a threshold, business events.
    Other,
}

/// One metric of a rollout with all its ticks so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Its name, unique within the input.
    pub name: String,
    /// Whether it takes the fast path.
    pub kind: Kind,
    /// The direction of harm.
    pub harm: Harm,
    /// Complete minutes since the rollout began, oldest first. A warm-up tick that is to be dropped is left out.
    pub ticks: Vec<Tick>,
    /// Margin ratio of the null hypothesis `p_c <= r0 · p_s`; above 0.
    pub r0: f64,
    /// Pass ratio: a metric passes when its ratio is shown to be below it; above 1.
    pub r1: f64,
    /// Share of this metric in the combined evidence. Weights sum to 1; a metric of weight 0 does not gate, it is
    /// there to be shown and for guards to look at.
    pub weight: f64,
    /// Index of the first tick of the current step: pass evidence restarts there.
    pub step_start: usize,
    /// How many ticks at the end of the list are not settled yet: they count for rolling back, not for passing.
    pub unsettled: usize,
}

impl Metric {
    /// The ticks that may count for passing: settled, and of the current step. Empty where the indices cross.
    pub(crate) fn settled_of_step(&self) -> &[Tick] {
        let end = self.ticks.len().saturating_sub(self.unsettled);
        self.ticks.get(self.step_start..end).unwrap_or_default()
    }

    /// Whether the metric has a say in promoting.
    pub(crate) fn gates(&self) -> bool {
        self.weight > 0.0
    }
}

/// An absolute limit beside the test, evaluated as M of N. A service with little traffic needs one: at one request
/// per second nothing that compares sees an error rate rise by one point.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard {
    /// Its name, given back in [`RollBackCause::Guard`](crate::RollBackCause::Guard).
    pub name: String,
    /// The name of the metric it looks at.
    pub metric: String,
    /// The limit for the candidate's `bad / total` in one minute, at least 0 and below 1; the limit itself is
    /// allowed.
    pub above: f64,
    /// How many minutes must exceed the limit …
    pub m: u32,
    /// … of this many latest minutes in which the candidate had requests.
    pub n: u32,
}

/// How requests find their version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Routing {
    /// Every request is routed on its own, as by a Lambda alias.
    #[default]
    PerRequest,
    /// A user stays with a version, so that one user's bad luck counts many times.
    Sticky,
}

/// Requests as the router dealt them out in one minute, for the traffic-split test. Ticks that straddle a change of
/// weight are left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplitTick {
    /// The share the router was told to send to the candidate, 0 to 1.
    pub share: f64,
    /// Requests that reached the candidate.
    pub candidate: u64,
    /// Requests that reached the stable version.
    pub stable: u64,
}

/// Where the step stands in its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepTime {
    /// The minimum bake is not over: nothing passes yet.
    BeforeBake,
    /// The minimum bake is over: pass evidence may end the step.
    BakeOver,
    /// The whole time of the step, with its extension if it had one, is over.
    StepOver,
}

/// Everything the judge may know. The same input gives the same bits.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The metrics of the rollout.
    pub metrics: Vec<Metric>,
    /// Absolute limits beside them.
    pub guards: Vec<Guard>,
    /// The error levels of the test.
    pub thresholds: Thresholds,
    /// How requests find their version.
    pub routing: Routing,
    /// What the router did since the rollout began; empty where there is nothing to compare, then it is not tested.
    pub split: Vec<SplitTick>,
    /// Where the step stands in its time.
    pub step: StepTime,
    /// The share of the traffic that the router was told to send to the candidate, 0 to 1; 0 where the candidate had no time to
    /// show any yet.
    pub told_share: f64,
    /// Minutes left in the step, to say what it cannot show in time.
    pub minutes_left: u32,
}
