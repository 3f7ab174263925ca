//! Every scenario of events/scenarios, played with Tidegate's own functions: what must come out comes out, with any seed.

use tidegate_tests_sim::{play, scenario, scenarios};

const SEEDS: [u64; 3] = [1, 7, 42];

#[test]
fn every_scenario_comes_out_as_it_says() {
    let mut names: Vec<String> = std::fs::read_dir(scenarios())
        .unwrap()
        .filter_map(|entry| entry.unwrap().path().file_stem().map(|stem| stem.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    assert!(names.len() >= 8, "the demo's eight at least: {names:?}");
    let mut unmet = Vec::new();
    for name in &names {
        for seed in SEEDS {
            let (simulation, _) = play(scenario(name), seed);
            unmet.extend(simulation.unmet().into_iter().map(|unmet| format!("{name}, seed {seed}: {unmet}")));
        }
    }
    assert!(unmet.is_empty(), "{}", unmet.join("\n"));
}

#[test]
fn the_same_seed_gives_the_same_report_to_the_byte() {
    let report = |seed| serde_json::to_string(&play(scenario("crash-in-rollback"), seed).1).unwrap();
    assert_eq!(report(7), report(7));
    assert_ne!(report(7), report(8), "a seed changes something");
}
