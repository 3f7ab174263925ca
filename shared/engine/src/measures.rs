//! Measures: what Tidegate tells of itself in numbers. Each is an event under a target of its own: a function's runtime makes a
//! metric of it ([`METRICS`]), and nobody prints it for people.
//!
//! What a commit measures is told after it is written, by whoever wrote it, so each transition counts once. A crash in between
//! loses the count; nothing counts it later.

use jiff::Timestamp;
use tidegate_domain::rollout::{Phase, PhaseName, Rollout, RolloutId};
use tidegate_domain::units::Span;
use tidegate_domain::verdict::Verdict;
use tracing::debug;

/// The target of these events. They are of level debug, which the command does not print.
pub const TARGET: &str = "tidegate::metric";

/// A metric: a field of this name in an event is a value of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Its unit, as CloudWatch calls it.
    pub unit: &'static str,
    /// When it gets a value, and which.
    pub when: &'static str,
}

impl Metric {
    const fn count(name: &'static str, when: &'static str) -> Self {
        Self { name, unit: "Count", when }
    }

    const fn seconds(name: &'static str, when: &'static str) -> Self {
        Self { name, unit: "Seconds", when }
    }

    const fn milliseconds(name: &'static str, when: &'static str) -> Self {
        Self { name, unit: "Milliseconds", when }
    }
}

/// All of them.
pub const METRICS: [Metric; 12] = [
    Metric::count("RolloutsLive", "each sweep: rollouts that are not over, or have something left to do"),
    Metric::count("RolloutsStuck", "each look at rollouts: those among them whose way back fails"),
    Metric::milliseconds("SweepMilliseconds", "each sweep: how long it took"),
    Metric::count("RolloutsEnded", "a rollout is over, however it ended: 1"),
    Metric::count("RolloutsSucceeded", "a rollout is over: 1 where it succeeded, else 0"),
    Metric::count("RolloutsRolledBack", "a rollout is over: 1 where it was rolled back, else 0"),
    Metric::seconds("LeadSeconds", "a rollout succeeded: since it was asked for"),
    Metric::seconds(
        "RollbackSeconds",
        "a rollout was rolled back: from the decision to go back until all traffic was read back on stable",
    ),
    Metric::count("Verdicts", "a rollout was judged, whatever was found: 1"),
    Metric::count("VerdictsRollBack", "a rollout was judged: 1 where it has to go back, else 0"),
    Metric::count("VerdictsPromote", "a rollout was judged: 1 where its step is passed, else 0"),
    Metric::count("AwsCalls", "each invocation: calls of AWS, tries of the same call not counted"),
];

/// What the end of a rollout measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// How it ended.
    pub outcome: PhaseName,
    /// From the request to the success.
    pub lead: Option<Span>,
    /// From the decision to go back until all traffic was read back on stable.
    pub rollback: Option<Span>,
}

impl End {
    /// What a commit measures, where it ends the rollout.
    pub fn of(before: Option<&Rollout>, next: &Rollout) -> Option<Self> {
        let was_over = before.is_some_and(|before| before.phase.is_terminal());
        let outcome = next.phase.name();
        (outcome.is_terminal() && !was_over).then(|| Self {
            outcome,
            lead: (outcome == PhaseName::Succeeded).then(|| Span::between(next.created, next.updated)),
            rollback: before.filter(|_| outcome == PhaseName::RolledBack).and_then(|before| {
                let (Phase::RollingBack(way) | Phase::Stuck(way)) = &before.phase else { return None };
                Some(Span::between(way.since, way.traffic_back.unwrap_or(next.updated)))
            }),
        })
    }
}

/// A commit is written.
pub(crate) fn committed(before: Option<&Rollout>, next: &Rollout) {
    let Some(End { outcome, lead, rollback }) = End::of(before, next) else { return };
    debug!(
        target: TARGET,
        RolloutsEnded = 1,
        RolloutsSucceeded = u8::from(outcome == PhaseName::Succeeded),
        RolloutsRolledBack = u8::from(outcome == PhaseName::RolledBack),
        LeadSeconds = lead.map(Span::as_seconds),
        RollbackSeconds = rollback.map(Span::as_seconds),
        rollout.id = %next.id, target = %next.target, outcome = %outcome,
    );
}

/// A rollout was judged.
pub(crate) fn judged(id: &RolloutId, verdict: &Verdict) {
    debug!(
        target: TARGET,
        Verdicts = 1,
        VerdictsRollBack = u8::from(matches!(verdict, Verdict::RollBack(_))),
        VerdictsPromote = u8::from(matches!(verdict, Verdict::Promote(_))),
        rollout.id = %id, verdict = verdict.name(),
    );
}

/// A sweep is over.
pub(crate) fn swept(live: usize, began: Timestamp, ended: Timestamp) {
    let took = ended.as_millisecond() - began.as_millisecond();
    debug!(target: TARGET, RolloutsLive = live, SweepMilliseconds = took);
}

/// Rollouts were looked at.
pub(crate) fn looked_at<'a>(rollouts: impl Iterator<Item = &'a Rollout>) {
    let stuck = rollouts.filter(|rollout| matches!(rollout.phase, Phase::Stuck(_))).count();
    debug!(target: TARGET, RolloutsStuck = stuck);
}

/// An invocation is over.
pub fn invoked(calls: u64) {
    debug!(target: TARGET, AwsCalls = calls);
}
