//! Observing: what is read before a decision. Fences come from here.

use tidegate_domain::admit::yields;
use tidegate_domain::attention::asks_for_more;
use tidegate_domain::deployment::{DeploymentId, Platform};
use tidegate_domain::rollout::{Phase, Rollout, RolloutId};
use tidegate_domain::trigger::{Observation, Trigger};
use tidegate_domain::verdict::{Finding, Verdict};

use crate::following::{self, LONGEST_DEPLOYMENT, Read};
use crate::looping::Engine;
use crate::ports::{Examination, Fault, Store};

/// An observation in which nothing was read: for recording what an effect came to, which carries what it found.
pub(crate) fn unread() -> Observation {
    Observation::of(Err("not read".to_owned()))
}

/// Reads what this phase and this trigger need and nothing else. A fault that may pass is an error; that a target cannot be
/// read for good is an observation.
pub(crate) async fn observe(
    engine: &Engine,
    rollout: &Rollout,
    trigger: &Trigger,
) -> Result<Observation, Fault> {
    let frozen =
        if asks_for_more(rollout, trigger) { engine.store.freeze_switch().await?.freeze() } else { None };
    let mut observation = Observation { frozen, ..unread() };
    match &rollout.phase {
        Phase::Queued => {
            let holder = engine.store.lock_holder(&rollout.target).await?;
            let holder = holder.filter(|holder| *holder != rollout.id);
            observation.target_taken = holder.is_some();
            observation.yields = yielding(engine, rollout, holder).await?;
            observation.busy_with = busy_with(engine, rollout).await?;
        }
        Phase::Preflight { .. } if is_ready(trigger) && observation.frozen.is_none() => {
            return examine(engine, rollout).await;
        }
        Phase::Baking(_)
        | Phase::Paused { .. }
        | Phase::Shifting(_)
        | Phase::Watching { .. }
        | Phase::RollingBack(_)
        | Phase::Stuck(_) => {
            let Read { routing, deployment } = read(engine, rollout).await;
            observation.routing = settled(routing)?;
            observation.deployment = settled(deployment)?;
        }
        Phase::Succeeded
        | Phase::RolledBack { .. }
        | Phase::Superseded { .. }
        | Phase::TakenOver { .. }
        | Phase::Refused { .. } => {
            if tries_again(trigger) {
                observation.tries_taken = tries_taken(engine.store.as_ref(), rollout).await?;
            }
        }
        Phase::Preflight { .. } => {}
    }
    Ok(observation)
}

fn is_ready(trigger: &Trigger) -> bool {
    matches!(trigger, Trigger::Judged(judged) if matches!(judged.verdict, Verdict::Ready(_)))
}

fn tries_again(trigger: &Trigger) -> bool {
    matches!(trigger, Trigger::Commanded(command) if command.verb.tries_again())
}

/// How many of the names that an ended rollout's next try could have, rollouts have already.
async fn tries_taken(store: &dyn Store, rollout: &Rollout) -> Result<u32, Fault> {
    let mut taken = 0;
    while store.load(&rollout.next_try(taken)).await?.is_some() {
        taken += 1;
    }
    Ok(taken)
}

/// Whoever holds the target of a queued rollout, where it makes way as soon as it is asked.
async fn yielding(
    engine: &Engine,
    rollout: &Rollout,
    holder: Option<RolloutId>,
) -> Result<Option<RolloutId>, Fault> {
    let Some(holder) = holder else { return Ok(None) };
    let holder = engine.store.load(&holder).await?;
    Ok(holder.filter(|holder| yields(holder, rollout)).map(|holder| holder.id))
}

/// The deployment that keeps a group from starting another one.
async fn busy_with(engine: &Engine, rollout: &Rollout) -> Result<Option<DeploymentId>, Fault> {
    let moves = rollout.mover.code_deploy().filter(|moves| moves.is_driven());
    let Some(moves) = moves else { return Ok(None) };
    match engine.deployments.under_way_in(&moves.group).await {
        Ok(under_way) => Ok(under_way.into_iter().next()),
        // Preflight says what is wrong with the group.
        Err(fault) if !fault.may_pass() => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// A live deployment of CodeDeploy for the alias that Tidegate is to move itself: nobody writes an alias under one. It may have
/// moved nothing yet. Where nobody may say, nothing is in the way.
async fn moved_by_another(engine: &Engine, rollout: &Rollout) -> Result<Option<Finding>, Fault> {
    if !rollout.mover.is_tidegate() {
        return Ok(None);
    }
    let since = LONGEST_DEPLOYMENT.before(engine.clock.now());
    let unless_denied = |fault: Fault| if fault.may_pass() { Err(fault) } else { Ok(None) };
    let under_way = match engine.deployments.under_way(since).await {
        Ok(under_way) => under_way,
        Err(fault) => return unless_denied(fault),
    };
    for id in under_way {
        let carrier = match engine.deployments.get(&id).await {
            Ok(deployment) => deployment.content.map(|content| content.carrier(&deployment.group)),
            Err(fault) if fault.may_pass() => return Err(fault),
            Err(_) => None,
        };
        if carrier.is_some_and(|carrier| carrier == rollout.target) {
            return Ok(Some(Finding::AlreadyShifting(format!("CodeDeploy deployment {id}"))));
        }
    }
    Ok(None)
}

async fn examine(engine: &Engine, rollout: &Rollout) -> Result<Observation, Fault> {
    let mut observation = unread();
    observation.routing = settled(read(engine, rollout).await.routing)?;
    let router = match rollout.mover.code_deploy() {
        Some(moves) if moves.platform != Platform::Lambda => None,
        Some(_) | None => Some(engine.routers.of(&rollout.target)?),
    };
    if let (Ok(observed), Some(router)) = (&observation.routing, router) {
        let stable = &observed.routing.primary;
        let examined = router.examine(&rollout.target, stable, &rollout.candidate).await?;
        let Examination { findings, longest_request } = examined;
        observation.findings = findings;
        observation.findings.extend(moved_by_another(engine, rollout).await?);
        observation.longest_request = longest_request;
    }
    Ok(observation)
}

async fn read(engine: &Engine, rollout: &Rollout) -> Read {
    following::read(&engine.routers, engine.deployments.as_ref(), rollout).await
}

fn settled<T>(read: Result<T, Fault>) -> Result<Result<T, String>, Fault> {
    match read {
        Ok(value) => Ok(Ok(value)),
        Err(fault) if fault.may_pass() => Err(fault),
        Err(fault) => Ok(Err(fault.to_string())),
    }
}
