//! `tidegate flag`: what the flags of a profile are, what would become of them, and asking for it.

mod asking;
mod differing;
mod looking;

use tidegate_domain::flag::{Profile, Read};
use tidegate_engine::Toggling;

use super::who;
use crate::args::{Flag, Global};
use crate::backend::{Backend, Needs};
use crate::exit::{Exit, Failure};
use crate::out::Out;

/// Carries the command out.
pub async fn run(
    command: &Flag,
    global: &Global,
    backend: &mut dyn Backend,
    out: &mut Out,
) -> Result<Exit, Failure> {
    match command {
        Flag::List(place) => looking::list(place, &backend.ports(), out).await,
        Flag::Get(args) => looking::get(args, &backend.ports(), out).await,
        Flag::Diff(args) => differing::run(args, &backend.ports(), out).await,
        Flag::On(args) => asking::run(args, Some(true), who(global)?, backend, out).await,
        Flag::Off(args) => asking::run(args, Some(false), who(global)?, backend, out).await,
        Flag::Set(args) if args.attributes.is_empty() => {
            Err(Failure::Usage("what is to be set? say it like limit=5 after the flag".to_owned()))
        }
        Flag::Set(args) => asking::run(args, None, who(global)?, backend, out).await,
    }
}

/// What is in force for a profile, and what was written there.
async fn read(profile: &Profile, ship_pending: bool, ports: &Needs) -> Result<Read, Failure> {
    let Needs { store, flags, bus, clock, .. } = ports.clone();
    let place = flags.find(profile).await?;
    Ok(Toggling { store, flags, bus, clock }.read_all(&place, ship_pending).await?)
}
