//! What a rollout costs in calls of AWS services: few before the alias is written on the way back, and bounded for each tick.

use std::collections::BTreeMap;

use tidegate_domain::effect::Owner;
use tidegate_sim::{Call, Report};
use tidegate_tests_sim::{play, scenario};

fn calls(report: &Report, owner: Owner) -> BTreeMap<Call, u64> {
    let counted = report.calls.get(&owner).into_iter().flatten();
    counted.filter(|(_, counted)| counted.calls > 0).map(|(call, counted)| (*call, counted.calls)).collect()
}

#[test]
fn a_rollback_reads_commits_and_acts() {
    let (_, report) = play(scenario("abort"), 1);
    assert_eq!(report.invocations.get(&Owner::Rollback), Some(&1));
    let wanted = [
        // Before the alias is written: the document and the alias are read, the decision is committed.
        (Call::Load, 1),
        // Once before the decision, once to read back what was written.
        (Call::Observe, 2),
        // The decision, and the record that the traffic is back.
        (Call::Commit, 2),
        (Call::Route, 1),
        // The outcome goes to notify, the target to whoever waits for it.
        (Call::Publish, 1),
    ];
    assert_eq!(calls(&report, Owner::Rollback), BTreeMap::from(wanted));
}

#[test]
fn an_alarm_costs_one_look_into_the_index_more() {
    let (_, report) = play(scenario("alarm-rolls-back"), 1);
    let calls = calls(&report, Owner::Rollback);
    assert_eq!(calls.get(&Call::Watching), Some(&1));
    assert_eq!(calls.get(&Call::Route), Some(&1));
    // The alarm's own event and the sweep that saw it fire: each reads the document once.
    assert_eq!(calls.get(&Call::Load), report.invocations.get(&Owner::Rollback));
}

#[test]
fn a_tick_reads_its_metrics_in_one_call_and_makes_at_most_nine() {
    let (_, report) = play(scenario("healthy"), 7);
    let sweeps = report.invocations[&Owner::HealthCheck];
    let calls = calls(&report, Owner::HealthCheck);
    let all: u64 = calls.values().sum();
    assert!(all <= sweeps * 9, "{all} calls in {sweeps} invocations: {calls:?}");
    assert!(calls[&Call::Read] <= sweeps, "{calls:?}");
}
