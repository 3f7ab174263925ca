//! AppConfig: applications with the versions of their configuration profiles, and the deployments of their environments. What
//! a strategy does stands in `strategy`, what moves a deployment on in `running`, what extensions are asked in `asking`, and
//! what clients get in `serving`.

mod asking;
mod running;
mod serving;
mod strategy;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tidegate_domain::flag::{FlagDeployment, FlagState, HostedVersion, Profile};
use tidegate_engine::ports::FlagPlace;

pub(crate) use self::asking::Asked;
pub(crate) use self::running::{FlagMove, Release, Stopped};
pub use self::serving::Serving;
pub use self::strategy::{Growth, Strategy};

use super::history::History;
use crate::dice::Key;

/// Why a deployment was taken back that somebody stopped.
pub(crate) const STOPPED_BY_HAND: &str = "somebody stopped it";

/// `AppConfig`, all of it by names.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct AppConfig {
    /// The applications.
    pub applications: BTreeMap<String, Application>,
    /// Strategies that somebody created.
    pub strategies: BTreeMap<String, Strategy>,
}

/// An application.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Application {
    /// Its environments.
    pub environments: BTreeMap<String, Environment>,
    /// The versions of its profiles, oldest first; the first one has number 1.
    pub profiles: BTreeMap<String, Vec<Hosted>>,
}

/// A version in the hosted configuration store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hosted {
    /// What whoever wrote it says of it.
    pub description: String,
    /// The document.
    pub text: String,
}

/// An environment.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Environment {
    /// Its monitors: alarms that take a deployment back.
    pub monitors: Vec<String>,
    /// The policy that the association of Tidegate's extension names, where there is one.
    pub guard: Option<String>,
    /// Its deployments, oldest first; the first one has number 1.
    pub deployments: Vec<Released>,
    /// What clients get of each profile, and since when.
    pub serving: BTreeMap<String, History<Serving>>,
}

/// The name of an environment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Where {
    /// Its application.
    pub application: String,
    /// The environment.
    pub environment: String,
}

impl From<&Profile> for Where {
    fn from(profile: &Profile) -> Self {
        Self { application: profile.application.clone(), environment: profile.environment.clone() }
    }
}

/// A deployment of a version to an environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Released {
    /// Its number.
    pub number: u64,
    /// Which profile.
    pub profile: String,
    /// Which version of it.
    pub version: u64,
    /// What whoever started it says of it.
    pub description: String,
    /// Where it stands.
    pub state: FlagState,
    /// Percent of the clients that get it.
    pub percentage: f64,
    /// When it was through.
    pub completed: Option<Timestamp>,
    /// Why it was taken back.
    pub problem: Option<String>,
    strategy: Strategy,
    /// How many of the strategy's steps were taken.
    steps: usize,
    /// Counts what moved it on, so that what was due before that is known to be over.
    turn: u64,
}

impl Released {
    /// A version that was deployed before anybody looked.
    pub(crate) fn before(number: u64, profile: &str, at: Timestamp) -> Self {
        Self {
            number,
            profile: profile.to_owned(),
            version: 1,
            description: String::new(),
            state: FlagState::Complete,
            percentage: 100.0,
            completed: Some(at),
            problem: None,
            strategy: Strategy::AT_ONCE,
            steps: 0,
            turn: 0,
        }
    }

    /// What `AppConfig` lists of it, for whoever asks about a profile.
    pub(crate) fn listed(&self, profile: &str) -> FlagDeployment {
        FlagDeployment {
            number: self.number,
            of_profile: self.profile == profile,
            version: self.version.to_string(),
            state: self.state,
            percentage: self.percentage,
            completed: self.completed,
            problem: None,
            description: None,
        }
    }

    /// What `AppConfig` tells of it alone: with its end in words, and what whoever started it says of it.
    pub(crate) fn told(&self, profile: &str) -> FlagDeployment {
        let description = Some(self.description.clone());
        FlagDeployment { problem: self.problem.clone(), description, ..self.listed(profile) }
    }
}

impl Environment {
    /// The deployment that keeps it: no other one starts meanwhile.
    pub fn under_way(&self) -> Option<&Released> {
        self.deployments.iter().find(|released| released.state.is_under_way())
    }

    /// The number of the newest deployment.
    pub fn last_number(&self) -> Option<u64> {
        self.deployments.last().map(|released| released.number)
    }

    /// The deployment with this number.
    pub fn number(&self, number: u64) -> Option<&Released> {
        self.deployments.iter().find(|released| released.number == number)
    }

    fn number_mut(&mut self, number: u64) -> Option<&mut Released> {
        self.deployments.iter_mut().find(|released| released.number == number)
    }

    /// The deployments, newest first, back to the last one of the profile that is through.
    pub(crate) fn listed(&self, profile: &str) -> Vec<FlagDeployment> {
        let mut listed = Vec::new();
        for released in self.deployments.iter().rev() {
            listed.push(released.listed(profile));
            if released.profile == profile && released.state == FlagState::Complete {
                break;
            }
        }
        listed
    }
}

impl AppConfig {
    /// Whether any deployment is under way.
    pub fn is_busy(&self) -> bool {
        let environments =
            self.applications.values().flat_map(|application| application.environments.values());
        environments.into_iter().any(|environment| environment.under_way().is_some())
    }

    /// The environment of this name.
    pub fn environment(&self, at: &Where) -> Option<&Environment> {
        self.applications.get(&at.application)?.environments.get(&at.environment)
    }

    fn environment_mut(&mut self, at: &Where) -> Option<&mut Environment> {
        self.applications.get_mut(&at.application)?.environments.get_mut(&at.environment)
    }

    /// The versions of a profile, oldest first.
    pub fn versions(&self, profile: &Profile) -> &[Hosted] {
        let application = self.applications.get(&profile.application);
        application
            .and_then(|application| application.profiles.get(&profile.profile))
            .map_or(&[], Vec::as_slice)
    }

    /// The text of a version.
    pub fn text(&self, profile: &Profile, version: u64) -> Option<&str> {
        let index = usize::try_from(version).ok()?.checked_sub(1)?;
        self.versions(profile).get(index).map(|hosted| hosted.text.as_str())
    }

    /// The newest version of a profile.
    pub(crate) fn latest(&self, profile: &Profile) -> Option<HostedVersion> {
        let versions = self.versions(profile);
        let description = versions.last()?.description.clone();
        Some(HostedVersion { number: versions.len() as u64, description })
    }

    /// Writes a version, on condition that `after` is the newest; `None` where it is not.
    pub(crate) fn write(&mut self, profile: &Profile, after: Option<u64>, hosted: Hosted) -> Option<u64> {
        let application = self.applications.get_mut(&profile.application)?;
        let versions = application.profiles.get_mut(&profile.profile)?;
        let newest = Some(versions.len() as u64).filter(|number| *number > 0);
        if newest != after {
            return None;
        }
        versions.push(hosted);
        Some(versions.len() as u64)
    }

    /// Every profile in every environment.
    pub fn profiles(&self) -> Vec<Profile> {
        let applications = self.applications.iter();
        let profiles = applications.flat_map(|(application, found)| {
            found.environments.keys().flat_map(move |environment| {
                found.profiles.keys().map(move |profile| Profile {
                    application: application.clone(),
                    environment: environment.clone(),
                    profile: profile.clone(),
                })
            })
        });
        profiles.collect()
    }

    /// The profile that is meant, by names or ids.
    pub(crate) fn find(&self, meant: &Profile) -> Option<Profile> {
        let is = |kind: Kind, name: &str, meant: &str| name == meant || id(kind, name) == meant;
        self.profiles().into_iter().find(|known| {
            is(Kind::Application, &known.application, &meant.application)
                && is(Kind::Environment, &known.environment, &meant.environment)
                && is(Kind::Profile, &known.profile, &meant.profile)
        })
    }

    /// The profile at a place.
    pub(crate) fn at(&self, place: &FlagPlace) -> Option<Profile> {
        let FlagPlace { application, environment, profile } = place.clone();
        self.find(&Profile { application, environment, profile })
    }

    /// A strategy, by its name.
    pub(crate) fn strategy(&self, name: Option<&str>) -> Option<Strategy> {
        let Some(name) = name else { return Some(Strategy::AT_ONCE) };
        self.strategies.get(name).copied().or_else(|| Strategy::predefined(name))
    }
}

/// What an id is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Application,
    Environment,
    Profile,
}

/// The id of something with a name.
pub(crate) fn id(kind: Kind, name: &str) -> String {
    let part = match kind {
        Kind::Application => "application",
        Kind::Environment => "environment",
        Kind::Profile => "profile",
    };
    Key::of(7).and(part).and(name).uuid().chars().take(7).collect()
}

/// A profile by its ids.
pub(crate) fn place(profile: &Profile) -> FlagPlace {
    FlagPlace {
        application: id(Kind::Application, &profile.application),
        environment: id(Kind::Environment, &profile.environment),
        profile: id(Kind::Profile, &profile.profile),
    }
}
