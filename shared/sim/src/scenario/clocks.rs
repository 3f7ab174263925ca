//! Words of scenarios about the installation as a whole: clocks, releases, freezes, backups of the table, the end of all faults.

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

/// A freeze of the installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreezePlan {
    /// Who.
    pub by: String,
    /// Why.
    pub because: String,
}

/// The end of a freeze.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThawPlan {
    /// Who.
    pub by: String,
}

/// Nothing is to be said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}
