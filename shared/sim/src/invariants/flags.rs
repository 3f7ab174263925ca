//! What must always hold of flags: who rolls back leaves them as they were found, and nobody's other flags are touched.

use std::collections::BTreeMap;

use serde_json::Value;
use tidegate_domain::flag::toggle::{Act, AskedBy, Goal, RESTORED, SIGNATURE, Stage, Toggle, ToggleId};
use tidegate_domain::flag::{Edit, FlagState, Profile, Spot};
use tidegate_domain::rollout::Rollout;

use super::{Broken, Checked, holds};
use crate::view::View;
use crate::world::appconfig::{Released, STOPPED_BY_HAND};
use crate::world::{Hosted, Where};

/// Every value that a rollout's toggles changed is what it was, but for those that its page names, because somebody else has
/// changed them since, and those that another toggle was asked to change. Where somebody's own deployment came last, or somebody
/// reverted the last one, it is theirs to say what is.
pub(super) fn are_as_found(view: &View<'_>, rollout: &Rollout) -> Checked {
    let of_rollout = |toggle: &&Toggle| matches!(&toggle.asked, AskedBy::Rollout { rollout: asked } if *asked == rollout.id);
    let app_config = &view.world().app_config;
    for toggle in view.toggles().values().filter(of_rollout) {
        let last = app_config.environment(&Where::from(&toggle.profile)).and_then(|e| e.deployments.last());
        if last.is_some_and(|last| !last.description.starts_with(SIGNATURE) || is_reverted_by_hand(last)) {
            continue;
        }
        let text = app_config.in_force(&toggle.profile).unwrap_or("{}");
        let now = json(text);
        for (at, before) in first_edits(&toggle.edits) {
            let found = before.map(|text| json(text));
            let named = rollout.flags.left.iter().any(|left| left.starts_with(&at.to_string()));
            let is_anothers = last
                .and_then(|last| toggle_by(view, &last.description))
                .is_some_and(|last| !of_rollout(&last) && last.edits.iter().any(|edit| edit.at == *at));
            holds(named || is_anothers || value(&now, at) == found, || {
                let found = format!("{at} is {:?}, and was {found:?}", value(&now, at));
                Broken::by(
                    view,
                    rollout,
                    "a rollout that is rolled back leaves flags as it found them",
                    found,
                )
            })?;
        }
    }
    Ok(())
}

fn is_reverted_by_hand(released: &Released) -> bool {
    released.state == FlagState::Reverted && released.problem.as_deref() == Some(STOPPED_BY_HAND)
}

/// A document or a value; one that is no JSON equals nothing but another one.
fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// What each value was before the first change of it.
fn first_edits(edits: &[Edit]) -> BTreeMap<&Spot, Option<&String>> {
    let mut first = BTreeMap::new();
    for edit in edits {
        first.entry(&edit.at).or_insert(edit.before.as_ref());
    }
    first
}

fn value(document: &Value, at: &Spot) -> Option<Value> {
    let flag = document.get("values")?.get(&at.flag)?;
    let holder = match &at.variant {
        None => flag,
        Some(name) => {
            let variants = flag.get("_variants")?.as_array()?;
            variants.iter().find(|variant| variant.get("name").and_then(Value::as_str) == Some(name))?
        }
    };
    holder.get(&at.member).cloned()
}

/// What was seen so far: how many versions of each profile, and how many deployments of each environment.
#[derive(Debug, Default)]
pub(super) struct Versions(BTreeMap<Profile, usize>, BTreeMap<Profile, usize>);

impl Versions {
    /// Every version that Tidegate wrote is an earlier one with nothing changed but what its toggle is about.
    pub fn check(&mut self, view: &View<'_>) -> Checked {
        let app_config = &view.world().app_config;
        for profile in app_config.profiles() {
            let versions = app_config.versions(&profile);
            let known = self.0.entry(profile.clone()).or_insert(1);
            for index in *known..versions.len() {
                let written = &versions[index];
                let of = |found: &str| format!("version {} of {profile} {found}", index + 1);
                if written.description == RESTORED {
                    let is_earlier = versions[..index].iter().any(|earlier| earlier.text == written.text);
                    let broken = || Broken::of(view, "what is restored was there", of("restores nothing"));
                    holds(is_earlier, broken)?;
                }
                let Some(toggle) = toggle_by(view, &written.description) else { continue };
                let spots = spots(toggle);
                let rest = |hosted: &Hosted| without(&hosted.text, &spots);
                let own = rest(written);
                holds(versions[..index].iter().any(|earlier| rest(earlier) == own), || {
                    let found = of(&format!("by {} changes something else too", toggle.id));
                    Broken::of(view, "a toggle changes nothing but its own flag", found)
                })?;
                let draft =
                    index.checked_sub(1).filter(|_| heeds_drafts(toggle) && toggle.profile == profile);
                let draft =
                    draft.filter(|before| is_somebodys_draft(view, &profile, &versions[*before], before + 1));
                holds(draft.is_none(), || {
                    let found = of("comes after one that somebody wrote and nobody deployed");
                    Broken::of(view, "what somebody drafted is not passed over", found)
                })?;
            }
            *known = versions.len().max(1);
            self.check_deployments(view, &profile)?;
        }
        Ok(())
    }

    /// Every deployment that Tidegate starts leaves everything in force as it was, but for what its toggle is about. AppConfig has
    /// nothing to fence a start with against a revert, so whoever sleeps before the start does not see it.
    fn check_deployments(&mut self, view: &View<'_>, profile: &Profile) -> Checked {
        let slept = view.struck().kinds.contains_key("sleep");
        let app_config = &view.world().app_config;
        let Some(environment) = app_config.environment(&Where::from(profile)) else { return Ok(()) };
        let deployments = &environment.deployments;
        let known = self.1.entry(profile.clone()).or_insert(deployments.len());
        for index in *known..deployments.len() {
            let started = &deployments[index];
            let text = |version| app_config.text(profile, version);
            let toggle = toggle_by(view, &started.description).filter(|toggle| !toggle.ship_pending);
            let Some(toggle) = toggle.filter(|toggle| toggle.profile == *profile && !slept) else { continue };
            let before = deployments[..index]
                .iter()
                .rfind(|before| before.profile == profile.profile && before.state == FlagState::Complete);
            let Some(before) = before.and_then(|before| text(before.version)) else { continue };
            let spots = spots(toggle);
            let same =
                text(started.version).is_some_and(|own| without(own, &spots) == without(before, &spots));
            holds(same, || {
                let found = format!(
                    "deployment {} of {profile} by {} ships something else",
                    started.number, toggle.id
                );
                Broken::of(view, "a toggle deploys nothing but its own flag", found)
            })?;
        }
        *known = deployments.len();
        Ok(())
    }
}

/// The toggle that wrote a version, or started a deployment, as the description says.
fn toggle_by<'a>(view: &'a View<'_>, description: &str) -> Option<&'a Toggle> {
    let (id, _) = description.strip_prefix(SIGNATURE)?.rsplit_once(' ')?;
    view.toggles().get(&ToggleId(id.to_owned()))
}

/// Whether a toggle leaves alone what somebody is writing: a kill switch cannot wait for it, nor what goes back.
fn heeds_drafts(toggle: &Toggle) -> bool {
    toggle.goal == Goal::Set && !toggle.ship_pending && !matches!(toggle.asked, AskedBy::Alarm { .. })
}

/// Whether somebody wrote a version that was never deployed to this environment.
fn is_somebodys_draft(view: &View<'_>, profile: &Profile, written: &Hosted, number: usize) -> bool {
    let environment = view.world().app_config.environment(&Where::from(profile));
    let mut deployments = environment.into_iter().flat_map(|environment| &environment.deployments);
    let deployed = deployments
        .any(|deployment| deployment.profile == profile.profile && deployment.version == number as u64);
    !deployed && written.description != RESTORED && !written.description.starts_with(SIGNATURE)
}

/// The values that a toggle is about.
fn spots(toggle: &Toggle) -> Vec<Spot> {
    let planned = match &toggle.stage {
        Stage::Planned { act: Act::Deploy { edits, .. } } => edits.as_slice(),
        Stage::Planned { act: Act::Stop { .. } | Act::Rewrite { .. } }
        | Stage::Due { .. }
        | Stage::Deploying { .. }
        | Stage::Done { .. }
        | Stage::Lost { .. }
        | Stage::Failed { .. } => &[],
    };
    toggle.edits.iter().chain(planned).map(|edit| edit.at.clone()).collect()
}

/// A document without some of its values.
fn without(text: &str, spots: &[Spot]) -> Value {
    let mut document = json(text);
    for at in spots {
        let flag = document.pointer_mut("/values").and_then(|values| values.get_mut(&at.flag));
        let holder = match &at.variant {
            None => flag,
            Some(name) => {
                let variants = flag.and_then(|flag| flag.get_mut("_variants")).and_then(Value::as_array_mut);
                let is = |variant: &&mut Value| variant.get("name").and_then(Value::as_str) == Some(name);
                variants.and_then(|variants| variants.iter_mut().find(is))
            }
        };
        if let Some(holder) = holder.and_then(Value::as_object_mut) {
            holder.remove(&at.member);
        }
    }
    document
}
