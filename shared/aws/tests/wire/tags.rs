//! Tags of deployment groups and of ECS services.

use serde_json::{Value, json};
use tidegate_domain::deployment::{Deployment, DeploymentStatus, Platform};
use tidegate_engine::ports::{Fault, FaultKind, Tagged};

use crate::codedeploy::{deployment, error, group, group_told};
use crate::harness::{Answer, Wire};
use crate::samples::at;

async fn tagged(wire: &Wire) -> Result<Option<Tagged>, Fault> {
    let read = Deployment {
        id: deployment(),
        group: group(),
        platform: Platform::Ecs,
        status: DeploymentStatus::InProgress,
        description: String::new(),
        config: String::new(),
        content: None,
        weight: None,
        target_groups: None,
        waits_at: None,
        taken_back_by: None,
        takes_back: None,
        problem: None,
        created: at("10:00:00"),
    };
    wire.aws().deployments().tagged(&read).await
}

fn tags(upper: bool, tags: &[(&str, &str)]) -> Vec<Value> {
    let (key, value) = if upper { ("Key", "Value") } else { ("key", "value") };
    tags.iter().map(|(name, text)| json!({ key: name, value: text })).collect()
}

fn of_group(found: &[(&str, &str)], next: &Value) -> Answer {
    Answer::Json(json!({ "Tags": tags(true, found), "NextToken": next }))
}

fn of_service(found: &[(&str, &str)]) -> Answer {
    Answer::Json(json!({ "tags": tags(false, found) }))
}

fn service_told() -> Answer {
    group_told(&[("ecsServices", json!([{ "serviceName": "checkout", "clusterName": "shop" }]))])
}

#[tokio::test]
async fn a_groups_tags_are_asked_for_by_an_arn_of_its_account() {
    let wire = Wire::answering([
        group_told(&[]),
        of_group(&[("tidegate:alias", "live")], &json!("more")),
        of_group(&[("tidegate:policy", "checkout"), ("team", "shop")], &Value::Null),
    ]);
    let found = tagged(&wire).await.unwrap();
    assert_eq!(found, Some(Tagged { policy: "checkout".to_owned(), alias: Some("live".to_owned()) }));
    let arn = "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:shop/checkout-live";
    assert_eq!(wire.requests()[1].body, json!({ "ResourceArn": arn }));
    assert_eq!(wire.requests()[2].body, json!({ "ResourceArn": arn, "NextToken": "more" }));
}

#[tokio::test]
async fn a_service_is_asked_where_its_group_says_nothing() {
    let wire = Wire::answering([
        service_told(),
        of_group(&[("tidegate:policy", "")], &Value::Null),
        of_service(&[("tidegate:policy", "checkout")]),
    ]);
    let found = tagged(&wire).await.unwrap();
    assert_eq!(found, Some(Tagged { policy: "checkout".to_owned(), alias: None }));
    let arn = "arn:aws:ecs:eu-west-1:123456789012:service/shop/checkout";
    assert_eq!(wire.requests()[2].body, json!({ "resourceArn": arn }));
}

#[tokio::test]
async fn what_is_not_tagged_or_gone_is_nobodys() {
    let gone = Answer::Error(400, "ResourceNotFoundException", json!({ "message": "no" }));
    for answers in [
        vec![group_told(&[]), of_group(&[], &Value::Null)],
        vec![service_told(), of_group(&[], &Value::Null), of_service(&[("tidegate:alias", "live")])],
        vec![service_told(), of_group(&[], &Value::Null), gone],
        vec![error("DeploymentGroupDoesNotExistException")],
    ] {
        assert_eq!(tagged(&Wire::answering(answers)).await.unwrap(), None);
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_told() {
    let fault =
        tagged(&Wire::answering([group_told(&[]), error("AccessDeniedException")])).await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Denied(_)), "{fault}");
    let nameless = group_told(&[("serviceRoleArn", json!("codedeploy"))]);
    let fault = tagged(&Wire::answering([nameless])).await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Unreadable(_)), "{fault}");
}
