//! The same scenario and seed give the same bytes; another seed gives others.

use tidegate_domain::units::Span;
use tidegate_sim::{Cloud, Scenario, Simulation};

use crate::stubs::{busy, scenario_in_which};

fn rough() -> Scenario {
    let mut scenario = scenario_in_which(
        "  - { at: 3m, then: { publish: 8 } }
  - { at: 5m, then: { outage: { errors: 20%, for: 3m } } }
  - { at: 9m, then: { behaves: { version: 8, errors: 9% } } }",
    );
    let chances = &mut scenario.chances;
    for share in [&mut chances.kill, &mut chances.throttle, &mut chances.time_out, &mut chances.sleep] {
        *share = "2%".parse().unwrap();
    }
    chances.duplicates = "30%".parse().unwrap();
    chances.late = "30%".parse().unwrap();
    scenario
}

fn report(seed: u64) -> String {
    let report = Simulation::new(rough(), seed, busy()).unwrap().run();
    serde_json::to_string(&report).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_gives_others() {
    assert_eq!(report(7), report(7));
    assert_ne!(report(7), report(8));
}

#[test]
fn faults_do_not_move_the_traffic() {
    let traffic = |scenario: Scenario| {
        // Nobody shifts weights here: whatever differs would come from the draws.
        let mut simulation = Simulation::new(scenario, 7, crate::stubs::idle()).unwrap();
        serde_json::to_string(&simulation.run().targets[0].minutes[..8]).unwrap()
    };
    let calm = Scenario { chances: crate::stubs::scenario().chances, ..rough() };
    assert_eq!(traffic(rough()), traffic(calm));
}

#[test]
fn a_saved_cloud_goes_on_as_if_nothing_had_been() {
    let mut first = Cloud::new(rough(), 3, busy()).unwrap();
    first.advance(Span::seconds(4 * 60 + 50));
    while !first.view().is_at_rest() && first.view().running() > 0 {
        first.advance(Span::seconds(1));
    }
    let saved = first.save().unwrap();
    let mut second = Cloud::load(&saved, busy()).unwrap();
    assert_eq!(second.save().unwrap(), saved);
    for cloud in [&mut first, &mut second] {
        cloud.advance(Span::minutes(10));
    }
    let seen = |cloud: &Cloud| (cloud.view().log().to_vec(), cloud.view().calls().clone());
    assert_eq!(seen(&first), seen(&second));
}

#[test]
fn a_cloud_with_running_invocations_is_not_saved() {
    let mut cloud = Cloud::new(rough(), 3, busy()).unwrap();
    while cloud.view().running() == 0 {
        cloud.advance(Span::seconds(1));
        while cloud.view().running() == 0 && cloud.step_before(Span::minutes(2).after(cloud.now())).is_some()
        {
        }
    }
    assert!(cloud.save().is_err());
}
