//! What flags have to do with where a rollout stands, and what came of flags that somebody asked for.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::numbers::join;
use crate::units::Weight;
use crate::verdict::Cause;

/// What was done, or is to be done, about flags.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind", content = "with")]
pub enum FlagReason {
    /// The candidate has this share, and flags are switched before its time begins.
    Due {
        /// The share.
        weight: Weight,
        /// The flags.
        flags: Vec<String>,
    },
    /// All clients get these flags.
    Set(Vec<String>),
    /// A flag cannot be set.
    Denied(String),
    /// The traffic is back on stable, and the flags are on their way.
    Awaited(Cause),
    /// The flags are as they were.
    Back(Returned),
    /// Traffic and flags are back.
    BackWithTraffic {
        /// Why.
        cause: Cause,
        /// The flags.
        flags: Returned,
    },
    /// The flags do not come back.
    NotBack {
        /// What is in the way.
        why: String,
        /// Why they have to go back.
        cause: Cause,
    },
    /// What came of flags that somebody, or a kill switch, asked for; or why a deployment of flags was taken back.
    Told(String),
}

/// Flags that went back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Returned {
    /// The flags.
    pub flags: Vec<String>,
    /// What somebody else has changed since, and stays as it is.
    pub left: Vec<String>,
}

impl fmt::Display for FlagReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Due { weight, flags } => {
                write!(f, "the candidate has {weight}; switching ")?;
                join(f, flags, ", ")
            }
            Self::Set(flags) => {
                f.write_str("all clients get ")?;
                join(f, flags, ", ")
            }
            Self::Denied(why) => write!(f, "its flags cannot be set: {why}"),
            Self::Awaited(cause) => {
                write!(f, "all traffic is back on stable, its flags are on their way back; {cause}")
            }
            Self::Back(returned) => write!(f, "{returned}"),
            Self::BackWithTraffic { cause, flags } => {
                write!(f, "all traffic is back on stable; {flags}; {cause}")
            }
            Self::NotBack { why, cause } => write!(f, "its flags are not as they were: {why}; {cause}"),
            Self::Told(words) => f.write_str(words),
        }
    }
}

impl fmt::Display for Returned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { flags, left } = self;
        join(f, flags, ", ")?;
        f.write_str(if flags.len() == 1 { " is as before" } else { " are as before" })?;
        if left.is_empty() {
            return Ok(());
        }
        f.write_str(", but for what somebody else has changed since: ")?;
        join(f, left, ", ")
    }
}
