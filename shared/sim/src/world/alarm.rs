//! Alarms: on a carrier's error rate, or switched by the scenario.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tidegate_engine::ports::{Measure, MetricQuery, Window};

use super::World;
use super::traffic::MINUTE;

/// When an alarm fires by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// The carrier that it looks at, by its target's key.
    pub carrier: String,
    /// The share of failed requests above which a minute counts.
    pub above: f64,
    /// So many minutes …
    pub m: usize,
    /// … out of so many.
    pub n: u32,
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// When it fires by itself; `None` where the scenario switches it.
    pub threshold: Option<Threshold>,
    /// Whether it fires.
    pub firing: bool,
    /// Since when it is as it is.
    pub since: Timestamp,
}

impl World {
    /// Alarms that change their state at `now` by what the metrics show: name and whether it fires.
    pub(crate) fn alarms_changing(&self, now: Timestamp) -> Vec<(String, bool)> {
        let fires = |alarm: &Alarm| alarm.threshold.as_ref().map(|threshold| self.exceeds(threshold, now));
        let judged = self.alarms.iter().filter_map(|(name, alarm)| Some((name, alarm.firing, fires(alarm)?)));
        judged.filter(|(_, was, is)| was != is).map(|(name, _, is)| (name.clone(), is)).collect()
    }

    fn exceeds(&self, threshold: &Threshold, now: Timestamp) -> bool {
        let Some(carrier) = self.carriers.get(&threshold.carrier) else { return false };
        // The newest minute does not show yet.
        let to = MINUTE.before(tidegate_domain::ticks::minute_of(now));
        let window = Window { from: (MINUTE * threshold.n).before(to), to, period: MINUTE };
        let read = |measure| {
            let query =
                MetricQuery { target: carrier.target.clone(), version: None, target_group: None, measure };
            self.series_of(carrier, &query, window, now)
        };
        let failures = read(Measure::Failures);
        let failed = |at: Timestamp| {
            failures.iter().find(|(minute, _)| *minute == at).map_or(0.0, |(_, count)| *count)
        };
        let above = read(Measure::Requests)
            .into_iter()
            .filter(|(at, requests)| failed(*at) / requests > threshold.above);
        above.count() >= threshold.m
    }
}
