//! What AppConfig says of a profile: its deployments, its versions, and what is in force.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::toggle::{SIGNATURE, ToggleId};
use crate::units::Span;

/// AppConfig takes a finished deployment back within this time.
pub const REVERTIBLE: Span = Span::hours(72);

/// Where a deployment of a configuration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FlagState {
    /// Not yet begun.
    Validating,
    /// More and more of the clients get it.
    Deploying,
    /// All get it, and its alarms are watched.
    Baking,
    /// Through.
    Complete,
    /// Being taken back.
    RollingBack,
    /// Taken back before it was through.
    RolledBack,
    /// Taken back afterwards.
    Reverted,
}

impl FlagState {
    /// Whether it keeps the environment: no other deployment starts meanwhile.
    pub const fn is_under_way(self) -> bool {
        match self {
            Self::Validating | Self::Deploying | Self::Baking | Self::RollingBack => true,
            Self::Complete | Self::RolledBack | Self::Reverted => false,
        }
    }
}

/// One deployment of an environment.
#[derive(Debug, Clone, PartialEq)]
pub struct FlagDeployment {
    /// Its number in the environment; they count up.
    pub number: u64,
    /// Whether it deploys the profile that was asked about, or another one of the environment.
    pub of_profile: bool,
    /// The configuration version that it deploys, as AppConfig names it.
    pub version: String,
    /// Where it stands.
    pub state: FlagState,
    /// Percent of the clients that get it.
    pub percentage: f64,
    /// When it was through.
    pub completed: Option<Timestamp>,
    /// Why it was taken back, in AppConfig's words, where that was read.
    pub problem: Option<String>,
    /// What whoever started it says of it, where that was read.
    pub description: Option<String>,
}

impl FlagDeployment {
    /// Whether all clients get what it deploys.
    pub fn is_served(&self) -> bool {
        match self.state {
            FlagState::Baking | FlagState::Complete => true,
            FlagState::Deploying => self.percentage >= 100.0,
            FlagState::Validating | FlagState::RollingBack | FlagState::RolledBack | FlagState::Reverted => {
                false
            }
        }
    }
}

/// The version in force: that of the last deployment of the profile that is through.
pub fn version_in_force(deployments: &[FlagDeployment]) -> Option<u64> {
    let through =
        |deployment: &&FlagDeployment| deployment.of_profile && deployment.state == FlagState::Complete;
    deployments.iter().filter(through).max_by_key(|d| d.number)?.version.parse().ok()
}

/// A version in the hosted configuration store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostedVersion {
    /// Its number; they count up.
    pub number: u64,
    /// What whoever wrote it says of it.
    pub description: String,
}

/// The text of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The version's number.
    pub version: u64,
    /// The document.
    pub text: String,
}

/// What was read of a profile before deciding. Fences for what is written and started come from here and from nowhere else.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// The environment's deployments, newest first, at least back to the last one of the profile that is through.
    pub deployments: Vec<FlagDeployment>,
    /// The newest version of the profile.
    pub latest: Option<HostedVersion>,
    /// What is in force: the version of the last deployment of the profile that is through.
    pub deployed: Option<Content>,
    /// The text of the newest version, where that is to be shipped along.
    pub draft: Option<Content>,
    /// The deployment that keeps the environment, where another toggle started it at once.
    pub at_once: Option<u64>,
}

impl Read {
    /// The number of the environment's newest deployment.
    pub fn last_number(&self) -> Option<u64> {
        self.deployments.iter().map(|deployment| deployment.number).max()
    }

    /// The deployment that keeps the environment.
    pub fn under_way(&self) -> Option<&FlagDeployment> {
        self.deployments.iter().find(|deployment| deployment.state.is_under_way())
    }

    /// The deployment with this number.
    pub fn number(&self, number: u64) -> Option<&FlagDeployment> {
        self.deployments.iter().find(|deployment| deployment.number == number)
    }

    /// The version in force.
    pub fn version_in_force(&self) -> Option<u64> {
        version_in_force(&self.deployments)
    }

    /// The text to change: what is in force, or a version that was never deployed, where that is to be shipped along. An error
    /// names both where it is not.
    pub fn base(&self, ship_pending: bool) -> Result<&Content, String> {
        let deployed = self.deployed.as_ref();
        match (self.undeployed(), &self.draft) {
            (Some(_), Some(draft)) if ship_pending => Ok(draft),
            (Some(draft), _) => Err(undeployed(deployed, draft)),
            (None, _) => deployed.ok_or_else(nothing_in_force),
        }
    }

    /// A newest version that somebody wrote and that was never deployed to this environment.
    pub fn undeployed(&self) -> Option<&HostedVersion> {
        let latest = self.latest.as_ref()?;
        let is_ours = latest.description.starts_with(SIGNATURE);
        (!is_ours && !self.was_tried(latest)).then_some(latest)
    }

    /// A newest version that another toggle wrote, and that was never deployed to this environment: it may be about to.
    pub fn of_another(&self, own: &ToggleId) -> Option<&HostedVersion> {
        let latest = self.latest.as_ref()?;
        let id = ToggleId::signed(&latest.description)?;
        (id != *own && !self.was_tried(latest)).then_some(latest)
    }

    fn was_tried(&self, version: &HostedVersion) -> bool {
        let deploys = |deployment: &FlagDeployment| {
            deployment.of_profile && deployment.version == version.number.to_string()
        };
        let deployed = self.deployed.as_ref().map(|content| content.version);
        deployed == Some(version.number) || self.deployments.iter().any(deploys)
    }
}

fn nothing_in_force() -> String {
    "no version of this profile is in force in this environment; deploy one first".to_owned()
}

/// Names the version in force and the one that waits.
fn undeployed(deployed: Option<&Content>, draft: &HostedVersion) -> String {
    let number = draft.number;
    let in_force =
        deployed.map_or_else(|| "no version".to_owned(), |content| format!("version {}", content.version));
    format!(
        "version {number}, which somebody wrote and never deployed while {in_force} is in force: deploy it, write a newer one \
         without it, or ship it along with shipPending"
    )
}
