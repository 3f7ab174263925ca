//! `tidegate promote`, `pause`, `resume`, `abort`, `retry`: a command on the bus, and what came of it.

use tidegate_domain::decide::{Decision, decide};
use tidegate_domain::reason::Reason;
use tidegate_domain::rollout::{PhaseName, Rollout, RolloutId};
use tidegate_domain::trigger::{Command, Observation, Trigger, Verb};
use tidegate_domain::units::Span;
use tidegate_domain::verdict::Cause;
use tidegate_wire::bus::{Message, RolloutCommand};

use super::following::Following;
use super::starting::{conclude, is_worth_telling};
use crate::args::Named;
use crate::backend::{Backend, Needs};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::show::style::{BOLD, in_style};

/// How long a command may take to show.
const PATIENCE: Span = Span::seconds(60);

/// The same where the command will most likely be ignored.
const LESS_PATIENCE: Span = Span::seconds(10);

/// Carries the command out.
pub async fn run(
    command: Command,
    named: &Named,
    backend: &mut dyn Backend,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let ports = backend.ports();
    let id = &named.rollout;
    let Some(before) = ports.store.load(id).await? else { return Err(unknown(id, &ports).await?) };
    let ignored = would_be_ignored(&before, &command, &ports).await;
    let Command { verb, by, why } = command;
    let message = Message::RolloutCommand(RolloutCommand { rollout: id.clone(), verb, by, why });
    let mut following = Following::from_now(&before, ports.store.as_ref()).await?;
    ports.bus.publish(&[message]).await?;
    let Some(answer) = heard(&before, verb, ignored.is_some(), &mut following, backend, out).await? else {
        return match ignored {
            Some(why) => nothing(id, &why, &ports, out).await,
            None => Err(Failure::Unheard(format!(
                "the command is on the bus, and nothing came of it within {PATIENCE}"
            ))),
        };
    };
    // A retry goes on under a new name.
    let (id, mut following) = match answer {
        Reason::Retried { id } => {
            out.say(&format!("{}\n", in_style(BOLD, &id)))?;
            (id.clone(), Following::from_the_beginning(id))
        }
        _ => (id.clone(), following),
    };
    let wanted = |rollout: &Rollout| !named.wait || is_worth_telling(&rollout.phase);
    let patience = if named.wait { None } else { Some(PATIENCE) };
    following.until(wanted, patience, backend, out).await?;
    let phase = conclude(&id, named.wait, &ports, out).await?;
    Ok(if came_as_asked(verb, phase) { Exit::Good } else { Exit::of(phase) })
}

/// Whether what would be bad news elsewhere is what this command asked for.
const fn came_as_asked(verb: Verb, phase: PhaseName) -> bool {
    match verb {
        Verb::Abort => matches!(phase, PhaseName::RollingBack | PhaseName::RolledBack | PhaseName::Refused),
        Verb::Pause => matches!(phase, PhaseName::Paused),
        Verb::Promote | Verb::PromoteFull | Verb::Resume | Verb::Retry | Verb::RetryFixForward => false,
    }
}

/// Waits for the command's line in the timeline; gives its reason.
async fn heard(
    before: &Rollout,
    verb: Verb,
    ignored: bool,
    following: &mut Following,
    backend: &mut dyn Backend,
    out: &mut Out,
) -> Result<Option<Reason>, Failure> {
    let ports = backend.ports();
    let patience = if ignored { LESS_PATIENCE } else { PATIENCE };
    let until = patience.after(ports.clock.now());
    loop {
        following.look(ports.store.as_ref(), out).await?;
        let timeline = ports.store.timeline(&before.id).await?;
        let fresh = timeline.into_iter().filter(|entry| entry.version > before.version);
        if let Some(entry) = fresh.into_iter().find(|entry| answers(verb, &entry.reason)) {
            return Ok(Some(entry.reason));
        }
        if ports.clock.now() >= until {
            return Ok(None);
        }
        let pace = backend.pace();
        backend.pass(pace).await;
    }
}

/// Whether a line in the timeline is what a command leads to.
fn answers(verb: Verb, reason: &Reason) -> bool {
    match verb {
        Verb::Promote | Verb::PromoteFull => matches!(reason, Reason::Overridden { .. }),
        Verb::Pause => matches!(reason, Reason::PausedBy { .. }),
        Verb::Resume => matches!(reason, Reason::ResumedBy { .. }),
        Verb::Abort => matches!(reason, Reason::TakingBack(Cause::Aborted { .. })),
        Verb::Retry | Verb::RetryFixForward => matches!(reason, Reason::Retried { .. }),
    }
}

/// Why the command would change nothing as the rollout stands: the decision that a function takes, taken here for its words.
async fn would_be_ignored(rollout: &Rollout, command: &Command, ports: &Needs) -> Option<Reason> {
    let routing = match ports.routers.of(&rollout.target) {
        Ok(router) => router.observe(&rollout.target).await.map_err(|fault| fault.to_string()),
        Err(fault) => Err(fault.to_string()),
    };
    // What cannot be read here the functions read.
    let switch = ports.store.freeze_switch().await.unwrap_or_default();
    let observation = Observation { frozen: switch.freeze(), ..Observation::of(routing) };
    match decide(rollout, &Trigger::Commanded(command.clone()), &observation, ports.clock.now()) {
        Decision::Keep(reason) => Some(reason),
        Decision::Change { .. } => None,
    }
}

/// Says why nothing changes, and where the rollout stands.
async fn nothing(id: &RolloutId, why: &Reason, ports: &Needs, out: &mut Out) -> Result<Exit, Failure> {
    out.say(&format!("nothing changes: {why}\n"))?;
    conclude(id, false, ports, out).await?;
    Ok(Exit::Bad)
}

/// No such rollout: here are the ones there are.
pub async fn unknown(id: &RolloutId, ports: &Needs) -> Result<Failure, Failure> {
    const NAMES: usize = 10;
    let mut known: Vec<String> =
        ports.store.listed().await?.rollouts.into_iter().map(|listed| listed.id.0).collect();
    for ended in ports.store.ended(NAMES).await? {
        if !known.contains(&ended.0) {
            known.push(ended.0);
        }
    }
    known.truncate(NAMES);
    let known = if known.is_empty() {
        "there is none".to_owned()
    } else {
        format!("there are: {}", known.join(", "))
    };
    Ok(Failure::Usage(format!("no rollout is called {id}; {known}")))
}
