//! Whoever waits for an answer gets one: silence is taken for a "no", and rolls a deployment of the user's back.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use tidegate::house::{deploy, function_on};
use tidegate_domain::effect::Owner;
use tidegate_engine::ports::{Bus, Fault, FaultKind, Ports};
use tidegate_sim::{Cloud, complete};
use tidegate_tests_sim::scenario;
use tidegate_wire::bus::Message;

/// A bus that takes nothing.
struct Throttled;

#[async_trait]
impl Bus for Throttled {
    async fn publish(&self, _: &[Message]) -> Result<(), Fault> {
        Err(Fault::new("PutEvents", FaultKind::Passing("ThrottlingException".to_owned())))
    }
}

fn health_check(payload: &Value, ports: &Ports) -> Result<Value, Fault> {
    complete(function_on(Owner::HealthCheck, ports).invoke(payload)).expect("it never waits")
}

#[test]
fn a_hook_and_a_tick_are_answered_whatever_they_hold() {
    let cloud = Cloud::new(scenario("healthy"), 7, deploy()).unwrap();
    for payload in [
        json!({ "executionDetails": null }),
        json!({ "lifecycleStage": "BAKE_TIME", "executionDetails": { "productionTrafficWeights": { "a": null } } }),
        json!({ "targetServiceRevisionArn": "rev", "productionTrafficWeights": [-1] }),
    ] {
        let answer = health_check(&payload, &cloud.ports()).unwrap();
        assert_eq!(answer, json!({ "hookStatus": "SUCCEEDED" }), "{payload}");
    }
    for payload in [
        json!({ "Type": "AtDeploymentTick", "Environment": "prod", "DeploymentNumber": "two" }),
        json!({ "InvocationId": "i", "Application": { "Id": "a" }, "Type": 7 }),
    ] {
        let answer = health_check(&payload, &cloud.ports()).unwrap();
        assert_eq!(answer["Directive"], "CONTINUE", "{payload}");
    }
    assert_eq!(cloud.view().quarantine().len(), 1, "the action without a type");
}

#[test]
fn a_question_that_cannot_even_be_quarantined_is_answered() {
    let cloud = Cloud::new(scenario("healthy"), 7, deploy()).unwrap();
    let ports = Ports { bus: Arc::new(Throttled), ..cloud.ports() };
    let unreadable = json!({ "InvocationId": "i", "Application": { "Id": "a" }, "Type": 7 });
    assert_eq!(health_check(&unreadable, &ports).unwrap()["Directive"], "CONTINUE");
    assert!(health_check(&json!({ "DeploymentId": "d-1" }), &ports).is_err(), "nobody waits for this one");
}

#[test]
fn an_alarm_that_nobody_can_read_is_kept_by_one_of_the_two_that_hear_of_it() {
    let cloud = Cloud::new(scenario("healthy"), 7, deploy()).unwrap();
    let ports = cloud.ports();
    let alarm = json!({
        "id": "a-1", "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change",
        "detail": { "alarmName": "red", "state": { "value": "PURPLE" } },
    });
    for owner in [Owner::FeatureFlag, Owner::Rollback] {
        complete(function_on(owner, &ports).invoke(&alarm)).expect("it never waits").unwrap();
    }
    let kept: Vec<Owner> = cloud.view().quarantine().iter().map(|letter| letter.received_by).collect();
    assert_eq!(kept, [Owner::Rollback]);
}
