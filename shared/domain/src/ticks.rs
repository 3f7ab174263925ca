//! What was measured, minute by minute. The list of ticks is what is stored; evidence is computed from it anew each time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::verdict::Counts;

/// One complete minute of a rollout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tick {
    /// When the minute began.
    pub minute: Timestamp,
    /// Both versions' counts, by the metric's name in the policy.
    pub metrics: BTreeMap<String, Arms>,
}

/// One metric of both versions in one minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arms {
    /// The candidate's counts.
    #[serde(rename = "c")]
    pub candidate: Counts,
    /// The stable version's counts.
    #[serde(rename = "s")]
    pub stable: Counts,
}

/// The start of the minute that `at` lies in.
pub fn minute_of(at: Timestamp) -> Timestamp {
    let second = at.as_second();
    Timestamp::from_second(second - second.rem_euclid(60)).unwrap_or(at)
}
