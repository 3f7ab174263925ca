//! Whom to tell of a rollout, of what, and how loud.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whom to tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notify {
    /// The SNS topic's name or ARN; the installation's own topic where unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Severities that differ from the default ones.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub severities: BTreeMap<OutcomeKind, Severity>,
}

/// How loud a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// For the record.
    Info,
    /// Somebody should look today.
    Warning,
    /// Somebody should look now.
    Critical,
}

/// The outcomes that people are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OutcomeKind {
    /// The candidate carries all traffic and the watch is over.
    Succeeded,
    /// The traffic is back on stable.
    RolledBack,
    /// A newer candidate took its place.
    Superseded,
    /// Somebody else changed the target; Tidegate let go of it.
    TakenOver,
    /// It never started.
    Refused,
    /// It waits for evidence or a person.
    Paused,
    /// The way back fails; Tidegate keeps trying.
    Stuck,
    /// An event of ours could not be read.
    Quarantined,
    /// Flags are as somebody, or a kill switch, asked.
    FlagsSet,
    /// Flags are not as somebody asked: it was refused, or AppConfig took it back.
    FlagsRefused,
    /// Flags are not yet as somebody asked; Tidegate keeps trying.
    FlagsStuck,
    /// A deployment of flags that somebody else started was taken back.
    FlagsRolledBack,
}
