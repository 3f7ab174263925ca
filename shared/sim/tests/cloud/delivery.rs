//! Deliveries: who gets what, how often, and what becomes of one that fails.

use serde_json::{Value, json};
use tidegate_domain::effect::Owner;
use tidegate_domain::units::Span;
use tidegate_engine::ports::{Fault, FaultKind};
use tidegate_sim::{Cloud, Deploy, Simulation};
use tidegate_wire::aws::{AlarmState, AwsEvent};
use tidegate_wire::intake::{Incoming, read};

use crate::stubs::{busy, call, cloud, deploy, idle, scenario, scenario_in_which};

fn invoked(cloud: &Cloud, owner: Owner) -> u64 {
    cloud.view().invocations().get(&owner).copied().unwrap_or(0)
}

/// Functions that fail on whatever is no sweep.
fn failing() -> Deploy {
    deploy(|_, _, payload| {
        Box::pin(async move {
            let sweeps = payload.get("tidegate").is_some();
            let fault = || Fault::new("invoke", FaultKind::Passing("not today".to_owned()));
            if sweeps { Ok(Value::Null) } else { Err(fault()) }
        })
    })
}

#[test]
fn what_fails_is_tried_three_times_and_is_then_a_dead_letter() {
    let mut cloud = cloud(failing());
    cloud.put_event(json!({ "source": "tidegate", "detail-type": "Rollout Requested", "detail": {} }));
    for (seconds, tries) in [(5, 1), (50, 1), (10, 2), (110, 2), (10, 3), (600, 3)] {
        cloud.advance(Span::seconds(seconds));
        assert_eq!(invoked(&cloud, Owner::TrafficShift), tries, "at {}", cloud.now());
    }
    let view = cloud.view();
    let [letter] = view.dead_letters() else { panic!("one dead letter") };
    assert_eq!((letter.function, letter.attempts), (Owner::TrafficShift, 3));
    assert!(letter.error.contains("not today"), "{}", letter.error);
    assert_eq!(letter.payload["detail-type"], "Rollout Requested");
}

#[test]
fn the_schedule_sweeps_every_minute_unless_it_is_silent() {
    let mut cloud =
        Cloud::new(scenario_in_which("  - { at: 5m, then: { noSweepFor: 10m } }"), 1, idle()).unwrap();
    cloud.advance(Span::seconds(5 * 60 - 10));
    assert_eq!(invoked(&cloud, Owner::HealthCheck), 4);
    cloud.advance(Span::minutes(10));
    assert_eq!(invoked(&cloud, Owner::HealthCheck), 4);
    cloud.advance(Span::minutes(5));
    assert_eq!(invoked(&cloud, Owner::HealthCheck), 9);
}

#[test]
fn duplicates_come_with_the_same_id_and_lost_messages_do_not_come() {
    let event = || json!({ "source": "tidegate", "detail-type": "Flag Toggle Requested", "detail": {} });
    let mut cloud = cloud(idle());
    let mut chances = scenario().chances;
    chances.duplicates = "100%".parse().unwrap();
    cloud.chances(chances.clone());
    cloud.put_event(event());
    cloud.advance(Span::seconds(30));
    assert_eq!(invoked(&cloud, Owner::FeatureFlag), 2);
    chances.lost = "100%".parse().unwrap();
    cloud.chances(chances);
    cloud.put_event(event());
    cloud.advance(Span::seconds(30));
    assert_eq!(invoked(&cloud, Owner::FeatureFlag), 2);
}

/// What the functions received, as the wire reads it.
fn received(happens: &str) -> Vec<(Owner, Incoming)> {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seeing = seen.clone();
    let recording = deploy(move |owner, _, payload| {
        for incoming in read(&payload) {
            let incoming = incoming.unwrap_or_else(|unreadable| panic!("{unreadable}"));
            if owner != Owner::HealthCheck {
                seeing.lock().unwrap().push((owner, incoming));
            }
        }
        Box::pin(async { Ok(Value::Null) })
    });
    Simulation::new(scenario_in_which(happens), 1, recording).unwrap().run();
    let seen = seen.lock().unwrap();
    seen.clone()
}

#[test]
fn what_happens_in_a_scenario_comes_as_aws_would_send_it() {
    let seen = received(
        "  - { at: 1m, then: { publish: 8 } }
  - { at: 2m, then: { alarm: { name: loud, fires: true } } }
  - { at: 3m, then: { alarm: { name: loud, fires: false } } }
  - { at: 4m, then: { start: { version: 8, by: ana } } }
  - { at: 5m, then: { command: { verb: abort, rollout: x, by: ana } } }
  - { at: 6m, then: { command: { verb: pause, rollout: x, by: ana } } }",
    );
    let receivers: Vec<Owner> = seen.iter().map(|(owner, _)| *owner).collect();
    let shift = Owner::TrafficShift;
    assert_eq!(receivers, [shift, Owner::Rollback, Owner::FeatureFlag, shift, Owner::Rollback, shift]);
    let Incoming::Aws(AwsEvent::VersionPublished(published)) = &seen[0].1 else { panic!("{:?}", seen[0]) };
    assert_eq!((published.function.as_str(), published.version.as_deref()), ("checkout", Some("8")));
    let Incoming::Aws(AwsEvent::AlarmChanged(alarm)) = &seen[1].1 else { panic!("{:?}", seen[1]) };
    assert_eq!((alarm.alarm.as_str(), alarm.state), ("loud", AlarmState::Alarm));
}

#[test]
fn an_alarm_with_numbers_fires_by_the_error_rate_and_becomes_quiet_again() {
    let text = crate::stubs::WORLD.replace("loud: {}", "loud: { above: 20%, for: 2 of 3 }");
    let text = format!("{text}\nhappens:\n  - {{ at: 3m, then: {{ outage: {{ errors: 50%, for: 5m }} }} }}");
    let mut cloud = Cloud::new(tidegate_sim::Scenario::from_yaml(&text).unwrap(), 1, idle()).unwrap();
    let fires = |cloud: &Cloud| !call(cloud.ports().alarms.firing(&["loud".to_owned()])).unwrap().is_empty();
    cloud.advance(Span::minutes(3));
    assert!(!fires(&cloud));
    cloud.advance(Span::minutes(4));
    assert!(fires(&cloud));
    assert_eq!(invoked(&cloud, Owner::Rollback), 1);
    cloud.advance(Span::minutes(10));
    assert!(!fires(&cloud));
}

#[test]
fn what_a_function_publishes_is_delivered() {
    let speaking = deploy(|owner, ports, _| {
        Box::pin(async move {
            if owner == Owner::HealthCheck {
                let detail = json!({ "rollout": "x", "owner": "notify" });
                let message = tidegate_wire::bus::Message::read("Effects Due", &detail).unwrap().unwrap();
                ports.bus.publish(&[message]).await?;
            }
            Ok(Value::Null)
        })
    });
    let mut cloud = cloud(speaking);
    cloud.advance(Span::seconds(70));
    assert_eq!(invoked(&cloud, Owner::Notify), 1);
}

#[test]
fn a_busy_cloud_comes_to_rest() {
    let mut cloud = cloud(busy());
    assert!(cloud.view().is_at_rest());
    cloud.put_event(json!({ "source": "tidegate", "detail-type": "Rollout Requested", "detail": {} }));
    assert!(!cloud.view().is_at_rest());
    cloud.advance(Span::minutes(2));
    assert!(cloud.view().is_at_rest());
}
