//! The way back of a deployment: it is stopped, and what CodeDeploy takes back is followed.

use crate::deployment::{DeploymentId, DeploymentStatus, Mover, Platform};
use crate::effect::Effect;
use crate::reason::{Ignored, Reason};
use crate::rollout::Return;
use crate::target::Observed;
use crate::trigger::Followed;
use crate::units::Span;
use crate::verdict::Cause;

use super::read;
use crate::decide::drift::{Drift, is_all_stable, taken_over};
use crate::decide::{At, Decision, back, before};

/// CodeDeploy creates the deployment that takes another one back within this time, or there is none.
const WAY_BACK_APPEARS: Span = Span::minutes(2);

/// A way back that CodeDeploy is on may take this long: to instances it is a whole deployment.
const TIME_TO_REDEPLOY: Span = Span::hours(1);

/// The way back of a deployment.
pub(in crate::decide) fn look_back(at: &At<'_>, way: &Return) -> Decision {
    let followed = match &at.observation.deployment {
        Ok(Some(followed)) => followed,
        Ok(None) => return never_started(at, way),
        Err(_) if back::is_overdue(at, way) => {
            return back::stick(at, way, Reason::WayBackTooLong(way.cause.clone()));
        }
        Err(why) => return At::ignored(Ignored::DeploymentUnreadable(why.clone())),
    };
    match followed.standing.status {
        // It was through before it could be stopped.
        DeploymentStatus::Succeeded => take_back_alone(at, way, followed),
        DeploymentStatus::Failed | DeploymentStatus::Stopped => stopped(at, way, followed),
        DeploymentStatus::Created
        | DeploymentStatus::Queued
        | DeploymentStatus::InProgress
        | DeploymentStatus::Baking
        | DeploymentStatus::Ready => still_live(at, way, followed),
    }
}

/// No deployment of this rollout is found. Whoever was about to start one is gone once the proof may be read.
fn never_started(at: &At<'_>, way: &Return) -> Decision {
    let found = match &at.observation.routing {
        _ if at.now < way.proven_from => return At::ignored(Ignored::AlreadyGoingBack),
        Ok(found) => found,
        // Nothing was there before, and nothing came of what was to be the first.
        Err(_) if at.rollout.stable.is_none() => return before::refuse_because(at, &way.cause),
        Err(_) if back::is_overdue(at, way) => {
            return back::stick(at, way, Reason::WayBackTooLong(way.cause.clone()));
        }
        Err(why) => return At::ignored(Ignored::TargetUnreadable(why.clone())),
    };
    match Drift::kind(at.rollout, &found.routing) {
        Drift::BackOnStable => back::back(at, way, found),
        Drift::OtherShare | Drift::ThirdVersion => taken_over(at, found),
    }
}

fn still_live(at: &At<'_>, way: &Return, followed: &Followed) -> Decision {
    if back::is_overdue(at, way) {
        return back::stick(at, way, Reason::WayBackTooLong(way.cause.clone()));
    }
    let deployment: &DeploymentId = &followed.standing.id;
    let told =
        at.rollout.pending.iter().any(|pending| matches!(pending.effect, Effect::StopDeployment { .. }));
    let known = at.rollout.mover.code_deploy().and_then(|moves| moves.id.as_ref()) == Some(deployment);
    if told || (known && at.now < WAY_BACK_APPEARS.after(way.since)) {
        return At::ignored(Ignored::AlreadyGoingBack);
    }
    let mut draft = at.stay(Reason::TakingBack(way.cause.clone()));
    read(&mut draft, followed);
    draft.then(Effect::StopDeployment { deployment: deployment.clone() }).done()
}

/// Stopped or failed: CodeDeploy takes it back by a deployment of its own, where it does.
fn stopped(at: &At<'_>, way: &Return, followed: &Followed) -> Decision {
    let back_on_stable = |found: &Observed| is_all_stable(at.rollout, &found.routing);
    match (&followed.way_back, &at.observation.routing) {
        (Some(status), _) if !status.is_over() => {
            let is_late = way.told.is_some() || at.now > TIME_TO_REDEPLOY.after(way.since);
            if is_late && back::is_overdue(at, way) {
                return back::stick(at, way, Reason::WayBackTooLong(way.cause.clone()));
            }
            At::ignored(Ignored::AlreadyGoingBack)
        }
        (_, Ok(found)) if back_on_stable(found) && at.now >= way.proven_from => {
            noting(back::back(at, way, found), followed)
        }
        (_, Ok(found)) if back_on_stable(found) => At::ignored(Ignored::NothingDue),
        (None, _) if at.now < WAY_BACK_APPEARS.after(way.since) => At::ignored(Ignored::AlreadyGoingBack),
        (_, Ok(found)) if matches!(way.cause, Cause::DeploymentEnded { .. }) => taken_over(at, found),
        // The first one failed: there is nothing to go back to, and nothing that Tidegate was to take back.
        (_, Err(_)) if at.rollout.stable.is_none() && matches!(way.cause, Cause::DeploymentEnded { .. }) => {
            before::refuse_because(at, &way.cause)
        }
        (_, Ok(_) | Err(_)) => take_back_alone(at, way, followed),
    }
}

/// No deployment lives: an alias is written as if there had been none; anything else is beyond reach, and people are told.
fn take_back_alone(at: &At<'_>, way: &Return, followed: &Followed) -> Decision {
    let is_alias = at.rollout.mover.code_deploy().is_some_and(|moves| moves.platform == Platform::Lambda);
    let third = |found: &Observed| Drift::kind(at.rollout, &found.routing) == Drift::ThirdVersion;
    match &at.observation.routing {
        Ok(found) if third(found) => taken_over(at, found),
        _ if is_alias && at.rollout.stable.is_some() => noting(back::look(at, way), followed),
        _ if way.told.is_some() && !back::is_overdue(at, way) => At::ignored(Ignored::AlreadyGoingBack),
        _ => noting(back::stick(at, way, Reason::NothingTakesBack(way.cause.clone())), followed),
    }
}

/// The decision, with what was read of the deployment.
fn noting(decision: Decision, followed: &Followed) -> Decision {
    match decision {
        Decision::Change { mut next, reason } => {
            if let Mover::CodeDeploy(moves) = &mut next.mover {
                moves.status = Some(followed.standing.status);
            }
            Decision::Change { next, reason }
        }
        Decision::Keep(reason) => Decision::Keep(reason),
    }
}
