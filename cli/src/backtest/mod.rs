//! A policy over counts that were recorded, minute by minute, through the code that ships: `assess` finds, `decide` decides.
//! Only the world is made up here: a weight that is set is fact at once, a message that is sent is read, and a manual gate is
//! answered as soon as it is reached.
//!
//! What a backtest cannot know: alarms do not fire in it, and the counts are those of the weights at which they were recorded,
//! not of those that the policy would have set.

pub mod null;
mod replay;

use std::collections::BTreeMap;

use jiff::Timestamp;
use tidegate_domain::policy::{Analysis, MetricSource, Policy};
use tidegate_domain::rollout::{Phase, Rollout, SETTLE};
use tidegate_domain::ticks::Arms;
use tidegate_domain::units::Span;
use tidegate_domain::verdict::{Baseline, Counts, LatencyBaseline};

use crate::recorded::names::Recording;

pub use self::replay::{Minute, Replay, Unstarted};

/// After the last recorded minute a rollout looks on until that minute has settled.
const LAST_LOOKS: Span = Span::minutes(SETTLE.as_minutes() + 1);

const MINUTE: Span = Span::minutes(1);

/// A policy that was played over a recording.
#[derive(Debug)]
pub struct Played {
    pub minutes: Vec<Minute>,
    /// The rollout as it stood at the end.
    pub rollout: Rollout,
}

/// Plays a policy over a recording of candidate and stable, from the first minute on in which the candidate had requests;
/// `None` where it had none.
pub fn play(policy: &Policy, recording: &Recording<'_>) -> Option<Result<Played, Unstarted>> {
    let (candidate, stable) = (&recording.arms[0], &recording.arms[1]);
    let served = |metrics: &BTreeMap<String, Counts>| metrics.values().any(|counts| counts.total > 0);
    let (first, _) = candidate.iter().find(|(_, metrics)| served(metrics))?;
    let (_, last) = recording.span()?;
    // The traffic was divided as it was recorded, whatever the policy would have set.
    let analysis = Analysis { traffic_split: false, ..policy.analysis.clone() };
    let policy = Policy { analysis, ..policy.clone() };
    let mut replay = match Replay::begin(&policy, baseline(recording, 1), *first) {
        Ok(replay) => replay,
        Err(unstarted) => return Some(Err(unstarted)),
    };
    let mut minutes = Vec::new();
    let mut at = *first;
    while at <= LAST_LOOKS.after(last) && !replay.is_over() {
        let mut metrics: BTreeMap<String, Arms> = BTreeMap::new();
        for (name, counts) in candidate.get(&at).into_iter().flatten() {
            metrics.entry(name.clone()).or_default().candidate = *counts;
        }
        // After promotion there is no second version beside it, whatever was recorded.
        for (name, counts) in stable.get(&at).into_iter().flatten().filter(|_| !replay.is_promoted()) {
            metrics.entry(name.clone()).or_default().stable = *counts;
        }
        minutes.push(replay.minute(at, metrics));
        at = MINUTE.after(at);
    }
    Some(Ok(Played { minutes, rollout: replay.into_rollout() }))
}

/// What stands for the stable version before the rollout: its counts over the whole recording. The latency thresholds went into
/// the counts when they were recorded, so their values are not needed any more, only that there were some.
fn baseline(recording: &Recording<'_>, stable: usize) -> Baseline {
    let metrics = recording.metrics.iter();
    let errors = metrics.clone().find(|metric| metric.source == MetricSource::Errors);
    let latency = metrics.clone().any(|metric| matches!(metric.source, MetricSource::SlowerThan { .. }));
    let span = recording.span().map_or(Span::ZERO, |(first, last)| Span::between(first, last) + MINUTE);
    Baseline {
        errors: errors.map_or_else(Counts::default, |errors| recording.sum(stable, &errors.name)),
        latency: latency.then_some(LatencyBaseline { p50: 0.0, p90: 0.0, p99: 0.0 }),
        window: span,
    }
}

/// When a rollout was promoted to all traffic, if it was.
pub fn promoted_at(minutes: &[Minute]) -> Option<Timestamp> {
    minutes
        .iter()
        .find(|minute| matches!(minute.phase, Phase::Watching { .. } | Phase::Succeeded))
        .map(|m| m.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded::names::Minutes;
    use tidegate_domain::rollout::PhaseName;
    use tidegate_domain::ticks::Tick;
    use tidegate_sim::Scenario;

    /// What a rollout on the simulated cloud measured, as if somebody had recorded it.
    fn recorded<'a>(policy: &'a Policy, ticks: &[Tick]) -> Recording<'a> {
        let arm = |of: fn(&Arms) -> Counts| -> Minutes {
            let counts =
                |tick: &Tick| tick.metrics.iter().map(|(name, arms)| (name.clone(), of(arms))).collect();
            ticks.iter().map(|tick| (tick.minute, counts(tick))).collect()
        };
        Recording {
            metrics: policy.analysis.metrics.iter().collect(),
            arms: vec![arm(|arms| arms.candidate), arm(|arms| arms.stable)],
            sharing: std::collections::BTreeSet::new(),
            notes: Vec::new(),
        }
    }

    /// Plays a scenario on the simulated cloud, and its policy over what was measured there. Returns how both ended, and when
    /// the traffic last moved for good: when it was promoted, or went back.
    fn both_ways(scenario: &str) -> [(PhaseName, Timestamp); 2] {
        let scenario = Scenario::from_yaml(scenario).expect("a scenario of this repository");
        let story = crate::play::play("scenario", &scenario, crate::play::SEED).expect("it plays");
        let course = story.courses.first().expect("a rollout");
        let moved = |phase| matches!(phase, PhaseName::Watching | PhaseName::RolledBack);
        let there = course.timeline.iter().find(|entry| moved(entry.to)).expect("it moved").at;
        let recording = recorded(&course.rollout.policy, &course.ticks);
        let played =
            play(&course.rollout.policy, &recording).expect("there are requests").expect("it starts");
        let here = played.minutes.iter().find(|minute| moved(minute.phase.name())).expect("it moved").at;
        [(course.rollout.phase.name(), there), (played.rollout.phase.name(), MINUTE.after(here))]
    }

    #[track_caller]
    fn assert_alike(scenario: &str, phase: PhaseName) {
        let [(there, then), (here, now)] = both_ways(scenario);
        assert_eq!((there, here), (phase, phase));
        // A step on the cloud does not begin with a minute; the one that it begins in is lost to it.
        assert!(
            then.duration_since(now).abs() <= jiff::SignedDuration::from_mins(3),
            "{then} on the cloud, {now} here"
        );
    }

    #[test]
    fn what_was_measured_on_the_simulated_cloud_is_decided_as_it_was_there() {
        assert_alike(include_str!("../../../events/scenarios/five-times-errors.yaml"), PhaseName::RolledBack);
        assert_alike(include_str!("../../../events/scenarios/healthy.yaml"), PhaseName::Succeeded);
    }
}
