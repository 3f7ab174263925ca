//! Forward: baking, paused, watching.

use jiff::Timestamp;

use crate::deployment::Mover;
use crate::effect::{Effect, Performed};
use crate::policy::{Gate, OutcomeKind};
use crate::reason::{FlagReason, Ignored, Reason};
use crate::rollout::{Bake, PauseCause, Phase};
use crate::target::{Observed, Routing};
use crate::trigger::{Command, Trigger, Verb};
use crate::verdict::{Cause, Evidence, HoldCause, Pass, Verdict};

use super::drift::{self, Drift};
use super::{At, Decision, back, deployed, flags, frozen};

pub(super) fn baking(at: &At<'_>, bake: &Bake, trigger: &Trigger) -> Decision {
    if let Some(answer) = forward_drift(at, trigger, Some(bake)) {
        return answer;
    }
    match trigger {
        Trigger::Reconcile => nothing_due(at),
        Trigger::Judged(judged) => match &judged.verdict {
            Verdict::RollBack(cause) => back::begin(at, cause),
            _ if bake.since.is_none() => At::ignored(Ignored::ShiftUnderWay),
            Verdict::Continue => At::ignored(Ignored::NothingDue),
            Verdict::Promote(pass @ (Pass::Evidence(_) | Pass::Proceed(_))) => passed(at, bake, pass),
            Verdict::Hold(cause) => hold(at, bake, cause),
            Verdict::Inconclusive(evidence) => undecided(at, bake, evidence),
            Verdict::Promote(Pass::Checks | Pass::GateOver | Pass::WatchOver) | Verdict::Ready(_) => {
                At::ignored(Ignored::VerdictElsewhere { phase: at.rollout.phase.name() })
            }
        },
        Trigger::Commanded(command) => match command.verb {
            Verb::Abort => abort(at, command),
            verb @ (Verb::Resume | Verb::Retry | Verb::RetryFixForward) => not_now(at, verb),
            Verb::Promote | Verb::PromoteFull if bake.since.is_none() => At::ignored(Ignored::ShiftUnderWay),
            Verb::Pause if is_entering(at, bake) => At::ignored(Ignored::ShiftUnderWay),
            Verb::Promote => onward(at, bake.step, overridden(command)),
            Verb::PromoteFull => fully(at, overridden(command)),
            Verb::Pause => pause(at, bake, command),
        },
        Trigger::AlarmFired { alarm } => back::begin(at, &Cause::AlarmFired { alarm: alarm.clone() }),
        Trigger::Replaced { by, .. } => back::begin(at, &Cause::Superseded { by: by.clone() }),
        Trigger::Performed { result, .. } => shifted(at, Some(bake), result),
    }
}

pub(super) fn paused(at: &At<'_>, bake: &Bake, cause: &PauseCause, trigger: &Trigger) -> Decision {
    if let Some(answer) = forward_drift(at, trigger, Some(bake)) {
        return answer;
    }
    match trigger {
        Trigger::Reconcile => nothing_due(at),
        Trigger::Judged(judged) => match &judged.verdict {
            Verdict::RollBack(cause) => back::begin(at, cause),
            Verdict::Promote(Pass::Checks) | Verdict::Ready(_) => {
                At::ignored(Ignored::VerdictElsewhere { phase: at.rollout.phase.name() })
            }
            Verdict::Promote(pass) => passed_while_paused(at, bake, cause, pass),
            Verdict::Continue => quiet_while_paused(at, bake, cause),
            Verdict::Hold(_) | Verdict::Inconclusive(_) => At::ignored(Ignored::AlreadyPaused),
        },
        Trigger::Commanded(command) => match command.verb {
            Verb::Abort => abort(at, command),
            verb @ (Verb::Retry | Verb::RetryFixForward) => not_now(at, verb),
            Verb::Pause => operator_pause(at, bake, cause, command),
            Verb::Promote | Verb::PromoteFull if is_paused_while_flags_are_set(bake, cause) => {
                At::ignored(Ignored::ShiftUnderWay)
            }
            Verb::Promote => promote(at, bake, cause, overridden(command)),
            Verb::PromoteFull => fully(at, overridden(command)),
            Verb::Resume => resume(at, bake, cause, command),
        },
        Trigger::AlarmFired { alarm } => back::begin(at, &Cause::AlarmFired { alarm: alarm.clone() }),
        Trigger::Replaced { by, .. } => back::begin(at, &Cause::Superseded { by: by.clone() }),
        Trigger::Performed { result, .. } => shifted(at, Some(bake), result),
    }
}

pub(super) fn watching(at: &At<'_>, since: Option<Timestamp>, trigger: &Trigger) -> Decision {
    if deployed::is_newer_deployment(at) && matches!(trigger, Trigger::Reconcile) {
        return deployed::watch_ends(at);
    }
    if let Some(answer) = forward_drift(at, trigger, None) {
        return answer;
    }
    match trigger {
        Trigger::Reconcile => nothing_due(at),
        Trigger::Judged(judged) => match &judged.verdict {
            Verdict::RollBack(cause) => back::begin(at, cause),
            Verdict::Promote(Pass::WatchOver) if since.is_some() => succeed(at),
            Verdict::Promote(Pass::WatchOver) => At::ignored(Ignored::ShiftUnderWay),
            Verdict::Continue | Verdict::Hold(_) => At::ignored(Ignored::NothingDue),
            Verdict::Promote(Pass::Evidence(_) | Pass::Proceed(_) | Pass::Checks | Pass::GateOver)
            | Verdict::Inconclusive(_)
            | Verdict::Ready(_) => At::ignored(Ignored::VerdictElsewhere { phase: at.rollout.phase.name() }),
        },
        Trigger::Commanded(command) => match command.verb {
            Verb::Abort => abort(at, command),
            verb @ (Verb::Promote
            | Verb::PromoteFull
            | Verb::Pause
            | Verb::Resume
            | Verb::Retry
            | Verb::RetryFixForward) => not_now(at, verb),
        },
        Trigger::AlarmFired { alarm } => back::begin(at, &Cause::AlarmFired { alarm: alarm.clone() }),
        Trigger::Replaced { .. } if !at.rollout.mover.is_tidegate() => deployed::watch_ends(at),
        Trigger::Replaced { .. } => At::ignored(Ignored::AlreadyPromoted),
        Trigger::Performed { result, .. } => shifted(at, None, result),
    }
}

/// The watch is over. That the candidate has all traffic is said only where it was just read.
fn succeed(at: &At<'_>) -> Decision {
    match &at.observation.routing {
        Ok(_) => {
            let reason = match &at.rollout.mover {
                Mover::Tidegate => Reason::WatchOver,
                Mover::CodeDeploy(moves) => Reason::GuardOver(moves.compared.clone()),
            };
            at.to(Phase::Succeeded, reason).tell(OutcomeKind::Succeeded).done()
        }
        Err(why) => At::ignored(Ignored::TargetUnreadable(why.clone())),
    }
}

/// Enters a step, or full promotion when there is no such step: sets its weight from the state just observed.
pub(super) fn enter(at: &At<'_>, step: usize, observed: &Observed, reason: Reason) -> Decision {
    let due = at.rollout.flags_due(None);
    let (phase, wish) = match at.rollout.step(step).map(|step| at.rollout.split(step.weight)) {
        Some(Some(split)) => (Phase::Baking(Bake::entering(step)), split),
        Some(None) => return At::ignored(Ignored::VerdictElsewhere { phase: at.rollout.phase.name() }),
        None => (Phase::Watching { since: None }, Routing::all(&at.rollout.candidate)),
    };
    let draft = at.to(phase, reason).with_time_to_watch();
    if due.is_empty() {
        draft.then(Effect::Shift { wish, fence: observed.fence.clone() }).done()
    } else {
        flags::asking(draft, due).done()
    }
}

/// Drift is looked for before anything that could move the traffic forward. It does not stand in the way of a rollback, nor
/// of recording what an effect came to: those look at the target themselves.
fn forward_drift(at: &At<'_>, trigger: &Trigger, bake: Option<&Bake>) -> Option<Decision> {
    let forward = match trigger {
        Trigger::Reconcile => true,
        Trigger::Judged(judged) => !matches!(judged.verdict, Verdict::RollBack(_)),
        Trigger::Commanded(command) => {
            matches!(command.verb, Verb::Promote | Verb::PromoteFull | Verb::Resume)
        }
        Trigger::AlarmFired { .. } | Trigger::Replaced { .. } | Trigger::Performed { .. } => false,
    };
    let found = at.observation.routing.as_ref().ok()?;
    let drift = Drift::of(at.rollout, &found.routing).filter(|_| forward)?;
    // What CodeDeploy moved has no step to hold at: whoever moves it now has it.
    if !at.rollout.mover.is_tidegate() {
        return Some(drift::taken_over(at, found));
    }
    Some(drift::answer(at, drift, found, bake))
}

/// The step is passed: to its gate, or on.
fn passed(at: &At<'_>, bake: &Bake, pass: &Pass) -> Decision {
    let step_passed = Reason::StepPassed(pass.clone());
    match at.rollout.step(bake.step).and_then(|step| step.gate) {
        None => onward(at, bake.step, step_passed),
        Some(gate) => {
            let phase = Phase::Paused { bake: bake.clone(), cause: PauseCause::Gate(gate), since: at.now };
            match gate {
                Gate::Manual => {
                    at.to(phase, Reason::GateReached(pass.clone())).tell(OutcomeKind::Paused).done()
                }
                Gate::Timed(_) => at.to(phase, Reason::TimedGateReached(pass.clone())).done(),
            }
        }
    }
}

/// To the next step whose weight is above what the candidate has, or to full promotion after the last: where somebody gave it
/// more than this step does, going on never means going down.
fn onward(at: &At<'_>, step: usize, reason: Reason) -> Decision {
    let share = at.rollout.weight();
    let steps = &at.rollout.policy.strategy.steps;
    let later = steps.iter().skip(step + 1).position(|step| step.weight > share);
    enter_observed(at, later.map_or(steps.len(), |skipped| step + 1 + skipped), reason)
}

/// Nothing is due, or it cannot be seen whether something is.
fn nothing_due(at: &At<'_>) -> Decision {
    At::ignored(match &at.observation.routing {
        Ok(_) => Ignored::NothingDue,
        Err(why) => Ignored::TargetUnreadable(why.clone()),
    })
}

fn enter_observed(at: &At<'_>, step: usize, reason: Reason) -> Decision {
    match &at.observation.routing {
        Ok(observed) => enter(at, step, observed, reason),
        Err(why) => At::ignored(Ignored::TargetUnreadable(why.clone())),
    }
}

fn fully(at: &At<'_>, reason: Reason) -> Decision {
    onward(at, at.rollout.policy.strategy.steps.len(), reason)
}

pub(super) fn hold(at: &At<'_>, bake: &Bake, cause: &HoldCause) -> Decision {
    let phase = Phase::Paused { bake: bake.clone(), cause: PauseCause::Hold(cause.clone()), since: at.now };
    let draft = at.to(phase, Reason::Held(cause.clone()));
    // What holds, lets go and holds again is told once.
    if matches!(at.rollout.reason, Reason::HoldOver) {
        draft.done()
    } else {
        draft.tell(OutcomeKind::Paused).done()
    }
}

/// Undecided: as much time again, once; then hold. (`proceed` and `rollBack` come as verdicts of their own.)
fn undecided(at: &At<'_>, bake: &Bake, evidence: &Evidence) -> Decision {
    if bake.extended {
        let phase = Phase::Paused { bake: bake.clone(), cause: PauseCause::Inconclusive, since: at.now };
        return at.to(phase, Reason::Undecided(evidence.clone())).tell(OutcomeKind::Paused).done();
    }
    let bake = Bake { extended: true, ..bake.clone() };
    at.to(Phase::Baking(bake), Reason::Extended(evidence.clone())).done()
}

/// A pass while paused moves on only where nobody has to be asked.
fn passed_while_paused(at: &At<'_>, bake: &Bake, cause: &PauseCause, pass: &Pass) -> Decision {
    match (cause, pass) {
        (PauseCause::Gate(Gate::Timed(_)), Pass::GateOver) => {
            onward(at, bake.step, Reason::StepPassed(pass.clone()))
        }
        (PauseCause::Inconclusive, Pass::Evidence(_)) => passed(at, bake, pass),
        (PauseCause::Hold(_), _) => quiet_while_paused(at, bake, cause),
        (
            PauseCause::Gate(_)
            | PauseCause::Inconclusive
            | PauseCause::Operator { .. }
            | PauseCause::Drift { .. }
            | PauseCause::RouterDenied(_)
            | PauseCause::FlagsDenied(_),
            _,
        ) => At::ignored(Ignored::WaitsForSomebody),
    }
}

/// What held the weight is over: the step begins anew.
fn quiet_while_paused(at: &At<'_>, bake: &Bake, cause: &PauseCause) -> Decision {
    match cause {
        PauseCause::Hold(_) => flags::begin_anew(at, bake, Reason::HoldOver),
        PauseCause::Gate(_)
        | PauseCause::Inconclusive
        | PauseCause::Operator { .. }
        | PauseCause::Drift { .. }
        | PauseCause::RouterDenied(_)
        | PauseCause::FlagsDenied(_) => At::ignored(Ignored::WaitsForSomebody),
    }
}

fn pause(at: &At<'_>, bake: &Bake, command: &Command) -> Decision {
    let by = command.by.clone();
    let phase =
        Phase::Paused { bake: bake.clone(), cause: PauseCause::Operator { by: by.clone() }, since: at.now };
    at.to(phase, Reason::PausedBy { by, why: command.why.clone() }).done()
}

/// Whether a step has not got its share yet. One that has it and waits for its flags can be paused: that may take half an hour.
fn is_entering(at: &At<'_>, bake: &Bake) -> bool {
    bake.since.is_none() && at.rollout.step(bake.step).is_none_or(|step| at.rollout.weight() < step.weight)
}

fn is_paused_while_flags_are_set(bake: &Bake, cause: &PauseCause) -> bool {
    bake.since.is_none() && matches!(cause, PauseCause::Operator { .. })
}

/// An operator's pause outlasts what would end by itself.
fn operator_pause(at: &At<'_>, bake: &Bake, cause: &PauseCause, command: &Command) -> Decision {
    match cause {
        PauseCause::Hold(_) | PauseCause::Inconclusive | PauseCause::Gate(Gate::Timed(_)) => {
            pause(at, bake, command)
        }
        PauseCause::Gate(Gate::Manual)
        | PauseCause::Operator { .. }
        | PauseCause::Drift { .. }
        | PauseCause::RouterDenied(_)
        | PauseCause::FlagsDenied(_) => At::ignored(Ignored::AlreadyPaused),
    }
}

/// From a gate on to the next step, which was earned before; from any other pause into the same step, begun anew.
fn resume(at: &At<'_>, bake: &Bake, cause: &PauseCause, command: &Command) -> Decision {
    let reason = Reason::ResumedBy { by: command.by.clone(), why: command.why.clone() };
    match cause {
        PauseCause::Gate(_) => onward(at, bake.step, reason),
        PauseCause::Operator { .. }
        | PauseCause::Inconclusive
        | PauseCause::Hold(_)
        | PauseCause::Drift { .. } => flags::begin_anew(at, bake, reason),
        PauseCause::RouterDenied(_) | PauseCause::FlagsDenied(_) => enter_observed(at, bake.step, reason),
    }
}

/// On to the next step. A step whose weight or flags were denied was never entered, so it is itself the next one.
fn promote(at: &At<'_>, bake: &Bake, cause: &PauseCause, reason: Reason) -> Decision {
    match cause {
        PauseCause::RouterDenied(_) | PauseCause::FlagsDenied(_) => enter_observed(at, bake.step, reason),
        PauseCause::Gate(_)
        | PauseCause::Operator { .. }
        | PauseCause::Inconclusive
        | PauseCause::Hold(_)
        | PauseCause::Drift { .. } => onward(at, bake.step, reason),
    }
}

fn abort(at: &At<'_>, command: &Command) -> Decision {
    back::begin(at, &Cause::Aborted { by: command.by.clone(), why: command.why.clone() })
}

fn overridden(command: &Command) -> Reason {
    Reason::Overridden { by: command.by.clone(), why: command.why.clone() }
}

fn not_now(at: &At<'_>, verb: Verb) -> Decision {
    At::ignored(Ignored::NotNow { verb, phase: at.rollout.phase.name() })
}

/// What came of moving the traffic forward.
fn shifted(at: &At<'_>, bake: Option<&Bake>, result: &Performed) -> Decision {
    let wished = at.rollout.pending.iter().find_map(|pending| Some((pending, pending.effect.wish()?)));
    let Some((pending, (wish, _))) = wished else { return At::ignored(Ignored::NotPending) };
    match result {
        Performed::Routed { observed, .. } => reached(at, bake, observed),
        Performed::FenceLost(found)
            if at.rollout.routed.as_ref().is_some_and(|r| r.routing.sends_as(&found.routing)) =>
        {
            let again = Effect::Shift { wish: wish.clone(), fence: found.fence.clone() };
            at.stay(Reason::FenceRenewed).routed(found).then(again).done()
        }
        Performed::FenceLost(found) => {
            drift::answer(at, Drift::kind(at.rollout, &found.routing), found, bake)
        }
        Performed::Denied(why) => denied(at, bake, why),
        Performed::Frozen(freeze) => frozen::unwritten(at, freeze),
        Performed::Thawed => frozen::wished_anew(at, pending.id, &pending.effect),
        Performed::Done
        | Performed::Started(_)
        | Performed::FlagsExamined(_)
        | Performed::FlagsSet
        | Performed::FlagsBack(_) => At::ignored(Ignored::NotPending),
    }
}

/// The weight is fact: the step's time begins, once its flags are set too.
fn reached(at: &At<'_>, bake: Option<&Bake>, observed: &Observed) -> Decision {
    let weight = observed.routing.weight_of(&at.rollout.candidate);
    let due = at.rollout.flags_due(Some(weight));
    let since = due.is_empty().then_some(at.now);
    let begun = |bake: &Bake| Bake { since, ..bake.restarted(at.now) };
    let (phase, reason) = match (bake, &at.rollout.phase) {
        (None, _) => (Phase::Watching { since }, Reason::FullyPromoted),
        (Some(bake), Phase::Paused { cause, since, .. }) => {
            let phase = Phase::Paused { bake: begun(bake), cause: cause.clone(), since: *since };
            (phase, Reason::WeightReached(weight))
        }
        (Some(bake), _) => (Phase::Baking(begun(bake)), Reason::WeightReached(weight)),
    };
    if due.is_empty() {
        return at.to(phase, reason).routed(observed).reached(weight).wishless().done();
    }
    let reason = Reason::Flags(FlagReason::Due { weight, flags: at.rollout.flag_names(&due) });
    let draft = at.to(phase, reason).routed(observed).reached(weight).wishless();
    flags::asking(draft, due).done()
}

/// The router refuses for good. Nothing moved; somebody has to act. After promotion failed, the last step is held.
fn denied(at: &At<'_>, bake: Option<&Bake>, why: &str) -> Decision {
    let held = bake.cloned().unwrap_or_else(|| Bake::entering(at.rollout.policy.strategy.steps.len()));
    let phase = Phase::Paused { bake: held, cause: PauseCause::RouterDenied(why.to_owned()), since: at.now };
    at.to(phase, Reason::RouterDenied(why.to_owned())).wishless().tell(OutcomeKind::Paused).done()
}
