//! The freeze: one switch that keeps every weight of an installation from rising, whoever's rollout it is. What goes back goes back.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kept::Kept;

/// So many changes of the switch are kept.
pub const CHANGES_KEPT: usize = 20;

/// A freeze that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Freeze {
    /// Who froze, as the caller states it.
    pub by: String,
    /// Why, as the caller states it.
    pub because: String,
    /// Since when.
    #[schemars(with = "String")]
    pub since: Timestamp,
}

impl fmt::Display for Freeze {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { by, because, since } = self;
        write!(f, "frozen by {by} since {since}: {because}")
    }
}

/// The switch, with its last changes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FreezeSwitch {
    /// Counts the changes; 0 where there never was one.
    pub version: u64,
    /// The last changes, oldest first.
    #[serde(default)]
    pub changes: Vec<FreezeChange>,
    /// What its document says that this release does not know.
    #[serde(skip)]
    pub kept: Kept,
}

/// One change of the switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FreezeChange {
    /// When.
    pub at: Timestamp,
    /// Who, as the caller states it.
    pub by: String,
    /// What it was switched to.
    pub to: Frozen,
}

/// What the switch says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is")]
pub enum Frozen {
    /// Nothing rises.
    On {
        /// Why.
        because: String,
    },
    /// All goes on.
    Off {
        /// Why, where somebody says it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<String>,
    },
}

impl FreezeSwitch {
    /// The freeze in force.
    pub fn freeze(&self) -> Option<Freeze> {
        let FreezeChange { at, by, to } = self.changes.last()?;
        match to {
            Frozen::On { because } => Some(Freeze { by: by.clone(), because: because.clone(), since: *at }),
            Frozen::Off { .. } => None,
        }
    }

    /// The switch after one more change; the oldest ones are forgotten.
    #[must_use]
    pub fn switched(&self, change: FreezeChange) -> Self {
        let mut next = self.clone();
        next.version += 1;
        next.changes.push(change);
        let forgotten = next.changes.len().saturating_sub(CHANGES_KEPT);
        next.changes.drain(..forgotten);
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(second: i64, to: Frozen) -> FreezeChange {
        FreezeChange { at: Timestamp::from_second(second).unwrap(), by: "ana".to_owned(), to }
    }

    fn on(second: i64) -> FreezeChange {
        change(second, Frozen::On { because: "the sale".to_owned() })
    }

    #[test]
    fn the_last_change_says_whether_it_is_frozen() {
        let never = FreezeSwitch::default();
        assert_eq!(never.freeze(), None);
        let frozen = never.switched(on(60));
        let words = frozen.freeze().map(|freeze| freeze.to_string());
        assert_eq!(words.as_deref(), Some("frozen by ana since 1970-01-01T00:01:00Z: the sale"));
        let thawed = frozen.switched(change(120, Frozen::Off { because: None }));
        assert_eq!((thawed.freeze(), thawed.version, thawed.changes.len()), (None, 2, 2));
    }

    #[test]
    fn the_oldest_changes_are_forgotten() {
        let often = (0..50).fold(FreezeSwitch::default(), |switch, second| switch.switched(on(second)));
        assert_eq!((often.version, often.changes.len()), (50, CHANGES_KEPT));
        assert_eq!(often.changes[0], on(30));
    }
}
