//! Observing: what is read before a decision. Fences come from here.

use tidegate_domain::rollout::{Phase, Rollout};
use tidegate_domain::target::Observed;
use tidegate_domain::trigger::{Observation, Trigger};
use tidegate_domain::verdict::Verdict;

use crate::looping::Engine;
use crate::ports::{Examination, Fault, Store};

/// An observation in which nothing was read: for recording what an effect came to, which carries what it found.
pub(crate) fn unread() -> Observation {
    Observation {
        routing: Err("not read".to_owned()),
        findings: Vec::new(),
        longest_request: None,
        target_taken: false,
        tries_taken: 0,
    }
}

/// Reads what this phase and this trigger need and nothing else. A fault that may pass is an error; that a target cannot be
/// read for good is an observation.
pub(crate) async fn observe(
    engine: &Engine,
    rollout: &Rollout,
    trigger: &Trigger,
) -> Result<Observation, Fault> {
    let mut observation = unread();
    match &rollout.phase {
        Phase::Queued => {
            let holder = engine.store.lock_holder(&rollout.target).await?;
            observation.target_taken = holder.is_some_and(|holder| holder != rollout.id);
        }
        Phase::Preflight { .. } if is_ready(trigger) => return examine(engine, rollout).await,
        Phase::Baking(_)
        | Phase::Paused { .. }
        | Phase::Watching { .. }
        | Phase::RollingBack(_)
        | Phase::Stuck(_) => {
            observation.routing = settled(read(engine, rollout).await)?;
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

async fn examine(engine: &Engine, rollout: &Rollout) -> Result<Observation, Fault> {
    let mut observation = unread();
    observation.routing = settled(read(engine, rollout).await)?;
    if let Ok(observed) = &observation.routing {
        let router = engine.routers.of(&rollout.target)?;
        let stable = &observed.routing.primary;
        let examined = router.examine(&rollout.target, stable, &rollout.candidate).await?;
        let Examination { findings, longest_request } = examined;
        observation.findings = findings;
        observation.longest_request = longest_request;
    }
    Ok(observation)
}

async fn read(engine: &Engine, rollout: &Rollout) -> Result<Observed, Fault> {
    engine.routers.of(&rollout.target)?.observe(&rollout.target).await
}

fn settled<T>(read: Result<T, Fault>) -> Result<Result<T, String>, Fault> {
    match read {
        Ok(value) => Ok(Ok(value)),
        Err(fault) if fault.may_pass() => Err(fault),
        Err(fault) => Ok(Err(fault.to_string())),
    }
}
