//! The switch that keeps every weight from rising: read consistently, and written over nobody's change.

use serde_json::{Value, json};
use tidegate_domain::freeze::{FreezeChange, FreezeSwitch, Frozen};
use tidegate_engine::ports::{Committed, FaultKind};
use tidegate_wire::document;

use crate::harness::{Answer, Wire};
use crate::samples::{at, item};

fn frozen() -> FreezeSwitch {
    let to = Frozen::On { because: "the sale".to_owned() };
    FreezeSwitch::default().switched(FreezeChange { at: at("10:00:00"), by: "ana".to_owned(), to })
}

fn thawed() -> FreezeSwitch {
    let to = Frozen::Off { because: None };
    frozen().switched(FreezeChange { at: at("11:00:00"), by: "bob".to_owned(), to })
}

fn stored(switch: &FreezeSwitch) -> Answer {
    Answer::Json(json!({ "Item": item(&[("doc", document::encode(switch).unwrap())]) }))
}

#[tokio::test]
async fn the_switch_is_read_as_it_stands_now() {
    let wire = Wire::answering([stored(&frozen()), Answer::Json(json!({}))]);
    let store = wire.aws().store();
    assert_eq!(store.freeze_switch().await.unwrap(), frozen());
    assert_eq!(store.freeze_switch().await.unwrap(), FreezeSwitch::default(), "nobody ever touched it");
    let body = &wire.requests()[0].body;
    let key = item(&[("pk", "FREEZE".to_owned()), ("sk", "FREEZE".to_owned())]);
    assert_eq!((&body["Key"], &body["ConsistentRead"]), (&key, &json!(true)));
}

#[tokio::test]
async fn each_change_is_written_on_the_one_before_it() {
    let wire = Wire::answering([Answer::Json(json!({})), Answer::Json(json!({}))]);
    let store = wire.aws().store();
    for switch in [frozen(), thawed()] {
        assert_eq!(store.put_freeze_switch(&switch).await.unwrap(), Committed::Done);
    }
    let sent: Vec<Value> = wire.requests().into_iter().map(|request| request.body).collect();
    assert_eq!(sent[0]["ConditionExpression"], "attribute_not_exists(#pk)");
    assert_eq!(sent[0]["Item"]["pk"]["S"], "FREEZE");
    assert_eq!(sent[1]["ConditionExpression"], "#version = :read");
    assert_eq!(sent[1]["ExpressionAttributeValues"][":read"]["N"], "1");
    let written: FreezeSwitch = document::decode(sent[1]["Item"]["doc"]["S"].as_str().unwrap()).unwrap();
    assert_eq!(written, thawed());
}

#[tokio::test]
async fn a_switch_that_cannot_be_read_is_no_leave_to_raise() {
    let wire = Wire::answering([Answer::Json(json!({ "Item": item(&[("doc", "{}".to_owned())]) }))]);
    let fault = wire.aws().store().freeze_switch().await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Unreadable(_)), "{fault}");
}
