//! AppConfig's flags: profiles by name, hosted versions, and their deployments.
//!
//! `CreateHostedConfigurationVersion` and `StartDeployment` carry a fence and no client token, so both are tried once:
//! [`changing`] says what that means.

mod changing;
mod finding;
mod memory;
mod reading;

use std::sync::Arc;

use async_trait::async_trait;
use tidegate_domain::flag::{FlagDeployment, HostedVersion, Profile};
use tidegate_engine::ports::{Fault, FaultKind, FlagPlace, Flags, Numbered};

use self::memory::Memory;
use crate::rights::Right;
use crate::sdk::Sdk;

/// What this adapter calls.
pub const RIGHTS: &[Right] = &[
    Right::new("appconfig:ListApplications", "finds an application by its name"),
    Right::new("appconfig:ListEnvironments", "finds an environment by its name"),
    Right::new("appconfig:ListConfigurationProfiles", "finds a profile by its name, and what it holds"),
    Right::new("appconfig:ListDeploymentStrategies", "finds a deployment strategy by its name"),
    Right::new("appconfig:ListDeployments", "reads what is in force, and what is under way"),
    Right::new("appconfig:GetDeployment", "reads where a deployment stands, and why it was taken back"),
    Right::new("appconfig:ListHostedConfigurationVersions", "reads which version is the newest"),
    Right::new("appconfig:GetHostedConfigurationVersion", "reads the flags of a version"),
    Right::new("appconfig:CreateHostedConfigurationVersion", "writes versions with flags changed"),
    Right::new("appconfig:StartDeployment", "deploys them"),
    Right::new("appconfig:StopDeployment", "stops and reverts deployments"),
];

/// The most that AppConfig lists in one answer.
const PAGE: i32 = 50;

/// The flags port on AppConfig.
#[derive(Debug)]
pub struct AppConfig {
    sdk: Arc<Sdk>,
    memory: Memory,
    /// The id of the strategy for what is deployed at once.
    at_once: String,
}

/// AppConfig's own strategy that deploys at once. It bakes for ten minutes, in which nothing else can be deployed.
const ALL_AT_ONCE: &str = "AppConfig.AllAtOnce";

impl AppConfig {
    pub(crate) fn new(sdk: Arc<Sdk>, at_once: Option<String>) -> Self {
        Self { sdk, memory: Memory::default(), at_once: at_once.unwrap_or_else(|| ALL_AT_ONCE.to_owned()) }
    }

    /// What a failed call to a place comes to. What is gone is forgotten; where its id was not looked up just now, another of
    /// the same name may have taken its place, so that the fault passes by asking again.
    fn gone(&self, place: &FlagPlace, fault: Fault) -> Fault {
        match &fault.kind {
            FaultKind::Missing(told) if self.memory.forget(place) => {
                Fault { kind: FaultKind::Passing(format!("{told}; its name is looked up again")), ..fault }
            }
            _ => fault,
        }
    }
}

#[async_trait]
impl Flags for AppConfig {
    async fn find(&self, profile: &Profile) -> Result<FlagPlace, Fault> {
        self.place(profile).await
    }

    async fn deployments(&self, place: &FlagPlace) -> Result<Vec<FlagDeployment>, Fault> {
        self.list_deployments(place).await.map_err(|fault| self.gone(place, fault))
    }

    async fn deployment(&self, place: &FlagPlace, number: u64) -> Result<FlagDeployment, Fault> {
        self.get_deployment(place, number).await.map_err(|fault| self.gone(place, fault))
    }

    async fn latest(&self, place: &FlagPlace) -> Result<Option<HostedVersion>, Fault> {
        self.newest_version(place).await.map_err(|fault| self.gone(place, fault))
    }

    async fn content(&self, place: &FlagPlace, version: u64) -> Result<String, Fault> {
        self.text(place, version).await.map_err(|fault| self.gone(place, fault))
    }

    async fn write(
        &self,
        place: &FlagPlace,
        text: &str,
        after: Option<u64>,
        description: &str,
    ) -> Result<Numbered, Fault> {
        self.create_version(place, text, after, description).await.map_err(|fault| self.gone(place, fault))
    }

    async fn start(
        &self,
        place: &FlagPlace,
        version: u64,
        strategy: Option<&str>,
        after: Option<u64>,
        description: &str,
    ) -> Result<Numbered, Fault> {
        let strategy = match strategy {
            Some(strategy) => self.strategy(strategy).await?,
            None => self.at_once.clone(),
        };
        let started = self.start_deployment(place, version, &strategy, after, description).await;
        started.map_err(|fault| self.gone(place, fault))
    }

    async fn stop(&self, place: &FlagPlace, number: u64) -> Result<(), Fault> {
        self.stop_deployment(place, number).await.map_err(|fault| self.gone(place, fault))
    }
}
