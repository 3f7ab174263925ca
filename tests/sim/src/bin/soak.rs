//! Plays many seeds on every core and writes what came of them: `soak LAST OUT COMMIT DATE [FIRST]`.

use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::process::ExitCode;

use tidegate_tests_sim::coverage::Coverage;
use tidegate_tests_sim::mixed::play_all;

/// The report is written each time so many were played, so that a soak that is stopped says what it saw.
const BETWEEN_REPORTS: u64 = 5_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some([last, out, commit, date]), first) = (arguments.first_chunk(), arguments.get(4)) else {
        eprintln!(
            "usage: soak LAST OUT COMMIT DATE [FIRST], like: soak 2000 docs/soak.md 1a2b3c4 2026-11-22"
        );
        return ExitCode::from(64);
    };
    let first = first.map_or("1", String::as_str);
    let (Ok(last), Ok(first @ 1..)) = (last.parse::<u64>(), first.parse::<u64>()) else {
        eprintln!("{last:?} and {first:?} are to be the last seed and the first one");
        return ExitCode::from(64);
    };
    let (mut coverage, mut failures, mut played) = (Coverage::default(), Vec::new(), first - 1);
    while played < last {
        let to = last.min(played + BETWEEN_REPORTS);
        let (reached, failed) = play_all(played + 1..=to);
        for failure in &failed {
            eprintln!("{failure}");
        }
        coverage.add(&reached);
        failures.extend(failed);
        played = to;
        if let Err(error) = std::fs::write(out, report(first..=played, commit, date, &coverage, &failures)) {
            eprintln!("{out}: {error}");
            return ExitCode::from(74);
        }
    }
    if failures.is_empty() && coverage.faults().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn report(
    seeds: RangeInclusive<u64>,
    commit: &str,
    date: &str,
    coverage: &Coverage,
    failures: &[String],
) -> String {
    let mut text = format!(
        "# Random worlds\n\nEach seed draws a world and the faults in it; every invariant is checked after every step. Written by \
         `make soak` on {date}, commit {commit}.\n\n- Seeds played: {} to {}\n- Seeds that broke an invariant: {}\n",
        seeds.start(),
        seeds.end(),
        failures.len()
    );
    for fault in coverage.faults() {
        let _ = writeln!(text, "- {fault}");
    }
    for failure in failures {
        let _ = writeln!(text, "\n```text\n{failure}```");
    }
    let _ = write!(text, "\n{}", coverage.tables());
    text
}
