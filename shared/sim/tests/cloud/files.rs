//! Scenario files: what is wrong is told with its place, and expectations say what came.

use tidegate_sim::{Scenario, Simulation};

use crate::stubs::{WORLD, idle};

fn faults(text: &str) -> String {
    Scenario::from_yaml(text).expect_err("something is wrong").to_string()
}

#[test]
fn an_unknown_field_is_told_with_its_line() {
    let told = faults(&WORLD.replace("limit: 30m", "limt: 30m"));
    assert!(told.contains("line ") && told.contains("limt"), "{told}");
}

#[test]
fn something_that_cannot_happen_is_told_with_what_can() {
    let told = faults(&format!("{WORLD}\nhappens:\n  - {{ at: 1m, then: {{ explode: 8 }} }}"));
    assert!(told.contains("explode") && told.contains("publish"), "{told}");
}

#[test]
fn everything_that_a_scenario_names_and_does_not_have_is_told_at_once() {
    let told = faults(&format!(
        "{}\nhappens:\n  - {{ at: 1m, then: {{ publish: 12 }} }}\n  - {{ at: 1m, then: {{ alarm: {{ name: quiet, fires: true }} }} }}
  - {{ at: 2m, on: shop, then: {{ traffic: {{ rps: 1 }} }} }}\nexpect:\n  routing: {{ checkout: all on 5 }}",
        WORLD.replace("Canary10Percent5Minutes", "Canary")
    ));
    for line in [
        "policy.strategy: no strategy is called \"Canary\"",
        "happens[0].then.publish: no version is called 12; known: 10, 7, 8, 9",
        "happens[1].then.alarm.name: no alarm is called \"quiet\"; known: loud",
        "happens[2].on: no function is called \"shop\"; known: checkout",
        "expect.routing.checkout: no version is called 5",
    ] {
        assert!(told.contains(line), "{line}\nis missing from\n{told}");
    }
}

#[test]
fn an_expectation_that_is_not_met_says_what_was_expected_and_what_came() {
    let expect =
        "expect:\n  rollouts: { checkout-live-8: { phase: succeeded } }\n  routing: { checkout: all on 8 }
  notices: [succeeded]\n  deadLetters: 2\n";
    let scenario = Scenario::from_yaml(&format!("{WORLD}\n{expect}")).unwrap();
    let report = Simulation::new(scenario, 1, idle()).unwrap().run();
    let told: Vec<String> = report.unmet.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "expect.rollouts: expected checkout-live-8, came nothing",
            "expect.routing.checkout: expected all on 8, came all on 7",
            "expect.notices: expected Succeeded, came nothing",
            "expect.deadLetters: expected 2, came 0",
        ]
    );
}

#[test]
fn a_scenario_reads_as_it_is_written() {
    for (name, text) in tidegate_sim::scenarios::ALL {
        let scenario = Scenario::from_yaml(text).unwrap();
        let written = serde_json::to_string(&scenario).unwrap();
        let read: Scenario = serde_json::from_str(&written).unwrap();
        assert_eq!(read, scenario, "{name}");
    }
}
