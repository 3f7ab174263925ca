//! Flags: they are examined before anything moves, set at their step, and go back with the traffic.

use crate::deployment::order;
use crate::effect::{Effect, EffectId, Performed};
use crate::policy::OutcomeKind;
use crate::reason::{FlagReason, Ignored, Reason, Returned};
use crate::rollout::{Bake, PauseCause, Phase};
use crate::target::{Observed, Routing};
use crate::units::Weight;
use crate::verdict::{Cause, Finding};

use super::{At, Decision, Draft, back, before, frozen};

/// What an effect on flags came to; `None` where it is no such effect.
pub(super) fn performed(at: &At<'_>, effect: EffectId, result: &Performed) -> Option<Decision> {
    let pending = at.rollout.pending_effect(effect)?;
    match pending {
        Effect::ExamineFlags => Some(examined(at, effect, result)),
        Effect::SetFlags { flags } => Some(switched(at, effect, flags, result)),
        Effect::RestoreFlags => Some(restored(at, effect, result)),
        Effect::Shift { .. }
        | Effect::TakeBack { .. }
        | Effect::StartDeployment { .. }
        | Effect::ContinueDeployment { .. }
        | Effect::StopDeployment { .. }
        | Effect::Supersede { .. }
        | Effect::Measure
        | Effect::StartNext
        | Effect::Restart { .. }
        | Effect::Announce(_) => None,
    }
}

/// Whether flags can be set is known before anything moves.
fn examined(at: &At<'_>, effect: EffectId, result: &Performed) -> Decision {
    match result {
        Performed::FlagsExamined(problems) if problems.is_empty() => {
            let mut draft = at.beside(Reason::Recorded("its flags can be set".to_owned())).without(effect);
            draft.next.flags.examined = true;
            draft.done()
        }
        Performed::FlagsExamined(problems) => {
            before::refuse(at, problems.iter().cloned().map(Finding::FlagRefused).collect())
        }
        Performed::Routed { .. }
        | Performed::FenceLost(_)
        | Performed::Started(_)
        | Performed::Denied(_)
        | Performed::Frozen(_)
        | Performed::Thawed
        | Performed::FlagsSet
        | Performed::FlagsBack(_)
        | Performed::Done => At::ignored(Ignored::NotPending),
    }
}

/// Asks for the flags that are due, in a phase whose time does not run yet.
pub(super) fn asking(draft: Draft, due: Vec<usize>) -> Draft {
    let mut draft = draft.then(Effect::SetFlags { flags: due.clone() });
    draft.next.flags.asked.extend(due);
    draft
}

/// The step begins anew, once its flags are set.
pub(super) fn begin_anew(at: &At<'_>, bake: &Bake, reason: Reason) -> Decision {
    let share = at.rollout.step(bake.step).map_or(Weight::FULL, |step| step.weight);
    let due = at.rollout.flags_due(Some(share));
    if due.is_empty() {
        return at.to(Phase::Baking(bake.restarted(at.now)), reason).done();
    }
    let draft = at.to(Phase::Baking(Bake { since: None, ..bake.clone() }), reason);
    let asked = draft.next.pending.iter().any(|pending| matches!(pending.effect, Effect::SetFlags { .. }));
    if asked { draft.done() } else { asking(draft, due).done() }
}

fn switched(at: &At<'_>, effect: EffectId, flags: &[usize], result: &Performed) -> Decision {
    match result {
        Performed::FlagsSet => go_on(at, effect, flags),
        Performed::Denied(why) => denied(at, effect, flags, why),
        Performed::Frozen(freeze) => frozen::flags(at, effect, freeze),
        Performed::Routed { .. }
        | Performed::FenceLost(_)
        | Performed::Started(_)
        | Performed::FlagsExamined(_)
        | Performed::FlagsBack(_)
        | Performed::Thawed
        | Performed::Done => At::ignored(Ignored::NotPending),
    }
}

/// All clients get the flags: the traffic moves, where it was to wait for them; more flags are asked for, where the share that is
/// there already wants them; or the step's time begins.
fn go_on(at: &At<'_>, effect: EffectId, flags: &[usize]) -> Decision {
    let reason = Reason::Flags(FlagReason::Set(at.rollout.flag_names(flags)));
    let mut known = at.rollout.clone();
    known.flags.set.extend(flags);
    let at = At { rollout: &known, ..*at };
    let bake = at.rollout.phase.traffic().and_then(|traffic| traffic.bake);
    let step = bake.and_then(|bake| at.rollout.step(bake.step));
    let share = step.map_or(Weight::FULL, |step| step.weight);
    let draft = match (&at.rollout.phase, &at.rollout.routed) {
        (Phase::Baking(_) | Phase::Watching { .. }, Some(routed)) if at.rollout.weight() < share => {
            shifting(&at, share, routed, reason)
        }
        (Phase::Baking(_) | Phase::Watching { .. }, _) if !at.rollout.flags_due(Some(share)).is_empty() => {
            asking(at.stay(reason), at.rollout.flags_due(Some(share)))
        }
        (Phase::Baking(bake), _) => at.to(Phase::Baking(bake.restarted(at.now)), reason),
        (Phase::Watching { .. }, _) => {
            at.to(Phase::Watching { since: Some(at.now) }, reason).with_time_to_watch()
        }
        (Phase::Paused { bake, cause, since }, _) => {
            let bake = bake.restarted(at.now);
            let phase = Phase::Paused { bake, cause: cause.clone(), since: *since };
            at.to(phase, reason)
        }
        (Phase::Shifting(_), _) => match start(&at, reason) {
            Ok(draft) => draft,
            Err(problems) => return back::begin(&at, &Cause::FlagsTakenBack(problems.join("; "))),
        },
        (
            Phase::Queued
            | Phase::Preflight { .. }
            | Phase::RollingBack(_)
            | Phase::Stuck(_)
            | Phase::Succeeded
            | Phase::RolledBack { .. }
            | Phase::Superseded { .. }
            | Phase::TakenOver { .. }
            | Phase::Refused { .. },
            _,
        ) => return At::ignored(Ignored::NotPending),
    };
    draft.without(effect).done()
}

/// The share that waited for flags, from the state that was read before they were asked for.
fn shifting(at: &At<'_>, share: Weight, routed: &Observed, reason: Reason) -> Draft {
    let wish = at.rollout.split(share).unwrap_or_else(|| Routing::all(&at.rollout.candidate));
    at.stay(reason).then(Effect::Shift { wish, fence: routed.fence.clone() })
}

/// The deployment that waited for flags is started; one that is under way just goes on.
fn start(at: &At<'_>, reason: Reason) -> Result<Draft, Vec<String>> {
    let waits = at.rollout.live_deployment().is_some_and(|moves| moves.is_driven() && moves.id.is_none());
    let draft = at.stay(reason);
    if !waits {
        return Ok(draft);
    }
    let order = order(at.rollout)?.ok_or_else(|| vec!["nothing is to be deployed".to_owned()])?;
    Ok(draft.then(Effect::StartDeployment { order: Box::new(order) }))
}

/// A flag cannot be set. Nothing was changed; somebody has to act. Where CodeDeploy moves the traffic nobody can wait: before it
/// began the rollout goes back, and after it people are told that the flag is not set.
fn denied(at: &At<'_>, effect: EffectId, flags: &[usize], why: &str) -> Decision {
    let last = || Bake::entering(at.rollout.policy.strategy.steps.len());
    let bake = match &at.rollout.phase {
        Phase::Baking(bake) | Phase::Paused { bake, .. } => bake.clone(),
        Phase::Shifting(_) if at.rollout.weight() == Weight::FULL => {
            let mut draft = at.stay(Reason::Flags(FlagReason::Denied(why.to_owned()))).without(effect);
            draft.next.flags.set.extend(flags);
            return draft.tell(OutcomeKind::Paused).done();
        }
        Phase::Shifting(_) => return back::begin(at, &Cause::FlagsTakenBack(why.to_owned())),
        Phase::Watching { .. }
        | Phase::Queued
        | Phase::Preflight { .. }
        | Phase::RollingBack(_)
        | Phase::Stuck(_)
        | Phase::Succeeded
        | Phase::RolledBack { .. }
        | Phase::Superseded { .. }
        | Phase::TakenOver { .. }
        | Phase::Refused { .. } => last(),
    };
    let phase = Phase::Paused { bake, cause: PauseCause::FlagsDenied(why.to_owned()), since: at.now };
    let reason = Reason::Flags(FlagReason::Denied(why.to_owned()));
    at.to(phase, reason).without(effect).tell(OutcomeKind::Paused).done()
}

/// The flags are as they were, but for what somebody else has changed since.
fn restored(at: &At<'_>, effect: EffectId, result: &Performed) -> Decision {
    let Performed::FlagsBack(left) = result else { return At::ignored(Ignored::NotPending) };
    let names = at.rollout.flag_names(&at.rollout.flags.asked);
    let reason = Reason::Flags(FlagReason::Back(Returned { flags: names, left: left.clone() }));
    // Whoever is over already says what is left behind; whoever is not says so at its end, once the target was read again.
    let mut draft = if at.rollout.phase.is_terminal() && !left.is_empty() {
        at.stay(reason).tell(OutcomeKind::FlagsRefused)
    } else {
        at.beside(reason)
    };
    draft.next.flags.back = true;
    draft.next.flags.left.clone_from(left);
    draft.without(effect).done()
}
