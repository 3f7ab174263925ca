//! What stands where a policy is silent.

use super::*;

/// Name and weight of each metric of an analysis with these lines.
fn shares(metrics: &str) -> Vec<(String, f64)> {
    let policy = parsed(&format!("strategy: AllAtOnce\nanalysis: {{ {metrics} }}"));
    policy.analysis.metrics.into_iter().map(|metric| (metric.name, metric.weight)).collect()
}

#[track_caller]
fn assert_shares(metrics: &str, expected: &[(&str, f64)]) {
    let actual = shares(metrics);
    assert_eq!(actual.len(), expected.len(), "{metrics}: {actual:?}");
    for ((name, share), (expected_name, expected_share)) in actual.iter().zip(expected) {
        assert_eq!(name, expected_name, "{metrics}");
        assert!(
            (share - expected_share).abs() < 1e-12,
            "{metrics}: {name} has {share}, not {expected_share}"
        );
    }
}

const ORDERS: &str =
    r#"name: orders, cloudwatch: { namespace: Shop, metric: Orders, dimensions: { V: "{version}" } }"#;

#[test]
fn errors_and_latency_come_with_every_target_and_stating_them_changes_nothing() {
    let third = 0.4 / 3.0;
    let usual = [("errors", 0.6), ("latency p50", third), ("latency p90", third), ("latency p99", third)];
    assert_shares("", &usual);
    assert_shares("metrics: [{ errors: {} }, { latency: {} }]", &usual);
    assert_shares("metrics: [{ errors: {} }]", &[("errors", 1.0)]);
}

#[test]
fn metrics_share_the_evidence_equally_unless_they_state_weights() {
    let errors_and_orders = format!("metrics: [{{ errors: {{}} }}, {{ {ORDERS} }}]");
    assert_shares(&errors_and_orders, &[("errors", 0.5), ("orders", 0.5)]);
    let weighted = format!("metrics: [{{ errors: {{ weight: 3 }} }}, {{ {ORDERS} }}]");
    assert_shares(&weighted, &[("errors", 0.75), ("orders", 0.25)]);
}

#[test]
fn every_number_of_a_preset_can_be_overridden() {
    let numbers = |analysis: &str| {
        let analysis = parsed(&format!("strategy: AllAtOnce\nanalysis: {{ {analysis} }}")).analysis;
        let metrics = analysis.metrics.iter().map(|metric| (metric.margin, metric.pass)).collect::<Vec<_>>();
        (analysis.alpha_slow, analysis.alpha_fast, metrics)
    };
    let latency = [(1.05, 1.5), (1.10, 1.5), (1.25, 1.5)];
    let with_errors = |errors| [&[errors], &latency[..]].concat();
    assert_eq!(numbers(""), (0.045, 0.005, with_errors((1.10, 1.5))));
    assert_eq!(numbers("preset: tolerant"), (0.009, 0.001, with_errors((1.25, 1.5))));
    let overridden = "preset: tolerant, alphaSlow: 0.02, alphaFast: 0.002, \
                      metrics: [{ errors: { margin: 1.5, pass: 3 } }, { latency: { margin: { p99: 1.75 }, pass: 2 } }]";
    assert_eq!(numbers(overridden), (0.02, 0.002, vec![(1.5, 3.0), (1.05, 2.0), (1.10, 2.0), (1.75, 2.0)]));
}

#[test]
fn a_deadline_is_twice_the_bakes_and_a_day_for_each_manual_gate() {
    let deadline = |lines: &str| parsed(lines).deadline.to_string();
    assert_eq!(deadline("strategy: AllAtOnce"), "1h");
    assert_eq!(deadline("strategy: Canary10Percent5Minutes"), "1h12m");
    let step = "{ setWeight: 5 }, { bake: 10m }";
    assert_eq!(
        deadline(&format!("strategy: {{ steps: [{step}, {{ pause: {{}} }}], watch: 1h }}")),
        "1d2h20m"
    );
    assert_eq!(
        deadline(&format!("strategy: {{ steps: [{step}, {{ pause: {{ duration: 5m }} }}] }}")),
        "1h30m"
    );
    assert_eq!(deadline(&format!("strategy: {{ steps: [{step}], watch: 0s }}")), "30m");
    assert_eq!(deadline(&format!("strategy: {{ steps: [{step}] }}\ndeadline: 3h")), "3h");
}

#[test]
fn a_guard_that_leaves_the_steps_to_aws_gives_them_three_days() {
    let policy = parsed("mode: guard");
    assert_eq!(policy.strategy, Strategy { steps: Vec::new(), is_open: true, watch: Span::minutes(30) });
    assert_eq!(policy.deadline.to_string(), "3d1h");
}

#[test]
fn a_strategy_may_be_left_to_the_group_of_code_deploy_alone() {
    let target = "target: { codeDeploy: { application: shop, group: checkout } }";
    let is_open = |strategy: &str| parsed(&format!("{target}\n{strategy}")).strategy.is_open;
    assert!(is_open("") && is_open("strategy: { watch: 1h }"));
    assert!(!is_open("strategy: AllAtOnce") && !is_open("strategy: Canary10Percent5Minutes"));
    assert_eq!(parsed(target).deadline.to_string(), "3d1h");
}

#[test]
fn everything_else_has_its_default() {
    let policy = parsed(
        "strategy: AllAtOnce
analysis: { guards: [{ errorRate: { above: 2.5 % } }], alarms: [{ name: a }] }
flags: [{ flag: f, application: a, environment: e, profile: p }]",
    );
    assert_eq!((policy.mode, policy.target, policy.notify), (Mode::Drive, None, Notify::default()));
    assert_eq!(policy.analysis.on_inconclusive, OnInconclusive::Hold);
    assert_eq!(policy.analysis.guards, [Guard { metric: "errors".to_owned(), above: 0.025, m: 3, n: 3 }]);
    assert_eq!(policy.analysis.alarms[0].action, AlarmAction::RollBack);
    assert_eq!(policy.flags[0].at, FlagMoment::Promotion);
}

#[test]
fn severities_are_kept_by_outcome() {
    let policy =
        parsed("strategy: AllAtOnce\nnotify: { severities: { rolledBack: critical, paused: info } }");
    let expected = [(OutcomeKind::RolledBack, Severity::Critical), (OutcomeKind::Paused, Severity::Info)];
    assert_eq!(policy.notify.severities, expected.into());
}

#[test]
fn several_bakes_of_a_step_add_up() {
    let policy = parsed("strategy: { steps: [{ setWeight: 2.5 }, { bake: 10m }, { bake: 5m }] }");
    assert_eq!(policy.strategy.steps, [Step { weight: weight(2.5), bake: Span::minutes(15), gate: None }]);
}
