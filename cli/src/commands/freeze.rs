//! `tidegate freeze`: shows whether weights may rise, and switches that. It is no rollout, and it has to be in force once the command
//! returns: it goes to the table at once.

use jiff::{Timestamp, TimestampRound, Unit};
use serde_json::json;
use tidegate_domain::freeze::{FreezeChange, FreezeSwitch, Frozen};
use tidegate_domain::rollout::{Phase, Rollout};
use tidegate_engine::ports::{Committed, Store};

use super::who;
use crate::args::{self, Global};
use crate::backend::{Backend, Needs};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::show::numbers::moment;

/// Carries the command out.
pub async fn run(
    args: &args::Freeze,
    global: &Global,
    backend: &mut dyn Backend,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let ports = backend.ports();
    let stored = ports.store.freeze_switch().await?;
    let to = match &args.switch {
        None => {
            out.say(&told(&stored))?;
            return given(&stored, Exit::Good, out);
        }
        Some(args::FreezeSwitch::On { because }) => Frozen::On { because: because.clone() },
        Some(args::FreezeSwitch::Off { because }) => Frozen::Off { because: because.clone() },
    };
    if let Some(why) = in_vain(&stored, &to) {
        out.say(&format!("nothing changes: {why}\n"))?;
        return given(&stored, Exit::Bad, out);
    }
    let change = FreezeChange { at: whole_second(ports.clock.now()), by: who(global)?, to };
    let next = stored.switched(change);
    if ports.store.put_freeze_switch(&next).await? != Committed::Done {
        let now = ports.store.freeze_switch().await?;
        return Err(Failure::Data(format!("somebody else switched it meanwhile; {}", told(&now).trim_end())));
    }
    out.say(&switched(&stored, &next))?;
    if next.freeze().is_some() {
        out.say(&moved_by_code_deploy(&ports).await?)?;
    }
    given(&next, Exit::Good, out)
}

fn given(switch: &FreezeSwitch, exit: Exit, out: &mut Out) -> Result<Exit, Failure> {
    out.give(&json!({ "freeze": switch.freeze(), "changes": switch.changes }))?;
    Ok(exit)
}

/// People read and compare this time.
fn whole_second(at: Timestamp) -> Timestamp {
    at.round(TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Trunc)).unwrap_or(at)
}

/// Why switching it to this would change nothing. Whoever lifts the first freeze does not know of a second one.
fn in_vain(stored: &FreezeSwitch, to: &Frozen) -> Option<String> {
    match (stored.freeze(), to) {
        (Some(freeze), Frozen::On { .. }) => Some(format!(
            "{freeze}; whoever lifts that one lifts yours: tell {}, or say tidegate freeze off and freeze anew",
            freeze.by
        )),
        (None, Frozen::Off { .. }) => Some("it is not frozen".to_owned()),
        (Some(_), Frozen::Off { .. }) | (None, Frozen::On { .. }) => None,
    }
}

fn switched(before: &FreezeSwitch, after: &FreezeSwitch) -> String {
    match (after.freeze(), before.freeze()) {
        (Some(freeze), _) => format!(
            "{freeze}\nno weight rises from now on; what a function was writing in this very moment may still land\n"
        ),
        (None, Some(lifted)) => format!("not frozen any more; it was {lifted}\n"),
        (None, None) => told(after),
    }
}

fn told(switch: &FreezeSwitch) -> String {
    let now = switch.freeze().map_or_else(|| "not frozen".to_owned(), |freeze| freeze.to_string());
    let changes = switch.changes.iter().rev().map(|FreezeChange { at, by, to }| {
        let (word, why) = match to {
            Frozen::On { because } => ("on", Some(because)),
            Frozen::Off { because } => ("off", because.as_ref()),
        };
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        format!("  {}  {word:3}  by {by}{why}\n", moment(*at))
    });
    format!("{now}\n{}", changes.collect::<String>())
}

/// What a freeze cannot hold is named, with what would.
async fn moved_by_code_deploy(ports: &Needs) -> Result<String, Failure> {
    let mut text = String::new();
    for rollout in live(ports.store.as_ref()).await? {
        let moves = rollout.live_deployment().and_then(|moves| moves.id.as_ref());
        if let (Phase::Shifting(_), Some(deployment)) = (&rollout.phase, moves) {
            let id = &rollout.id;
            text += &format!(
                "{id} is moved by CodeDeploy deployment {deployment}, which goes on; to stop it: tidegate abort {id}\n"
            );
        }
    }
    Ok(text)
}

async fn live(store: &dyn Store) -> Result<Vec<Rollout>, Failure> {
    let mut live = Vec::new();
    for listed in store.listed().await?.rollouts {
        live.extend(store.load(&listed.id).await?);
    }
    Ok(live)
}
