//! Starting deployments.

use serde_json::{Value, json};
use tidegate_domain::deployment::{Config, DeploymentId, Order, Revision, Timetable};
use tidegate_domain::target::Version;
use tidegate_engine::ports::FaultKind;

use crate::codedeploy::{error, failing, group, group_told};
use crate::harness::{Answer, Wire};

const SPEC: &str = r#"{"version":0.0,"Resources":[]}"#;

fn order() -> Order {
    Order { group: group(), revision: Revision::AppSpec(SPEC.to_owned()), config: None, alarms: None }
}

fn created() -> Answer {
    Answer::Json(json!({ "deploymentId": "d-NEW" }))
}

/// What `CreateDeployment` is sent for an order.
async fn sent(order: &Order) -> Value {
    let wire = Wire::answering([created()]);
    let id = wire.aws().deployments().start(order, "tidegate checkout-live-8").await.unwrap();
    assert_eq!(id, DeploymentId("d-NEW".to_owned()));
    wire.only_request().body
}

#[tokio::test]
async fn a_deployment_brings_its_revision_and_always_goes_back() {
    let events = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"];
    let expected = json!({
        "applicationName": "shop", "deploymentGroupName": "checkout-live", "description": "tidegate checkout-live-8",
        "revision": { "revisionType": "AppSpecContent", "appSpecContent": { "content": SPEC } },
        "autoRollbackConfiguration": { "enabled": true, "events": events },
    });
    assert_eq!(sent(&order()).await, expected);
}

#[tokio::test]
async fn instances_are_brought_a_bundle_or_a_commit() {
    let bundle = |name: &str| Order { revision: Revision::Bundle(Version(name.to_owned())), ..order() };
    let s3 = json!({ "bucket": "releases", "key": "checkout/8.zip", "bundleType": "zip", "version": "v8" });
    assert_eq!(
        sent(&bundle("s3://releases/checkout/8.zip?versionId=v8")).await["revision"],
        json!({ "revisionType": "S3", "s3Location": s3 })
    );
    let github = json!({ "repository": "shop/checkout", "commitId": "a1b2c3" });
    assert_eq!(
        sent(&bundle("github://shop/checkout@a1b2c3")).await["revision"],
        json!({ "revisionType": "GitHub", "gitHubLocation": github })
    );
    let fault = Wire::answering([]).aws().deployments().start(&bundle("8"), "d").await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Refused(_)), "{fault}");
}

#[tokio::test]
async fn alarms_take_the_place_of_the_groups_own_where_they_are_named() {
    let alarms = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    let some = sent(&Order { alarms: alarms(&["checkout-5xx"]), ..order() }).await;
    assert_eq!(
        some["overrideAlarmConfiguration"],
        json!({ "enabled": true, "ignorePollAlarmFailure": false, "alarms": [{ "name": "checkout-5xx" }] })
    );
    let none = sent(&Order { alarms: alarms(&[]), ..order() }).await;
    assert_eq!(none["overrideAlarmConfiguration"]["enabled"], false);
}

fn by(name: &str, creates: Option<Timetable>) -> Order {
    Order { config: Some(Config { name: name.to_owned(), creates }), ..order() }
}

#[tokio::test]
async fn a_configuration_is_created_for_the_groups_platform() {
    let canary = json!({ "canaryPercentage": 5, "canaryInterval": 12 });
    let linear = json!({ "linearPercentage": 20, "linearInterval": 3 });
    for (timetable, routing) in [
        (
            Timetable::Canary { percent: 5, minutes: 12 },
            json!({ "type": "TimeBasedCanary", "timeBasedCanary": canary }),
        ),
        (
            Timetable::Linear { percent: 20, minutes: 3 },
            json!({ "type": "TimeBasedLinear", "timeBasedLinear": linear }),
        ),
        (Timetable::AllAtOnce, json!({ "type": "AllAtOnce" })),
    ] {
        let config = || Answer::Json(json!({ "deploymentConfigId": "c" }));
        let wire = Wire::answering([group_told(&[("computePlatform", json!("ECS"))]), config(), created()]);
        let order = by("TidegateCanary5Percent12Minutes", Some(timetable));
        wire.aws().deployments().start(&order, "d").await.unwrap();
        let name = "TidegateCanary5Percent12Minutes";
        assert_eq!(
            wire.requests()[1].body,
            json!({ "deploymentConfigName": name, "computePlatform": "ECS", "trafficRoutingConfig": routing })
        );
        assert_eq!(wire.requests()[2].body["deploymentConfigName"], name);
    }
}

#[tokio::test]
async fn a_configuration_that_is_there_is_used() {
    let order = by("TidegateLinear", Some(Timetable::Linear { percent: 20, minutes: 3 }));
    let wire = Wire::answering([group_told(&[]), error("DeploymentConfigAlreadyExistsException"), created()]);
    wire.aws().deployments().start(&order, "d").await.unwrap();
    let wire = Wire::answering([group_told(&[]), error("DeploymentConfigLimitExceededException")]);
    let fault = wire.aws().deployments().start(&order, "d").await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Refused(_)), "{fault}");

    let own = sent(&by("CodeDeployDefault.LambdaAllAtOnce", None)).await;
    assert_eq!(own["deploymentConfigName"], "CodeDeployDefault.LambdaAllAtOnce");
}

#[tokio::test(start_paused = true)]
async fn a_creation_is_tried_once() {
    for answer in
        [|| Answer::Broken, || error("ThrottlingException"), || error("DeploymentLimitExceededException")]
    {
        let wire = Wire::serving(move |_| answer());
        let fault = wire.aws().deployments().start(&order(), "d").await.unwrap_err();
        assert!(fault.may_pass(), "{fault}");
        assert_eq!(wire.requests().len(), 1, "its answer may be lost and the deployment created");
    }
    let fault = failing("AccessDeniedException").aws().deployments().start(&order(), "d").await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Denied(_)), "{fault}");
}
