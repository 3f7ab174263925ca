//! Deployments to be created.

use serde::{Deserialize, Serialize};

use super::Group;
use crate::target::Version;

/// How CodeDeploy moves the traffic of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Config {
    /// Its name: one of CodeDeploy's own, or one that Tidegate creates.
    pub name: String,
    /// What to create under this name; `None` where it is CodeDeploy's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creates: Option<Timetable>,
}

/// A timetable of CodeDeploy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Timetable {
    /// All at once.
    AllAtOnce,
    /// A first share, and the rest after some time.
    Canary {
        /// The first share, in percent.
        percent: u8,
        /// How long until the rest, in minutes.
        minutes: u32,
    },
    /// Equal shares, one after another.
    Linear {
        /// Each share, in percent.
        percent: u8,
        /// The time between two of them, in minutes.
        minutes: u32,
    },
}

/// A deployment to be created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// In which group.
    pub group: Group,
    /// What it brings: the `AppSpec` content, or the revision of instances as `s3://…` or `github://…`.
    pub revision: Revision,
    /// How its traffic is moved; the group's own way where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Config>,
    /// Which alarms CodeDeploy looks at, where that is not the group's own choice; none at all for a fix while they are red.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarms: Option<Vec<String>>,
}

/// What a deployment is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Revision {
    /// An `AppSpec`, as JSON.
    AppSpec(String),
    /// A bundle in S3, or a commit on GitHub.
    Bundle(Version),
}
