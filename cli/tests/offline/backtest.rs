//! `tidegate backtest`: a policy over recorded counts, and over one version's counts divided by chance.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::called::{Called, tidegate, written};

const POLICY: &str = "\
version: 1
name: checkout
strategy:
  steps:
    - setWeight: 10
    - bake: 5m
    - pause: {}
    - setWeight: 50
    - bake: 5m
  watch: 5m
analysis:
  metrics:
    - errors: {}
";

fn backtest(policy: &str, series: &str, more: &[&str]) -> Called {
    let policy = written(
        &format!("{}.yaml", std::thread::current().name().unwrap_or("policy").replace(':', "-")),
        policy,
    );
    tidegate(&[&["backtest", "--policy", &policy, "--series", "-"], more].concat(), series)
}

/// A table of so many minutes from ten o'clock on, each with these cells.
fn table(header: &str, minutes: u32, cells: impl Fn(u32) -> String) -> String {
    let mut text = format!("minute,{header}\n");
    for minute in 0..minutes {
        let _ = writeln!(text, "2026-11-20T{:02}:{:02}:00Z,{}", 10 + minute / 60, minute % 60, cells(minute));
    }
    text
}

const BOTH: &str = "candidate_total,stable_total,errors_candidate_bad,errors_stable_bad";

/// A busy service whose candidate fails at `rate(minute)` of 30,000 requests, and stable at 1 %.
fn busy(minutes: u32, rate: impl Fn(u32) -> u32) -> String {
    table(BOTH, minutes, |minute| format!("30000,30000,{},300", rate(minute)))
}

#[test]
fn a_candidate_as_good_as_stable_is_promoted_minute_by_minute() {
    let called = backtest(POLICY, &busy(25, |_| 300), &[]);
    assert_eq!(called.exit, 0, "{}", called.stderr);
    insta::assert_snapshot!(called.stdout);
}

#[test]
fn recorded_harm_is_taken_back_as_cloudwatch_printed_it() {
    let policy = written("errors-only.yaml", POLICY);
    let called =
        tidegate(&["backtest", "--policy", &policy, "--series", "events/series/three-times-errors.json"], "");
    assert_eq!(called.exit, 1);
    insta::assert_snapshot!(called.stdout);
}

#[test]
fn harm_that_begins_after_promotion_is_held_against_the_rate_before() {
    let document =
        backtest(POLICY, &busy(30, |minute| if minute < 20 { 300 } else { 6000 }), &["--output", "json"])
            .document();
    assert_eq!(document["phase"], "succeeded", "the watch of five minutes was over by then");
    let called = backtest(
        &POLICY.replace("watch: 5m", "watch: 30m"),
        &busy(30, |m| if m < 20 { 300 } else { 6000 }),
        &[],
    );
    assert_eq!(called.exit, 1);
    assert!(called.stdout.contains("with all traffic 18,000 of 90,000 requests failed"), "{}", called.stdout);
}

#[test]
fn a_candidate_that_falls_silent_holds_and_no_data_never_advances() {
    let silent =
        table(
            BOTH,
            40,
            |minute| if minute < 3 { "30000,30000,300,300".to_owned() } else { ",30000,,300".to_owned() },
        );
    let called = backtest(POLICY, &silent, &["--output", "json"]);
    assert_eq!(called.exit, 2);
    let document = called.document();
    assert_eq!((&document["phase"], &document["promoted"]), (&"paused".into(), &Value::Null));
    assert_eq!(document["why"], "the candidate has no data while stable has");
}

#[test]
fn the_order_of_points_and_pages_changes_nothing() {
    let minutes: Vec<u32> = (0..25).collect();
    let time = |minute: &u32| json!(format!("2026-11-20T10:{minute:02}:00+00:00"));
    let series = |id: &str, value: f64, minutes: &[u32]| {
        json!({ "Id": id, "Label": id, "StatusCode": "Complete", "Values": vec![value; minutes.len()],
                "Timestamps": minutes.iter().map(time).collect::<Vec<_>>() })
    };
    let (mut shuffled, half) = (minutes.clone(), minutes.len() / 2);
    shuffled.reverse();
    let whole = json!({ "MetricDataResults": [series("candidate_total", 30000.0, &minutes), series("stable_total", 30000.0, &minutes),
        series("errors_candidate_bad", 300.0, &minutes), series("errors_stable_bad", 300.0, &minutes)] });
    let pages = json!({ "MetricDataResults": [series("candidate_total", 30000.0, &shuffled[half..]),
        series("errors_candidate_bad", 300.0, &shuffled), series("errors_stable_bad", 300.0, &shuffled),
        series("stable_total", 30000.0, &shuffled), series("candidate_total", 30000.0, &shuffled[..half])] });
    let told = |series: &Value| backtest(POLICY, &series.to_string(), &[]).stdout;
    assert_eq!(told(&whole), told(&pages));
    assert_eq!(told(&whole), backtest(POLICY, &busy(25, |_| 300), &[]).stdout);
}

#[test]
fn every_series_without_a_place_and_every_missing_one_is_told_at_once() {
    let policy = POLICY.replace("    - errors: {}\n", "    - errors: {}\n    - latency: {}\n");
    let series =
        table("candidate_total,errors_bad,latency_p99_stable_bad,retries", 2, |_| "1,2,-3,4".to_owned());
    let called = backtest(&policy, &series, &[]);
    assert_eq!(called.exit, 65);
    insta::assert_snapshot!(called.stderr);
}

#[test]
fn a_policy_whose_rollouts_do_not_start_is_not_played() {
    let line = ["backtest", "--policy", "events/policies/guard.yaml", "--series", "-"];
    let called = tidegate(&line, &busy(5, |_| 300));
    assert_eq!(called.exit, 65);
    assert!(called.stderr.contains("mode: guard"), "{}", called.stderr);
}

#[test]
fn the_queries_that_the_documentation_shows_give_series_that_belong_to_the_default_metrics() {
    let queries: Value =
        serde_json::from_str(include_str!("../../../events/series/queries.json")).expect("JSON");
    let result = |query: &Value| {
        let bad = query["Id"].as_str().is_some_and(|id| id.ends_with("_bad"));
        let value = if bad { 1.0 } else { 100.0 };
        json!({ "Id": query["Id"], "StatusCode": "Complete", "Timestamps": ["2026-11-20T10:00:00Z"], "Values": [value] })
    };
    let results: Vec<Value> = queries.as_array().expect("queries").iter().map(result).collect();
    let policy = "{ version: 1, name: shop, strategy: Canary10Percent5Minutes }";
    let called = backtest(policy, &json!({ "MetricDataResults": results }).to_string(), &[]);
    assert_eq!(called.exit, 2, "{}", called.stderr);
    assert!(!called.stdout.contains("note"), "every metric is recorded: {}", called.stdout);
}

/// Two hours of a service whose errors come in waves and bursts.
fn waves() -> String {
    table("total,errors_bad", 120, |minute| {
        format!(
            "{},{}",
            60_000 + 100 * (minute % 30),
            if minute % 40 < 3 { 9000 } else { 500 + 10 * (minute % 20) }
        )
    })
}

#[test]
fn a_version_against_itself_is_hardly_ever_taken_back() {
    let called = backtest(POLICY, &waves(), &["--null", "--times", "200"]);
    assert_eq!(called.exit, 0, "{}", called.stderr);
    insta::assert_snapshot!(called.stdout);
}

#[test]
fn the_same_seed_divides_the_same_way_and_tries_do_not_depend_on_how_many_there_are() {
    let told = |times: &str, seed: &str| {
        backtest(POLICY, &waves(), &["--null", "--times", times, "--seed", seed, "--output", "json"])
            .document()
    };
    assert_eq!(told("50", "7"), told("50", "7"));
    assert_ne!(told("50", "7"), told("50", "8"));
    let counted = |document: &Value| {
        ["rolledBack", "promoted", "inconclusive", "held", "unfinished"]
            .iter()
            .map(|k| document[k]["count"].as_u64())
            .sum::<Option<u64>>()
    };
    assert_eq!(counted(&told("50", "7")), Some(50));
}

#[test]
fn a_guard_below_the_usual_rate_is_shown_to_take_back_more_than_the_levels_allow() {
    let guarded = format!("{POLICY}  guards:\n    - errorRate: {{ above: 0.5%, for: 3 of 3 }}\n");
    let called = backtest(&guarded, &waves(), &["--null", "--times", "50", "--output", "json"]);
    assert_eq!(called.exit, 1, "{}", called.stderr);
    assert_eq!(called.document()["because"]["guard"], 50);
}

#[test]
fn times_and_seed_belong_to_null() {
    assert_eq!(backtest(POLICY, &busy(5, |_| 300), &["--times", "5"]).exit, 64);
    assert_eq!(backtest(POLICY, &waves(), &["--null", "--times", "0"]).exit, 64);
}
