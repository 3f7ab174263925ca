//! `tidegate start`: asks for a rollout on the bus, and says what came of the request.

use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;
use tidegate_domain::admit::taken;
use tidegate_domain::policy::{Policy, json_of};
use tidegate_domain::rollout::{Phase, PhaseName, Rollout, RolloutId};
use tidegate_domain::target::Target;
use tidegate_domain::units::Span;
use tidegate_engine::ports::Store;
use tidegate_wire::bus::{Message, PolicyRef, RolloutRequested};

use super::following::Following;
use crate::args;
use crate::backend::{Backend, Needs, faulty};
use crate::exit::{Exit, Failure};
use crate::files;
use crate::out::Out;
use crate::show;
use crate::status::{Status, Stored, waits_for_somebody};

/// How long a request may take to become a document, or to be refused.
const PATIENCE: Span = Span::seconds(60);

/// So many kept events are looked through for the request.
const LETTERS: usize = 20;

/// Carries the command out.
pub async fn run(
    args: &args::Start,
    by: String,
    backend: &mut dyn Backend,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let ports = backend.ports();
    let (policy, Policy { target: of_policy, .. }) = policy(&args.policy, ports.store.as_ref()).await?;
    let stated = args.function.clone().zip(args.alias.clone());
    let target = stated.map(|(function, alias)| Target::lambda(function, alias));
    let Some(whose) = target.clone().or(of_policy) else {
        let problem = "whose traffic? the policy names no target; say --function NAME --alias NAME";
        return Err(Failure::Usage(problem.to_owned()));
    };
    let id = args.id.clone().unwrap_or_else(|| RolloutId::of_version(&whose, &args.candidate));
    if let Some(before) = ports.store.load(&id).await? {
        if let Some(problem) = taken(&before, &whose, &args.candidate) {
            return Err(Failure::Usage(problem));
        }
        return already(&before, out, &ports).await;
    }
    let request = RolloutRequested {
        id: Some(id.clone()),
        target,
        version: args.candidate.clone(),
        policy,
        by,
        fix_forward: args.fix_forward,
    };
    ask(id, request, args.wait, backend, out).await
}

/// Puts a request on the bus, and says what comes of it.
async fn ask(
    id: RolloutId,
    request: RolloutRequested,
    wait: bool,
    backend: &mut dyn Backend,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let ports = backend.ports();
    let asked = ports.clock.now();
    let message = Message::RolloutRequested(request);
    ports.bus.publish(std::slice::from_ref(&message)).await?;
    let mut following = Following::from_the_beginning(id.clone());
    if following.until(|_| true, Some(PATIENCE), backend, out).await?.is_none() {
        return Err(unheard(&message, asked, &ports).await?);
    }
    let patience = if wait { None } else { Some(PATIENCE) };
    let wanted = |rollout: &Rollout| {
        if wait { is_worth_telling(&rollout.phase) } else { is_under_way(&rollout.phase) }
    };
    following.until(wanted, patience, backend, out).await?;
    Ok(Exit::of(conclude(&id, wait, &ports, out).await?))
}

/// Whether waiting ends here: it is over, or it waits for somebody.
pub fn is_worth_telling(phase: &Phase) -> bool {
    phase.is_terminal() || waits_for_somebody(phase)
}

fn is_under_way(phase: &Phase) -> bool {
    !matches!(phase, Phase::Queued | Phase::Preflight { .. })
}

/// Shows where a rollout stands now; after waiting, and to machines, with everything.
pub async fn conclude(
    id: &RolloutId,
    whole: bool,
    ports: &Needs,
    out: &mut Out,
) -> Result<PhaseName, Failure> {
    let Some(stored) = Stored::read(ports.store.as_ref(), id).await? else {
        return Err(Failure::Data(format!("the document of {id} is gone")));
    };
    let freeze = ports.store.freeze_switch().await?.freeze();
    let status = Status::of(&stored, freeze.as_ref());
    if whole {
        out.say("\n")?;
        out.say(&show::status::status(&status, ports.clock.now()))?;
    } else {
        out.say(&show::status::brief(&status))?;
    }
    out.give(&status)?;
    Ok(status.phase)
}

/// The same name again is the same rollout: nothing is asked.
async fn already(before: &Rollout, out: &mut Out, ports: &Needs) -> Result<Exit, Failure> {
    let id = &before.id;
    let what = if before.phase.is_terminal() {
        format!("{id} is over already; to try it again: tidegate retry {id}\n")
    } else {
        format!("{id} is under way already\n")
    };
    out.say(&what)?;
    conclude(id, false, ports, out).await?;
    Ok(if before.phase.is_terminal() { Exit::Bad } else { Exit::of(before.phase.name()) })
}

/// The policy of a file, whole, or the name of a stored one; and the policy itself.
pub async fn policy(named: &str, store: &dyn Store) -> Result<(PolicyRef, Policy), Failure> {
    let path = Path::new(named);
    if path.is_file() || looks_like_a_file(path) {
        let text = files::read(path)?;
        let json = json_of(&text).map_err(|faults| faulty(path, &faults))?;
        let policy = Policy::from_json(&json).map_err(|faults| faulty(path, &faults))?;
        return Ok((PolicyRef::Inline(json), policy));
    }
    let record = store.policy(named).await?;
    let record = record.ok_or_else(|| {
        Failure::Data(format!("no policy is stored under {named:?}, and no file is called so"))
    })?;
    let policy = record.policy().map_err(|faults| faulty(path, &faults))?;
    Ok((PolicyRef::Name(named.to_owned()), policy))
}

fn looks_like_a_file(path: &Path) -> bool {
    path.components().count() > 1 || path.extension().is_some()
}

/// Why a request became no document: it is kept as unreadable, or nobody answers.
pub async fn unheard(message: &Message, asked: Timestamp, ports: &Needs) -> Result<Failure, Failure> {
    let detail = message.detail().ok().and_then(|detail| serde_json::from_str::<Value>(&detail).ok());
    let letters = ports.store.quarantined(LETTERS).await?;
    let mut ours =
        letters.iter().filter(|letter| letter.at >= asked && letter.payload.get("detail") == detail.as_ref());
    Ok(match ours.next() {
        Some(letter) => Failure::Data(letter.problem.clone()),
        None => {
            Failure::Unheard(format!("the request is on the bus, and nothing came of it within {PATIENCE}"))
        }
    })
}
