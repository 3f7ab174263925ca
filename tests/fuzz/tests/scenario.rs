//! Scenario files.

use tidegate_domain::policy::json_of;
use tidegate_sim::{Scenario, Simulation};
use tidegate_tests_fuzz::{Sample, samples, through};

/// So far a scenario is played: what it says is staged, and the first of it happens.
const STEPS: usize = 200;

fn corpus() -> Vec<Sample> {
    let with_tree = |sample: Sample| {
        let tree = json_of(&sample.text).expect("a sample is YAML");
        sample.with(tree)
    };
    samples("events/scenarios", &["yaml"]).into_iter().map(with_tree).collect()
}

#[test]
fn a_damaged_scenario_is_played_or_refused_with_every_place() {
    through("scenario", &corpus(), 800, |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        match Scenario::from_yaml(text) {
            Ok(scenario) => {
                let mut simulation = Simulation::new(scenario, 1, tidegate::house::deploy())
                    .expect("what was read can be staged");
                for _ in 0..STEPS {
                    if simulation.step().is_none() {
                        break;
                    }
                }
            }
            Err(faults) => assert!(faults.0.iter().all(|fault| !fault.problem.is_empty())),
        }
    });
}
