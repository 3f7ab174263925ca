//! What the table keeps of deployments: who guards them, who follows them, which hooks wait.

use serde_json::{Value, json};
use tidegate_domain::deployment::{CodeDeploy, Mover, Platform};
use tidegate_domain::effect::Owner;
use tidegate_domain::reason::Reason;
use tidegate_domain::rollout::Rollout;
use tidegate_engine::ports::{Commit, FaultKind, Filed, Hook, PolicyRecord};

use crate::codedeploy::{deployment, group};
use crate::harness::{Answer, Wire};
use crate::samples::{at, id, item, queued};

fn record(mode: &str, target: Option<&str>) -> PolicyRecord {
    let mut json = json!({ "version": 1, "name": "checkout", "mode": mode });
    if mode == "drive" {
        json["strategy"] = json!({ "steps": [{ "setWeight": 5 }, { "bake": "10m" }] });
    }
    if let Some(alias) = target {
        json["target"] = json!({ "lambda": { "function": "checkout", "alias": alias } });
    }
    let record = PolicyRecord {
        name: "checkout".to_owned(),
        text: json.to_string(),
        json,
        applied: at("10:00:00"),
        by: "ops".to_owned(),
    };
    record.policy().unwrap();
    record
}

#[tokio::test]
async fn a_policy_that_guards_a_target_is_stored_with_the_way_to_it() {
    let wire = Wire::answering([Answer::Json(json!({}))]);
    wire.aws().store().put_policy(&record("guard", Some("live"))).await.unwrap();
    let body = wire.only_request().body;
    let puts: Vec<&Value> =
        body["TransactItems"].as_array().unwrap().iter().map(|item| &item["Put"]["Item"]).collect();
    assert_eq!((puts.len(), &puts[0]["pk"]["S"]), (2, &json!("POLICY#checkout")));
    let guard = [("pk", "GUARD#lambda:checkout:live"), ("sk", "GUARD"), ("policy", "checkout")];
    assert_eq!(*puts[1], item(&guard.map(|(name, value)| (name, value.to_owned()))));
}

#[tokio::test]
async fn a_policy_that_guards_nothing_by_name_is_one_item() {
    for policy in [record("guard", None), record("drive", Some("live"))] {
        let wire = Wire::answering([Answer::Json(json!({}))]);
        wire.aws().store().put_policy(&policy).await.unwrap();
        assert_eq!(wire.operations(), ["PutItem"]);
    }
}

#[tokio::test]
async fn the_guard_of_a_target_is_read_by_the_targets_key() {
    let wire = Wire::answering([
        Answer::Json(json!({ "Item": item(&[("policy", "checkout".to_owned())]) })),
        Answer::Json(json!({})),
    ]);
    let store = wire.aws().store();
    assert_eq!(store.guard_of("lambda:checkout:live").await.unwrap().as_deref(), Some("checkout"));
    assert_eq!(store.guard_of("ecs:shop:checkout").await.unwrap(), None);
    assert_eq!(wire.requests()[0].body["Key"]["pk"]["S"], "GUARD#lambda:checkout:live");
}

#[tokio::test]
async fn a_deployment_is_followed_passed_over_or_unknown() {
    let answers = [
        item(&[("rollout", id().0)]),
        item(&[("passedOver", "no tag".to_owned())]),
        item(&[("sk", "x".to_owned())]),
    ];
    let answers = answers.map(|item| Answer::Json(json!({ "Item": item })));
    let wire = Wire::answering(answers.into_iter().chain([Answer::Json(json!({}))]));
    let store = wire.aws().store();
    assert_eq!(store.filed(&deployment()).await.unwrap(), Some(Filed::Followed(id())));
    assert_eq!(store.filed(&deployment()).await.unwrap(), Some(Filed::PassedOver("no tag".to_owned())));
    assert!(matches!(store.filed(&deployment()).await.unwrap_err().kind, FaultKind::Unreadable(_)));
    assert_eq!(store.filed(&deployment()).await.unwrap(), None);
    let key = item(&[("pk", "DEPLOYMENT#d-1A2B3C4D5".to_owned()), ("sk", "DEPLOYMENT".to_owned())]);
    assert_eq!(wire.requests()[0].body["Key"], key);
}

#[tokio::test]
async fn what_is_passed_over_stays_followed_where_it_is_and_is_forgotten_in_time() {
    let refused = Answer::Error(400, "ConditionalCheckFailedException", json!({ "message": "no" }));
    let wire = Wire::answering([Answer::Json(json!({})), refused]);
    let store = wire.aws().store();
    store.pass_over(&deployment(), "no tag").await.unwrap();
    store.pass_over(&deployment(), "no tag").await.unwrap();
    let body = &wire.requests()[0].body;
    assert_eq!(body["ConditionExpression"], "attribute_not_exists(#rollout)");
    assert_eq!(body["Item"]["passedOver"]["S"], "no tag");
    assert!(body["Item"]["expires"]["N"].is_string());
}

fn following(before: &Rollout) -> Rollout {
    let moves = CodeDeploy {
        group: group(),
        platform: Platform::Lambda,
        id: Some(deployment()),
        asked: None,
        has_alarms: false,
        red: Vec::new(),
        status: None,
        compared: None,
        target_groups: None,
    };
    Rollout { version: before.version + 1, mover: Mover::CodeDeploy(Box::new(moves)), ..before.clone() }
}

#[tokio::test]
async fn the_commit_that_first_names_a_deployment_files_it() {
    let wire = Wire::serving(|_| Answer::Json(json!({})));
    let store = wire.aws().store();
    let first = following(&queued());
    let second = Rollout { version: first.version + 1, ..first.clone() };
    for (before, next) in [(&queued(), &first), (&first, &second)] {
        let commit = Commit {
            before: Some(before),
            next,
            reason: &Reason::TargetFree,
            by: Owner::TrafficShift,
            dedup: None,
        };
        store.commit(commit).await.unwrap();
    }
    let filed: Vec<Vec<Value>> = wire.requests().iter().map(|request| filings(&request.body)).collect();
    let key = [("pk", "DEPLOYMENT#d-1A2B3C4D5"), ("sk", "DEPLOYMENT"), ("rollout", "checkout-live-8")];
    assert_eq!(filed, [vec![item(&key.map(|(name, value)| (name, value.to_owned())))], vec![]]);
}

/// The items of a transaction that say who follows a deployment.
fn filings(body: &Value) -> Vec<Value> {
    let items = body["TransactItems"].as_array().unwrap().iter().map(|item| item["Put"]["Item"].clone());
    items.filter(|item| item["sk"]["S"] == "DEPLOYMENT").collect()
}

fn hook(execution: &str, time: &str) -> Hook {
    Hook { deployment: deployment(), execution: execution.to_owned(), asked: at(time) }
}

#[tokio::test]
async fn a_hook_is_kept_once_and_forgotten_by_the_same_key() {
    let refused = Answer::Error(400, "ConditionalCheckFailedException", json!({ "message": "no" }));
    let wire = Wire::answering([Answer::Json(json!({})), refused, Answer::Json(json!({}))]);
    let store = wire.aws().store();
    let long = "token".repeat(400);
    store.ask(&hook(&long, "10:00:00")).await.unwrap();
    store.ask(&hook(&long, "10:05:00")).await.unwrap();
    store.answered(&hook(&long, "10:05:00")).await.unwrap();
    let requests = wire.requests();
    let key = |item: &Value| (item["pk"]["S"].clone(), item["sk"]["S"].as_str().unwrap().to_owned());
    let kept = key(&requests[0].body["Item"]);
    assert_eq!(kept.0, "HOOKS");
    assert!(kept.1.starts_with("d-1A2B3C4D5#") && kept.1.len() < 100, "{}", kept.1);
    assert_eq!(requests[0].body["ConditionExpression"], "attribute_not_exists(#pk)");
    assert_eq!((key(&requests[1].body["Item"]), key(&requests[2].body["Key"])), (kept.clone(), kept));
}

#[tokio::test]
async fn the_hooks_that_wait_come_oldest_first() {
    let stored = |hook: &Hook| item(&[("hook", serde_json::to_string(hook).unwrap())]);
    let (older, newer) = (hook("b", "10:00:00"), hook("a", "10:05:00"));
    let wire =
        Wire::answering([Answer::Json(json!({ "Items": [stored(&newer), stored(&older)], "Count": 2 }))]);
    assert_eq!(wire.aws().store().asked().await.unwrap(), [older, newer]);
    let body = wire.only_request().body;
    assert_eq!(
        (&body["ExpressionAttributeValues"][":pk"]["S"], &body["ConsistentRead"]),
        (&json!("HOOKS"), &json!(true))
    );
}
