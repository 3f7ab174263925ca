//! A deployment of flags that somebody else started and that is judged: what was known when it began, and what was found.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::kept::Kept;
use crate::policy::Policy;
use crate::verdict::{Baseline, Cause};

/// One deployment under guard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FlagGuard {
    /// Its name: the environment's id and the deployment's number.
    pub id: String,
    /// Counts the writes.
    pub version: u64,
    /// The deployment in words.
    pub deployment: String,
    /// The policy as it was at the start: whose metrics, guards and alarms judge it.
    pub policy: Policy,
    /// Since when it is guarded.
    pub since: Timestamp,
    /// Alarms of the policy that fired already: they say nothing of it.
    pub red: Vec<String>,
    /// The target in the day before.
    pub baseline: Baseline,
    /// When it was last judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<Timestamp>,
    /// Why it has to go back, once that was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// What its document says that this release does not know.
    #[serde(skip)]
    pub kept: Kept,
}
