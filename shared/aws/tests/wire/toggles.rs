//! What the table keeps of flags: toggles, which of them are live, kill switches and guards.

use serde_json::{Value, json};
use tidegate_domain::flag::FlagGuard;
use tidegate_domain::flag::toggle::{AskedBy, Stage, Toggle, ToggleId};
use tidegate_domain::kept::Kept;
use tidegate_domain::verdict::Baseline;
use tidegate_engine::ports::{Committed, FaultKind, PolicyRecord};
use tidegate_wire::document;

use crate::appconfig::profile;
use crate::harness::{Answer, Wire};
use crate::samples::{at, item, policy};

fn toggle() -> Toggle {
    let asked = AskedBy::Person { by: "ops".to_owned(), why: None };
    Toggle::asked(ToggleId("sale".to_owned()), profile(), asked, Vec::new(), at("10:00:00"))
}

fn over(before: &Toggle) -> Toggle {
    let stage = Stage::Done { left: Vec::new() };
    Toggle { version: before.version + 1, stage, updated: at("10:05:00"), ..before.clone() }
}

fn done() -> Answer {
    Answer::Json(json!({}))
}

fn key(pk: &str, sk: &str) -> Value {
    item(&[("pk", pk.to_owned()), ("sk", sk.to_owned())])
}

#[tokio::test]
async fn a_toggle_comes_among_the_live_ones_with_its_creation_and_leaves_them_with_its_end() {
    let wire = Wire::answering([done(), done(), done()]);
    let store = wire.aws().store();
    let first = toggle();
    let second = Toggle { version: 2, ..first.clone() };
    let last = over(&second);
    for (before, next) in [(None, &first), (Some(&first), &second), (Some(&second), &last)] {
        assert_eq!(store.commit_toggle(before, next).await.unwrap(), Committed::Done);
    }
    assert_eq!(wire.operations(), ["PutItem"; 3]);
    let sent: Vec<Value> = wire.requests().into_iter().map(|request| request.body).collect();
    let [created, changed, ended] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(created["ConditionExpression"], "attribute_not_exists(#pk)");
    assert_eq!(created["Item"]["pk"]["S"], "TOGGLE#sale");
    assert_eq!((&created["Item"]["shelf"]["S"], &created["Item"]["expires"]), (&json!("live"), &Value::Null));
    assert_eq!(changed["ConditionExpression"], "#version = :read");
    assert_eq!(changed["ExpressionAttributeValues"][":read"]["N"], "1");
    assert_eq!(ended["ExpressionAttributeValues"][":read"]["N"], "2");
    let expires = at("10:05:00").as_second() + 90 * 24 * 3600;
    assert_eq!(
        (&ended["Item"]["shelf"], &ended["Item"]["expires"]["N"]),
        (&Value::Null, &json!(expires.to_string()))
    );
}

#[tokio::test]
async fn a_toggle_that_is_not_what_was_read_is_a_conflict() {
    let refused = || Answer::Error(400, "ConditionalCheckFailedException", json!({ "message": "no" }));
    let wire = Wire::answering([refused(), refused()]);
    let store = wire.aws().store();
    let first = toggle();
    let second = Toggle { version: 2, ..first.clone() };
    assert_eq!(store.commit_toggle(None, &first).await.unwrap(), Committed::Conflict);
    assert_eq!(store.commit_toggle(Some(&first), &second).await.unwrap(), Committed::Conflict);
}

#[tokio::test]
async fn a_toggle_is_read_as_it_stands_now() {
    let wire = Wire::answering([
        Answer::Json(json!({ "Item": item(&[("doc", document::encode(&toggle()).unwrap())]) })),
        Answer::Json(json!({})),
        Answer::Json(json!({ "Item": item(&[("doc", "{}".to_owned())]) })),
    ]);
    let store = wire.aws().store();
    let id = toggle().id;
    assert_eq!(store.toggle(&id).await.unwrap(), Some(toggle()));
    assert_eq!(store.toggle(&id).await.unwrap(), None);
    assert!(matches!(store.toggle(&id).await.unwrap_err().kind, FaultKind::Unreadable(_)));
    let sent = &wire.requests()[0].body;
    assert_eq!((&sent["Key"], &sent["ConsistentRead"]), (&key("TOGGLE#sale", "TOGGLE"), &json!(true)));
}

#[tokio::test]
async fn what_a_newer_release_wrote_into_a_toggle_is_written_back_with_the_next_version() {
    let mut stored: Value = serde_json::from_str(&document::encode(&toggle()).unwrap()).unwrap();
    stored["toggle"]["invented"] = json!("later");
    let read = Answer::Json(json!({ "Item": item(&[("doc", stored.to_string())]) }));
    let wire = Wire::answering([read, done()]);
    let store = wire.aws().store();
    let before = store.toggle(&toggle().id).await.unwrap().unwrap();
    store.commit_toggle(Some(&before), &over(&before)).await.unwrap();
    let sent = &wire.requests()[1].body["Item"]["doc"]["S"];
    let written: Value = serde_json::from_str(sent.as_str().unwrap()).unwrap();
    assert_eq!((&written["toggle"]["invented"], &written["toggle"]["version"]), (&json!("later"), &json!(2)));
}

#[tokio::test]
async fn the_policies_with_a_kill_switch_for_an_alarm_are_sort_keys() {
    let items = [item(&[("sk", "checkout".to_owned())])];
    let wire = Wire::answering([Answer::Json(json!({ "Items": items, "Count": 1 }))]);
    assert_eq!(wire.aws().store().kill_switches("checkout-5xx").await.unwrap(), ["checkout"]);
    let sent = &wire.requests()[0].body;
    assert_eq!(sent["ExpressionAttributeValues"][":pk"]["S"], "KILL#checkout-5xx");
}

#[tokio::test]
async fn a_policy_is_found_by_the_alarms_of_its_kill_switches() {
    let switch = |alarm: &str, flag: &str| json!({ "alarm": alarm, "flag": flag, "application": "shop", "environment": "prod", "profile": "flags" });
    let json = json!({
        "version": 1, "name": "checkout", "strategy": { "steps": [{ "setWeight": 5 }, { "bake": "10m" }] },
        "killSwitches": [switch("checkout-5xx", "a"), switch("checkout-slow", "a"), switch("checkout-5xx", "b")],
    });
    let (text, applied) = (json.to_string(), at("10:00:00"));
    let record = PolicyRecord { name: "checkout".to_owned(), text, json, applied, by: "ops".to_owned() };
    record.policy().unwrap();
    let wire = Wire::answering([done()]);
    wire.aws().store().put_policy(&record).await.unwrap();
    let body = wire.only_request().body;
    let items = body["TransactItems"].as_array().unwrap();
    let rows: Vec<&Value> = items[1..].iter().map(|item| &item["Put"]["Item"]).collect();
    assert_eq!(items[0]["Put"]["Item"]["pk"]["S"], "POLICY#checkout");
    assert_eq!(rows, [&key("KILL#checkout-5xx", "checkout"), &key("KILL#checkout-slow", "checkout")]);
}

fn guard() -> FlagGuard {
    FlagGuard {
        id: "env1234#9".to_owned(),
        version: 1,
        deployment: "shop/prod/flags deployment 9".to_owned(),
        policy: policy(),
        since: at("10:00:00"),
        red: Vec::new(),
        baseline: Baseline::default(),
        judged: None,
        cause: None,
        kept: Kept::default(),
    }
}

#[tokio::test]
async fn a_guard_is_written_after_the_one_that_was_read() {
    let refused = Answer::Error(400, "ConditionalCheckFailedException", json!({ "message": "no" }));
    let stored = item(&[("doc", document::encode(&guard()).unwrap())]);
    let wire = Wire::answering([done(), refused, Answer::Json(json!({ "Item": stored }))]);
    let store = wire.aws().store();
    let second = FlagGuard { version: 2, judged: Some(at("10:01:00")), ..guard() };
    assert_eq!(store.put_flag_guard(&guard()).await.unwrap(), Committed::Done);
    assert_eq!(store.put_flag_guard(&second).await.unwrap(), Committed::Conflict);
    assert_eq!(store.flag_guard("env1234#9").await.unwrap(), Some(guard()));
    let sent: Vec<Value> = wire.requests().into_iter().map(|request| request.body).collect();
    assert_eq!(sent[0]["ConditionExpression"], "attribute_not_exists(#pk)");
    assert_eq!(sent[1]["ExpressionAttributeValues"][":read"]["N"], "1");
    let expires = at("10:01:00").as_second() + 30 * 24 * 3600;
    assert_eq!(sent[1]["Item"]["expires"]["N"], expires.to_string());
    assert_eq!(sent[2]["Key"], key("FLAGGUARD#env1234#9", "FLAGGUARD"));
}
