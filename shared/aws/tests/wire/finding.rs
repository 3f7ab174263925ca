//! Finding deployments.

use serde_json::{Value, json};
use tidegate_domain::deployment::DeploymentId;

use crate::codedeploy::{failing, group, info};
use crate::harness::{Answer, Wire};
use crate::samples::at;

fn page(ids: &[String], next: &Value) -> Answer {
    Answer::Json(json!({ "deployments": ids, "nextToken": next }))
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[tokio::test]
async fn what_is_not_over_is_listed_on_every_page() {
    let wire = Wire::answering([page(&ids(&["d-1"]), &json!("more")), page(&ids(&["d-2"]), &Value::Null)]);
    let found = wire.aws().deployments().under_way(at("10:00:00")).await.unwrap();
    assert_eq!(found, [DeploymentId("d-1".to_owned()), DeploymentId("d-2".to_owned())]);
    let requests = wire.requests();
    let not_over = ["Created", "Queued", "InProgress", "Baking", "Ready"];
    let start = at("10:00:00").as_second();
    let asked = json!({ "includeOnlyStatuses": not_over, "createTimeRange": { "start": start } });
    assert_eq!(requests[0].body, asked);
    assert_eq!(requests[1].body["nextToken"], "more");
}

#[tokio::test]
async fn those_of_a_group_are_asked_for_by_its_names() {
    let wire = Wire::answering([page(&[], &Value::Null)]);
    assert!(wire.aws().deployments().under_way_in(&group()).await.unwrap().is_empty());
    let body = wire.only_request().body;
    assert_eq!(
        (&body["applicationName"], &body["deploymentGroupName"]),
        (&json!("shop"), &json!("checkout-live"))
    );
    assert_eq!(body["createTimeRange"], Value::Null);
}

#[tokio::test]
async fn a_deployment_is_found_by_its_description_the_oldest_of_several() {
    let one = |id: &str, description: &str, time: &str, back: Value| {
        let created = json!(at(time).as_second());
        let changes =
            [("deploymentId", json!(id)), ("description", json!(description)), ("createTime", created)];
        info(&[&changes[..], &[("rollbackInfo", back)]].concat())
    };
    let back = json!({ "rollbackTriggeringDeploymentId": "d-2" });
    let infos = [
        one("d-4", "tidegate a", "10:02:00", json!({})),
        one("d-3", "tidegate a", "10:00:30", back),
        one("d-2", "tidegate a", "10:01:00", json!({})),
        one("d-1", "tidegate b", "10:00:00", json!({})),
    ];
    let wire = Wire::answering([
        page(&ids(&["d-4", "d-3", "d-2", "d-1"]), &Value::Null),
        Answer::Json(json!({ "deploymentsInfo": infos })),
    ]);
    let found = wire.aws().deployments().find(&group(), "tidegate a", at("09:59:00")).await.unwrap();
    assert_eq!(found, Some(DeploymentId("d-2".to_owned())));
    let requests = wire.requests();
    assert_eq!(requests[0].body["includeOnlyStatuses"], Value::Null, "also one that is over is found");
    assert_eq!(requests[1].body, json!({ "deploymentIds": ["d-4", "d-3", "d-2", "d-1"] }));
}

#[tokio::test]
async fn twenty_five_deployments_go_in_one_call() {
    let many: Vec<String> = (0..26).map(|n| format!("d-{n}")).collect();
    let none = || Answer::Json(json!({ "deploymentsInfo": [] }));
    let wire = Wire::answering([page(&many, &Value::Null), none(), none()]);
    assert_eq!(wire.aws().deployments().find(&group(), "tidegate a", at("10:00:00")).await.unwrap(), None);
    let lengths: Vec<_> = wire.requests()[1..]
        .iter()
        .map(|call| call.body["deploymentIds"].as_array().unwrap().len())
        .collect();
    assert_eq!(lengths, [25, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_throttled_passes() {
    let fault =
        failing("ThrottlingException").aws().deployments().under_way(at("10:00:00")).await.unwrap_err();
    assert!(fault.may_pass(), "{fault}");
}
