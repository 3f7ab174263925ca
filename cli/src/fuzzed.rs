//! What people hand to the command, damaged: its arguments, files of ticks, recorded series.

use std::ffi::OsString;
use std::path::Path;

use clap::Parser as _;
use tidegate_domain::policy::Policy;
use tidegate_tests_fuzz::{Sample, samples, through};

use crate::args::Cli;
use crate::backtest;
use crate::commands::judge::report;
use crate::files;
use crate::recorded::Found;
use crate::recorded::judged::judged;
use crate::recorded::names::{Of, recording};
use crate::recorded::series;
use crate::recorded::ticks::TickFile;
use crate::show;

/// What is refused says so, in words that a terminal can show.
fn told(found: Found) -> bool {
    match found.or_failure(Path::new("-")) {
        Ok(()) => false,
        Err(failure) => {
            assert!(!failure.to_string().is_empty());
            true
        }
    }
}

fn text(bytes: &[u8]) -> Option<String> {
    files::decoded(Path::new("-"), bytes.to_vec()).ok()
}

#[test]
fn damaged_ticks_are_judged_or_refused() {
    let json = r#"{"alpha_slow": 0.045, "alpha_fast": 0.005, "metrics": [{"name": "errors", "kind": "errors", "harm": "increase",
        "r0": 1.1, "r1": 1.5, "weight": 1.0, "ticks": [[300, 5700, 4, 55], [310, 5690, 9, 60], [305, 5700, 22, 51]]}],
        "guards": [{"metric": "errors", "above": 0.05, "m": 3, "n": 3}]}"#;
    let csv = "metric,minute,candidate_total,stable_total,candidate_bad,stable_bad\nerrors,1,300,5700,4,55\nerrors,2,310,5690,9,60\n";
    through("ticks", &[Sample::of(json), Sample::of(json), Sample::of(csv)], 2_000, |bytes| {
        let Some(text) = text(bytes) else { return };
        let mut found = Found::default();
        let judged = TickFile::read(&text, &mut found).and_then(|file| judged(file, None, &mut found));
        if !told(found) {
            let judged = judged.expect("what is not refused is judged");
            let report = report(&judged);
            assert!(!show::judged::report(&report, &judged.input).is_empty());
            assert!(report.combined_log_e.iter().all(|log_e| !log_e.is_nan()), "{:?}", report.combined_log_e);
        }
    });
}

#[test]
fn a_damaged_recording_is_played_or_refused() {
    let policy = Policy::from_yaml(
        "{ version: 1, name: p, strategy: Canary10Percent5Minutes, analysis: { metrics: [{ errors: {} }] } }",
    );
    let policy = policy.expect("a policy");
    let csv = "minute,candidate_total,stable_total,errors_candidate_bad,errors_stable_bad\n\
               2026-11-20T10:00:00Z,30,270,0,3\n2026-11-20T10:01:00Z,31,260,1,2\n2026-11-20T10:02:00Z,30,275,9,4\n";
    let corpus = [vec![Sample::of(csv)], samples("events/series", &["json", "csv"])].concat();
    through("series", &corpus, 500, |bytes| {
        let Some(text) = text(bytes) else { return };
        let mut found = Found::default();
        let series = series::read(&text, &mut found);
        let recording = series.map(|series| recording(series, &policy, Of::Both, &mut found));
        if !told(found) {
            let recording = recording.expect("what is not refused is a recording");
            if let Some(Ok(played)) = backtest::play(&policy, &recording) {
                assert!(!played.rollout.reason.to_string().is_empty());
            }
        }
    });
}

#[test]
fn two_minutes_ten_thousand_years_apart_are_no_recording() {
    let mut found = Found::default();
    let text = "minute,total,errors_bad\n-009999-01-02T01:59:59Z,1,0\n9999-12-30T22:00:00.999999999Z,1,0\n";
    let policy = Policy::from_yaml(
        "{ version: 1, name: p, strategy: AllAtOnce, analysis: { metrics: [{ errors: {} }] } }",
    );
    let series = series::read(text, &mut found).expect("two series");
    recording(series, &policy.expect("a policy"), Of::One, &mut found);
    assert!(found.words()[0].contains("is more than a year"), "{:?}", found.words());
}

#[test]
fn counts_that_sum_to_more_than_fits_are_judged() {
    let mut found = Found::default();
    let tick = "[9007199254740992, 9007199254740992, 1, 1]";
    let text = format!(
        "{{\"metrics\": [{{\"name\": \"a\", \"ticks\": [{}{tick}]}}]}}",
        format!("{tick},").repeat(2_100)
    );
    let file = TickFile::read(&text, &mut found).expect("a file of ticks");
    assert!(judged(file, None, &mut found).is_some(), "{:?}", found.words());
}

#[test]
fn any_command_line_is_parsed_or_refused() {
    let lines = [
        "start checkout:live 8 --policy checkout --wait --by me",
        "abort checkout-live-8 --why because",
        "get checkout-live-8 --watch --output json",
        "judge ticks.json --policy p.yaml",
        "backtest --policy p.yaml --series s.csv --null --times 10 --seed 1",
        "simulate events/scenarios/healthy.yaml --seed 7",
        "flag set shop/prod/flags new-basket limit=20 --variant eu",
        "policy check p.yaml",
        "world advance w.json 10m",
    ];
    let corpus: Vec<Sample> = lines.into_iter().map(|line| Sample::of(line.replace(' ', "\n"))).collect();
    through("arguments", &corpus, 3_000, |bytes| {
        let words = bytes.split(|byte| *byte == b'\n').map(word);
        if let Err(error) = Cli::try_parse_from(std::iter::once(OsString::from("tidegate")).chain(words)) {
            assert!(!error.to_string().is_empty());
        }
    });
}

/// An argument as the system hands it over: on Unix any bytes.
#[cfg(unix)]
fn word(bytes: &[u8]) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec())
}

#[cfg(not(unix))]
fn word(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}
