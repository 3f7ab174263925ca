//! What files look like as people's tools write them, and what is refused of it.

use std::path::Path;

use super::called::{tidegate, written};

const FILE: &str = r#"{"metrics": [{"name": "errors", "ticks": [[300, 5700, 4, 55]]}]}"#;

#[track_caller]
fn assert_refused(file: &str, wanted: &str) {
    let called = tidegate(&["judge", "-"], file);
    assert_eq!((called.exit, called.stdout.as_str()), (65, ""), "{}", called.stderr);
    assert!(called.stderr.contains(wanted), "{}", called.stderr);
}

#[test]
fn json_may_begin_with_the_mark_of_its_encoding() {
    let plain = tidegate(&["judge", "-"], FILE);
    let marked = tidegate(&["judge", "-"], &format!("\u{feff}{FILE}"));
    assert_eq!((marked.exit, marked.stdout, marked.stderr), (plain.exit, plain.stdout, plain.stderr));
}

#[test]
fn a_file_that_is_no_text_is_faulty_data() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("latin-1.json");
    std::fs::write(&file, b"{\"metrics\": \"\xe9\"}").expect("the target directory is writable");
    let file = file.to_str().expect("the target directory is UTF-8");
    let policy = "events/policies/errors-alone.yaml";
    for line in [
        &["judge", file][..],
        &["backtest", "--policy", policy, "--series", file],
        &["judge", "--policy", file, &written("sound.json", FILE)],
    ] {
        let called = tidegate(line, "");
        assert_eq!(called.exit, 65, "{}", called.stderr);
        let wanted = "latin-1.json: byte 13 (0xE9) is no UTF-8; save the file as UTF-8";
        assert!(called.stderr.contains(wanted), "{}", called.stderr);
    }
}

#[test]
fn a_field_that_is_there_twice_is_refused_with_its_place() {
    let twice = FILE.replace(r#""name""#, r#""ticks": [[1, 1, 0, 0]], "name""#);
    assert_refused(&twice, "metrics[0].ticks: is there twice; expected once");
}

#[test]
fn a_number_beyond_all_doubles_is_told_with_metric_tick_and_field() {
    let vast = FILE.replace("5700", "1e400");
    assert_refused(
        &vast,
        "metric `errors`, tick 0, n_s: 1e400 is beyond every number that is calculated with",
    );
    assert_refused(
        &FILE.replace(r#""name""#, r#""r0": -1e400, "name""#),
        "metric `errors`, r0: -1e400 is beyond every number that is calculated with",
    );
}

#[test]
fn a_row_that_a_table_of_series_repeats_says_nothing_new() {
    let rows = "\
minute,candidate_total,stable_total,errors_candidate_bad,errors_stable_bad
2026-11-20T10:00:00Z,300,5700,3,57
2026-11-20T10:00:00Z,300,5700,3,57
";
    let line = ["backtest", "--policy", "events/policies/errors-alone.yaml", "--series", "-"];
    let called = tidegate(&line, rows);
    assert_eq!(called.exit, 2, "{}", called.stderr);
    let other = tidegate(&line, &rows.replace("5700,3,57\n2026", "5700,4,57\n2026"));
    assert_eq!(other.exit, 65);
    let wanted =
        "line 3, errors_candidate_bad: 2026-11-20T10:00:00Z is on line 2 already, with another value";
    assert!(other.stderr.contains(wanted), "{}", other.stderr);
}
