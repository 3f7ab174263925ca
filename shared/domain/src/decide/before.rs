//! Before any traffic moves: queued and preflight.

use jiff::Timestamp;

use crate::effect::{Effect, Pending};
use crate::outlook::Outlook;
use crate::policy::OutcomeKind;
use crate::reason::{Ignored, Reason};
use crate::rollout::{Phase, Rollout, RolloutId, SETTLE};
use crate::target::Observed;
use crate::trigger::{Command, Judged, Trigger, Verb};
use crate::units::{Span, Weight};
use crate::verdict::{Cause, Finding, Preflight, Verdict};

use super::{At, Decision, back, deployed, forward, frozen};

/// How long preflight may wait for its measurements before the rollout is refused.
pub const PREFLIGHT_TIME: Span = Span::minutes(30);

pub(super) fn queued(at: &At<'_>, trigger: &Trigger) -> Decision {
    match trigger {
        Trigger::Reconcile if at.observation.target_taken => wait_for_rollout(at),
        Trigger::Reconcile if at.observation.busy_with.is_some() => wait_for_deployment(at),
        Trigger::Reconcile => start(at),
        Trigger::Judged(Judged { verdict: Verdict::RollBack(cause), .. }) if at.rollout.is_adopted() => {
            called_off_in_the_queue(at, cause)
        }
        Trigger::Judged(_) => At::ignored(Ignored::VerdictElsewhere { phase: at.rollout.phase.name() }),
        Trigger::Commanded(command) if command.verb == Verb::Abort && at.rollout.is_adopted() => {
            let cause = Cause::Aborted { by: command.by.clone(), why: command.why.clone() };
            called_off_in_the_queue(at, &cause)
        }
        Trigger::Commanded(command) => commanded(at, command),
        Trigger::AlarmFired { .. } => At::ignored(Ignored::NothingDue),
        Trigger::Replaced { by, .. } => superseded(at, by),
        Trigger::Performed { .. } => At::ignored(Ignored::NotPending),
    }
}

pub(super) fn preflight(at: &At<'_>, since: Timestamp, trigger: &Trigger) -> Decision {
    match trigger {
        Trigger::Reconcile if at.rollout.waits_frozen() => At::ignored(Ignored::NothingDue),
        Trigger::Reconcile if at.now > PREFLIGHT_TIME.after(since) => {
            refuse(at, vec![Finding::PreflightTimedOut])
        }
        Trigger::Reconcile => At::ignored(Ignored::NothingDue),
        Trigger::Judged(judged) => match &judged.verdict {
            Verdict::Ready(measured) => ready(at, measured),
            Verdict::RollBack(cause) => called_off(at, cause),
            Verdict::Continue if at.rollout.waits_frozen() => frozen::thaw(at),
            Verdict::Continue | Verdict::Promote(_) | Verdict::Hold(_) | Verdict::Inconclusive(_) => {
                At::ignored(Ignored::VerdictElsewhere { phase: at.rollout.phase.name() })
            }
        },
        Trigger::Commanded(command) => commanded(at, command),
        Trigger::AlarmFired { .. } if at.rollout.live_deployment().is_some() => {
            At::ignored(Ignored::NothingDue)
        }
        Trigger::AlarmFired { alarm } => refuse(at, vec![Finding::AlarmFiring(alarm.clone())]),
        Trigger::Replaced { by, .. } => superseded(at, by),
        Trigger::Performed { .. } => At::ignored(Ignored::NotPending),
    }
}

/// The target is free: take it and have the baseline measured.
fn start(at: &At<'_>) -> Decision {
    let mut draft = at.to(Phase::Preflight { since: at.now }, Reason::TargetFree).then(Effect::Measure);
    draft.next.deadline = Some(at.rollout.policy.deadline.after(at.now));
    if at.rollout.are_flags_unknown() { draft.then(Effect::ExamineFlags).done() } else { draft.done() }
}

/// What holds the target may have come to where it makes way since this one was admitted: it is asked then.
fn wait_for_rollout(at: &At<'_>) -> Decision {
    let asks = |pending: &Pending| matches!(pending.effect, Effect::Supersede { .. });
    match &at.observation.yields {
        Some(older) if !at.rollout.pending.iter().any(asks) => {
            at.stay(at.rollout.reason.clone()).then(Effect::Supersede { rollout: older.clone() }).done()
        }
        Some(_) | None => At::ignored(Ignored::TargetTaken),
    }
}

/// CodeDeploy has one deployment a group at a time: which one it waits for is said once.
fn wait_for_deployment(at: &At<'_>) -> Decision {
    match at.observation.busy_with.clone().map(Reason::WaitsForDeployment) {
        Some(reason) if reason != at.rollout.reason => at.stay(reason).done(),
        Some(_) | None => At::ignored(Ignored::TargetTaken),
    }
}

/// The measurements are in: into the first step, or refused with every finding at once.
fn ready(at: &At<'_>, measured: &Preflight) -> Decision {
    if at.rollout.are_flags_unknown() {
        return At::ignored(Ignored::FlagsUnknown);
    }
    if let Some(moves) = at.rollout.mover.code_deploy() {
        return deployed::ready(at, moves, measured);
    }
    let observed = match &at.observation.routing {
        Ok(observed) => observed,
        Err(why) => return refuse(at, vec![Finding::TargetUnreadable(why.clone())]),
    };
    refused(at, findings(at, observed, measured)).unwrap_or_else(|| enter_first(at, observed, measured))
}

/// The answer to what stands against a rollout; `None` where nothing does. What passes by itself is waited for.
pub(super) fn refused(at: &At<'_>, findings: Vec<Finding>) -> Option<Decision> {
    if findings.is_empty() {
        return None;
    }
    Some(if findings.iter().all(|finding| matches!(finding, Finding::NotYet(_))) {
        At::ignored(Ignored::NotYet(findings))
    } else {
        refuse(at, findings)
    })
}

/// The rollout with what preflight learnt.
pub(super) fn known(at: &At<'_>, measured: &Preflight) -> Rollout {
    let mut known = at.rollout.clone();
    known.baseline = Some(measured.baseline.clone());
    known.settle =
        at.observation.longest_request.map_or(SETTLE, |longest| SETTLE.max(longest + Span::minutes(1)));
    let later = Span::seconds(known.settle.as_seconds() - SETTLE.as_seconds());
    known.deadline = known.deadline.map(|deadline| known.policy.time_to_settle(later).after(deadline));
    known
}

/// Nothing stands against it: what was read is what the rollout goes by.
fn enter_first(at: &At<'_>, observed: &Observed, measured: &Preflight) -> Decision {
    let mut known = known(at, measured);
    known.stable = Some(observed.routing.primary.clone());
    known.routed = Some(observed.clone());
    let outlook = Outlook::of(&known.policy.strategy, &known.policy.analysis, &measured.baseline);
    let reason = Reason::PreflightPassed { baseline: measured.baseline.errors, outlook };
    let at = At { rollout: &known, ..*at };
    forward::enter(&at, 0, observed, reason)
}

pub(super) fn findings(at: &At<'_>, observed: &Observed, measured: &Preflight) -> Vec<Finding> {
    let mut findings = at.observation.findings.clone();
    if observed.routing.canary.as_ref().is_some_and(|canary| canary.weight > Weight::ZERO) {
        findings.push(Finding::AlreadyShifting(observed.routing.to_string()));
    } else if observed.routing.primary == at.rollout.candidate {
        findings.push(Finding::AlreadyLive);
    }
    let live = &observed.routing.primary;
    if at.rollout.request.automatic && live.is_newer_than(&at.rollout.candidate) == Some(true) {
        findings.push(Finding::NewerLive(live.clone()));
    }
    findings.extend(measured.failed.iter().cloned().map(Finding::CheckFailed));
    if !at.rollout.request.fix_forward {
        findings.extend(measured.firing.iter().cloned().map(Finding::AlarmFiring));
    }
    findings
}

fn commanded(at: &At<'_>, command: &Command) -> Decision {
    match command.verb {
        Verb::Abort => {
            let cause = Cause::Aborted { by: command.by.clone(), why: command.why.clone() };
            called_off(at, &cause)
        }
        verb @ (Verb::Promote
        | Verb::PromoteFull
        | Verb::Pause
        | Verb::Resume
        | Verb::Retry
        | Verb::RetryFixForward) => At::ignored(Ignored::NotNow { verb, phase: at.rollout.phase.name() }),
    }
}

pub(super) fn superseded(at: &At<'_>, by: &RolloutId) -> Decision {
    at.to(Phase::Superseded { by: by.clone() }, Reason::SupersededBy(by.clone()))
        .tell(OutcomeKind::Superseded)
        .done()
}

/// Called off before the first step: a deployment that is under way is stopped, and where there is none it just ends.
fn called_off(at: &At<'_>, cause: &Cause) -> Decision {
    let is_under_way = at.rollout.live_deployment().is_some_and(|moves| moves.id.is_some());
    if is_under_way { back::begin(at, cause) } else { refuse_because(at, cause) }
}

/// A deployment that waits behind another rollout of its target is stopped and let go of: the way back is the other's to follow.
fn called_off_in_the_queue(at: &At<'_>, cause: &Cause) -> Decision {
    let phase = Phase::Refused { findings: Vec::new() };
    let draft = at.to(phase, Reason::TakingBack(cause.clone())).tell(OutcomeKind::Refused);
    deployed::stop(at, draft).done()
}

/// The rollout ends before any traffic moved, for a reason that would later take traffic back.
pub(super) fn refuse_because(at: &At<'_>, cause: &Cause) -> Decision {
    let phase = Phase::Refused { findings: Vec::new() };
    at.to(phase, Reason::TakingBack(cause.clone())).tell(OutcomeKind::Refused).done()
}

pub(super) fn refuse(at: &At<'_>, findings: Vec<Finding>) -> Decision {
    let reason = Reason::PreflightFailed(findings.clone());
    at.to(Phase::Refused { findings }, reason).tell(OutcomeKind::Refused).done()
}
