//! `tidegate retry --fix-forward`: an ended rollout once more, although an alarm of its policy fires. A plain retry is a command
//! to the rollout that is over; this is a request of its own, because it asks for something that the first one did not.

use tidegate_domain::reason::{Ignored, Reason};
use tidegate_domain::trigger::Verb;
use tidegate_engine::free_try;
use tidegate_wire::bus::{Again, PolicyRef, RolloutRequested};

use super::ordering::{nothing, unknown};
use super::starting::ask;
use crate::args::Named;
use crate::backend::Backend;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::show::style::{BOLD, in_style};

/// Carries the command out.
pub async fn run(
    named: &Named,
    by: String,
    backend: &mut dyn Backend,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let ports = backend.ports();
    let Some(over) = ports.store.load(&named.rollout).await? else {
        return Err(unknown(&named.rollout, &ports).await?);
    };
    if !over.phase.is_terminal() {
        let why = Reason::from(Ignored::NotNow { verb: Verb::Retry, phase: over.phase.name() });
        return nothing(&over.id, &why, &ports, out).await;
    }
    let id = free_try(ports.store.as_ref(), &over).await?;
    out.say(&format!("{}\n", in_style(BOLD, &id)))?;
    let request = RolloutRequested {
        id: Some(id.clone()),
        target: Some(over.target),
        version: over.candidate,
        policy: PolicyRef::Again(Again { retry_of: over.id }),
        by,
        fix_forward: true,
    };
    ask(id, request, named.wait, backend, out).await
}
