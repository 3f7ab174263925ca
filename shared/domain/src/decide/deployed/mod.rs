//! Traffic that CodeDeploy moves: it is followed and judged, stopped where harm shows, and followed on its way back. An alias
//! under a live deployment is never written.

mod returning;
mod starting;

use crate::deployment::{
    CodeDeploy, Comparison, DeploymentId, DeploymentStatus, HOOK_TIME, Mover, Platform, Wait,
};
use crate::effect::{Effect, EffectId, Performed};
use crate::policy::OutcomeKind;
use crate::reason::{FlagReason, Ignored, Reason};
use crate::rollout::{Bake, Phase, Rollout, Shifting};
use crate::target::{Observed, Routing};
use crate::trigger::{Followed, Trigger, Verb};
use crate::units::{Span, Weight};
use crate::verdict::{Cause, Evidence, Finding, Pass, Verdict};

use super::drift::taken_over;
use super::{At, Decision, Draft, back, before, flags, frozen};

pub(super) use self::returning::look_back;
pub(super) use self::starting::ready;

/// What the comparison came to is waited for, and no longer than this.
const TIME_TO_COMPARE: Span = Span::minutes(10);

/// CodeDeploy waits no longer than this before it ends an old version.
const LONGEST_TERMINATION_WAIT: Span = Span::hours(48);

pub(super) fn shifting(at: &At<'_>, shifting: &Shifting, trigger: &Trigger) -> Decision {
    match trigger {
        Trigger::Reconcile => look(at, shifting),
        Trigger::Judged(judged) => match &judged.verdict {
            Verdict::RollBack(cause) => back::begin(at, cause),
            Verdict::Promote(Pass::Evidence(evidence)) => compared(at, true, evidence),
            Verdict::Inconclusive(evidence) => compared(at, false, evidence),
            Verdict::Promote(Pass::Checks) => go_on(at),
            Verdict::Continue | Verdict::Hold(_) => At::ignored(Ignored::NothingDue),
            Verdict::Promote(Pass::Proceed(_) | Pass::GateOver | Pass::WatchOver) | Verdict::Ready(_) => {
                At::ignored(Ignored::VerdictElsewhere { phase: at.rollout.phase.name() })
            }
        },
        Trigger::Commanded(command) => match command.verb {
            Verb::Abort => {
                back::begin(at, &Cause::Aborted { by: command.by.clone(), why: command.why.clone() })
            }
            verb @ (Verb::Promote | Verb::PromoteFull | Verb::Pause | Verb::Resume) => {
                At::ignored(Ignored::CodeDeployMoves(verb))
            }
            verb @ (Verb::Retry | Verb::RetryFixForward) => {
                At::ignored(Ignored::NotNow { verb, phase: at.rollout.phase.name() })
            }
        },
        Trigger::AlarmFired { alarm } => back::begin(at, &Cause::AlarmFired { alarm: alarm.clone() }),
        Trigger::Replaced { by, .. } => back::begin(at, &Cause::Superseded { by: by.clone() }),
        Trigger::Performed { effect, result } => performed(at, *effect, result),
    }
}

/// What the comparison came to is noted once. That it could not be told is told with the end: nobody can hold CodeDeploy.
fn compared(at: &At<'_>, passed: bool, evidence: &Evidence) -> Decision {
    if at.rollout.compared().is_some() {
        return At::ignored(Ignored::NothingDue);
    }
    let comparison = Comparison { passed, evidence: evidence.clone() };
    let mut draft = at.stay(Reason::Compared(comparison.clone()));
    note(&mut draft, |moves| moves.compared = Some(comparison));
    draft.done()
}

fn performed(at: &At<'_>, effect: EffectId, result: &Performed) -> Decision {
    match (at.rollout.pending_effect(effect), result) {
        (Some(Effect::StartDeployment { .. }), Performed::Started(id)) => {
            let mut draft = at.stay(Reason::DeploymentStarted(id.clone())).without(effect);
            note(&mut draft, |moves| moves.id = Some(id.clone()));
            draft.done()
        }
        (Some(Effect::StartDeployment { .. }), Performed::Denied(why)) if at.rollout.owes_flags() => {
            let (status, why) = (DeploymentStatus::Failed, Some(why.clone()));
            back::begin(at, &Cause::DeploymentEnded { status, why })
        }
        (Some(Effect::StartDeployment { .. }), Performed::Denied(why)) => {
            before::refuse(at, vec![Finding::DeploymentRefused(why.clone())])
        }
        (Some(Effect::StartDeployment { .. }), Performed::Frozen(freeze)) => frozen::unwritten(at, freeze),
        (_, Performed::Frozen(freeze)) => frozen::note(at, freeze),
        (Some(wished @ Effect::StartDeployment { .. }), Performed::Thawed) => {
            frozen::wished_anew(at, effect, wished)
        }
        // It stays wished, is tried again by every sweep, and told once.
        (_, Performed::Denied(why)) => match Reason::DeploymentHeld(why.clone()) {
            reason if reason == at.rollout.reason => At::ignored(Ignored::NothingDue),
            reason => at.stay(reason).tell(OutcomeKind::Paused).done(),
        },
        (
            _,
            Performed::Started(_)
            | Performed::Routed { .. }
            | Performed::FenceLost(_)
            | Performed::FlagsExamined(_)
            | Performed::FlagsSet
            | Performed::FlagsBack(_)
            | Performed::Thawed
            | Performed::Done,
        ) => At::ignored(Ignored::NotPending),
    }
}

fn look(at: &At<'_>, shifting: &Shifting) -> Decision {
    let followed = match &at.observation.deployment {
        Ok(Some(followed)) => followed,
        Ok(None) => return At::ignored(Ignored::NothingDue),
        Err(why) => return At::ignored(Ignored::DeploymentUnreadable(why.clone())),
    };
    match followed.standing.status {
        DeploymentStatus::Failed | DeploymentStatus::Stopped => ended(at, followed),
        _ if is_news(at.rollout, at.observation.routing.as_ref().ok().map(|o| &o.routing), followed) => {
            moved(at, shifting, followed)
        }
        DeploymentStatus::Succeeded => succeeded(at),
        DeploymentStatus::InProgress if is_to_be_released(at.rollout, shifting, at.now) => {
            released(at, shifting, &followed.standing.id)
        }
        DeploymentStatus::Created
        | DeploymentStatus::Queued
        | DeploymentStatus::InProgress
        | DeploymentStatus::Baking
        | DeploymentStatus::Ready => At::ignored(Ignored::NothingDue),
    }
}

/// Whether traffic-shift has something to note or to do about a deployment.
pub fn has_moved(
    rollout: &Rollout,
    found: Option<&Routing>,
    followed: &Followed,
    now: jiff::Timestamp,
) -> bool {
    let Phase::Shifting(shifting) = &rollout.phase else { return false };
    is_news(rollout, found, followed)
        || is_to_be_released(rollout, shifting, now)
        || (followed.standing.status == DeploymentStatus::Succeeded && is_compared(rollout, now))
}

fn is_news(rollout: &Rollout, found: Option<&Routing>, followed: &Followed) -> bool {
    let Some(moves) = rollout.mover.code_deploy() else { return false };
    let share = |routing: &Routing| routing.weight_of(&rollout.candidate);
    let known = rollout.routed.as_ref().map(|observed| share(&observed.routing));
    moves.status != Some(followed.standing.status)
        || moves.id.as_ref() != Some(&followed.standing.id)
        || (followed.target_groups.is_some() && moves.target_groups != followed.target_groups)
        || found.is_some_and(|found| known != Some(share(found)))
}

/// Whether the deployment need not wait any longer before it ends the old version: it is Tidegate's own, all traffic is there,
/// compared, and watched for as long as the policy says.
fn is_to_be_released(rollout: &Rollout, shifting: &Shifting, now: jiff::Timestamp) -> bool {
    let moves = rollout.live_deployment();
    let waits = moves.is_some_and(|moves| moves.is_driven() && moves.platform != Platform::Lambda);
    let watched = |since| now >= rollout.policy.strategy.watch.after(since);
    waits
        && !shifting.released
        && is_compared(rollout, now)
        && rollout.all_traffic_since().is_some_and(watched)
}

fn released(at: &At<'_>, shifting: &Shifting, deployment: &DeploymentId) -> Decision {
    let effect = Effect::ContinueDeployment { deployment: deployment.clone(), wait: Wait::Termination };
    let phase = Phase::Shifting(Shifting { released: true, ..shifting.clone() });
    at.to(phase, Reason::DeploymentReleased).then(effect).done()
}

/// CodeDeploy went on: what it did is noted.
fn moved(at: &At<'_>, shifting: &Shifting, followed: &Followed) -> Decision {
    let share = |observed: &Observed| observed.routing.weight_of(&at.rollout.candidate);
    let before = at.rollout.routed.as_ref().map_or(Weight::ZERO, share);
    let observed = at.observation.routing.as_ref().ok();
    let weight = observed.map_or(before, share);
    let ready = followed.standing.status == DeploymentStatus::Ready;
    let goes_on = ready && at.rollout.goes_on_when_ready() && at.rollout.policy.checks.is_empty();
    let noted = |draft: Draft| match observed {
        Some(observed) => draft.routed(observed),
        None => draft,
    };
    let mut draft = if weight == before {
        noted(at.beside(if goes_on {
            Reason::DeploymentReady
        } else {
            Reason::Recorded(format!("deployment {} is {}", followed.standing.id, followed.standing.status))
        }))
    } else {
        let since = shifting.bake.since.or_else(|| (weight > Weight::ZERO).then_some(at.now));
        let bake = Bake { since, ..shifting.bake.clone() };
        let phase = Phase::Shifting(Shifting { bake, ..shifting.clone() });
        with_time_to_end(noted(at.to(phase, Reason::WeightReached(weight)).reached(weight)))
    };
    read(&mut draft, followed);
    if goes_on {
        let deployment = followed.standing.id.clone();
        draft = draft.then(Effect::ContinueDeployment { deployment, wait: Wait::Ready });
    }
    draft.done()
}

/// All traffic is moved in time: what is left is the last hook, or the wait before the old version ends, which the deadline does
/// not cut into.
fn with_time_to_end(mut draft: Draft) -> Draft {
    let next = &draft.next;
    if next.has_all_traffic() {
        let is_alias = next.mover.code_deploy().is_some_and(|moves| moves.platform == Platform::Lambda);
        let time = if is_alias { HOOK_TIME * 2 } else { LONGEST_TERMINATION_WAIT + HOOK_TIME };
        let ended = (time + next.policy.strategy.watch).after(next.updated);
        draft.next.deadline = next.deadline.map(|deadline| deadline.max(ended));
    }
    draft
}

/// The checks passed: the deployment that waits for traffic goes on.
fn go_on(at: &At<'_>) -> Decision {
    let moves = at.rollout.live_deployment().filter(|_| at.rollout.goes_on_when_ready());
    let told = at.rollout.pending.iter().any(|p| matches!(p.effect, Effect::ContinueDeployment { .. }));
    match moves.and_then(|moves| moves.id.clone()) {
        Some(deployment) if !told => {
            let effect = Effect::ContinueDeployment { deployment, wait: Wait::Ready };
            at.beside(Reason::DeploymentReady).then(effect).done()
        }
        Some(_) | None => At::ignored(Ignored::NothingDue),
    }
}

fn note(draft: &mut Draft, change: impl FnOnce(&mut CodeDeploy)) {
    if let Mover::CodeDeploy(moves) = &mut draft.next.mover {
        change(moves);
    }
}

/// Notes what was read of a deployment.
fn read(draft: &mut Draft, followed: &Followed) {
    note(draft, |moves| {
        moves.id = Some(followed.standing.id.clone());
        moves.status = Some(followed.standing.status);
        if followed.target_groups.is_some() {
            moves.target_groups.clone_from(&followed.target_groups);
        }
    });
}

fn is_compared(rollout: &Rollout, now: jiff::Timestamp) -> bool {
    let moved_at = rollout.all_traffic_since().unwrap_or(rollout.updated);
    rollout.compared().is_some() || now > (rollout.settle + TIME_TO_COMPARE).after(moved_at)
}

/// CodeDeploy is through. A Lambda alias is watched on, since Tidegate can take it back; what cannot be taken back any more was
/// watched while the deployment waited to end the old version.
fn succeeded(at: &At<'_>) -> Decision {
    let found = match &at.observation.routing {
        Ok(found) => found,
        Err(why) => return At::ignored(Ignored::TargetUnreadable(why.clone())),
    };
    if found.routing.weight_of(&at.rollout.candidate) < Weight::FULL {
        return taken_over(at, found);
    }
    if !is_compared(at.rollout, at.now) {
        return At::ignored(Ignored::NothingDue);
    }
    let due = at.rollout.flags_due(Some(Weight::FULL));
    if !due.is_empty() {
        return switch(at, due);
    }
    let platform = at.rollout.mover.code_deploy().map(|moves| moves.platform);
    if platform == Some(Platform::Lambda) && at.rollout.stable.is_some() {
        let since = at.rollout.all_traffic_since().or(Some(at.now));
        return at
            .to(Phase::Watching { since }, Reason::DeploymentSucceeded)
            .routed(found)
            .with_time_to_watch()
            .done();
    }
    at.to(Phase::Succeeded, Reason::GuardOver(at.rollout.compared().cloned()))
        .tell(OutcomeKind::Succeeded)
        .done()
}

/// CodeDeploy is through: flags that are for after it are asked for once.
fn switch(at: &At<'_>, due: Vec<usize>) -> Decision {
    if at.rollout.pending.iter().any(|pending| matches!(pending.effect, Effect::SetFlags { .. })) {
        return At::ignored(Ignored::NothingDue);
    }
    let reason = Reason::Flags(FlagReason::Due { weight: Weight::FULL, flags: at.rollout.flag_names(&due) });
    flags::asking(at.stay(reason), due).done()
}

/// Somebody stopped it, or it failed: its way back is followed.
fn ended(at: &At<'_>, followed: &Followed) -> Decision {
    let cause =
        Cause::DeploymentEnded { status: followed.standing.status, why: followed.standing.problem.clone() };
    let phase = Phase::RollingBack(back::way(at, &cause));
    let mut draft = at.to(phase, Reason::FollowingBack(cause)).startless();
    read(&mut draft, followed);
    draft.done()
}

/// Whether a watched alias is under a newer deployment.
pub(super) fn is_newer_deployment(at: &At<'_>) -> bool {
    let newer = |observed: &Observed| {
        let Routing { primary, canary } = &observed.routing;
        let others = |canary: &crate::target::Canary| Some(&canary.version) != at.rollout.stable.as_ref();
        *primary == at.rollout.candidate && canary.as_ref().is_some_and(others)
    };
    !at.rollout.mover.is_tidegate() && at.observation.routing.as_ref().is_ok_and(newer)
}

/// The watch ends where a newer deployment begins.
pub(super) fn watch_ends(at: &At<'_>) -> Decision {
    at.to(Phase::Succeeded, Reason::NewerDeployment).tell(OutcomeKind::Succeeded).done()
}

/// Adds the wish to stop the deployment, where it is known and lives.
pub(super) fn stop(at: &At<'_>, draft: Draft) -> Draft {
    let draft = draft.startless();
    let told = draft.next.pending.iter().any(|p| matches!(p.effect, Effect::StopDeployment { .. }));
    match at.rollout.live_deployment().and_then(|moves| moves.id.clone()) {
        Some(deployment) if !told => draft.then(Effect::StopDeployment { deployment }),
        Some(_) | None => draft,
    }
}
