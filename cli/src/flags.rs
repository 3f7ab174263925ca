//! Feature flags as they are shown: what the human rendering says and what `--output json` gives are these values.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use tidegate_domain::flag::toggle::{Note, Progress, Stage, Toggle, ToggleId};
use tidegate_domain::flag::{Document, Edit, FlagDeployment, FlagState, Profile, Read, Spot, Wanted};
use tidegate_domain::policy::{FlagChange, FlagMoment};
use tidegate_domain::rollout::{Rollout, Switched};

/// The flags of a profile as `flag list --output json` prints them. Members are only ever added.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FlagsOfProfile {
    /// Whose flags.
    #[serde(flatten)]
    pub profile: Profile,
    /// The version in force; `null` where none was ever deployed.
    pub version: Option<u64>,
    /// The deployment that is under way in the environment; `null` where none is.
    pub deployment: Option<DeploymentShown>,
    /// The newest version, where somebody wrote it and it was never deployed here.
    pub undeployed: Option<Undeployed>,
    /// The flags of the version in force.
    pub flags: Vec<FlagShown>,
}

/// A deployment of an environment that is under way.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentShown {
    /// Its number.
    pub number: u64,
    /// The version that it deploys.
    pub version: String,
    /// Whether it deploys this profile, or another one of the environment.
    pub of_profile: bool,
    /// Where it stands.
    pub state: FlagState,
    /// Percent of the clients that get it.
    pub percentage: f64,
}

/// A version that waits to be deployed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Undeployed {
    /// Its number.
    pub version: u64,
    /// What whoever wrote it says of it.
    pub description: String,
}

/// One flag.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FlagShown {
    /// Its key.
    pub flag: String,
    /// Its name; `null` where it has none.
    pub name: Option<String>,
    /// Its description; `null` where it has none.
    pub description: Option<String>,
    /// Whether it is deprecated, and from when on where that is stated.
    pub deprecated: Option<String>,
    /// On or off; `null` where it has variants.
    pub enabled: Option<bool>,
    /// Its attributes.
    pub attributes: BTreeMap<String, Value>,
    /// Its variants, in the order in which their rules are asked.
    pub variants: Vec<VariantShown>,
}

/// One variant of a flag.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VariantShown {
    /// Its name.
    pub name: String,
    /// On or off.
    pub enabled: bool,
    /// Its attributes.
    pub attributes: BTreeMap<String, Value>,
    /// Who gets it; `null` where everybody does who gets no other.
    pub rule: Option<String>,
}

/// A toggle as `flag get --toggle --output json` and the verbs print it. Members are only ever added.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToggleShown {
    /// Its name.
    pub toggle: ToggleId,
    /// Whose flags.
    #[serde(flatten)]
    pub profile: Profile,
    /// Who asked, and why.
    pub asked: String,
    /// What is wanted.
    pub wanted: Vec<Wanted>,
    /// `underWay`, `served`, `back` or `failed`.
    pub state: ToggleState,
    /// Whether nothing happens to it any more.
    pub over: bool,
    /// What it waits for, why it failed, or what somebody else has changed meanwhile; `null` where there is nothing to say.
    pub why: Option<String>,
    /// What happened, oldest first.
    pub log: Vec<Note>,
    /// When it was asked for.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
}

/// How far a toggle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ToggleState {
    /// Not there yet.
    UnderWay,
    /// All clients get what is wanted.
    Served,
    /// What was changed is as it was.
    Back,
    /// It will not become so.
    Failed,
}

/// What a rollout does to one flag. Members are only ever added.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutFlag {
    /// The flag, and what becomes of it.
    #[serde(flatten)]
    pub wanted: Wanted,
    /// Whose flag.
    #[serde(flatten)]
    pub profile: Profile,
    /// When it switches.
    pub at: FlagMoment,
    /// `toCome`, `asked`, `set`, `back`, or `notSet` where the rollout ended before.
    pub state: SwitchState,
}

/// How far a flag of a rollout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SwitchState {
    /// It is still to come.
    ToCome,
    /// It was asked for.
    Asked,
    /// All clients get it.
    Set,
    /// It is as it was.
    Back,
    /// The rollout ended before.
    NotSet,
}

/// What would change in the document of a profile, as `flag diff --output json` prints it, in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Whose flags.
    #[serde(flatten)]
    pub profile: Profile,
    /// The version that would be changed.
    pub version: u64,
    /// The values that would change; none where it is so already.
    pub edits: Vec<Edit>,
    /// A unified diff of the document; empty where nothing changes.
    pub diff: String,
}

impl FlagsOfProfile {
    /// The flags of a profile of which this was read.
    pub fn of(profile: Profile, read: &Read) -> Result<Self, String> {
        let undeployed = read
            .undeployed()
            .map(|version| Undeployed { version: version.number, description: version.description.clone() });
        let flags = match &read.deployed {
            Some(content) => flags(&content.text)
                .map_err(|problem| format!("{profile}, version {}: {problem}", content.version))?,
            None => Vec::new(),
        };
        Ok(Self {
            profile,
            version: read.version_in_force(),
            deployment: read.under_way().map(DeploymentShown::of),
            undeployed,
            flags,
        })
    }
}

impl RolloutFlag {
    /// The flags of a rollout's policy.
    pub fn all(rollout: &Rollout) -> Vec<Self> {
        let Switched { asked, set, back, .. } = &rollout.flags;
        let state = |place: usize| {
            if *back && asked.contains(&place) {
                SwitchState::Back
            } else if set.contains(&place) {
                SwitchState::Set
            } else if asked.contains(&place) {
                SwitchState::Asked
            } else if rollout.phase.is_terminal() {
                SwitchState::NotSet
            } else {
                SwitchState::ToCome
            }
        };
        let flags = rollout.policy.flags.iter().enumerate();
        let flag = |(place, change): (usize, &FlagChange)| Self {
            wanted: change.wanted.clone(),
            profile: change.profile.clone(),
            at: change.at,
            state: state(place),
        };
        flags.map(flag).collect()
    }
}

impl DeploymentShown {
    fn of(deployment: &FlagDeployment) -> Self {
        let FlagDeployment { number, of_profile, version, state, percentage, .. } = deployment;
        Self {
            number: *number,
            version: version.clone(),
            of_profile: *of_profile,
            state: *state,
            percentage: *percentage,
        }
    }
}

impl ToggleShown {
    /// A toggle as it stands.
    pub fn of(toggle: &Toggle) -> Self {
        let (state, why) = match toggle.progress() {
            Progress::UnderWay(what) => (ToggleState::UnderWay, Some(what)),
            Progress::Served => (ToggleState::Served, None),
            Progress::Back(left) if left.is_empty() => (ToggleState::Back, None),
            Progress::Back(left) => (ToggleState::Back, Some(kept(&left))),
            Progress::Failed(why) => (ToggleState::Failed, Some(why)),
        };
        Self {
            toggle: toggle.id.clone(),
            profile: toggle.profile.clone(),
            asked: toggle.asked.to_string(),
            wanted: toggle.wanted.clone(),
            state,
            over: is_over(toggle),
            why,
            log: toggle.log.clone(),
            created: toggle.created,
            updated: toggle.updated,
        }
    }
}

/// Whether nothing happens to a toggle any more.
pub fn is_over(toggle: &Toggle) -> bool {
    match &toggle.stage {
        Stage::Done { .. } | Stage::Failed { .. } => true,
        Stage::Due { .. } | Stage::Planned { .. } | Stage::Deploying { .. } | Stage::Lost { .. } => false,
    }
}

fn kept(left: &[Spot]) -> String {
    let left: Vec<String> = left.iter().map(Spot::to_string).collect();
    format!("somebody else has changed since, and it stays: {}", left.join(", "))
}

/// The flags of a document, by their keys.
fn flags(text: &str) -> Result<Vec<FlagShown>, String> {
    Document::read(text)?;
    let document: Value = serde_json::from_str(text).map_err(|problem| problem.to_string())?;
    let defined = document["flags"].as_object().into_iter().flatten();
    Ok(defined.map(|(key, definition)| flag(key, definition, &document["values"][key])).collect())
}

fn flag(key: &str, definition: &Value, value: &Value) -> FlagShown {
    let variants = value["_variants"].as_array();
    let deprecation = &definition["_deprecation"];
    let deprecated = (!deprecation.is_null()).then(|| text(&deprecation["date"]).unwrap_or_default());
    FlagShown {
        flag: key.to_owned(),
        name: text(&definition["name"]),
        description: text(&definition["description"]),
        deprecated,
        enabled: variants.is_none().then(|| value["enabled"] == true),
        attributes: value.as_object().map(attributes).unwrap_or_default(),
        variants: variants.into_iter().flatten().map(variant).collect(),
    }
}

fn variant(value: &Value) -> VariantShown {
    VariantShown {
        name: text(&value["name"]).unwrap_or_default(),
        enabled: value["enabled"] == true,
        attributes: value["attributeValues"].as_object().map(attributes).unwrap_or_default(),
        rule: text(&value["rule"]),
    }
}

/// What of an object is an attribute: AppConfig's own members begin with an underscore.
fn attributes(object: &Map<String, Value>) -> BTreeMap<String, Value> {
    let of_flag = |name: &str| name != "enabled" && !name.starts_with('_');
    let attributes = object.iter().filter(|(name, _)| of_flag(name));
    attributes.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
