//! Deployments to ECS: what CodeDeploy says of them, and what ECS adds.

use serde_json::{Value, json};
use tidegate_domain::deployment::{Content, Deployment, LifecycleEvent, TargetGroups};
use tidegate_domain::target::Version;
use tidegate_domain::units::Weight;

use crate::codedeploy::{ACCOUNT, deployment, error, events, group, group_told, targets, told};
use crate::harness::{Answer, Wire};
use crate::samples::at;

fn balancers() -> Value {
    let home = format!("arn:aws:elasticloadbalancing:eu-west-1:{ACCOUNT}");
    let listener = format!("{home}:listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2");
    let pair = json!({
        "targetGroups": [{ "name": "blue" }, { "name": "green" }], "prodTrafficRoute": { "listenerArns": [listener] },
    });
    json!({ "targetGroupPairInfoList": [pair] })
}

/// The answer of `GetDeployment`.
fn ecs(changes: &[(&str, Value)]) -> Answer {
    let usual = [("computePlatform", json!("ECS")), ("loadBalancerInfo", balancers())];
    told(&[&usual, changes].concat())
}

fn side(label: &str, id: &str, weight: f64) -> Value {
    json!({
        "identifer": id, "desiredCount": 2, "pendingCount": 0, "runningCount": 2, "status": "ACTIVE", "trafficWeight": weight,
        "targetGroup": { "name": label.to_lowercase() }, "taskSetLabel": label,
    })
}

/// The answer of `BatchGetDeploymentTargets`.
fn target(sides: &[Value], lifecycle: &[(&str, &str)]) -> Answer {
    let target = json!({
        "deploymentId": "d-1A2B3C4D5", "targetId": "shop:checkout", "status": "InProgress",
        "targetArn": format!("arn:aws:ecs:eu-west-1:{ACCOUNT}:service/shop/checkout"),
        "lastUpdatedAt": at("10:00:30").as_second(), "lifecycleEvents": events(lifecycle), "taskSetsInfo": sides,
    });
    Answer::Json(
        json!({ "deploymentTargets": [{ "deploymentTargetType": "ECSTarget", "ecsTarget": target }] }),
    )
}

fn task_set(id: &str, status: &str, revision: u32, group: &str) -> Value {
    let home = format!("eu-west-1:{ACCOUNT}");
    json!({
        "id": id, "taskSetArn": format!("arn:aws:ecs:{home}:task-set/shop/checkout/{id}"), "status": status,
        "taskDefinition": format!("arn:aws:ecs:{home}:task-definition/checkout:{revision}"),
        "loadBalancers": [{
            "targetGroupArn": format!("arn:aws:elasticloadbalancing:{home}:targetgroup/{group}/6d0ecf831eec9f09"),
            "containerName": "checkout", "containerPort": 80,
        }],
    })
}

fn sets(sets: &[Value]) -> Answer {
    Answer::Json(json!({ "taskSets": sets, "failures": [] }))
}

const BLUE: &str = "ecs-svc/1234567890123456789";
const GREEN: &str = "ecs-svc/9876543210987654321";

async fn read(answers: impl IntoIterator<Item = Answer>) -> (Deployment, Wire) {
    let wire = Wire::answering(answers);
    (wire.aws().deployments().get(&deployment()).await.unwrap(), wire)
}

fn versions(read: &Deployment) -> Option<(Option<&str>, &str)> {
    let content = read.content.as_ref()?;
    Some((content.stable().map(|stable| stable.0.as_str()), content.candidate().0.as_str()))
}

#[tokio::test]
async fn both_sides_of_a_service_are_known_with_their_weights_and_target_groups() {
    let sides = [side("Blue", BLUE, 90.0), side("Green", GREEN, 10.0)];
    let (read, wire) = read([
        ecs(&[]),
        targets(&["shop:checkout"]),
        target(&sides, &[("AllowTraffic", "InProgress")]),
        sets(&[task_set(BLUE, "PRIMARY", 7, "blue"), task_set(GREEN, "ACTIVE", 8, "green")]),
    ])
    .await;
    let (cluster, service) = ("shop".to_owned(), "checkout".to_owned());
    let (current, candidate) = (Some(Version("checkout:7".to_owned())), Version("checkout:8".to_owned()));
    assert_eq!(read.content, Some(Content::Ecs { cluster, service, current, target: candidate }));
    assert_eq!(read.weight.map(Weight::percent), Some(10.0));
    let groups = TargetGroups {
        load_balancer: "app/shop/50dc6c495c0c9188".to_owned(),
        stable: "targetgroup/blue/6d0ecf831eec9f09".to_owned(),
        candidate: Some("targetgroup/green/6d0ecf831eec9f09".to_owned()),
    };
    assert_eq!(read.target_groups, Some(groups));
    assert_eq!(read.waits_at, None);
    assert_eq!(wire.requests()[3].body, json!({ "cluster": "shop", "service": "checkout" }));
}

#[tokio::test]
async fn the_group_says_its_load_balancer_where_the_deployment_does_not() {
    let sides = [side("Blue", BLUE, 100.0), side("Green", GREEN, 0.0)];
    let (read, _) = read([
        ecs(&[("loadBalancerInfo", json!({}))]),
        targets(&["shop:checkout"]),
        target(&sides, &[("AfterAllowTestTraffic", "InProgress")]),
        sets(&[task_set(BLUE, "PRIMARY", 7, "blue"), task_set(GREEN, "ACTIVE", 8, "green")]),
        group_told(&[("computePlatform", json!("ECS")), ("loadBalancerInfo", balancers())]),
    ])
    .await;
    assert_eq!(read.target_groups.unwrap().load_balancer, "app/shop/50dc6c495c0c9188");
    assert_eq!(read.waits_at, Some(LifecycleEvent::AfterAllowTestTraffic));
    assert_eq!(read.weight, Some(Weight::ZERO));
}

#[tokio::test]
async fn before_its_task_set_there_is_the_app_spec_names_the_candidate() {
    let content = "Resources:\n  - TargetService:\n      Properties:\n        TaskDefinition: arn:aws:ecs:eu-west-1:1:task-definition/checkout:8\n";
    let stored = json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": content, "sha256": "5d41" } });
    let (read, wire) = read([
        ecs(&[]),
        targets(&["shop:checkout"]),
        target(&[side("Blue", BLUE, 100.0)], &[("BeforeInstall", "InProgress")]),
        sets(&[task_set(BLUE, "PRIMARY", 7, "blue")]),
        Answer::Json(json!({ "applicationName": "shop", "revision": stored })),
    ])
    .await;
    assert_eq!(versions(&read), Some((Some("checkout:7"), "checkout:8")));
    assert_eq!(read.weight, Some(Weight::ZERO));
    let groups = read.target_groups.unwrap();
    assert_eq!((groups.stable.as_str(), groups.candidate), ("targetgroup/blue/6d0ecf831eec9f09", None));
    assert_eq!(wire.requests()[4].operation, "GetApplicationRevision");
    assert_eq!(wire.requests()[4].body["revision"]["revisionType"], "AppSpecContent");
}

#[tokio::test]
async fn what_the_service_runs_has_the_traffic_as_long_as_no_side_is_named() {
    let spec = json!({ "content": "{\"TaskDefinition\":\"checkout:8\"}" });
    let revision = ("revision", json!({ "revisionType": "AppSpecContent", "appSpecContent": spec }));
    let after = [("Stopped", None), ("InProgress", Some("checkout:7"))];
    for (status, stable) in after {
        let (read, _) = read([
            ecs(&[revision.clone(), ("status", json!(status))]),
            targets(&["shop:checkout"]),
            target(&[], &[]),
            sets(&[task_set(BLUE, "PRIMARY", 7, "blue")]),
        ])
        .await;
        assert_eq!(versions(&read), Some((stable, "checkout:8")));
    }
}

#[tokio::test]
async fn where_nothing_names_the_candidate_nothing_is_said() {
    let gone = || Answer::Error(400, "ServiceNotFoundException", json!({ "message": "no" }));
    let (read, _) = read([
        ecs(&[]),
        targets(&["shop:checkout"]),
        target(&[side("Blue", BLUE, 100.0)], &[]),
        gone(),
        error("RevisionDoesNotExistException"),
    ])
    .await;
    assert_eq!((read.content, read.weight), (None, None));
}

#[tokio::test]
async fn a_group_has_what_its_service_runs() {
    let services = ("ecsServices", json!([{ "serviceName": "checkout", "clusterName": "shop" }]));
    let group_told = || group_told(&[("computePlatform", json!("ECS")), services.clone()]);
    let definition = format!("arn:aws:ecs:eu-west-1:{ACCOUNT}:task-definition/checkout:6");
    let by_sets =
        json!({ "taskSets": [task_set(GREEN, "ACTIVE", 8, "green"), task_set(BLUE, "PRIMARY", 7, "blue")] });
    let by_itself = json!({ "taskDefinition": definition });
    for (service, current) in
        [(json!([by_sets]), Some("checkout:7")), (json!([by_itself]), Some("checkout:6")), (json!([]), None)]
    {
        let wire =
            Wire::answering([group_told(), Answer::Json(json!({ "services": service, "failures": [] }))]);
        let facts = wire.aws().deployments().group(&group()).await.unwrap();
        assert_eq!(facts.service, Some(("shop".to_owned(), "checkout".to_owned())));
        assert_eq!(facts.current.map(|version| version.0).as_deref(), current);
        assert_eq!(wire.requests()[1].body, json!({ "cluster": "shop", "services": ["checkout"] }));
    }
}
