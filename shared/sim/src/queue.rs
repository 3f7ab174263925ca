//! What is due when. Things due at the same moment come in an order of chance.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidegate_domain::effect::Owner;

use crate::world::appconfig::{Asked, FlagMove};
use crate::world::codedeploy::Move;

/// An invocation to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub to: Owner,
    pub payload: Value,
    /// What it is, for people: `Verdict Reached`, `sweep`.
    pub what: String,
    /// Counts from 1.
    pub attempt: u32,
    /// Whoever waits for its answer: it is tried once, then.
    #[serde(default)]
    pub asked: Option<Asked>,
}

/// What the schedule's deliveries are called.
pub(crate) const SWEEP: &str = "sweep";

impl Delivery {
    /// Whether the schedule sent it.
    pub fn sweeps(&self) -> bool {
        self.what == SWEEP
    }
}

/// Something due.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Due {
    /// The entry of the scenario with this number.
    Happening(usize),
    /// A minute begins.
    Minute,
    /// CodeDeploy does something.
    CodeDeploy(Move),
    /// `AppConfig` does something.
    AppConfig(FlagMove),
    /// A function is invoked.
    Invoke(Delivery),
    /// An invocation goes on.
    Resume(u64),
    /// An invocation has run for too long.
    Expire(u64),
}

impl Due {
    /// Whether the cloud is not at rest as long as this is due. What runs is told by its slot, and a deployment by itself.
    pub fn is_work(&self) -> bool {
        match self {
            Self::Happening(_) => true,
            Self::Invoke(delivery) => !delivery.sweeps(),
            Self::Minute | Self::CodeDeploy(_) | Self::AppConfig(_) | Self::Resume(_) | Self::Expire(_) => {
                false
            }
        }
    }
}

type Place = (Timestamp, u64, u64);

/// Everything that is due.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<(Place, Due)>", into = "Vec<(Place, Due)>")]
pub(crate) struct Queue {
    due: BTreeMap<Place, Due>,
    /// Counts what was put in, so that no two things have the same place.
    count: u64,
}

impl Queue {
    /// Puts something in; `order` decides among the things of one moment.
    pub fn put(&mut self, at: Timestamp, order: u64, due: Due) {
        self.count += 1;
        self.due.insert((at, order, self.count), due);
    }

    /// When the next thing is due.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.due.first_key_value().map(|((at, _, _), _)| *at)
    }

    /// Takes the next thing out.
    pub fn take(&mut self) -> Option<(Timestamp, Due)> {
        self.due.pop_first().map(|((at, _, _), due)| (at, due))
    }

    /// All of it, in its order.
    pub fn iter(&self) -> impl Iterator<Item = &Due> {
        self.due.values()
    }
}

impl From<Vec<(Place, Due)>> for Queue {
    fn from(due: Vec<(Place, Due)>) -> Self {
        let count = due.iter().map(|((_, _, count), _)| *count).max().unwrap_or(0);
        Self { due: due.into_iter().collect(), count }
    }
}

impl From<Queue> for Vec<(Place, Due)> {
    fn from(queue: Queue) -> Self {
        queue.due.into_iter().collect()
    }
}
