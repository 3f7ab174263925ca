//! `tidegate flag diff`: what would change in the documents, before anybody asks for it.

use similar::TextDiff;
use tidegate_domain::flag::{Document, Profile, Wanted};
use tidegate_domain::policy::{FlagChange, Policy};

use super::read;
use crate::args::FlagDiff;
use crate::backend::Needs;
use crate::commands::starting::policy;
use crate::exit::{Exit, Failure};
use crate::flags::Difference;
use crate::out::Out;
use crate::show;

/// What is wanted of one profile.
struct OfProfile {
    profile: Profile,
    wanted: Vec<Wanted>,
    ship_pending: bool,
}

/// Carries the command out.
pub async fn run(args: &FlagDiff, ports: &Needs, out: &mut Out) -> Result<Exit, Failure> {
    let asked = match &args.policy {
        Some(named) => {
            let (_, policy) = policy(named, ports.store.as_ref()).await?;
            if policy.flags.is_empty() {
                out.say(&format!("policy {} changes no flags\n", policy.name))?;
            }
            of_policy(policy)
        }
        None => vec![of_flag(args)?],
    };
    let (mut all, mut faults) = (Vec::new(), Vec::new());
    for of_profile in asked {
        match difference(of_profile, ports).await? {
            Ok(difference) => all.push(difference),
            Err(problems) => faults.extend(problems),
        }
    }
    if !faults.is_empty() {
        return Err(Failure::Data(faults.join("\n")));
    }
    let shown: Vec<String> = all.iter().map(show::flags::difference).collect();
    out.say(&shown.join("\n"))?;
    out.give(&all)?;
    Ok(Exit::Good)
}

/// What a rollout of a policy wants in the end, by profile.
fn of_policy(policy: Policy) -> Vec<OfProfile> {
    let mut all: Vec<OfProfile> = Vec::new();
    for FlagChange { wanted, profile, ship_pending, .. } in policy.flags {
        match all.iter_mut().find(|other| other.profile == profile) {
            Some(other) => {
                other.wanted.push(wanted);
                other.ship_pending |= ship_pending;
            }
            None => all.push(OfProfile { profile, wanted: vec![wanted], ship_pending }),
        }
    }
    all
}

fn of_flag(args: &FlagDiff) -> Result<OfProfile, Failure> {
    let (Some(flag), Some(place)) = (&args.flag, &args.place) else {
        let problem =
            "which flag? say it with --application, --environment and --profile, or name a --policy";
        return Err(Failure::Usage(problem.to_owned()));
    };
    let wanted = Wanted {
        flag: flag.clone(),
        variant: args.variant.clone(),
        enabled: (args.on || args.off).then_some(args.on),
        attributes: args.set.iter().cloned().collect(),
    };
    Ok(OfProfile { profile: place.into(), wanted: vec![wanted], ship_pending: args.ship_pending })
}

/// What would change, or everything that stands against it.
async fn difference(asked: OfProfile, ports: &Needs) -> Result<Result<Difference, Vec<String>>, Failure> {
    let OfProfile { profile, wanted, ship_pending } = asked;
    let read = read(&profile, ship_pending, ports).await?;
    let planned = read.base(ship_pending).map_err(|problem| vec![problem]).and_then(|base| {
        let document = Document::read(&base.text).map_err(|problem| vec![problem])?;
        let edits = document.plan(&wanted)?;
        let changed = document.with(&edits);
        let names = (format!("{profile} version {}", base.version), "what would be written".to_owned());
        let diff = TextDiff::from_lines(&base.text, &changed);
        let diff = diff.unified_diff().header(&names.0, &names.1).to_string();
        Ok(Difference { profile: profile.clone(), version: base.version, edits, diff })
    });
    let of_profile = |problem: String| format!("{profile}: {problem}");
    Ok(planned.map_err(|problems| problems.into_iter().map(of_profile).collect()))
}
