//! `tidegate list`: the rollouts under way, or all of them.

use tidegate_domain::rollout::RolloutId;

use crate::args;
use crate::backend::Backend;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::show;
use crate::show::numbers::moment;
use crate::show::style::{in_style, of_health};
use crate::show::table::Table;
use crate::status::{Status, Stored};

/// So many ended ones are listed at most.
const ENDED: usize = 100;

/// Carries the command out.
pub async fn run(args: &args::List, backend: &mut dyn Backend, out: &mut Out) -> Result<Exit, Failure> {
    let ports = backend.ports();
    let mut ids: Vec<RolloutId> =
        ports.store.listed().await?.rollouts.into_iter().map(|listed| listed.id).collect();
    if args.all {
        let ended = ports.store.ended(ENDED).await?;
        ids.extend(ended.into_iter().filter(|id| !ids.contains(id)).collect::<Vec<_>>());
    }
    let freeze = ports.store.freeze_switch().await?.freeze();
    let (mut all, mut unread) = (Vec::new(), Vec::new());
    for id in &ids {
        match Stored::read(ports.store.as_ref(), id).await {
            Ok(stored) => all.extend(stored.map(|stored| Status::of(&stored, freeze.as_ref()))),
            Err(fault) => unread.push((id, fault)),
        }
    }
    out.say(&show::status::frozen(freeze.as_ref()))?;
    out.say(&table(&all))?;
    out.give(&all)?;
    // What cannot be read hides nothing else.
    for (id, fault) in &unread {
        out.say(&format!("{id} cannot be read: {fault}\n"))?;
    }
    unread.into_iter().next().map_or(Ok(Exit::Good), |(_, fault)| Err(fault.into()))
}

fn table(all: &[Status]) -> String {
    if all.is_empty() {
        return "no rollout is under way; the ones that are over: tidegate list --all\n".to_owned();
    }
    let mut table =
        Table::new(["rollout", "status", "phase", "traffic", "versions", "target", "changed"]).right([3]);
    for status in all {
        let stable = status.stable.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string);
        table.row([
            status.rollout.to_string(),
            in_style(of_health(status.health), status.health),
            status.phase.to_string(),
            status.weight.to_string(),
            format!("{stable} → {}", status.candidate),
            status.target.to_string(),
            moment(status.updated),
        ]);
    }
    let waiting = all.iter().filter(|status| status.waits_for_somebody);
    let waiting: String = waiting.map(show::status::brief).collect();
    format!("{table}{}{waiting}", if waiting.is_empty() { "" } else { "\nwaiting for somebody:\n" })
}
