//! The one transaction: what it consists of, and what a cancelled one means.

use serde_json::{Value, json};
use tidegate_domain::effect::Owner;
use tidegate_domain::reason::Reason;
use tidegate_domain::rollout::{Phase, Rollout};
use tidegate_engine::ports::{Commit, Committed, Fault, FaultKind};

use crate::harness::{Answer, Wire};
use crate::samples::{at, moved, queued};

async fn commit(
    wire: &Wire,
    before: Option<&Rollout>,
    next: &Rollout,
    dedup: Option<&str>,
) -> Result<Committed, Fault> {
    let reason = Reason::Requested { by: "ops".to_owned(), fix_forward: false };
    let commit = Commit { before, next, reason: &reason, by: Owner::TrafficShift, dedup };
    wire.aws().store().commit(commit).await
}

fn cancelled(reasons: &[&str]) -> Answer {
    let reasons: Vec<_> = reasons.iter().map(|code| json!({ "Code": code })).collect();
    Answer::Error(
        400,
        "TransactionCanceledException",
        json!({ "message": "cancelled", "CancellationReasons": reasons }),
    )
}

/// Each item of a transaction: what is done to which key on what condition.
fn items(wire: &Wire) -> Vec<String> {
    let body = wire.only_request().body;
    let items = body["TransactItems"].as_array().unwrap().iter();
    items
        .map(|item| {
            let (what, item) = item.as_object().unwrap().iter().next().unwrap();
            assert_eq!(item["TableName"], "tidegate");
            let key = if item["Key"].is_null() { &item["Item"] } else { &item["Key"] };
            let text = |value: &Value| value["S"].as_str().unwrap().to_owned();
            let condition =
                item["ConditionExpression"].as_str().map(|text| format!(" if {text}")).unwrap_or_default();
            format!("{what} {} {}{condition}", text(&key["pk"]), text(&key["sk"]))
        })
        .collect()
}

fn preflight(before: &Rollout) -> Rollout {
    moved(before, Phase::Preflight { since: at("10:01:00") }, at("10:01:00"))
}

#[tokio::test]
async fn a_creation_writes_document_dedup_key_alarm_index_and_timeline() {
    let wire = Wire::answering([Answer::Json(json!({}))]);
    assert_eq!(commit(&wire, None, &queued(), Some("event-1")).await.unwrap(), Committed::Done);
    assert_eq!(
        items(&wire),
        [
            "Put ROLLOUT#checkout-live-8 DOC if attribute_not_exists(#pk)",
            "Put DEDUP#event-1 DEDUP if attribute_not_exists(#pk)",
            "Put ALARM#checkout-5xx checkout-live-8",
            "Put ALARM#checkout-slow checkout-live-8",
            "Put ROLLOUT#checkout-live-8 LOG#0000000001",
        ]
    );
    let body = wire.only_request().body;
    assert!(body["ClientRequestToken"].is_string(), "all tries of a call are one write");
    let document = &body["TransactItems"][0]["Put"]["Item"];
    let text = |name: &str| document[name]["S"].as_str().unwrap();
    assert_eq!(document["version"]["N"], "1");
    assert_eq!((text("shelf"), text("since")), ("live", "2026-03-01T10:00:00.000000Z"));
    assert_eq!((text("target"), text("phase")), ("lambda:checkout:live", "queued"));
    assert_eq!(tidegate_wire::document::decode::<Rollout>(text("doc")).unwrap(), queued());
    let week = at("10:00:00").as_second() + 7 * 24 * 3600;
    assert_eq!(body["TransactItems"][1]["Put"]["Item"]["expires"]["N"], week.to_string());
}

#[tokio::test]
async fn a_start_takes_the_lock_on_condition_that_nobody_else_has_it() {
    let wire = Wire::answering([Answer::Json(json!({}))]);
    let before = queued();
    commit(&wire, Some(&before), &preflight(&before), None).await.unwrap();
    assert_eq!(
        items(&wire),
        [
            "Put ROLLOUT#checkout-live-8 DOC if #version = :read",
            "Put LOCK#lambda:checkout:live LOCK if attribute_not_exists(#pk) OR #holder = :id",
            "Put ROLLOUT#checkout-live-8 LOG#0000000002",
        ]
    );
    let body = wire.only_request().body;
    assert_eq!(body["TransactItems"][0]["Put"]["ExpressionAttributeValues"][":read"]["N"], "1");
    assert_eq!(body["TransactItems"][1]["Put"]["Item"]["holder"]["S"], "checkout-live-8");
}

#[tokio::test]
async fn an_end_gives_the_lock_back_forgets_the_alarms_and_changes_the_shelf() {
    let wire = Wire::answering([Answer::Json(json!({}))]);
    let before = preflight(&queued());
    commit(&wire, Some(&before), &moved(&before, Phase::Succeeded, at("11:00:00")), None).await.unwrap();
    assert_eq!(
        items(&wire),
        [
            "Put ROLLOUT#checkout-live-8 DOC if #version = :read",
            "Delete LOCK#lambda:checkout:live LOCK if attribute_not_exists(#holder) OR #holder = :id",
            "Delete ALARM#checkout-5xx checkout-live-8",
            "Delete ALARM#checkout-slow checkout-live-8",
            "Put ROLLOUT#checkout-live-8 LOG#0000000003",
        ]
    );
    let document = &wire.only_request().body["TransactItems"][0]["Put"]["Item"];
    assert_eq!(
        (&document["shelf"]["S"], &document["since"]["S"]),
        (&json!("ended"), &json!("2026-03-01T11:00:00.000000Z"))
    );
}

#[tokio::test]
async fn a_condition_that_does_not_hold_has_a_name() {
    const UNMET: &str = "ConditionalCheckFailed";
    let before = queued();
    let next = preflight(&before);
    // The parts are document, lock, dedup key, timeline.
    for (reasons, becomes) in [
        ([UNMET, "None", "None", "None"], Committed::Conflict),
        (["None", UNMET, "None", "None"], Committed::Locked),
        (["None", "None", UNMET, "None"], Committed::Duplicate),
        ([UNMET, UNMET, UNMET, "None"], Committed::Duplicate),
        ([UNMET, UNMET, "None", "None"], Committed::Conflict),
        (["TransactionConflict", UNMET, "None", "None"], Committed::Locked),
    ] {
        let wire = Wire::answering([cancelled(&reasons)]);
        assert_eq!(
            commit(&wire, Some(&before), &next, Some("event-1")).await.unwrap(),
            becomes,
            "{reasons:?}"
        );
    }
}

#[tokio::test]
async fn a_transaction_that_meets_another_is_tried_again() {
    let wire = Wire::answering([cancelled(&["TransactionConflict", "None"]), Answer::Json(json!({}))]);
    assert_eq!(commit(&wire, None, &queued(), None).await.unwrap(), Committed::Done);

    let wire = Wire::serving(|_| cancelled(&["TransactionConflict", "None"]));
    assert!(commit(&wire, None, &queued(), None).await.unwrap_err().may_pass());
    assert_eq!(wire.requests().len(), 3, "so often and no more");
}

#[tokio::test]
async fn a_transaction_that_is_wrong_in_itself_is_refused() {
    let wire = Wire::answering([cancelled(&["ValidationError", "None"])]);
    let fault = commit(&wire, None, &queued(), None).await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Refused(_)), "{fault}");
}

#[tokio::test]
async fn more_alarms_than_a_transaction_takes_are_refused_before_it_is_sent() {
    let wire = Wire::answering([]);
    let mut rollout = queued();
    let rule = rollout.policy.analysis.alarms[0].clone();
    rollout.policy.analysis.alarms = vec![rule; 98];
    let fault = commit(&wire, None, &rollout, Some("event-1")).await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Refused(_)), "{fault}");
}
