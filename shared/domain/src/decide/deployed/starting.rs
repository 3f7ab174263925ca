//! The beginning: a deployment of Tidegate's own is ordered, somebody else's is followed.

use crate::deployment::{CodeDeploy, Mover, Platform, order};
use crate::effect::Effect;
use crate::outlook::Outlook;
use crate::policy::Policy;
use crate::reason::Reason;
use crate::rollout::{Phase, Rollout, Shifting};
use crate::verdict::{Cause, Finding, Preflight};

use crate::decide::{At, Decision, back, before, flags};

/// Preflight's measurements are in. What somebody else's deployment does is not refused: it is under way.
pub(in crate::decide) fn ready(at: &At<'_>, moves: &CodeDeploy, measured: &Preflight) -> Decision {
    if moves.is_driven() { start(at, moves, measured) } else { follow(at, measured) }
}

fn follow(at: &At<'_>, measured: &Preflight) -> Decision {
    let known = with_red(before::known(at, measured), &measured.firing);
    let at = At { rollout: &known, ..*at };
    if !measured.failed.is_empty() {
        return back::begin(&at, &Cause::ChecksFailed(measured.failed.clone()));
    }
    at.to(Phase::Shifting(Shifting::entering()), following(&known)).done()
}

/// Alarms that fired before the deployment began do not speak about it.
fn with_red(mut rollout: Rollout, firing: &[String]) -> Rollout {
    if let Mover::CodeDeploy(moves) = &mut rollout.mover {
        moves.red = firing.to_vec();
    }
    rollout
}

fn following(rollout: &Rollout) -> Reason {
    let moves = rollout.mover.code_deploy();
    let before = rollout.baseline.as_ref().map(|baseline| baseline.errors);
    let compares = rollout.stable.is_some() && moves.is_some_and(CodeDeploy::counts_by_version);
    Reason::Following {
        deployment: moves.and_then(|moves| moves.id.clone()),
        outlook: outlook(rollout).filter(|_| compares),
        baseline: before.filter(|_| compares),
        red: moves.map(|moves| moves.red.clone()).unwrap_or_default(),
    }
}

/// What the comparison can tell, where the steps of the deployment are known.
fn outlook(rollout: &Rollout) -> Option<Outlook> {
    let Policy { strategy, analysis, .. } = &rollout.policy;
    let known = rollout.baseline.as_ref().filter(|_| !strategy.steps.is_empty())?;
    Outlook::of(strategy, analysis, known)
}

fn start(at: &At<'_>, moves: &CodeDeploy, measured: &Preflight) -> Decision {
    let first = moves.platform != Platform::Lambda;
    let found = match &at.observation.routing {
        Ok(observed) => before::findings(at, observed, measured),
        Err(_) if first => measured.failed.iter().cloned().map(Finding::CheckFailed).collect(),
        Err(why) => vec![Finding::TargetUnreadable(why.clone())],
    };
    if let Some(refused) = before::refused(at, found) {
        return refused;
    }
    let mut known = before::known(at, measured);
    known.stable = at.observation.routing.as_ref().ok().map(|observed| observed.routing.primary.clone());
    known.routed = at.observation.routing.as_ref().ok().cloned();
    if at.rollout.request.fix_forward {
        known = with_red(known, &measured.firing);
    }
    match order(&known) {
        Ok(Some(order)) => {
            let at = At { rollout: &known, ..*at };
            let draft = at.to(Phase::Shifting(Shifting::entering()), following(&known));
            match known.flags_due(None) {
                due if due.is_empty() => {
                    draft.then(Effect::StartDeployment { order: Box::new(order) }).done()
                }
                due => flags::asking(draft, due).done(),
            }
        }
        Ok(None) => {
            before::refuse(at, vec![Finding::DeploymentRefused("nothing is to be deployed".to_owned())])
        }
        Err(problems) => before::refuse(at, problems.into_iter().map(Finding::DeploymentRefused).collect()),
    }
}
