//! Which alarms fire.

use serde_json::json;
use tidegate_engine::ports::FaultKind;

use crate::harness::{Answer, Wire};

#[tokio::test]
async fn plain_and_composite_alarms_are_both_asked_for() {
    let wire = Wire::answering([
        Answer::Cbor(json!({ "MetricAlarms": [{ "AlarmName": "checkout-5xx" }], "NextToken": "more" })),
        Answer::Cbor(json!({ "CompositeAlarms": [{ "AlarmName": "shop" }] })),
    ]);
    let names = ["checkout-5xx", "checkout-slow", "shop"].map(str::to_owned);
    assert_eq!(wire.aws().alarms().firing(&names).await.unwrap(), ["checkout-5xx", "shop"]);
    let request = &wire.requests()[0];
    assert_eq!(request.path, "/service/GraniteServiceVersion20100801/operation/DescribeAlarms");
    assert_eq!(
        request.body,
        json!({ "AlarmNames": names, "AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "StateValue": "ALARM", "MaxRecords": 100 })
    );
    assert_eq!(wire.requests()[1].body["NextToken"], "more");
}

#[tokio::test]
async fn no_names_are_no_question() {
    let wire = Wire::answering([]);
    assert!(wire.aws().alarms().firing(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_hundred_names_go_in_one_call() {
    let wire = Wire::answering([Answer::Cbor(json!({})), Answer::Cbor(json!({}))]);
    let names: Vec<String> = (0..101).map(|n| format!("alarm-{n}")).collect();
    assert!(wire.aws().alarms().firing(&names).await.unwrap().is_empty());
    let lengths: Vec<_> =
        wire.requests().iter().map(|request| request.body["AlarmNames"].as_array().unwrap().len()).collect();
    assert_eq!(lengths, [100, 1]);
}

#[tokio::test]
async fn a_right_that_is_missing_is_told() {
    let wire = Wire::answering([Answer::CborError(403, "AccessDenied")]);
    let fault = wire.aws().alarms().firing(&["a".to_owned()]).await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Denied(_)), "{fault}");
}
