//! Ticks and snapshots.

use serde_json::{Value, json};
use tidegate_domain::verdict::Verdict;
use tidegate_engine::ports::Snapshot;

use crate::harness::{Answer, Wire};
use crate::samples::{at, id, item, tick};

#[tokio::test]
async fn ticks_are_one_update_an_hour_and_one_attribute_a_minute() {
    let wire = Wire::serving(|_| Answer::Json(json!({})));
    let ticks = ["10:58:00", "10:59:00", "11:00:00"].map(tick);
    wire.aws().store().put_ticks(&id(), &ticks, None).await.unwrap();
    assert_eq!(wire.operations(), ["UpdateItem", "UpdateItem"]);
    let first = &wire.requests()[0].body;
    assert_eq!(first["Key"]["sk"]["S"], "TICKS#2026-03-01T10:00:00Z");
    assert_eq!(first["UpdateExpression"], "SET #m58 = :m58, #m59 = :m59");
    let stored = first["ExpressionAttributeValues"][":m58"]["S"].as_str().unwrap();
    assert_eq!(
        stored,
        r#"{"minute":"2026-03-01T10:58:00Z","metrics":{"errors":{"c":{"total":50,"bad":1},"s":{"total":950,"bad":9}}}}"#
    );
    assert_eq!(wire.requests()[1].body["UpdateExpression"], "SET #m00 = :m00");
}

#[tokio::test]
async fn ticks_come_back_oldest_first() {
    let hour = |minutes: &[&str]| {
        let stored: Vec<_> = minutes.iter().map(|time| serde_json::to_string(&tick(time)).unwrap()).collect();
        let names: Vec<_> = minutes.iter().map(|time| format!("m{}", &time[3..5])).collect();
        let minutes: Vec<_> = names.iter().map(String::as_str).zip(stored).collect();
        let mut hour = item(&minutes);
        hour["pk"] = json!({ "S": "ROLLOUT#checkout-live-8" });
        hour
    };
    let items = [hour(&["10:59:00", "10:02:00"]), hour(&["11:00:00"])];
    let wire = Wire::answering([Answer::Json(json!({ "Items": items, "LastEvaluatedKey": Value::Null }))]);
    let ticks = wire.aws().store().ticks(&id()).await.unwrap();
    assert_eq!(ticks, ["10:02:00", "10:59:00", "11:00:00"].map(tick));
    assert_eq!(wire.only_request().body["ExpressionAttributeValues"][":prefix"]["S"], "TICKS#");
}

#[tokio::test]
async fn a_snapshot_is_read_as_it_was_written() {
    let snapshot = Snapshot { at: at("10:05:00"), verdict: Verdict::Continue, evidence: None };
    let mut stored = Value::Null;
    let wire = Wire::serving(move |request| match request.operation.as_str() {
        "PutItem" => {
            stored = request.body["Item"].clone();
            Answer::Json(json!({}))
        }
        _ => Answer::Json(json!({ "Item": stored })),
    });
    let store = wire.aws().store();
    store.put_ticks(&id(), &[], Some(&snapshot)).await.unwrap();
    assert_eq!(store.snapshot(&id()).await.unwrap(), Some(snapshot));
    assert_eq!(wire.operations(), ["PutItem", "GetItem"]);
}
