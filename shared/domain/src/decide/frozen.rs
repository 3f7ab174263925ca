//! While an installation is frozen nothing leads forward: with traffic a rollout is held where it stands, without any it waits in
//! preflight. Whatever takes back is decided as ever.

use crate::attention::asks_for_more;
use crate::effect::{Effect, EffectId};
use crate::freeze::Freeze;
use crate::policy::OutcomeKind;
use crate::reason::{Ignored, Reason};
use crate::rollout::{Bake, PauseCause, Phase, Rollout};
use crate::trigger::{Judged, Trigger};
use crate::units::Weight;
use crate::verdict::{HoldCause, Verdict};

use super::{At, Decision, Draft, LONGEST_FUNCTION_TIMEOUT, forward};

/// The answer to what would lead forward; `None` where a freeze has nothing to say about it.
pub(super) fn answer(at: &At<'_>, trigger: &Trigger) -> Option<Decision> {
    let now = at.observation.frozen.as_ref().filter(|_| asks_for_more(at.rollout, trigger));
    let freeze = match trigger {
        Trigger::Judged(Judged { verdict: Verdict::Hold(HoldCause::Frozen(found)), .. }) => found,
        Trigger::Commanded(_) => return now.map(|freeze| At::ignored(Ignored::Frozen(freeze.clone()))),
        Trigger::Judged(_)
        | Trigger::Reconcile
        | Trigger::AlarmFired { .. }
        | Trigger::Replaced { .. }
        | Trigger::Performed { .. } => now?,
    };
    match &at.rollout.phase {
        Phase::Preflight { .. } if !at.rollout.is_adopted() => Some(wait(at, freeze)),
        Phase::Baking(bake) if bake.since.is_some() => Some(forward::hold(at, bake, &cause(freeze))),
        Phase::Paused { .. } => Some(At::ignored(Ignored::Frozen(freeze.clone()))),
        Phase::Shifting(_) => Some(note(at, freeze)),
        Phase::Preflight { .. }
        | Phase::Baking(_)
        | Phase::Queued
        | Phase::Watching { .. }
        | Phase::RollingBack(_)
        | Phase::Stuck(_)
        | Phase::Succeeded
        | Phase::RolledBack { .. }
        | Phase::Superseded { .. }
        | Phase::TakenOver { .. }
        | Phase::Refused { .. } => None,
    }
}

fn cause(freeze: &Freeze) -> HoldCause {
    HoldCause::Frozen(freeze.clone())
}

/// What is to be done stays wished, is tried again by every sweep, and told once; whoever paused it themselves waits for nothing.
pub(super) fn note(at: &At<'_>, freeze: &Freeze) -> Decision {
    let is_paused = matches!(&at.rollout.phase, Phase::Paused { cause: PauseCause::Operator { .. }, .. });
    match Reason::Held(cause(freeze)) {
        reason if is_paused || reason == at.rollout.reason => At::ignored(Ignored::Frozen(freeze.clone())),
        reason => at.stay(reason).tell(OutcomeKind::Paused).done(),
    }
}

/// Flags were not set. Before anything began the rollout waits in preflight, later where it is.
pub(super) fn flags(at: &At<'_>, effect: EffectId, freeze: &Freeze) -> Decision {
    let is_under_way = at.rollout.live_deployment().is_some_and(|moves| moves.id.is_some());
    if at.rollout.weight() > Weight::ZERO || is_under_way {
        return note(at, freeze);
    }
    waiting(at, freeze).without(effect).done()
}

/// A weight was not written, or a deployment not started. Who asked before the freeze may still be about to: only when all of them
/// are gone, and it was read once more that nothing is there, is it given up.
pub(super) fn unwritten(at: &At<'_>, freeze: &Freeze) -> Decision {
    let reason = Reason::Held(cause(freeze));
    // Twice: this is committed within one timeout of what was read.
    let until_writers_are_gone = LONGEST_FUNCTION_TIMEOUT * 2;
    if at.rollout.reason != reason || at.now < until_writers_are_gone.after(at.rollout.updated) {
        return note(at, freeze);
    }
    let Some(step) = standing(at.rollout) else { return waiting(at, freeze).done() };
    let bake = Bake::entering(step).restarted(at.now);
    let paused = at.rollout.phase.traffic().and_then(|traffic| traffic.pause);
    let (cause, since) = paused
        .map_or_else(|| (PauseCause::Hold(cause(freeze)), at.now), |(cause, since)| (cause.clone(), since));
    at.to(Phase::Paused { bake, cause, since }, reason).wishless().done()
}

/// What a freeze kept from being done is wished anew before it is done. Whoever read the freeze and would give it up is too late
/// then; where they were faster, there is nothing left to wish.
pub(super) fn wished_anew(at: &At<'_>, id: EffectId, held: &Effect) -> Decision {
    at.stay(Reason::HoldOver).without(id).then(held.clone()).done()
}

/// The step whose share the candidate has; `None` before the first.
fn standing(rollout: &Rollout) -> Option<usize> {
    let share = rollout.weight();
    let steps = &rollout.policy.strategy.steps;
    (share > Weight::ZERO).then(|| steps.iter().rposition(|step| step.weight <= share).unwrap_or(0))
}

fn wait(at: &At<'_>, freeze: &Freeze) -> Decision {
    if at.rollout.reason == Reason::Held(cause(freeze)) {
        return At::ignored(Ignored::Frozen(freeze.clone()));
    }
    waiting(at, freeze).done()
}

/// Before any traffic moved a rollout waits in preflight for as long as it takes: its time begins anew afterwards.
fn waiting(at: &At<'_>, freeze: &Freeze) -> Draft {
    let reason = Reason::Held(cause(freeze));
    let is_told = at.rollout.reason == reason;
    let mut draft = at.to(Phase::Preflight { since: at.now }, reason).wishless().startless();
    draft.next.deadline = None;
    if is_told { draft } else { draft.tell(OutcomeKind::Paused) }
}

/// The freeze is over: preflight begins anew, and measures anew.
pub(super) fn thaw(at: &At<'_>) -> Decision {
    let mut draft = at.to(Phase::Preflight { since: at.now }, Reason::HoldOver).then(Effect::Measure);
    draft.next.deadline = Some(at.rollout.policy.deadline.after(at.now));
    draft.done()
}
