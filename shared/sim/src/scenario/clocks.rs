//! Words of scenarios about clocks, releases, backups of the table, and the end of all faults.

use serde::{Deserialize, Serialize};
use tidegate_domain::effect::Owner;
use tidegate_domain::units::Span;

use crate::releases::Release;

/// A clock that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkewPlan {
    /// Whose.
    pub function: Owner,
    /// By how much it is ahead.
    pub by: Span,
    /// It is behind instead.
    #[serde(default)]
    pub behind: bool,
}

/// An update of one function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdatePlan {
    /// Which.
    pub function: Owner,
    /// The release.
    pub to: Release,
}

/// Nothing is to be said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}
