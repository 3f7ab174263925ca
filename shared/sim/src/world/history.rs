//! Something that changes over time: what it is and what it was.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Values, each with the moment since which it holds; the first holds since ever.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct History<T>(Vec<(Timestamp, T)>);

impl<T> History<T> {
    /// What it has been since ever.
    pub fn since_ever(value: T) -> Self {
        Self(vec![(Timestamp::MIN, value)])
    }

    /// It changes now. Time only goes on: `at` is not before the last change.
    pub fn change(&mut self, at: Timestamp, value: T) {
        self.0.push((at, value));
    }

    /// What it is.
    pub fn now(&self) -> &T {
        self.at(Timestamp::MAX)
    }

    /// What it was at a moment.
    pub fn at(&self, moment: Timestamp) -> &T {
        let next = self.0.partition_point(|(since, _)| *since <= moment);
        &self.0[next.saturating_sub(1)].1
    }

    /// The moments of change after `from` and before `to`.
    pub fn changes(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = Timestamp> {
        self.0.iter().map(|(since, _)| *since).filter(move |since| from < *since && *since < to)
    }
}
