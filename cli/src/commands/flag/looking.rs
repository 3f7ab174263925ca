//! `tidegate flag list` and `tidegate flag get`.

use serde::Serialize;
use tidegate_domain::flag::Profile;
use tidegate_domain::flag::toggle::{Toggle, ToggleId};

use super::read;
use crate::args::{FlagGet, FlagPlace};
use crate::backend::Needs;
use crate::exit::{Exit, Failure};
use crate::flags::{FlagShown, FlagsOfProfile, ToggleShown, ToggleState};
use crate::out::Out;
use crate::show;

/// A flag as `flag get --output json` prints it: the flag, where its profile stands, and the toggles that live for it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FlagStatus<'a> {
    #[serde(flatten)]
    flag: &'a FlagShown,
    of: &'a FlagsOfProfile,
    toggles: &'a [ToggleShown],
}

/// Lists the flags of a profile.
pub async fn list(place: &FlagPlace, ports: &Needs, out: &mut Out) -> Result<Exit, Failure> {
    let flags = flags(place.into(), ports).await?;
    out.say(&show::flags::list(&flags))?;
    out.give(&flags)?;
    Ok(Exit::Good)
}

/// Shows one flag, or one toggle.
pub async fn get(args: &FlagGet, ports: &Needs, out: &mut Out) -> Result<Exit, Failure> {
    if let Some(id) = &args.toggle {
        return toggle(id, ports, out).await;
    }
    let (Some(key), Some(place)) = (&args.flag, &args.place) else {
        let problem = "which flag? say it with --application, --environment and --profile, or name a toggle with --toggle";
        return Err(Failure::Usage(problem.to_owned()));
    };
    let flags = flags(place.into(), ports).await?;
    let Some(flag) = flags.flags.iter().find(|flag| flag.flag == *key) else {
        let known: Vec<&str> = flags.flags.iter().map(|flag| flag.flag.as_str()).collect();
        let known = if known.is_empty() {
            "there is none".to_owned()
        } else {
            format!("known: {}", known.join(", "))
        };
        return Err(Failure::Usage(format!("{}: no flag is called {key:?}; {known}", flags.profile)));
    };
    let toggles = toggles(&flags.profile, ports).await?;
    out.say(&show::flags::flag(&flags, flag, &toggles))?;
    let of = FlagsOfProfile { flags: Vec::new(), ..flags.clone() };
    out.give(&FlagStatus { flag, of: &of, toggles: &toggles })?;
    Ok(Exit::Good)
}

async fn toggle(id: &ToggleId, ports: &Needs, out: &mut Out) -> Result<Exit, Failure> {
    let Some(toggle) = ports.store.toggle(id).await? else {
        let live = ports.store.listed().await?.toggles;
        let live: Vec<&str> = live.iter().map(|id| id.0.as_str()).collect();
        let known = if live.is_empty() {
            "none is under way".to_owned()
        } else {
            format!("under way: {}", live.join(", "))
        };
        return Err(Failure::Usage(format!("no toggle is called {id}; {known}")));
    };
    conclude(&toggle, true, out)
}

/// Shows where a toggle stands now, and gives its exit code.
pub fn conclude(toggle: &Toggle, whole: bool, out: &mut Out) -> Result<Exit, Failure> {
    let shown = ToggleShown::of(toggle);
    out.say(&if whole { show::flags::toggle(&shown) } else { show::flags::brief(&shown) })?;
    out.give(&shown)?;
    Ok(match shown.state {
        ToggleState::UnderWay | ToggleState::Served | ToggleState::Back => Exit::Good,
        ToggleState::Failed => Exit::Bad,
    })
}

async fn flags(profile: Profile, ports: &Needs) -> Result<FlagsOfProfile, Failure> {
    let read = read(&profile, false, ports).await?;
    FlagsOfProfile::of(profile, &read).map_err(Failure::Data)
}

/// The toggles that live for a profile, whichever way they name it.
async fn toggles(profile: &Profile, ports: &Needs) -> Result<Vec<ToggleShown>, Failure> {
    let place = ports.flags.find(profile).await?;
    let mut toggles = Vec::new();
    for id in ports.store.listed().await?.toggles {
        let Some(toggle) = ports.store.toggle(&id).await? else { continue };
        let is_here = toggle.profile == *profile
            || ports.flags.find(&toggle.profile).await.is_ok_and(|other| other == place);
        if is_here {
            toggles.push(ToggleShown::of(&toggle));
        }
    }
    toggles.sort_by_key(|toggle| toggle.created);
    Ok(toggles)
}
