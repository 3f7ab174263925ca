//! `tidegate flag on`, `off` and `set`: a request on the bus, and what came of it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tidegate_domain::flag::toggle::{Toggle, ToggleId};
use tidegate_domain::flag::{Document, Profile, Read, Wanted};
use tidegate_domain::policy::flag_strategy;
use tidegate_domain::units::Span;
use tidegate_engine::ports::FaultKind;
use tidegate_wire::bus::{FlagToggleRequested, Message};

use super::looking::conclude;
use super::read;
use crate::args::Switch;
use crate::backend::{Backend, Needs};
use crate::commands::starting::unheard;
use crate::exit::{Exit, Failure};
use crate::flags::is_over;
use crate::out::Out;
use crate::show;

/// How long a request may take to become a document, or to be refused.
const PATIENCE: Span = Span::seconds(60);

/// Carries the command out.
pub async fn run(
    args: &Switch,
    enabled: Option<bool>,
    by: String,
    backend: &mut dyn Backend,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let ports = backend.ports();
    let profile = Profile::from(&args.place);
    let wanted = Wanted {
        flag: args.flag.clone(),
        variant: args.variant.clone(),
        enabled,
        attributes: args.attributes.iter().cloned().collect(),
    };
    let id = args.id.clone().unwrap_or_else(|| named(&wanted, ports.clock.now()));
    if let Some(before) = ports.store.toggle(&id).await? {
        return already(&before, &profile, &wanted, args.wait, backend, out).await;
    }
    if let Some(so_already) = examined(args, &profile, &wanted, &ports, out).await? {
        out.say(&format!("nothing changes: {so_already}\n"))?;
        out.give(&serde_json::Value::Null)?;
        return Ok(Exit::Good);
    }
    let message = Message::FlagToggleRequested(request(args, id.clone(), wanted, by));
    let asked = ports.clock.now();
    ports.bus.publish(std::slice::from_ref(&message)).await?;
    out.say(&format!("toggle {id} is asked for\n"))?;
    let Some(_) = until(&id, Some(PATIENCE), |_| true, backend, out).await? else {
        return Err(unheard(&message, asked, &ports).await?);
    };
    follow(&id, args.wait, backend, out).await
}

fn request(args: &Switch, id: ToggleId, wanted: Wanted, by: String) -> FlagToggleRequested {
    let Wanted { flag, variant, enabled, attributes } = wanted;
    let Profile { application, environment, profile } = Profile::from(&args.place);
    FlagToggleRequested {
        id: Some(id),
        application,
        environment,
        profile,
        flag,
        variant,
        enabled,
        attributes,
        strategy: args.strategy.as_deref().map(flag_strategy),
        ship_pending: args.ship_pending,
        preempt: args.preempt,
        by,
        why: args.why.clone(),
    }
}

/// `new-basket-off-20261120-120000`: what a toggle can be called at most is left of the flag's key.
fn named(wanted: &Wanted, now: Timestamp) -> ToggleId {
    let fits = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let flag: String = wanted.flag.chars().filter(fits).take(64).collect();
    let verb = match wanted.enabled {
        Some(true) => "on",
        Some(false) => "off",
        None => "set",
    };
    ToggleId(format!("{flag}-{verb}-{}", now.to_zoned(TimeZone::UTC).strftime("%Y%m%d-%H%M%S")))
}

/// Looks first whether it can be done. Gives where it is so already, unless somebody is deploying at the moment; who may not look
/// asks all the same.
async fn examined(
    args: &Switch,
    profile: &Profile,
    wanted: &Wanted,
    ports: &Needs,
    out: &mut Out,
) -> Result<Option<String>, Failure> {
    let read = match read(profile, args.ship_pending, ports).await {
        Ok(read) => read,
        Err(Failure::World(fault)) if matches!(fault.kind, FaultKind::Denied(_)) => {
            out.say(&format!("asked without a look first: {fault}\n"))?;
            return Ok(None);
        }
        Err(failure) => return Err(failure),
    };
    let faults = |problems: Vec<String>| {
        let lines: Vec<String> =
            problems.into_iter().map(|problem| format!("{profile}: {problem}")).collect();
        Failure::Data(lines.join("\n"))
    };
    let base = read.base(args.ship_pending).map_err(|problem| faults(vec![problem]))?;
    let document = Document::read(&base.text).map_err(|problem| faults(vec![problem]))?;
    let edits = document.plan(std::slice::from_ref(wanted)).map_err(faults)?;
    if edits.is_empty() && read.under_way().is_none() && read.undeployed().is_none() {
        return Ok(Some(format!("version {} of {profile} has it so, and is in force", base.version)));
    }
    waits(&read, args.preempt, out)?;
    Ok(None)
}

/// Says that somebody deploys in the environment at the moment.
fn waits(read: &Read, preempt: bool, out: &mut Out) -> Result<(), Failure> {
    let Some(deployment) = read.under_way() else { return Ok(()) };
    let then = if preempt { "it is stopped first" } else { "the toggle waits for it; --preempt stops it" };
    out.say(&format!("AppConfig deployment {} is under way in this environment: {then}\n", deployment.number))
}

/// The same name again is the same toggle: nothing is asked.
async fn already(
    before: &Toggle,
    profile: &Profile,
    wanted: &Wanted,
    wait: bool,
    backend: &mut dyn Backend,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let id = &before.id;
    if before.profile != *profile || before.wanted != std::slice::from_ref(wanted) {
        let problem =
            format!("{id} is another toggle of {} already; ask with an --id of its own", before.profile);
        return Err(Failure::Usage(problem));
    }
    out.say(&format!("{id} was asked for already\n"))?;
    follow(id, wait, backend, out).await
}

/// Shows where a toggle stands, after its end where that is waited for.
async fn follow(
    id: &ToggleId,
    wait: bool,
    backend: &mut dyn Backend,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let toggle = if wait {
        until(id, None, is_over, backend, out).await?
    } else {
        backend.ports().store.toggle(id).await?
    };
    let Some(toggle) = toggle else { return Err(Failure::Data(format!("the document of {id} is gone"))) };
    conclude(&toggle, false, out)
}

/// Says what happens to a toggle until it has come where it is wanted, or until the patience is over; `None` for patience without
/// end: every toggle is given up after a day.
async fn until(
    id: &ToggleId,
    patience: Option<Span>,
    wanted: impl Fn(&Toggle) -> bool,
    backend: &mut dyn Backend,
    out: &mut Out,
) -> Result<Option<Toggle>, Failure> {
    let ports = backend.ports();
    let start = ports.clock.now();
    let mut known = 0;
    loop {
        let toggle = ports.store.toggle(id).await?;
        let is_wanted = toggle.as_ref().is_some_and(&wanted);
        // What is over already when it is first seen is told with its end.
        if patience.is_none() {
            for note in toggle.iter().flat_map(|toggle| toggle.log.iter().skip(known)) {
                out.say(&show::flags::noted(note))?;
            }
            known = toggle.as_ref().map_or(known, |toggle| toggle.log.len());
        }
        if is_wanted || patience.is_some_and(|patience| ports.clock.now() >= patience.after(start)) {
            return Ok(toggle);
        }
        let pace = backend.pace();
        backend.pass(pace).await;
    }
}
