//! What Tidegate measures of itself, on the simulated cloud: every metric gets its values, and each end counts once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tidegate_domain::rollout::PhaseName;
use tidegate_engine::measures::{METRICS, TARGET};
use tidegate_sim::scenario::Share;
use tidegate_sim::{Chances, Report, Scenario};
use tidegate_tests_sim::{play, scenario};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// An event's fields, in words.
type Fields = BTreeMap<&'static str, String>;

/// Keeps the measures and passes over everything else.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Fields>>>);

struct Reading<'f>(&'f mut Fields);

impl Visit for Reading<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Subscriber for Kept {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::new();
        event.record(&mut Reading(&mut fields));
        self.0.lock().unwrap().push(fields);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Plays a scenario; what came of it, and what was measured meanwhile.
fn measured(scenario: Scenario, seed: u64) -> (Report, Vec<Fields>) {
    let kept = Kept::default();
    let (_, report) = tracing::subscriber::with_default(kept.clone(), || play(scenario, seed));
    let measured = kept.0.lock().unwrap().clone();
    (report, measured)
}

/// The values of one metric.
fn values(measured: &[Fields], metric: &str) -> Vec<u64> {
    measured.iter().filter_map(|fields| Some(fields.get(metric)?.parse().unwrap())).collect()
}

#[test]
fn every_metric_but_the_runtimes_own_gets_values() {
    let ways = ["healthy", "five-times-errors"];
    let seen: BTreeSet<&str> = ways
        .iter()
        .flat_map(|way| measured(scenario(way), 1).1)
        .flat_map(BTreeMap::into_keys)
        .filter(|field| field.starts_with(char::is_uppercase))
        .collect();
    let listed: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
    assert_eq!(listed.difference(&seen).collect::<Vec<_>>(), [&"AwsCalls"]);
    assert_eq!(seen.difference(&listed).collect::<Vec<_>>(), [&""; 0], "what is measured is listed");
}

#[test]
fn a_rollback_counts_once_with_the_time_that_its_way_back_took() {
    let (report, measured) = measured(scenario("five-times-errors"), 1);
    let timeline = &report.rollouts[0].timeline;
    let at = |phase| timeline.iter().find(|entry| entry.to == phase).unwrap().at;
    let took = at(PhaseName::RolledBack).as_second() - at(PhaseName::RollingBack).as_second();
    assert_eq!(values(&measured, "RollbackSeconds"), [u64::try_from(took).unwrap()]);
    assert_eq!(values(&measured, "RolloutsRolledBack"), [1]);
    assert_eq!(values(&measured, "RolloutsSucceeded"), [0]);
    assert_eq!(values(&measured, "LeadSeconds"), [0; 0]);
    assert_eq!(values(&measured, "VerdictsRollBack").into_iter().sum::<u64>(), 1);
}

#[test]
fn a_success_counts_once_with_its_lead_time() {
    let (report, measured) = measured(scenario("healthy"), 1);
    let document = &report.rollouts[0].document;
    let timeline = &report.rollouts[0].timeline;
    let ended = timeline.iter().find(|entry| entry.to == PhaseName::Succeeded).unwrap().at;
    let lead = u64::try_from(ended.as_second() - document.created.as_second()).unwrap();
    assert_eq!(values(&measured, "LeadSeconds"), [lead]);
    assert_eq!(
        (values(&measured, "RolloutsEnded"), values(&measured, "RolloutsSucceeded")),
        (vec![1], vec![1])
    );
    assert_eq!(values(&measured, "RollbackSeconds"), [0; 0]);
    assert!(values(&measured, "VerdictsPromote").contains(&1));
}

#[test]
fn a_rollout_that_is_stuck_is_seen_by_every_sweep_until_it_is_not() {
    let (_, measured) = measured(scenario("stuck-way-back"), 1);
    let stuck = values(&measured, "RolloutsStuck");
    assert!(stuck.iter().filter(|stuck| **stuck == 1).count() > 1, "{stuck:?}");
    assert_eq!((stuck.first(), stuck.last()), (Some(&0), Some(&0)));
}

#[test]
fn no_end_counts_twice_however_often_functions_are_killed_and_events_come_again() {
    let share = |percent: &str| percent.parse::<Share>().unwrap();
    let storm = Chances { kill: share("2%"), duplicates: share("30%"), ..Chances::default() };
    let mut ends = 0;
    for seed in 1..=60 {
        let stormy = Scenario { chances: storm.clone(), ..scenario("abort") };
        let (report, measured) = measured(stormy, seed);
        let ended = values(&measured, "RolloutsEnded").len();
        assert!(ended <= report.rollouts.len(), "seed {seed}: {ended} ends");
        ends += ended;
    }
    assert!(ends > 50, "a crash right after the commit loses a count, and is rare: {ends} of 60");
}
