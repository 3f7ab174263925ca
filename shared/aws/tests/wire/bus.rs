//! Putting messages on the bus.

use serde_json::{Value, json};
use tidegate_domain::effect::Owner;
use tidegate_engine::ports::FaultKind;
use tidegate_wire::bus::{EffectsDue, Message};

use crate::harness::{Answer, Wire};
use crate::samples::id;

fn messages(count: usize) -> Vec<Message> {
    vec![Message::EffectsDue(EffectsDue { rollout: id(), owner: Owner::Rollback }); count]
}

fn results(failed: usize, entries: &[Value]) -> Answer {
    Answer::Json(json!({ "FailedEntryCount": failed, "Entries": entries }))
}

fn put(count: usize) -> Answer {
    results(0, &vec![json!({ "EventId": "e" }); count])
}

#[tokio::test]
async fn an_entry_names_bus_source_type_and_detail() {
    let wire = Wire::answering([put(1)]);
    wire.aws().bus().publish(&messages(1)).await.unwrap();
    let detail = r#"{"rollout":"checkout-live-8","owner":"rollback"}"#;
    let entry = json!({ "EventBusName": "tidegate", "Source": "tidegate", "DetailType": "Effects Due", "Detail": detail });
    assert_eq!(wire.only_request().body, json!({ "Entries": [entry] }));
}

#[tokio::test]
async fn an_entry_hands_the_trace_on_in_which_it_was_sent() {
    let wire = Wire::answering([put(2), put(1)]);
    let aws = wire.aws();
    let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0";
    aws.invocation().begin(Some(&format!("{header};Lineage=a87bd80c:1|68fd508a:5")));
    aws.bus().publish(&messages(2)).await.unwrap();
    aws.invocation().begin(None);
    aws.bus().publish(&messages(1)).await.unwrap();
    let headers: Vec<Value> = wire
        .requests()
        .iter()
        .flat_map(|request| request.body["Entries"].as_array().unwrap())
        .map(|entry| entry["TraceHeader"].clone())
        .collect();
    assert_eq!(headers, [json!(header), json!(header), Value::Null]);
}

#[tokio::test]
async fn ten_entries_go_in_one_call() {
    let wire = Wire::answering([put(10), put(10), put(1)]);
    wire.aws().bus().publish(&messages(21)).await.unwrap();
    let lengths: Vec<_> =
        wire.requests().iter().map(|request| request.body["Entries"].as_array().unwrap().len()).collect();
    assert_eq!(lengths, [10, 10, 1]);
}

#[tokio::test]
async fn entries_that_fail_are_put_again_and_only_those() {
    let failed = json!({ "ErrorCode": "InternalFailure", "ErrorMessage": "try again" });
    let wire = Wire::answering([results(1, &[json!({ "EventId": "e" }), failed]), put(1)]);
    wire.aws().bus().publish(&messages(2)).await.unwrap();
    let lengths: Vec<_> =
        wire.requests().iter().map(|request| request.body["Entries"].as_array().unwrap().len()).collect();
    assert_eq!(lengths, [2, 1]);
}

#[tokio::test]
async fn an_entry_that_keeps_failing_is_a_fault_that_may_pass() {
    let wire = Wire::serving(|_| results(1, &[json!({ "ErrorCode": "ThrottlingException" })]));
    let fault = wire.aws().bus().publish(&messages(1)).await.unwrap_err();
    assert!(fault.may_pass(), "{fault}");
    assert_eq!(wire.requests().len(), 3, "the tries are bounded");
}

#[tokio::test]
async fn an_entry_that_is_not_allowed_is_not_put_again() {
    let wire = Wire::answering([results(1, &[json!({ "ErrorCode": "NotAuthorizedForSourceException" })])]);
    let fault = wire.aws().bus().publish(&messages(1)).await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Denied(_)), "{fault}");
}

#[tokio::test]
async fn an_answer_that_hides_which_entry_failed_is_not_taken_for_success() {
    for entries in [vec![], vec![json!({ "EventId": "e" })]] {
        let wire = Wire::answering([results(1, &entries)]);
        let fault = wire.aws().bus().publish(&messages(1)).await.unwrap_err();
        assert!(matches!(fault.kind, FaultKind::Unreadable(_)), "{fault}");
    }
}
