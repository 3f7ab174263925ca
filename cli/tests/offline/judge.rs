//! `tidegate judge`: what it reads, what it refuses, what it says.

use super::called::{tidegate, written};

/// Six minutes of a candidate that fails twice as often.
const HARM: &str = r#"{"metrics": [{"name": "errors", "ticks": [
  [300, 5700, 4, 55], [310, 5600, 7, 49], [0, 5800, 0, 61], [290, 5650, 9, 58], [1500, 4400, 38, 47], [1480, 4510, 29, 44]]}]}"#;

/// The same as a table whose rows are out of order, without the minute in which the candidate was silent.
const HARM_AS_CSV: &str = "\
minute,candidate_total,stable_total,candidate_bad,stable_bad
2026-11-20T10:05:00Z,1480,4510,29,44
2026-11-20T10:00:00Z,300,5700,4,55
2026-11-20T10:01:00Z,310,5600,7,49
2026-11-20T10:03:00Z,290,5650,9,58
2026-11-20T10:04:00Z,1500,4400,38,47
";

const FAULTY: &str = r#"{"alpha_slow": 2, "alphaFast": 0.1, "metrics": [
  {"name": "errors", "r0": -1, "r1": NaN, "weight": 0.7, "ticks": [
    [300, 5700, -4, 55], [310, 5600.5, 7, 49], [1, 2, 3], [5, 9, 7, 1], [NaN, 1, 1, 1], "x"]},
  {"name": "errors", "r1": 0.5, "weight": 0.7, "kind": "Errors", "color": "red", "ticks": [[300, 5700, 4, 55]]},
  {"ticks": []}, 3]}"#;

fn verdict(file: &str) -> (String, i32) {
    let called = tidegate(&["judge", "-", "--output", "json"], file);
    (called.document()["verdict"].as_str().expect("a verdict").to_owned(), called.exit)
}

fn of_ticks(ticks: &str) -> String {
    format!(r#"{{"metrics": [{{"name": "errors", "ticks": {ticks}}}]}}"#)
}

#[test]
fn harm_is_told_in_words() {
    let called = tidegate(&["judge", "-"], HARM);
    assert_eq!(called.exit, 1);
    insta::assert_snapshot!(called.stdout);
}

#[test]
fn the_exit_code_is_that_of_the_verdict() {
    let calm = "[30000, 30000, 300, 300]";
    let healthy = of_ticks(&format!("[{}]", [calm; 10].join(",")));
    assert_eq!(verdict(&healthy), ("promote".to_owned(), 0));
    assert_eq!(verdict(&of_ticks("[[300, 5700, 300, 6]]")), ("rollBack".to_owned(), 1));
    let silent = of_ticks(&format!("[{calm}, [0, 9, 0, 0], [0, 9, 0, 0], [0, 9, 0, 0]]"));
    assert_eq!(verdict(&silent), ("hold".to_owned(), 2));
    assert_eq!(verdict(&of_ticks("[[0, 0, 0, 0]]")), ("inconclusive".to_owned(), 2));
}

#[test]
fn a_table_says_the_same_as_json_in_whatever_order_its_minutes_stand() {
    // The table has no row for the third minute, in which nobody had requests then.
    let json = HARM.replace("[0, 5800, 0, 61]", "[0, 0, 0, 0]");
    let ticks = |text: &str| {
        tidegate(&["judge", "-", "--output", "json"], text).document()["metrics"][0]["ticks"].clone()
    };
    assert_eq!(ticks(HARM_AS_CSV), ticks(&json));
    let short =
        HARM_AS_CSV.replace("candidate_total,stable_total,candidate_bad,stable_bad", "n_c,n_s,x_c,x_s");
    assert_eq!(ticks(&short), ticks(&json));
}

#[test]
fn a_minute_that_only_another_metric_has_is_one_without_requests() {
    let table = "metric,minute,n_c,n_s,x_c,x_s\nerrors,1,300,5700,4,55\nerrors,2,310,5600,7,49\norders,2,310,5600,70,490\n";
    let document = tidegate(&["judge", "-", "--output", "json"], table).document();
    assert_eq!(document["metrics"][1]["ticks"].as_array().map(Vec::len), Some(2));
    assert_eq!(document["metrics"][1]["ticks"][0]["log_e"], 0.0);
}

#[test]
fn every_fault_of_a_file_is_told_with_its_place_and_what_would_be_right() {
    let called = tidegate(&["judge", "-"], FAULTY);
    assert_eq!((called.exit, called.stdout.as_str()), (65, ""));
    insta::assert_snapshot!(called.stderr);
}

#[test]
fn every_fault_of_a_table_is_told_with_its_line() {
    let table = "\
metric,minute,candidate_total,stable_total,candidate_bad,stable_bad,colour
errors,1,300,5700,4.5,55,red
errors,1,300,5700,4,5500000,red
slow,soon,,NaN,-4,1,red
slow,2,300,5700
";
    let called = tidegate(&["judge", "-"], table);
    assert_eq!(called.exit, 65);
    insta::assert_snapshot!(called.stderr);
}

#[test]
fn weights_are_all_or_none_and_sum_to_one() {
    let two = |first: &str, second: &str| {
        format!(
            r#"{{"metrics": [{{"name": "a"{first}, "ticks": [[9, 9, 1, 1]]}}, {{"name": "b"{second}, "ticks": [[9, 9, 1, 1]]}}]}}"#
        )
    };
    let called = |first, second| tidegate(&["judge", "-", "--output", "json"], &two(first, second));
    assert_eq!(called("", "").document()["metrics"][1]["weight"], 0.5);
    assert_eq!(called(r#", "weight": 0.2"#, r#", "weight": 0.8"#).document()["metrics"][0]["weight"], 0.2);
    let partly = called(r#", "weight": 0.2"#, "");
    assert_eq!(partly.exit, 65);
    assert!(partly.stderr.contains("what they leave of 1 is 0.8"), "{}", partly.stderr);
    let more = called(r#", "weight": 0.7"#, r#", "weight": 0.7"#);
    assert!(more.stderr.contains("sum to 1.4; expected 1"), "{}", more.stderr);
}

#[test]
fn a_fall_that_is_the_harm_takes_no_fast_path() {
    let orders = r#"{"metrics": [{"name": "orders", "harm": "decrease", "ticks": [[300, 5700, 0, 1140]]}]}"#;
    let document = tidegate(&["judge", "-", "--output", "json"], orders).document();
    assert!(document["metrics"][0]["ticks"][0]["log_e_fast"].is_null());
    assert!(document["metrics"][0]["ticks"][0]["log_e"].as_f64() > Some(0.0));
    let other = HARM.replace(r#""name": "errors","#, r#""name": "slow", "kind": "other","#);
    let document = tidegate(&["judge", "-", "--output", "json"], &other).document();
    assert!(document["metrics"][0]["ticks"][0]["log_e_fast"].is_null());
}

#[test]
fn a_bound_that_is_not_there_is_zero_below_and_null_above() {
    let document =
        tidegate(&["judge", "-", "--output", "json"], &of_ticks("[[300, 5700, 300, 6]]")).document();
    let metric = &document["metrics"][0];
    assert_eq!((metric["ratio_low"].as_f64(), metric["ratio_high"].is_null()), (Some(0.0), true));
    let nothing = tidegate(&["judge", "-", "--output", "json"], &of_ticks("[[0, 100, 0, 3]]")).document();
    assert!(nothing["metrics"][0]["ratio"].is_null());
}

#[test]
fn evidence_that_once_sufficed_is_told_also_where_later_minutes_took_it_back() {
    let calm = vec!["[300, 5700, 1, 57]"; 60].join(",");
    let spike = of_ticks(&format!("[[300, 5700, 40, 57], [300, 5700, 40, 57], [300, 5700, 40, 57], {calm}]"));
    let document = tidegate(&["judge", "-", "--output", "json"], &spike).document();
    let fired = document["fired_at_tick"].as_u64().expect("it fired");
    assert!(fired < 5 && document["verdict"] != "rollBack", "{} at {fired}", document["verdict"]);
    let told = tidegate(&["judge", "-"], &spike);
    assert_eq!(told.exit, 1);
    let words = format!("a rollout would have been rolled back at minute {}; over all 63 minutes", fired + 1);
    assert!(told.stdout.contains(&words), "{}", told.stdout);
}

#[test]
fn a_guard_of_the_file_rolls_back_and_says_so() {
    let guarded =
        HARM.replacen('{', r#"{"alpha_slow": 0.001, "guards": [{"metric": "errors", "above": 0.015}], "#, 1);
    let called = tidegate(&["judge", "-", "--output", "json"], &guarded);
    assert_eq!(called.exit, 1);
    let reason = called.document()["reason"].as_str().expect("a reason").to_owned();
    assert!(reason.starts_with("guard: errors above 1.5 % in 3 of 3 minutes"), "{reason}");
}

#[test]
fn a_policy_gives_margins_levels_guards_and_the_time_of_its_steps() {
    let policy = "events/policies/low-traffic.yaml";
    let called = tidegate(&["judge", "-", "--policy", policy, "--output", "json"], HARM);
    let document = called.document();
    assert_eq!(
        (document["verdict"].as_str(), called.exit),
        (Some("continue"), 0),
        "two hours of bake are not over"
    );
    let at_its_margin = HARM.replace(r#""name": "errors","#, r#""name": "errors", "r0": 1.5, "r1": 3,"#);
    let by_itself = tidegate(&["judge", "-", "--output", "json"], &at_its_margin).document();
    assert_eq!(document["metrics"][0]["ticks"], by_itself["metrics"][0]["ticks"]);
}

#[test]
fn what_policy_and_file_do_not_agree_on_is_told() {
    let unknown = HARM.replace(r#""name": "errors","#, r#""name": "eror", "r0": 1.2,"#);
    let called = tidegate(&["judge", "-", "--policy", "events/policies/canary.yaml"], &unknown);
    assert_eq!(called.exit, 65);
    insta::assert_snapshot!(called.stderr);
}

#[test]
fn latency_that_was_not_recorded_is_left_out_and_said_to_be() {
    let policy =
        written("errors-and-latency.yaml", "{ version: 1, name: shop, strategy: Canary10Percent5Minutes }");
    let called = tidegate(&["judge", "-", "--policy", &policy], HARM);
    assert_eq!(called.exit, 1, "{}", called.stderr);
    assert!(called.stdout.contains("latency is not recorded"), "{}", called.stdout);
}
