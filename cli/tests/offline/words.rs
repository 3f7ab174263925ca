//! `tidegate judge` and `tidegate backtest` in words: they say what the verdict rests on, and nothing else.

use serde_json::{Value, json};

use super::called::{Called, tidegate};

fn told(ticks: &Value) -> Called {
    tidegate(&["judge", "-"], &json!({ "metrics": [{ "name": "errors", "ticks": ticks }] }).to_string())
}

/// The same line by line without its breaks.
fn unbroken(called: &Called) -> String {
    called.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_evidence_for_a_pass_is_the_one_that_the_verdict_rests_on() {
    let called = told(&json!(vec![[1000, 1000, 10, 16]; 3]));
    assert_eq!(called.exit, 0);
    let words = unbroken(&called);
    assert!(words.contains("evidence for a pass 76 to 1"), "{words}");
    let levels = "rolls back at 22 to 1, on the fast path at 200 to 1; passes at 40 to 1 with 20 expected bad requests (39 so far)";
    assert!(words.contains(levels), "{words}");
}

#[test]
fn what_a_pass_lacks_beside_its_evidence_is_told() {
    let called = told(&json!(vec![[1000, 1000, 0, 13]; 3]));
    assert_eq!(called.exit, 2);
    insta::assert_snapshot!(called.stdout);
}

#[test]
fn without_anything_bad_on_stable_the_least_is_told_that_a_doubling_takes() {
    let ticks = json!(vec![[1000, 1000, 0, 0]; 3]);
    let words = unbroken(&told(&ticks));
    assert!(words.contains("a doubling would show after at least another "), "{words}");
    let file = json!({ "metrics": [{ "name": "errors", "ticks": ticks }] }).to_string();
    let metric = &tidegate(&["judge", "-", "--output", "json"], &file).document()["metrics"][0];
    assert!(
        metric["requests_needed"].is_null() && metric["least_requests"].as_f64() > Some(3_000.0),
        "{metric}"
    );
}

#[test]
fn a_rollout_that_an_earlier_minute_ends_is_one_story() {
    let long = |first: &[[u64; 4]]| [first, &[[30_000, 30_000, 30, 30]; 6]].concat();
    for first in [&[[300, 5700, 300, 6]][..], &[[300, 5700, 300, 6], [3000, 3000, 3, 3]]] {
        let ticks = json!(long(first));
        let called = told(&ticks);
        assert_eq!(called.exit, 1, "{}", called.stdout);
        let words = unbroken(&called);
        let minutes = first.len() + 6;
        let story = format!(
            "roll back a rollout would have been rolled back at minute 1; over all {minutes} minutes the evidence is not enough: "
        );
        assert!(words.starts_with(&story) && !words.contains("nothing is shown"), "{words}");
        let file = json!({ "metrics": [{ "name": "errors", "ticks": ticks }] }).to_string();
        let document = tidegate(&["judge", "-", "--output", "json"], &file).document();
        assert_eq!((&document["verdict"], &document["fired_at_tick"]), (&"inconclusive".into(), &0.into()));
    }
}

#[test]
fn a_rollout_that_an_earlier_minute_ends_is_told_so_where_the_last_would_end_it_too() {
    let called = told(&json!(vec![[300, 5700, 300, 6]; 3]));
    assert_eq!(called.exit, 1);
    let words = unbroken(&called);
    assert!(words.contains("a rollout would have been rolled back at minute 1 already"), "{words}");
}

#[test]
fn of_several_metrics_each_has_its_own_way_to_a_pass() {
    let metric = |name: &str, bad: u64| json!({ "name": name, "ticks": [[3000, 3000, bad, bad]] });
    let file = json!({ "metrics": [metric("errors", 30), metric("timeouts", 3)] });
    let words = unbroken(&tidegate(&["judge", "-"], &file.to_string()));
    let levels = "rolls back at 22 to 1 of all metrics together, on the fast path at 200 to 1; each passes at 40 to 1 with 20 \
                  expected bad requests (errors 30, timeouts 3 so far)";
    assert!(words.contains(levels), "{words}");
}

#[test]
fn of_what_should_not_get_fewer_it_is_told_how_many_times_fewer() {
    let orders = json!({ "metrics": [{ "name": "orders", "harm": "decrease",
        "ticks": vec![[3000, 5700, 200, 1140]; 2] }] });
    let words = unbroken(&tidegate(&["judge", "-"], &orders.to_string()));
    assert!(words.contains("orders: 3.0× fewer than stable ("), "{words}");
    assert!(words.contains("with 20 expected events (924 so far)"), "{words}");
}

#[test]
fn a_long_wait_is_told_in_hours_or_days() {
    let words = unbroken(&told(&json!([[10, 1000, 0, 4], [10, 1000, 0, 4]])));
    let wait = words.split("requests, ").last().unwrap_or_default();
    assert!(
        wait.starts_with(|c: char| c.is_ascii_digit()) && wait.contains(" hours of this traffic"),
        "{words}"
    );
}

#[test]
fn a_backtest_says_which_version_had_no_requests() {
    let rows = "\
minute,candidate_total,stable_total,errors_candidate_bad,errors_stable_bad
2026-11-20T10:00:00Z,300,,3,
2026-11-20T10:01:00Z,300,,3,
2026-11-20T10:02:00Z,300,5700,6,57
";
    let line = ["backtest", "--policy", "events/policies/errors-alone.yaml", "--series", "-"];
    insta::assert_snapshot!(tidegate(&line, rows).stdout);
}

#[test]
fn a_backtest_says_how_many_times_fewer() {
    let policy = super::called::written(
        "orders-alone.yaml",
        "\
version: 1
name: shop
strategy: Canary10Percent5Minutes
analysis:
  metrics:
    - name: orders
      cloudwatch: { namespace: Shop, metric: OrdersPlaced, dimensions: { Version: \"{version}\" } }
      harm: decrease
",
    );
    let rows = "\
minute,candidate_total,stable_total,orders_candidate_bad,orders_stable_bad
2026-11-20T10:00:00Z,300,5700,30,1140
2026-11-20T10:01:00Z,300,5700,30,1140
";
    let called = tidegate(&["backtest", "--policy", &policy, "--series", "-"], rows);
    assert!(called.stdout.contains("orders 1.98× fewer than stable"), "{}{}", called.stdout, called.stderr);
}
