//! Spans: what a trace shows of an invocation, under a target of their own. A span's fields are what traces are found by.

use std::future::Future;

use tidegate_domain::effect::Effect;
use tidegate_domain::rollout::{Rollout, RolloutId};
use tidegate_domain::trigger::Trigger;
use tidegate_domain::verdict::Verdict;
use tracing::field::Empty;
use tracing::{Instrument, Span, debug, debug_span};

use crate::ports::Fault;

/// The target of these spans. They are of level debug: the command does not print them with every line.
pub const TARGET: &str = "tidegate::trace";

/// The target of what is decided.
pub const DECISIONS: &str = "tidegate::decisions";

/// A rollout is asked for.
pub(crate) fn admitted(id: &RolloutId) -> Span {
    debug_span!(target: TARGET, "admit", rollout = %id, fault = Empty)
}

/// A trigger is brought to a rollout.
pub(crate) fn handled(id: &RolloutId) -> Span {
    debug_span!(target: TARGET, "rollout", rollout = %id, fault = Empty)
}

/// A rollout and its target are read by the sweep.
pub(crate) fn seen(id: &RolloutId) -> Span {
    debug_span!(target: TARGET, "see", rollout = %id, fault = Empty)
}

/// A rollout is judged.
pub(crate) fn judged(id: &RolloutId) -> Span {
    debug_span!(target: TARGET, "judge", rollout = %id, verdict = Empty, fault = Empty)
}

/// Tells what is decided: in which phase, and by what. It costs nothing where nobody listens.
pub(crate) fn decides(rollout: &Rollout, trigger: &Trigger) {
    debug!(target: DECISIONS, phase = %rollout.phase.name(), trigger = trigger.name());
}

/// Notes the verdict in the span of its judging.
pub(crate) fn found(verdict: &Verdict) {
    Span::current().record("verdict", verdict.name());
}

/// An effect is performed.
pub(crate) fn performed(id: &RolloutId, effect: &Effect) -> Span {
    debug_span!(target: TARGET, "effect", rollout = %id, effect = effect.name(), fault = Empty)
}

/// What is done within a span; a fault is noted in it.
pub(crate) async fn within<T>(span: Span, done: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    let result = done.instrument(span.clone()).await;
    if result.is_err() {
        span.record("fault", true);
    }
    result
}
