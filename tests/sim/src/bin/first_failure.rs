//! Plays the worlds of the first seeds until one breaks an invariant, for `tests/mutations`: `first_failure SEEDS`. It says the
//! seed and what does not hold, or, where every invariant holds, what no seed reached any more.

use std::process::ExitCode;

use tidegate_tests_sim::mixed::first_failure;

fn main() -> ExitCode {
    let seeds = std::env::args().nth(1).and_then(|seeds| seeds.parse().ok());
    let Some(seeds) = seeds else {
        eprintln!("usage: first_failure SEEDS, like: first_failure 2000");
        return ExitCode::from(64);
    };
    let unreached = match first_failure(seeds) {
        Err((seed, broken)) => {
            println!("seed {seed}: {broken}");
            println!("again: tidegate simulate --seed {seed} --faults random");
            return ExitCode::FAILURE;
        }
        Ok(coverage) => coverage.faults(),
    };
    for fault in &unreached {
        println!("all seeds: {fault}");
    }
    if unreached.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
