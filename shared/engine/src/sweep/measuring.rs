//! What is read for a rollout, and the minutes that the answers make.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tidegate_domain::assess::judged_metrics;
use tidegate_domain::deployment::TargetGroups;
use tidegate_domain::policy::{Metric, MetricSource};
use tidegate_domain::rollout::Rollout;
use tidegate_domain::ticks::{Arms, Tick, minute_of};
use tidegate_domain::units::Span;
use tidegate_domain::verdict::Counts;

use crate::ports::{Measure, MetricQuery, Series};

/// Minutes read again beyond what was settled, for points that come late.
const LATE: Span = Span::minutes(3);

/// A sweep that was away for longer starts again here: what is older is not worth a longer answer.
const FURTHEST_BACK: Span = Span::hours(3);

/// Where a query's answer belongs. One query may serve many places: every metric has the same requests.
pub(super) struct Place {
    pub(super) query: MetricQuery,
    pub(super) index: usize,
    metric: String,
    arm: Arm,
    total: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Arm {
    Candidate,
    Stable,
}

/// The queries of all places, each once.
pub(super) fn distinct(places: &[Place]) -> Vec<MetricQuery> {
    let mut queries: Vec<MetricQuery> = Vec::new();
    for place in places {
        if !queries.contains(&place.query) {
            queries.push(place.query.clone());
        }
    }
    queries
}

/// The first minute that has to be read (again): from the first traffic on, and from before what has settled.
pub(super) fn first_unsettled(rollout: &Rollout, known: &[Tick], now: Timestamp) -> Option<Timestamp> {
    let begun = rollout.phase.traffic()?.since;
    let known = known.last().map(|tick| (rollout.settle + LATE).before(tick.minute));
    let from = known.or_else(|| begun.map(minute_of))?.max(FURTHEST_BACK.before(minute_of(now)));
    // Minutes before that hold the comparison with stable, which is read for divided traffic only.
    if rollout.has_all_traffic() {
        rollout.all_traffic_since().map(|since| from.max(minute_of(since)))
    } else {
        Some(from)
    }
}

/// What is read for one rollout: for both versions the events of each metric, and out of how many. Where the candidate has
/// all traffic, the target as a whole stands for it: its series per version are documented for divided traffic only. A
/// metric of the user's own names its version always.
pub(super) fn places(index: usize, rollout: &Rollout) -> Vec<Place> {
    let stable = rollout.stable.as_ref().filter(|_| !rollout.has_all_traffic());
    let divided = stable.is_some();
    let arms = [(Arm::Candidate, Some(&rollout.candidate)), (Arm::Stable, stable)];
    let arms = arms.into_iter().filter_map(|(arm, version)| Some((arm, version?)));
    let groups = rollout.mover.code_deploy().and_then(|moves| moves.target_groups.as_ref());
    let group_of = |arm| match arm {
        Arm::Candidate => groups.and_then(TargetGroups::of_candidate),
        Arm::Stable => groups.map(TargetGroups::of_stable),
    };
    let is_counted = |arm| groups.is_none() || group_of(arm).is_some();
    let mut places = Vec::new();
    for (arm, version) in arms.filter(|(arm, _)| is_counted(*arm)) {
        for metric in judged_metrics(rollout) {
            let all = all_events(metric).into_iter().map(|measure| (true, measure));
            let bad = bad_events(rollout, metric).into_iter().map(|measure| (false, measure));
            for (total, measure) in all.chain(bad) {
                let is_named = divided || matches!(measure, Measure::CloudWatch(_));
                let version = is_named.then(|| version.clone());
                let target_group = group_of(arm);
                let query = MetricQuery { target: rollout.target.clone(), version, target_group, measure };
                places.push(Place { query, index, metric: metric.name.clone(), arm, total });
            }
        }
    }
    places
}

/// What adds up to all events: a throttled request is no request to Lambda.
fn all_events(metric: &Metric) -> Vec<Measure> {
    match &metric.source {
        MetricSource::CloudWatch { of: Some(of), .. } => vec![Measure::CloudWatch(of.clone())],
        MetricSource::Throttles => vec![Measure::Requests, Measure::Throttles],
        MetricSource::Errors
        | MetricSource::SlowerThan { .. }
        | MetricSource::SlowerThanLimit { .. }
        | MetricSource::CloudWatch { of: None, .. } => vec![Measure::Requests],
    }
}

fn bad_events(rollout: &Rollout, metric: &Metric) -> Option<Measure> {
    match &metric.source {
        MetricSource::Errors => Some(Measure::Failures),
        MetricSource::Throttles => Some(Measure::Throttles),
        source @ MetricSource::SlowerThan { .. } => {
            rollout.baseline.as_ref()?.threshold(source).map(Measure::SlowerThan)
        }
        MetricSource::SlowerThanLimit { milliseconds } => Some(Measure::SlowerThan(f64::from(*milliseconds))),
        MetricSource::CloudWatch { events, .. } => Some(Measure::CloudWatch(events.clone())),
    }
}

/// The minutes in which anything was measured, from `from` on. A missing point of bad events means none.
pub(super) fn ticks_of<'a>(
    answers: impl Iterator<Item = (&'a Place, &'a Series)>,
    from: Timestamp,
) -> Vec<Tick> {
    let mut minutes: BTreeMap<Timestamp, BTreeMap<String, Arms>> = BTreeMap::new();
    for (place, series) in answers {
        for (minute, value) in series.iter().filter(|(minute, _)| *minute >= from) {
            let arms = minutes.entry(*minute).or_default().entry(place.metric.clone()).or_default();
            let counts = if place.arm == Arm::Candidate { &mut arms.candidate } else { &mut arms.stable };
            *(if place.total { &mut counts.total } else { &mut counts.bad }) += whole(*value);
        }
    }
    let clamp = |counts: &mut Counts| counts.bad = counts.bad.min(counts.total);
    minutes
        .into_iter()
        .map(|(minute, mut metrics)| {
            for arms in metrics.values_mut() {
                clamp(&mut arms.candidate);
                clamp(&mut arms.stable);
            }
            Tick { minute, metrics }
        })
        .collect()
}

/// Fresh minutes take the place of what was known of them.
pub(super) fn merge(known: &mut Vec<Tick>, fresh: Vec<Tick>) {
    let minutes: Vec<Timestamp> = fresh.iter().map(|tick| tick.minute).collect();
    known.retain(|tick| !minutes.contains(&tick.minute));
    known.extend(fresh);
    known.sort_by_key(|tick| tick.minute);
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of requests, rounded")]
pub(super) fn whole(value: f64) -> u64 {
    value.max(0.0).round() as u64
}
