//! Payloads at the doors of the functions themselves, in the middle of a rollout on the simulated cloud.

use serde_json::Value;
use tidegate::house::function_on;
use tidegate_domain::effect::Owner;
use tidegate_domain::units::Span;
use tidegate_sim::{Cloud, Scenario, complete};
use tidegate_tests_fuzz::{Sample, samples, through};

const OWNERS: [Owner; 5] =
    [Owner::TrafficShift, Owner::HealthCheck, Owner::FeatureFlag, Owner::Rollback, Owner::Notify];

/// A rollout that has had some traffic for a while.
fn under_way() -> String {
    let text = samples("events/scenarios", &["yaml"])
        .into_iter()
        .find(|sample| sample.text.contains("flags-at-25") || sample.text.contains("flags:"))
        .expect("a scenario with flags");
    let scenario = Scenario::from_yaml(&text.text).expect("a sample is a scenario");
    let mut cloud = Cloud::new(scenario, 1, tidegate::house::deploy()).expect("it can be staged");
    cloud.advance(Span::minutes(9));
    while let Err(tidegate_sim::NotSaved::Running(_)) = cloud.save() {
        cloud.advance(Span::seconds(10));
    }
    cloud.save().expect("it can be saved")
}

fn payloads() -> Vec<Sample> {
    let folders = ["events/aws", "events/bus"];
    folders.into_iter().flat_map(|folder| samples(folder, &["json"])).collect()
}

#[test]
fn a_damaged_payload_is_answered_by_every_function_and_told_in_lines_of_its_own() {
    let saved = under_way();
    through("functions", &payloads(), 300, |bytes| {
        let Ok(payload) = serde_json::from_slice::<Value>(bytes) else { return };
        let mut cloud = Cloud::load(&saved, tidegate::house::deploy()).expect("it was saved");
        for owner in OWNERS {
            let function = function_on(owner, &cloud.ports());
            let answer = complete(function.invoke(&payload)).expect("open ports never wait");
            if let Err(fault) = answer {
                assert!(!fault.to_string().is_empty());
            }
        }
        cloud.advance(Span::minutes(3));
        for sent in cloud.view().notices() {
            assert!(
                sent.subject.len() < 100 && sent.subject.bytes().all(|byte| (b' '..=b'~').contains(&byte))
            );
            let is_foreign = |c: char| c.is_control() && c != '\n';
            assert!(!sent.text.contains(is_foreign), "{:?}", sent.text);
            assert_eq!(sent.text.matches("\nNext: ").count(), 1, "{}", sent.text);
            assert!(sent.text.len() < 16_000, "{} bytes are sent", sent.text.len());
        }
    });
}
