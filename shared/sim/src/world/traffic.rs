//! What really happened, minute by minute: how many requests each version served and how many of them failed. Nobody but the
//! reader of the true history sees this; what the ports see of it stands in `metrics`.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tidegate_domain::target::{Routing, Version};
use tidegate_domain::units::Span;

use super::carrier::Carrier;
use super::version::Behaviour;
use super::{LambdaFunction, World};
use crate::dice::{Dice, Key, float};

pub(crate) const MINUTE: Span = Span::minutes(1);

/// One version in one part of a minute in which nothing changed.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub version: Version,
    /// Whether two versions shared the traffic: AWS has metrics of a single version only then.
    pub compared: bool,
    pub requests: u64,
    /// Requests that were tried and throttled: they are not among the others.
    pub throttled: u64,
    pub failures: u64,
    pub behaviour: Behaviour,
    /// Names everything further that is drawn about these requests.
    pub key: Key,
}

impl Cell {
    /// How many of its requests took longer than `ms`. The same question has the same answer, and a higher limit never has a
    /// higher one: the requests are halved by their rank until the limit's rank is reached.
    pub fn slower_than(&self, ms: f64) -> u64 {
        const HALVINGS: u32 = 14;
        let rank = self.behaviour.latency.below(ms);
        let (mut from, mut width, mut inside, mut above) = (0.0, 1.0, self.requests, 0);
        let mut key = self.key.and("latency");
        for _ in 0..HALVINGS {
            if inside == 0 {
                break;
            }
            let lower = Dice::keyed(key).successes(inside, 0.5);
            width /= 2.0;
            if rank < from + width {
                (above, inside, key) = (above + inside - lower, lower, key.number(0));
            } else {
                (from, inside, key) = (from + width, inside - lower, key.number(1));
            }
        }
        let left = 1.0 - ((rank - from) / width).clamp(0.0, 1.0);
        above + crate::dice::whole(float(inside) * left)
    }

    /// How many of its requests counted in a business metric.
    pub fn counted(&self, metric: &str) -> Option<u64> {
        let share = *self.behaviour.counts.get(metric)?;
        Some(Dice::keyed(self.key.and("count").and(metric)).successes(self.requests, share))
    }
}

/// The requests of one version in one minute, and the failed ones among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// Requests.
    pub requests: u64,
    /// Failed requests.
    pub errors: u64,
}

impl World {
    /// What really happened in a minute that is over.
    pub(crate) fn minute(&self, carrier: &Carrier, minute: Timestamp) -> Vec<Cell> {
        let parts = self.parts(carrier, minute);
        let key =
            self.key.and("traffic").and(carrier.target.key()).number(minute.as_second().cast_unsigned());
        let parts = parts.windows(2).enumerate();
        parts
            .flat_map(|(index, ends)| self.part(carrier, key.number(index as u64), ends[0], ends[1]))
            .collect()
    }

    /// The ends of the parts of a minute in each of which nothing changes.
    fn parts(&self, carrier: &Carrier, minute: Timestamp) -> Vec<Timestamp> {
        let end = MINUTE.after(minute);
        let mut ends = vec![minute, end];
        ends.extend(carrier.routing.changes(minute, end));
        ends.extend(carrier.traffic.changes(minute, end));
        let astray = carrier.astray.iter().flat_map(|astray| [astray.from, astray.to]);
        ends.extend(astray.filter(|moment| minute < *moment && *moment < end));
        if let Some(function) = self.functions.get(&carrier.function) {
            let outages = function.outages.iter().flat_map(|outage| [outage.from, outage.to]);
            ends.extend(outages.filter(|moment| minute < *moment && *moment < end));
            ends.extend(
                function.versions.values().flat_map(|version| version.behaviour.changes(minute, end)),
            );
            let flagged =
                function.versions.values().filter_map(|version| version.behaviour.at(end).when_flag.as_ref());
            ends.extend(flagged.flat_map(|when| self.app_config.changes(&when.profile, minute, end)));
        }
        ends.sort_unstable();
        ends.dedup();
        ends
    }

    fn part(&self, carrier: &Carrier, key: Key, from: Timestamp, to: Timestamp) -> Vec<Cell> {
        let length = to.duration_since(from);
        let middle = from.saturating_add(length / 2).unwrap_or(from);
        let expected = carrier.traffic.at(from).at(middle) * length.as_secs_f64();
        let routing = carrier.routing.at(from);
        let versions: Vec<&Version> = std::iter::once(&routing.primary)
            .chain(routing.canary.as_ref().map(|canary| &canary.version))
            .collect();
        let compared = is_shared(routing);
        versions
            .into_iter()
            .flat_map(|version| self.clients(carrier, version, key.and(&version.0), from))
            .map(|(version, key, share, behaviour)| {
                let mut dice = Dice::keyed(key);
                let tried = dice.events(expected * share);
                let throttled = Dice::keyed(key.and("throttled")).successes(tried, behaviour.throttles);
                let requests = tried - throttled;
                let failures = dice.successes(requests, behaviour.errors);
                Cell { version: version.clone(), compared, requests, throttled, failures, behaviour, key }
            })
            .filter(|cell| cell.requests + cell.throttled > 0)
            .collect()
    }

    /// Who asks a version at a moment: the clients for whom its flag is off and those for whom it is on, each with their share of
    /// all requests.
    fn clients<'a>(
        &self,
        carrier: &Carrier,
        version: &'a Version,
        key: Key,
        at: Timestamp,
    ) -> Vec<(&'a Version, Key, f64, Behaviour)> {
        let Some(behaviour) = self.behaviour(carrier, version, at) else { return Vec::new() };
        let share = carrier.share_of(version, at);
        let Some(when) = behaviour.when_flag.clone() else { return vec![(version, key, share, behaviour)] };
        let with = self.app_config.share_with(&when.profile, &when.flag, at);
        let flagged = Self::disturbed(when.behaviour, self.functions.get(&carrier.function), at);
        vec![
            (version, key, share * (1.0 - with), behaviour),
            (version, key.and("with the flag"), share * with, flagged),
        ]
    }

    /// How a version behaves at a moment, with the outages of that moment on top.
    fn behaviour(&self, carrier: &Carrier, version: &Version, at: Timestamp) -> Option<Behaviour> {
        let function = self.functions.get(&carrier.function)?;
        let behaviour = function.versions.get(version)?.behaviour.at(at).clone();
        Some(Self::disturbed(behaviour, Some(function), at))
    }

    fn disturbed(mut behaviour: Behaviour, function: Option<&LambdaFunction>, at: Timestamp) -> Behaviour {
        let outages = function.into_iter().flat_map(|function| &function.outages);
        for outage in outages.filter(|outage| outage.from <= at && at < outage.to) {
            behaviour.errors = 1.0 - (1.0 - behaviour.errors) * (1.0 - outage.errors);
        }
        behaviour
    }
}

/// Whether two versions share the traffic.
fn is_shared(routing: &Routing) -> bool {
    routing.canary.as_ref().is_some_and(|canary| canary.weight > tidegate_domain::units::Weight::ZERO)
}

/// A span of so many milliseconds.
pub(crate) fn millis(ms: u64) -> SignedDuration {
    SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX))
}

/// The moment so many milliseconds after another.
pub(crate) fn later(at: Timestamp, ms: u64) -> Timestamp {
    at.saturating_add(millis(ms)).unwrap_or(Timestamp::MAX)
}
