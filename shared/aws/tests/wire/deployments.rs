//! Reading deployments and groups.

use serde_json::{Value, json};
use tidegate_domain::deployment::{
    Content, DeploymentId, DeploymentStatus, LifecycleEvent, Platform, Standing,
};
use tidegate_domain::target::Version;
use tidegate_domain::units::Weight;
use tidegate_engine::ports::FaultKind;

use crate::codedeploy::{deployment, error, failing, function_target, group, group_told, targets, told};
use crate::harness::Wire;
use crate::samples::{at, version};

fn checkout(weight: f64) -> Value {
    json!({
        "functionName": "checkout", "functionAlias": "live", "currentVersion": "7", "targetVersion": "8",
        "targetVersionWeight": weight,
    })
}

#[tokio::test]
async fn a_deployment_to_lambda_is_told_by_its_target() {
    let lifecycle = [
        ("BeforeAllowTraffic", "Succeeded"),
        ("AllowTraffic", "InProgress"),
        ("AfterAllowTraffic", "Pending"),
    ];
    let wire = Wire::answering([
        told(&[]),
        targets(&["checkout:live"]),
        function_target(&checkout(10.0), &lifecycle),
    ]);
    let read = wire.aws().deployments().get(&deployment()).await.unwrap();
    assert_eq!((read.id, read.group, read.platform), (deployment(), group(), Platform::Lambda));
    assert_eq!((read.status, read.created), (DeploymentStatus::InProgress, at("10:00:00")));
    assert_eq!(read.config, "CodeDeployDefault.LambdaCanary10Percent5Minutes");
    assert_eq!(read.description, "release 8");
    let (function, alias) = ("checkout".to_owned(), "live".to_owned());
    let content = Content::Lambda { function, alias, current: Some(version(7)), target: version(8) };
    assert_eq!(read.content, Some(content));
    assert_eq!(read.weight.map(Weight::percent), Some(10.0));
    assert_eq!(read.waits_at, None, "traffic that is moved waits for nobody's answer");
    assert_eq!(wire.operations(), ["GetDeployment", "ListDeploymentTargets", "BatchGetDeploymentTargets"]);
    assert_eq!(
        wire.requests()[2].body,
        json!({ "deploymentId": "d-1A2B3C4D5", "targetIds": ["checkout:live"] })
    );
}

#[tokio::test]
async fn the_lifecycle_event_whose_hook_waits_is_known() {
    let lifecycle = [("BeforeAllowTraffic", "InProgress"), ("AllowTraffic", "Pending")];
    let wire = Wire::answering([
        told(&[]),
        targets(&["checkout:live"]),
        function_target(&checkout(0.0), &lifecycle),
    ]);
    let read = wire.aws().deployments().get(&deployment()).await.unwrap();
    assert_eq!(read.waits_at, Some(LifecycleEvent::BeforeAllowTraffic));
    assert_eq!(read.weight, Some(Weight::ZERO));
}

#[tokio::test]
async fn a_deployment_that_has_not_begun_says_nothing_of_what_it_brings() {
    let not_started = || error("DeploymentNotStartedException");
    for answers in [
        vec![told(&[("status", json!("Created"))]), not_started()],
        vec![told(&[("status", json!("Queued"))]), targets(&[])],
        vec![told(&[]), targets(&["checkout:live"]), not_started()],
    ] {
        let read = Wire::answering(answers).aws().deployments().get(&deployment()).await.unwrap();
        assert_eq!((read.content, read.weight, read.waits_at), (None, None, None));
    }
}

#[tokio::test]
async fn a_first_deployment_has_no_current_version() {
    let mut first = checkout(100.0);
    first.as_object_mut().unwrap().remove("currentVersion");
    let wire = Wire::answering([told(&[]), targets(&["checkout:live"]), function_target(&first, &[])]);
    let read = wire.aws().deployments().get(&deployment()).await.unwrap();
    assert_eq!((read.content.unwrap().stable().cloned(), read.weight), (None, Some(Weight::FULL)));
}

#[tokio::test]
async fn a_deployment_to_instances_is_told_by_counts_and_places() {
    let bucket = |key: &str, e_tag: &str| {
        let place = json!({ "bucket": "releases", "key": key, "bundleType": "zip", "eTag": e_tag });
        json!({ "revisionType": "S3", "s3Location": place })
    };
    let github = json!({ "repository": "shop/checkout", "commitId": "a1b2c3" });
    let wire = Wire::answering([told(&[
        ("computePlatform", json!("Server")),
        ("previousRevision", json!({ "revisionType": "GitHub", "gitHubLocation": github })),
        ("revision", bucket("checkout-8.zip", "\"39c8d0\"")),
        (
            "deploymentOverview",
            json!({ "Pending": 1, "InProgress": 1, "Succeeded": 1, "Failed": 0, "Skipped": 0 }),
        ),
    ])]);
    let read = wire.aws().deployments().get(&deployment()).await.unwrap();
    let current = Some(Version("github://shop/checkout@a1b2c3".to_owned()));
    let target = Version("s3://releases/checkout-8.zip?eTag=39c8d0".to_owned());
    assert_eq!(read.content, Some(Content::Server { current, target }));
    assert_eq!(read.weight.map(Weight::percent), Some(33.33));
    assert_eq!(wire.operations(), ["GetDeployment"], "thousands of instances are not read one by one");
}

#[tokio::test]
async fn where_a_deployment_stands_says_who_takes_it_back_and_why() {
    let wire = Wire::answering([told(&[
        ("status", json!("Stopped")),
        ("rollbackInfo", json!({ "rollbackDeploymentId": "d-BACK", "rollbackMessage": "in progress" })),
        ("errorInformation", json!({ "code": "MANUAL_STOP", "message": "An alarm fired." })),
    ])]);
    let standing = wire.aws().deployments().standing(&deployment()).await.unwrap();
    let (taken_back_by, problem) =
        (Some(DeploymentId("d-BACK".to_owned())), Some("An alarm fired.".to_owned()));
    assert_eq!(
        standing,
        Standing { id: deployment(), status: DeploymentStatus::Stopped, taken_back_by, problem }
    );
    assert_eq!(wire.only_request().body, json!({ "deploymentId": "d-1A2B3C4D5" }));
}

#[tokio::test]
async fn a_deployment_that_takes_another_one_back_names_it() {
    let back = json!({ "rollbackTriggeringDeploymentId": "d-FIRST", "rollbackDeploymentId": "d-1A2B3C4D5" });
    let wire = Wire::answering([
        told(&[("rollbackInfo", back), ("creator", json!("codeDeployRollback"))]),
        targets(&[]),
    ]);
    let read = wire.aws().deployments().get(&deployment()).await.unwrap();
    assert_eq!((read.takes_back, read.taken_back_by), (Some(DeploymentId("d-FIRST".to_owned())), None));
}

#[tokio::test]
async fn every_status_is_known_and_another_one_is_told() {
    for (word, known) in [
        ("Created", DeploymentStatus::Created),
        ("Queued", DeploymentStatus::Queued),
        ("InProgress", DeploymentStatus::InProgress),
        ("Baking", DeploymentStatus::Baking),
        ("Ready", DeploymentStatus::Ready),
        ("Succeeded", DeploymentStatus::Succeeded),
        ("Failed", DeploymentStatus::Failed),
        ("Stopped", DeploymentStatus::Stopped),
    ] {
        let wire = Wire::answering([told(&[("status", json!(word))])]);
        assert_eq!(wire.aws().deployments().standing(&deployment()).await.unwrap().status, known);
    }
    let wire = Wire::answering([told(&[("status", json!("Dreaming"))])]);
    let fault = wire.aws().deployments().standing(&deployment()).await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Unreadable(_)), "{fault}");
}

#[tokio::test(start_paused = true)]
async fn what_goes_wrong_is_classified() {
    let kind = async |code| failing(code).aws().deployments().standing(&deployment()).await.unwrap_err().kind;
    assert!(matches!(kind("ThrottlingException").await, FaultKind::Passing(_)));
    assert!(matches!(kind("DeploymentDoesNotExistException").await, FaultKind::Missing(_)));
    assert!(matches!(kind("AccessDeniedException").await, FaultKind::Denied(_)));
    assert!(matches!(kind("InvalidDeploymentIdException").await, FaultKind::Refused(_)));
    let of_group = failing("DeploymentGroupDoesNotExistException").aws().deployments().group(&group()).await;
    assert!(matches!(of_group.unwrap_err().kind, FaultKind::Missing(_)));
}

#[tokio::test]
async fn a_group_says_its_platform_and_whether_it_looks_at_alarms() {
    let alarms = |enabled, names: Value| json!({ "enabled": enabled, "alarms": names });
    for (configured, looks) in [
        (alarms(true, json!([{ "name": "checkout-5xx" }])), true),
        (alarms(false, json!([{ "name": "checkout-5xx" }])), false),
        (alarms(true, json!([])), false),
    ] {
        let wire = Wire::answering([group_told(&[("alarmConfiguration", configured)])]);
        let facts = wire.aws().deployments().group(&group()).await.unwrap();
        assert_eq!((facts.platform, facts.service, facts.current), (Platform::Lambda, None, None));
        assert_eq!(facts.has_alarms, looks);
        let asked = json!({ "applicationName": "shop", "deploymentGroupName": "checkout-live" });
        assert_eq!(wire.only_request().body, asked);
    }
}

#[tokio::test]
async fn a_group_of_instances_has_what_was_deployed_last_with_success() {
    let server = || ("computePlatform", json!("Server"));
    let place =
        json!({ "bucket": "releases", "key": "checkout-7.zip", "bundleType": "zip", "version": "v7" });
    let last = ("lastSuccessfulDeployment", json!({ "deploymentId": "d-LAST", "status": "Succeeded" }));
    let wire = Wire::answering([
        group_told(&[server(), last.clone()]),
        told(&[server(), ("revision", json!({ "revisionType": "S3", "s3Location": place }))]),
    ]);
    let facts = wire.aws().deployments().group(&group()).await.unwrap();
    assert_eq!(facts.current, Some(Version("s3://releases/checkout-7.zip?versionId=v7".to_owned())));
    assert_eq!(wire.requests()[1].body, json!({ "deploymentId": "d-LAST" }));

    let wire = Wire::answering([group_told(&[server()])]);
    assert_eq!(wire.aws().deployments().group(&group()).await.unwrap().current, None);
    let wire = Wire::answering([group_told(&[server(), last]), error("DeploymentDoesNotExistException")]);
    assert_eq!(wire.aws().deployments().group(&group()).await.unwrap().current, None);
}
