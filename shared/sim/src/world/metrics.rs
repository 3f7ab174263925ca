//! Metrics as CloudWatch shows them: late, by the minute, and of a single version only while two share the traffic.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tidegate_domain::ticks::minute_of;
use tidegate_domain::units::Span;
use tidegate_engine::ports::{Measure, MetricQuery, Series, Window};

use super::World;
use super::traffic::{Cell, MINUTE};
use super::version::{Latency, quantile};
use crate::dice::{Dice, float};

/// How late metrics are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Lateness {
    /// A minute shows this long after its end, with nine in ten of its requests.
    pub first: Span,
    /// The rest of it shows this long after its end.
    pub complete: Span,
}

impl Default for Lateness {
    fn default() -> Self {
        Self { first: Span::seconds(30), complete: Span::seconds(90) }
    }
}

/// The share of a minute's requests that shows at first: a point carries the time of a request's start and comes at its end.
const AT_FIRST: f64 = 0.9;

/// What a period is made of: minutes and what happened in them.
type Cells = Vec<Cell>;

impl World {
    /// One series, as a reader sees it at `now`.
    pub(crate) fn series(&self, query: &MetricQuery, window: Window, now: Timestamp) -> Series {
        match self.carriers.get(&query.target.key()) {
            Some(carrier) if is_counted(carrier, &query.measure) => {
                self.series_of(carrier, query, window, now)
            }
            Some(_) | None => Series::new(),
        }
    }

    /// One series of what a carrier serves, whether or not AWS counts it for this target.
    pub(super) fn series_of(
        &self,
        carrier: &super::Carrier,
        query: &MetricQuery,
        window: Window,
        now: Timestamp,
    ) -> Series {
        let mut periods: BTreeMap<Timestamp, Cells> = BTreeMap::new();
        let mut minute = minute_of(window.from);
        while minute < window.to && minute < now {
            let cells = self.visible(carrier, minute, now);
            let period = period_of(minute, window);
            periods
                .entry(period)
                .or_default()
                .extend(cells.into_iter().filter(|cell| asks_for(carrier, query, cell)));
            minute = MINUTE.after(minute);
        }
        periods.into_iter().filter_map(|(at, cells)| Some((at, value(&query.measure, &cells)?))).collect()
    }

    /// The minute as far as it shows at `now`.
    fn visible(&self, carrier: &super::Carrier, minute: Timestamp, now: Timestamp) -> Cells {
        let end = MINUTE.after(minute);
        let lateness = self.lateness.at(end);
        if now < lateness.first.after(end) {
            return Cells::new();
        }
        let cells = self.known_minute(carrier, minute);
        if now >= lateness.complete.after(end) { cells } else { cells.into_iter().map(at_first).collect() }
    }

    /// The minute as it really was, computed once.
    pub(crate) fn known_minute(&self, carrier: &super::Carrier, minute: Timestamp) -> Cells {
        let key = (carrier.target.key(), minute);
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.entry(key).or_insert_with(|| self.minute(carrier, minute)).clone()
    }
}

/// The first part of a minute that shows.
fn at_first(mut cell: Cell) -> Cell {
    let mut dice = Dice::keyed(cell.key.and("at first"));
    let failures = dice.successes(cell.failures, AT_FIRST);
    cell.requests = failures + dice.successes(cell.requests - cell.failures, AT_FIRST);
    cell.failures = failures;
    cell
}

fn period_of(minute: Timestamp, window: Window) -> Timestamp {
    let period = window.period.max(MINUTE);
    let passed = Span::between(window.from, minute).as_seconds();
    (period * (passed / period.as_seconds())).after(window.from)
}

/// Nothing counts the requests of instances; what their code counts itself is counted.
fn is_counted(carrier: &super::Carrier, measure: &Measure) -> bool {
    carrier.target.kind() != "codeDeploy" || matches!(measure, Measure::CloudWatch(_))
}

/// Lambda has metrics of a single version only while an alias divides its traffic. A service's target groups always have, and
/// what the code counts itself always is.
fn asks_for(carrier: &super::Carrier, query: &MetricQuery, cell: &Cell) -> bool {
    let Some(version) = &query.version else { return true };
    let always = matches!(query.measure, Measure::CloudWatch(_)) || carrier.target.kind() == "ecs";
    cell.version == *version && (cell.compared || always)
}

/// The value of a period; `None` where there is no point. As on AWS, a count of nothing has none.
fn value(measure: &Measure, cells: &Cells) -> Option<f64> {
    let sum = |of: &dyn Fn(&Cell) -> u64| cells.iter().map(of).sum::<u64>();
    let point = |count: u64| (count > 0).then(|| float(count));
    let requests = sum(&|cell| cell.requests);
    match measure {
        Measure::Requests => point(requests),
        Measure::Failures => point(sum(&|cell| cell.failures)),
        Measure::Throttles => point(sum(&|cell| cell.throttled)),
        Measure::SlowerThan(ms) => (requests > 0).then(|| float(sum(&|cell| cell.slower_than(*ms)))),
        Measure::Quantile(percent) => quantile(&mixture(cells), f64::from(*percent) / 100.0),
        Measure::CloudWatch(metric) => point(sum(&|cell| cell.counted(&metric.metric).unwrap_or(0))),
    }
}

/// The latencies of some cells with the number of requests that had each.
fn mixture(cells: &Cells) -> Vec<(Latency, f64)> {
    let mut mixture: Vec<(Latency, f64)> = Vec::new();
    for cell in cells {
        let latency = cell.behaviour.latency;
        match mixture.iter_mut().find(|(known, _)| *known == latency) {
            Some((_, weight)) => *weight += float(cell.requests),
            None => mixture.push((latency, float(cell.requests))),
        }
    }
    mixture
}
