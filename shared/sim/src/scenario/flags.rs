//! Words of scenarios about AppConfig and its flags.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidegate_domain::flag::Profile;
use tidegate_domain::flag::toggle::ToggleId;
use tidegate_domain::units::Span;

use super::words::{NotThat, Share};
use super::{Behaves, LatencyPlan};

/// AppConfig as it stands at the start: every profile's document is its version 1, deployed to every environment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AppConfigPlan {
    /// The applications, by name.
    pub applications: BTreeMap<String, ApplicationPlan>,
    /// Strategies beside AppConfig's own, by name.
    pub strategies: BTreeMap<String, StrategyPlan>,
}

/// An application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ApplicationPlan {
    /// Its environments, by name.
    pub environments: BTreeMap<String, EnvironmentPlan>,
    /// The documents of its profiles, by name: JSON text, or the same written as YAML.
    pub profiles: BTreeMap<String, Value>,
}

/// An environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct EnvironmentPlan {
    /// Alarms that take a deployment back.
    pub monitors: Vec<String>,
    /// The policy that the association of Tidegate's extension names.
    pub guard: Option<String>,
}

/// A deployment strategy.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StrategyPlan {
    /// How long it takes until baking.
    pub duration: Span,
    /// So much more of the clients each time.
    pub growth: Share,
    /// How long its alarms are watched then.
    pub bake: Span,
}

/// Where flags are: `shop/prod/flags`, which is application, environment and profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Place(pub Profile);

impl FromStr for Place {
    type Err = NotThat;
    fn from_str(text: &str) -> Result<Self, NotThat> {
        let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
        let [application, environment, profile] = parts[..] else {
            return Err(NotThat::new(text, "where flags are; write it like shop/prod/flags"));
        };
        let [application, environment, profile] = [application, environment, profile].map(str::to_owned);
        Ok(Self(Profile { application, environment, profile }))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How a version behaves for clients for whom a flag is on; what is not stated is as without it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhenFlagPlan {
    /// The flag's key.
    pub flag: String,
    /// Where it is; needs no saying where there is one place.
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The share of requests that fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<Share>,
    /// How long requests take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<LatencyPlan>,
    /// The share of requests that count in a business metric.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, Share>,
}

/// Somebody changes a flag in the newest version, and writes that as a new one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WriteFlagsPlan {
    /// The flag's key.
    pub flag: String,
    /// Where it is; needs no saying where there is one place.
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// On or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Attributes to set, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Value>,
}

/// Somebody deploys the newest version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeployFlagsPlan {
    /// Where; needs no saying where there is one place.
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The strategy; at once where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
}

/// Somebody stops the deployment that is under way, or reverts the newest one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StopFlagsPlan {
    /// Where; needs no saying where there is one place.
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// Somebody asks Tidegate for a flag to be toggled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ToggleFlagPlan {
    /// The flag's key.
    pub flag: String,
    /// The toggle's name; made of the event where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ToggleId>,
    /// Where the flag is; needs no saying where there is one place.
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// On or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Attributes to set, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Value>,
    /// The strategy; at once where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// Ship a version along that somebody wrote and never deployed.
    #[serde(default)]
    pub ship_pending: bool,
    /// Stop somebody else's deployment for it.
    #[serde(default)]
    pub preempt: bool,
    /// Who asks.
    pub by: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// How a toggle ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ToggleEnd {
    /// What was wanted is so.
    Set,
    /// What it changed is as it was, but for what somebody else has changed since.
    Back,
    /// It did not become so.
    Failed,
    /// It is not over.
    UnderWay,
}

impl AppConfigPlan {
    /// Every profile in every environment.
    pub fn places(&self) -> Vec<Profile> {
        let mut places = Vec::new();
        for (application, plan) in &self.applications {
            for environment in plan.environments.keys() {
                places.extend(plan.profiles.keys().map(|profile| Profile {
                    application: application.clone(),
                    environment: environment.clone(),
                    profile: profile.clone(),
                }));
            }
        }
        places
    }

    /// The place that is meant: the one named, or the only one.
    pub fn place(&self, named: Option<&Place>) -> Option<Profile> {
        let mut places = self.places();
        match named {
            Some(Place(named)) => places.into_iter().find(|place| place == named),
            None => places.pop().filter(|_| places.is_empty()),
        }
    }
}

impl WhenFlagPlan {
    /// What differs, as a change of behaviour.
    pub(crate) fn change(&self, version: &tidegate_domain::target::Version) -> Behaves {
        let Self { errors, latency, counts, .. } = self.clone();
        Behaves { version: version.clone(), errors, latency, counts }
    }
}

/// A value of a flag, as an expectation names it: `new-basket`, `new-basket colour`, `shop/prod/flags new-basket`.
pub(crate) struct Named<'a> {
    pub place: Option<Place>,
    pub flag: &'a str,
    pub attribute: Option<&'a str>,
}

impl<'a> Named<'a> {
    pub fn read(text: &'a str) -> Self {
        let (place, rest) = match text.split_once(' ') {
            Some((place, rest)) if place.contains('/') => (place.parse().ok(), rest),
            Some(_) | None => (None, text),
        };
        let (flag, attribute) =
            rest.split_once(' ').map_or((rest, None), |(flag, attribute)| (flag, Some(attribute)));
        Self { place, flag, attribute }
    }
}
