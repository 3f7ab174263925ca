//! AppConfig: hosted versions of a profile of flags, and their deployments.

use async_trait::async_trait;
use tidegate_domain::flag::{FlagDeployment, HostedVersion, Profile};

use super::Fault;

/// A profile and an environment by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagPlace {
    /// The application's id.
    pub application: String,
    /// The environment's id.
    pub environment: String,
    /// The profile's id.
    pub profile: String,
}

/// What became of a call that carries a fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbered {
    /// Done: the new version's, or the new deployment's number.
    Number(u64),
    /// What was read before is not so any more: nothing is done.
    Overtaken,
}

/// AppConfig. A call that is made a second time has an effect once: what is over already is no fault.
#[async_trait]
pub trait Flags: Send + Sync {
    /// Finds a profile by names or ids. Refused, with its name, where it is none of flags, or not hosted by AppConfig; and where
    /// several have the name.
    async fn find(&self, profile: &Profile) -> Result<FlagPlace, Fault>;

    /// The environment's deployments, newest first, at least back to the last one of the profile that is through.
    async fn deployments(&self, place: &FlagPlace) -> Result<Vec<FlagDeployment>, Fault>;

    /// One deployment, with what AppConfig says of its end.
    async fn deployment(&self, place: &FlagPlace, number: u64) -> Result<FlagDeployment, Fault>;

    /// The newest version of the profile.
    async fn latest(&self, place: &FlagPlace) -> Result<Option<HostedVersion>, Fault>;

    /// The text of a version.
    async fn content(&self, place: &FlagPlace, version: u64) -> Result<String, Fault>;

    /// Writes a version, on condition that `after` is still the newest.
    async fn write(
        &self,
        place: &FlagPlace,
        text: &str,
        after: Option<u64>,
        description: &str,
    ) -> Result<Numbered, Fault>;

    /// Starts a deployment, on condition that none is under way and that `after` is still the newest. Without a strategy it is
    /// deployed at once.
    async fn start(
        &self,
        place: &FlagPlace,
        version: u64,
        strategy: Option<&str>,
        after: Option<u64>,
        description: &str,
    ) -> Result<Numbered, Fault>;

    /// Stops a deployment that is under way, or reverts one that is through; one that was taken back already is no fault.
    async fn stop(&self, place: &FlagPlace, number: u64) -> Result<(), Fault>;
}
