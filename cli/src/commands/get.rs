//! `tidegate get`: shows a rollout, once or until it is over.

use std::time::Duration;

use tidegate_domain::rollout::RolloutId;
use tidegate_domain::units::Span;

use super::following::Following;
use super::ordering::unknown;
use super::starting::{conclude, is_worth_telling};
use crate::args;
use crate::backend::{Backend, Needs};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::show;
use crate::status::{Status, Stored};

/// How long a look lasts on a terminal where time is a world's and goes by at once.
const FRAME: Duration = Duration::from_millis(60);

/// How much of a world's time goes by between two looks.
const LEAP: Span = Span::minutes(1);

/// How long is waited for a rollout to begin, in a world whose scenario may start one.
const PATIENCE: Span = Span::hours(2);

/// Carries the command out.
pub async fn run(args: &args::Get, backend: &mut dyn Backend, out: &mut Out) -> Result<Exit, Failure> {
    let ports = backend.ports();
    let Some(id) = which(args, backend).await? else {
        out.say("no rollout is under way; the ones that are over: tidegate list --all\n")?;
        out.give(&serde_json::Value::Null)?;
        return Ok(Exit::Good);
    };
    let Some(stored) = Stored::read(ports.store.as_ref(), &id).await? else {
        return Err(unknown(&id, &ports).await?);
    };
    if args.watch && out.is_live() {
        return draw(&id, backend, out).await;
    }
    if args.watch {
        // Where nobody can act meanwhile, nothing is to be seen beyond the point at which somebody has to.
        let alone = backend.lives_within_commands();
        let wanted = |rollout: &tidegate_domain::rollout::Rollout| {
            rollout.phase.is_terminal() || (alone && is_worth_telling(&rollout.phase))
        };
        Following::from_the_beginning(id.clone()).until(wanted, None, backend, out).await?;
        return Ok(Exit::of(conclude(&id, true, &ports, out).await?));
    }
    let freeze = ports.store.freeze_switch().await?.freeze();
    let status = Status::of(&stored, freeze.as_ref());
    out.say(&show::status::status(&status, ports.clock.now()))?;
    out.give(&status)?;
    Ok(Exit::of(status.phase))
}

/// The rollout named, or the only one under way. In a world that lives within this command one may begin while it is watched.
async fn which(args: &args::Get, backend: &mut dyn Backend) -> Result<Option<RolloutId>, Failure> {
    if let Some(named) = &args.rollout {
        return Ok(Some(named.clone()));
    }
    let ports = backend.ports();
    let until = PATIENCE.after(ports.clock.now());
    let mut live = under_way(&ports).await?;
    while live.is_empty() && args.watch && backend.lives_within_commands() && ports.clock.now() < until {
        backend.pass(LEAP).await;
        live = under_way(&ports).await?;
    }
    match &live[..] {
        [] => Ok(None),
        [only] => Ok(Some(only.clone())),
        several => {
            let names: Vec<&str> = several.iter().map(|id| id.0.as_str()).collect();
            Err(Failure::Usage(format!("which one? under way: {}", names.join(", "))))
        }
    }
}

async fn under_way(ports: &Needs) -> Result<Vec<RolloutId>, Failure> {
    Ok(ports.store.listed().await?.rollouts.into_iter().map(|listed| listed.id).collect())
}

/// Draws it anew in place until it is over.
async fn draw(id: &RolloutId, backend: &mut dyn Backend, out: &mut Out) -> Result<Exit, Failure> {
    let ports = backend.ports();
    let alone = backend.lives_within_commands();
    out.clear()?;
    loop {
        let Some(stored) = Stored::read(ports.store.as_ref(), id).await? else {
            return Err(unknown(id, &ports).await?);
        };
        let freeze = ports.store.freeze_switch().await?.freeze();
        let status = Status::of(&stored, freeze.as_ref());
        out.redraw(&show::status::status(&status, ports.clock.now()))?;
        if status.over || (alone && status.waits_for_somebody) {
            return Ok(Exit::of(status.phase));
        }
        if alone {
            backend.pass(LEAP).await;
            tokio::time::sleep(FRAME).await;
        } else {
            let pace = backend.pace();
            backend.pass(pace).await;
        }
    }
}
