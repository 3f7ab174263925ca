//! What a rollout has to do with feature flags.

use serde::{Deserialize, Serialize};

use super::Rollout;
use crate::policy::{FlagChange, FlagMoment};
use crate::units::Weight;

/// How far the flags of a rollout's policy are; numbers are places in the policy's list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Switched {
    /// Whether it was found that they can be set.
    #[serde(default)]
    pub examined: bool,
    /// Those that it asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<usize>,
    /// Those that all clients get.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set: Vec<usize>,
    /// Whether they are as they were again.
    #[serde(default)]
    pub back: bool,
    /// Those of them, in words, that somebody else has changed meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
}

impl Switched {
    /// Whether there is nothing to say of flags.
    pub fn is_untouched(&self) -> bool {
        *self == Self::default()
    }
}

impl Rollout {
    /// The flags that have to be set before a rollout goes on from this share, or before any traffic where there is none yet.
    pub fn flags_due(&self, reached: Option<Weight>) -> Vec<usize> {
        let is_due = |at: FlagMoment| match (at, reached) {
            (FlagMoment::BeforeTraffic, _) => true,
            (FlagMoment::Weight(weight), Some(reached)) => weight <= reached,
            (FlagMoment::Promotion, Some(reached)) => reached == Weight::FULL,
            (FlagMoment::Weight(_) | FlagMoment::Promotion, None) => false,
        };
        let flags = self.policy.flags.iter().enumerate();
        flags.filter(|(n, flag)| is_due(flag.at) && !self.flags.set.contains(n)).map(|(n, _)| n).collect()
    }

    /// Whether flags that it set, or asked for, have to go back before it can be said to be back.
    pub fn owes_flags(&self) -> bool {
        !self.flags.asked.is_empty() && !self.flags.back
    }

    /// Whether it has to be found out first that its flags can be set. A deployment that somebody else started goes on meanwhile.
    pub fn are_flags_unknown(&self) -> bool {
        !self.policy.flags.is_empty() && !self.flags.examined && !self.is_adopted()
    }

    /// The changes with these places in the policy's list.
    pub fn flag_changes<'a>(&'a self, places: &'a [usize]) -> impl Iterator<Item = &'a FlagChange> {
        places.iter().filter_map(|place| self.policy.flags.get(*place))
    }

    /// The names of the flags with these places.
    pub fn flag_names(&self, places: &[usize]) -> Vec<String> {
        self.flag_changes(places).map(|change| change.wanted.flag.clone()).collect()
    }
}
