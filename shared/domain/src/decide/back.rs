//! The way back: all traffic to stable, and proof of it.

use crate::effect::{Effect, Performed};
use crate::policy::OutcomeKind;
use crate::reason::{FlagReason, Ignored, Reason, Returned};
use crate::rollout::{Phase, Return, Rollout};
use crate::target::{Observed, Routing};
use crate::trigger::{Trigger, Verb};
use crate::units::Span;
use crate::verdict::Cause;

use super::drift::{Drift, is_all_stable, taken_over};
use super::{At, Decision, Draft, before, deployed};

/// No function runs longer than this. A writer who observed before a decision and still sleeps is gone after it.
pub const LONGEST_FUNCTION_TIMEOUT: Span = Span::seconds(60);

/// A way back that takes longer is stuck.
pub const STUCK_AFTER: Span = Span::minutes(10);

/// How often people are told again that a rollout is stuck.
pub const TELL_AGAIN_AFTER: Span = Span::hours(1);

/// Begins the way back from a phase in which traffic may have moved.
pub(super) fn begin(at: &At<'_>, cause: &Cause) -> Decision {
    let way = way(at, cause);
    if at.rollout.live_deployment().is_some() {
        return deployed::stop(at, at.to(Phase::RollingBack(way), Reason::TakingBack(cause.clone()))).done();
    }
    match &at.observation.routing {
        Ok(found) if Drift::kind(at.rollout, &found.routing) == Drift::ThirdVersion => taken_over(at, found),
        Ok(found) => take_back(at, at.to(Phase::RollingBack(way), Reason::TakingBack(cause.clone())), found),
        Err(_) => at.to(Phase::RollingBack(way), Reason::TakingBack(cause.clone())).wishless().done(),
    }
}

/// The way back, begun now. Nobody writes a target whose traffic somebody else's deployment moves.
pub(super) fn way(at: &At<'_>, cause: &Cause) -> Return {
    // Twice: this decision is committed within one timeout, and until then a function may begin to perform the last one.
    let until_writers_are_gone = LONGEST_FUNCTION_TIMEOUT * 2;
    let wait = if at.rollout.is_adopted() { Span::ZERO } else { until_writers_are_gone };
    Return {
        cause: cause.clone(),
        since: at.now,
        proven_from: wait.after(at.now),
        traffic_back: None,
        told: None,
    }
}

/// Rolling back and stuck: the same way, but for what people have been told.
pub(super) fn returning(at: &At<'_>, way: &Return, trigger: &Trigger) -> Decision {
    match trigger {
        Trigger::Reconcile if at.rollout.mover.is_tidegate() => look(at, way),
        Trigger::Reconcile => deployed::look_back(at, way),
        Trigger::Performed { result, .. } => performed(at, way, result),
        Trigger::Replaced { by, .. } if at.rollout.is_beyond_reach() => before::superseded(at, by),
        Trigger::Commanded(command) if command.verb != Verb::Abort => {
            At::ignored(Ignored::NotNow { verb: command.verb, phase: at.rollout.phase.name() })
        }
        Trigger::Judged(_)
        | Trigger::AlarmFired { .. }
        | Trigger::Replaced { .. }
        | Trigger::Commanded(_) => At::ignored(Ignored::AlreadyGoingBack),
    }
}

/// Whether people have to be told (again) that it does not come back.
pub(super) fn is_overdue(at: &At<'_>, way: &Return) -> bool {
    match way.told {
        None => at.now > STUCK_AFTER.after(way.since),
        Some(told) => at.now >= TELL_AGAIN_AFTER.after(told),
    }
}

/// Reads the target again: proof, a new try, or hands off.
pub(super) fn look(at: &At<'_>, way: &Return) -> Decision {
    let found = match &at.observation.routing {
        Ok(found) => found,
        Err(_) if is_overdue(at, way) => return stick(at, way, Reason::WayBackTooLong(way.cause.clone())),
        Err(why) => return At::ignored(Ignored::TargetUnreadable(why.clone())),
    };
    match Drift::kind(at.rollout, &found.routing) {
        Drift::ThirdVersion => taken_over(at, found),
        Drift::BackOnStable if at.now >= way.proven_from || way.traffic_back.is_some() => {
            back(at, way, found)
        }
        Drift::BackOnStable => At::ignored(Ignored::NothingDue),
        Drift::OtherShare if is_overdue(at, way) => stick(at, way, Reason::WayBackTooLong(way.cause.clone())),
        Drift::OtherShare if is_being_written(at, found) => At::ignored(Ignored::AlreadyGoingBack),
        Drift::OtherShare => {
            let reason = Reason::TryingAgain { found: found.routing.clone() };
            take_back(at, at.stay(reason), found)
        }
    }
}

/// Whether the wish to go back stands already, with the fence of what was found: trying again would say the same.
fn is_being_written(at: &At<'_>, found: &Observed) -> bool {
    at.rollout
        .pending
        .iter()
        .filter_map(|pending| pending.effect.wish())
        .any(|(_, fence)| *fence == found.fence)
}

fn performed(at: &At<'_>, way: &Return, result: &Performed) -> Decision {
    match result {
        Performed::Routed { observed, fence_moved: true } if is_all_stable(at.rollout, &observed.routing) => {
            back(at, way, observed)
        }
        Performed::Routed { observed, .. } => {
            at.stay(Reason::AwaitingProof).routed(observed).wishless().done()
        }
        Performed::FenceLost(found) if Drift::kind(at.rollout, &found.routing) == Drift::ThirdVersion => {
            taken_over(at, found)
        }
        Performed::FenceLost(found) => {
            take_back(at, at.stay(Reason::TryingAgain { found: found.routing.clone() }), found)
        }
        Performed::Denied(_) if way.told.is_some() && !is_overdue(at, way) => {
            At::ignored(Ignored::AlreadyGoingBack)
        }
        Performed::Denied(why) => {
            stick(at, way, Reason::WayBackDenied { why: why.clone(), cause: way.cause.clone() })
        }
        Performed::Done
        | Performed::Frozen(_)
        | Performed::Thawed
        | Performed::Started(_)
        | Performed::FlagsExamined(_)
        | Performed::FlagsSet
        | Performed::FlagsBack(_) => At::ignored(Ignored::NotPending),
    }
}

/// The traffic is back, and it was read back: the rollout is over once its flags are back too.
pub(super) fn back(at: &At<'_>, way: &Return, found: &Observed) -> Decision {
    match way.traffic_back {
        _ if !at.rollout.owes_flags() => finish(at, way, found),
        None => {
            let way = Return { traffic_back: Some(at.now), ..way.clone() };
            let reason = Reason::Flags(FlagReason::Awaited(way.cause.clone()));
            at.to(again(at, way), reason).routed(found).wishless().done()
        }
        Some(_) if is_overdue(at, way) => {
            let why = "they do not come back in time; see tidegate get".to_owned();
            let way = Return { told: Some(at.now), ..way.clone() };
            let reason = Reason::Flags(FlagReason::NotBack { why, cause: way.cause.clone() });
            at.to(Phase::Stuck(way), reason).tell(OutcomeKind::Stuck).done()
        }
        Some(_) => At::ignored(Ignored::AlreadyGoingBack),
    }
}

/// The same phase with something noted of the way back.
fn again(at: &At<'_>, way: Return) -> Phase {
    if matches!(at.rollout.phase, Phase::Stuck(_)) { Phase::Stuck(way) } else { Phase::RollingBack(way) }
}

/// Traffic and flags are back.
fn finish(at: &At<'_>, way: &Return, found: &Observed) -> Decision {
    let Rollout { flags, .. } = at.rollout;
    let reason = if flags.asked.is_empty() {
        Reason::BackOnStable(way.cause.clone())
    } else {
        let (names, left) = (at.rollout.flag_names(&flags.asked), flags.left.clone());
        let flags = Returned { flags: names, left };
        Reason::Flags(FlagReason::BackWithTraffic { cause: way.cause.clone(), flags })
    };
    let (phase, kind) = match &way.cause {
        Cause::Superseded { by } => (Phase::Superseded { by: by.clone() }, OutcomeKind::Superseded),
        cause @ (Cause::HarmShown(_)
        | Cause::FailsOutright(_)
        | Cause::GuardBroken { .. }
        | Cause::WorseThanBaseline { .. }
        | Cause::AlarmFired { .. }
        | Cause::Aborted { .. }
        | Cause::Undecided(_)
        | Cause::ChecksFailed(_)
        | Cause::DeploymentEnded { .. }
        | Cause::FlagsTakenBack(_)
        | Cause::DeadlinePassed { .. }) => {
            (Phase::RolledBack { cause: cause.clone() }, OutcomeKind::RolledBack)
        }
    };
    at.to(phase, reason).routed(found).tell(kind).done()
}

/// Writes stable, also where stable has the traffic already: the write makes every fence observed before it worthless.
fn take_back(at: &At<'_>, draft: Draft, found: &Observed) -> Decision {
    let Some(stable) = &at.rollout.stable else { return draft.done() };
    let effect = Effect::TakeBack { wish: Routing::all(stable), fence: found.fence.clone() };
    draft.routed(found).then(effect).done()
}

/// Declares the way back stuck, or says so again, and tries again where the target can be read.
pub(super) fn stick(at: &At<'_>, way: &Return, reason: Reason) -> Decision {
    let way = Return { told: Some(at.now), ..way.clone() };
    let draft = at.to(Phase::Stuck(way), reason).tell(OutcomeKind::Stuck);
    if !at.rollout.mover.is_tidegate() {
        return deployed::stop(at, draft).done();
    }
    match &at.observation.routing {
        Ok(found) => take_back(at, draft, found),
        Err(_) => draft.done(),
    }
}
