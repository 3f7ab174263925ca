//! Reading documents, locks, indexes, the timeline, policies and the quarantine.

use serde_json::{Value, json};
use tidegate_domain::effect::Owner;
use tidegate_domain::flag::toggle::ToggleId;
use tidegate_domain::reason::Reason;
use tidegate_domain::rollout::RolloutId;
use tidegate_engine::ports::{FaultKind, Letter, Listed, PolicyRecord};
use tidegate_wire::document;
use tidegate_wire::timeline::Entry;

use crate::harness::{Answer, Wire};
use crate::samples::{at, id, item, queued, target};

fn page(items: &[Value], next: &Value) -> Answer {
    Answer::Json(json!({ "Items": items, "Count": items.len(), "LastEvaluatedKey": next }))
}

#[tokio::test]
async fn a_document_is_read_as_it_stands_now() {
    let wire = Wire::answering([Answer::Json(
        json!({ "Item": item(&[("doc", document::encode(&queued()).unwrap())]) }),
    )]);
    assert_eq!(wire.aws().store().load(&id()).await.unwrap(), Some(queued()));
    let key = item(&[("pk", "ROLLOUT#checkout-live-8".to_owned()), ("sk", "DOC".to_owned())]);
    assert_eq!(
        wire.only_request().body,
        json!({ "TableName": "tidegate", "Key": key, "ConsistentRead": true })
    );
}

#[tokio::test]
async fn a_document_that_cannot_be_read_says_so() {
    let wire = Wire::answering([Answer::Json(json!({ "Item": item(&[("doc", "{}".to_owned())]) }))]);
    let fault = wire.aws().store().load(&id()).await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Unreadable(_)), "{fault}");
}

#[tokio::test]
async fn a_document_of_a_newer_format_may_be_read_later() {
    let mut stored: Value = serde_json::from_str(&document::encode(&queued()).unwrap()).unwrap();
    stored["format"] = json!(99);
    let wire = Wire::answering([Answer::Json(json!({ "Item": item(&[("doc", stored.to_string())]) }))]);
    let fault = wire.aws().store().load(&id()).await.unwrap_err();
    assert!(fault.may_pass(), "{fault}");
}

#[tokio::test]
async fn the_lock_names_its_holder() {
    let wire = Wire::answering([
        Answer::Json(json!({ "Item": item(&[("holder", id().0)]) })),
        Answer::Json(json!({})),
    ]);
    let store = wire.aws().store();
    assert_eq!(store.lock_holder(&target()).await.unwrap(), Some(id()));
    assert_eq!(store.lock_holder(&target()).await.unwrap(), None);
    assert_eq!(wire.requests()[0].body["Key"]["pk"]["S"], "LOCK#lambda:checkout:live");
}

#[tokio::test]
async fn live_rollouts_come_from_the_index_oldest_first_page_by_page() {
    let row =
        |id: &str| item(&[("pk", format!("ROLLOUT#{id}")), ("target", "lambda:checkout:live".to_owned())]);
    let wire = Wire::answering([
        page(&[row("a")], &item(&[("pk", "x".to_owned())])),
        page(&[row("b"), item(&[("pk", "TOGGLE#t-1".to_owned())])], &Value::Null),
    ]);
    let listed = wire.aws().store().listed().await.unwrap();
    let expected =
        |id: &str| Listed { id: RolloutId(id.to_owned()), target: "lambda:checkout:live".to_owned() };
    assert_eq!(listed.rollouts, [expected("a"), expected("b")]);
    assert_eq!(listed.toggles, [ToggleId("t-1".to_owned())]);
    let requests = wire.requests();
    let body = &requests[0].body;
    assert_eq!((&body["IndexName"], &body["ScanIndexForward"]), (&json!("shelf"), &json!(true)));
    assert_eq!(body["ExpressionAttributeValues"][":shelf"]["S"], "live");
    assert_eq!(requests[1].body["ExclusiveStartKey"]["pk"]["S"], "x");
}

#[tokio::test]
async fn what_only_another_release_knows_is_passed_over_in_every_list() {
    let target = || ("target", "lambda:checkout:live".to_owned());
    let unknown = || item(&[("pk", "FLEET#eu".to_owned())]);
    let shelf = [unknown(), item(&[("pk", "ROLLOUT#a".to_owned()), target()])];
    let hook = json!({ "deployment": "d-1", "execution": "token", "asked": "2026-03-01T10:00:00Z" });
    let hooks =
        [json!({ "question": "of a newer kind" }), hook].map(|hook| item(&[("hook", hook.to_string())]));
    let wire =
        Wire::answering([page(&shelf, &Value::Null), page(&shelf, &Value::Null), page(&hooks, &Value::Null)]);
    let store = wire.aws().store();
    let listed = store.listed().await.unwrap();
    assert_eq!(listed.rollouts.iter().map(|listed| listed.id.0.as_str()).collect::<Vec<_>>(), ["a"]);
    assert_eq!(store.ended(2).await.unwrap(), [RolloutId("a".to_owned())]);
    let asked = store.asked().await.unwrap();
    assert_eq!(asked.iter().map(|hook| hook.execution.as_str()).collect::<Vec<_>>(), ["token"]);
}

#[tokio::test]
async fn ended_rollouts_come_newest_first_and_no_more_than_asked_for() {
    let row = |id: &str| item(&[("pk", format!("ROLLOUT#{id}"))]);
    let more = || item(&[("pk", "x".to_owned())]);
    let wire = Wire::answering([page(&[row("b"), row("a")], &more()), page(&[row("c")], &more())]);
    assert_eq!(
        wire.aws().store().ended(3).await.unwrap(),
        ["b", "a", "c"].map(|id| RolloutId(id.to_owned()))
    );
    let limits: Vec<_> = wire.requests().iter().map(|request| request.body["Limit"].clone()).collect();
    assert_eq!(limits, [3, 1]);
    assert_eq!(wire.requests()[0].body["ScanIndexForward"], false);
}

#[tokio::test]
async fn the_watchers_of_an_alarm_are_its_sort_keys() {
    let wire = Wire::answering([page(&[item(&[("sk", id().0)])], &Value::Null)]);
    assert_eq!(wire.aws().store().watching("checkout-5xx").await.unwrap(), [id()]);
    assert_eq!(wire.only_request().body["ExpressionAttributeValues"][":pk"]["S"], "ALARM#checkout-5xx");
}

#[tokio::test]
async fn the_timeline_is_read_in_the_order_of_its_versions() {
    let entry = Entry::of(None, &queued(), &Reason::TargetFree, Owner::TrafficShift);
    let stored = item(&[("entry", serde_json::to_string(&entry).unwrap())]);
    let wire = Wire::answering([page(&[stored], &Value::Null)]);
    assert_eq!(wire.aws().store().timeline(&id()).await.unwrap(), [entry]);
    let body = wire.only_request().body;
    assert_eq!(body["KeyConditionExpression"], "#pk = :pk AND begins_with(#sk, :prefix)");
    assert_eq!(body["ExpressionAttributeValues"][":prefix"]["S"], "LOG#");
}

#[tokio::test]
async fn a_policy_is_given_back_as_it_was_put_in() {
    let policy = PolicyRecord {
        name: "checkout".to_owned(),
        text: "version: 1\n".to_owned(),
        json: json!({ "version": 1 }),
        applied: at("10:00:00"),
        by: "ops".to_owned(),
    };
    let stored = std::sync::Arc::new(std::sync::Mutex::new(Value::Null));
    let wire = Wire::serving(move |request| match request.operation.as_str() {
        "PutItem" => {
            *stored.lock().unwrap() = request.body["Item"].clone();
            Answer::Json(json!({}))
        }
        _ => Answer::Json(json!({ "Item": *stored.lock().unwrap() })),
    });
    let store = wire.aws().store();
    store.put_policy(&policy).await.unwrap();
    assert_eq!(store.policy("checkout").await.unwrap(), Some(policy));
    assert_eq!(wire.requests()[1].body["Key"]["pk"]["S"], "POLICY#checkout");
}

fn letter() -> Letter {
    let (id, problem) = ("event-1".to_owned(), "detail.version: missing".to_owned());
    Letter {
        id,
        received_by: Owner::TrafficShift,
        problem,
        payload: json!({ "detail": {} }),
        at: at("10:00:00"),
    }
}

#[tokio::test]
async fn an_unreadable_event_is_kept_once() {
    let reasons = json!([{ "Code": "ConditionalCheckFailed" }, { "Code": "None" }]);
    let again = Answer::Error(400, "TransactionCanceledException", json!({ "CancellationReasons": reasons }));
    let wire = Wire::answering([Answer::Json(json!({})), again]);
    let store = wire.aws().store();
    store.quarantine(&letter()).await.unwrap();
    store.quarantine(&letter()).await.unwrap();
    let items = &wire.requests()[0].body["TransactItems"];
    assert_eq!(items[0]["Put"]["Item"]["pk"]["S"], "DEDUP#QUARANTINE#event-1");
    assert_eq!(items[0]["Put"]["ConditionExpression"], "attribute_not_exists(#pk)");
    assert_eq!(items[1]["Put"]["Item"]["sk"]["S"], "2026-03-01T10:00:00.000000Z#event-1");
}

#[tokio::test]
async fn an_event_too_large_for_an_item_is_kept_in_part() {
    let wire = Wire::answering([Answer::Json(json!({}))]);
    let payload = json!({ "id": "event-1", "detail": "\"é\\".repeat(100_000) });
    let whole = payload.to_string().len();
    wire.aws().store().quarantine(&Letter { payload, ..letter() }).await.unwrap();
    let body = wire.only_request().body;
    let stored = body["TransactItems"][1]["Put"]["Item"]["letter"]["S"].as_str().unwrap();
    assert!(stored.len() < 400_000, "{} bytes", stored.len());
    let kept: Value = serde_json::from_str(stored).unwrap();
    let text = kept["payload"].as_str().unwrap();
    assert!(text.starts_with("{\"detail\":") && text.ends_with(&format!("of {whole} bytes)")), "{whole}");
}

#[tokio::test]
async fn kept_events_come_newest_first() {
    let stored = json!({
        "id": "event-1", "receivedBy": "traffic-shift", "problem": "detail.version: missing",
        "payload": { "detail": {} }, "at": "2026-03-01T10:00:00Z",
    });
    let wire = Wire::answering([page(&[item(&[("letter", stored.to_string())])], &Value::Null)]);
    assert_eq!(wire.aws().store().quarantined(20).await.unwrap(), [letter()]);
    let body = wire.only_request().body;
    assert_eq!((&body["ScanIndexForward"], &body["Limit"]), (&json!(false), &json!(20)));
}
