//! What carries traffic: something with a routing, a revision and the traffic that comes to it. A Lambda alias is one; a new
//! kind of router needs no other thing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tidegate_domain::target::{Fence, Observed, Routing, Target, Version};
use tidegate_engine::ports::Routed;

use super::history::History;
use crate::dice::Key;

/// The traffic that comes to a carrier.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Requests per second in the mean of a day.
    pub rps: f64,
    /// How much more there is at the height of the day (18:00 UTC), and how much less twelve hours later.
    pub wave: f64,
}

impl Traffic {
    /// Requests per second at a moment.
    pub fn at(&self, moment: Timestamp) -> f64 {
        let second_of_day = moment.as_second().rem_euclid(86_400) - 18 * 3_600;
        let second_of_day = f64::from(i32::try_from(second_of_day).unwrap_or(0));
        let angle = second_of_day / 86_400.0 * std::f64::consts::TAU;
        self.rps * (1.0 + self.wave * libm::cos(angle))
    }
}

/// Who wrote a routing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Writer {
    /// One of Tidegate's functions.
    Function(tidegate_domain::effect::Owner),
    /// CodeDeploy.
    CodeDeploy,
    /// Somebody else.
    Somebody,
}

/// One write of a routing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Write {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Writer,
    /// What it was before.
    pub before: Routing,
    /// What was written.
    pub after: Routing,
}

/// Something that carries traffic.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Carrier {
    /// Its name.
    pub target: Target,
    /// The function behind it.
    pub function: String,
    /// How it divides its traffic, and since when.
    pub routing: History<Routing>,
    /// The traffic, and since when.
    pub traffic: History<Traffic>,
    /// Every write of its routing.
    pub writes: Vec<Write>,
    /// Times in which it does not do what it was told.
    pub astray: Vec<Astray>,
}

/// A time in which a carrier sends another share to its canary than it was told.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Astray {
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// The share, 0 to 1.
    pub share: f64,
}

impl Carrier {
    /// How it divides its traffic now, and the mark of this state.
    pub(crate) fn observed(&self, key: Key) -> Observed {
        Observed { routing: self.routing.now().clone(), fence: self.fence(key) }
    }

    /// Writes on condition that nobody wrote since `fence` was read.
    pub(crate) fn write(
        &mut self,
        key: Key,
        at: Timestamp,
        by: Writer,
        wish: &Routing,
        fence: &Fence,
    ) -> Routed {
        if *fence != self.fence(key) {
            return Routed::FenceLost;
        }
        self.overwrite(at, by, wish);
        Routed::Written(self.observed(key))
    }

    /// Writes without a condition.
    pub(crate) fn overwrite(&mut self, at: Timestamp, by: Writer, wish: &Routing) {
        let before = self.routing.now().clone();
        self.writes.push(Write { at, by, before, after: wish.clone() });
        self.routing.change(at, wish.clone());
    }

    /// The share of the requests that a version really gets at a moment.
    pub(crate) fn share_of(&self, version: &Version, at: Timestamp) -> f64 {
        let routing = self.routing.at(at);
        let astray = self.astray.iter().find(|astray| astray.from <= at && at < astray.to);
        match (&routing.canary, astray) {
            (Some(canary), Some(astray)) if canary.version == *version => astray.share,
            (Some(_), Some(astray)) if routing.primary == *version => 1.0 - astray.share,
            _ => routing.weight_of(version).fraction(),
        }
    }

    /// The mark of the state: another one after every write, also after one that changes nothing.
    fn fence(&self, key: Key) -> Fence {
        Fence(key.and("revision").and(self.target.key()).number(self.writes.len() as u64).uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_is_highest_at_six_in_the_evening_and_lowest_at_six_in_the_morning() {
        let traffic = Traffic { rps: 100.0, wave: 0.5 };
        let at = |time: &str| traffic.at(time.parse().unwrap());
        assert!((at("2026-11-20T18:00:00Z") - 150.0).abs() < 1e-9);
        assert!((at("2026-11-20T06:00:00Z") - 50.0).abs() < 1e-9);
        assert!((at("2026-11-20T12:00:00Z") - 100.0).abs() < 1e-9);
    }
}
