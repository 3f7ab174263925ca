//! Alarms, in each of the forms in which they come.

use serde_json::{Value, json};
use tidegate_wire::aws::{AlarmChanged, AlarmState, AwsEvent, IgnoredBecause, read};

use super::{event, sample, unreadable, with};

fn alarm(payload: &Value) -> AlarmChanged {
    let AwsEvent::AlarmChanged(alarm) = event(payload) else { panic!("an alarm: {payload}") };
    alarm
}

#[test]
fn an_alarm_by_event_by_action_and_by_sns_is_the_same_kind_of_event() {
    let by_event = alarm(&sample("eb-cloudwatch-alarm-metric.json"));
    assert_eq!((by_event.state, by_event.previous), (AlarmState::Alarm, Some(AlarmState::Ok)));
    assert_eq!(
        by_event.arn.as_deref(),
        Some("arn:aws:cloudwatch:us-east-1:123456789012:alarm:checkout-canary-errors")
    );
    assert_eq!(by_event.at, Some("2026-11-20T10:00:00.989Z".parse().expect("time")));

    let by_action = alarm(&sample("lambda-alarm-action-metric.json"));
    assert_eq!(by_action.previous, Some(AlarmState::InsufficientData));
    assert_eq!(
        by_action.arn.as_deref(),
        Some("arn:aws:cloudwatch:us-east-1:444455556666:alarm:lambda-demo-metric-alarm")
    );
    assert_eq!(by_action.at, Some("2023-08-04T12:36:15.490Z".parse().expect("time")));
    assert_eq!(
        by_action.event_id,
        format!("{}@ALARM@2023-08-04T12:36:15.49Z", by_action.arn.expect("an ARN"))
    );

    let by_sns = alarm(&sample("sns-cloudwatch-alarm.json"));
    assert_eq!(by_sns.event_id, "95df01b4-ee98-5cb9-9903-4c221d41eb5e");
    assert_eq!((by_sns.alarm.as_str(), by_sns.state), ("EXAMPLE", AlarmState::Alarm));
    assert_eq!(by_sns.at, Some("2015-06-03T17:43:27.123Z".parse().expect("time")));
}

#[test]
fn an_alarm_whose_time_cannot_be_read_takes_the_time_of_its_envelope() {
    let name = "eb-cloudwatch-alarm-composite.json";
    let spaced = alarm(&sample(name));
    assert_eq!(spaced.at, Some("2023-08-04T12:56:46.138Z".parse().expect("time")));
    let payload = with(name, "/detail/state/timestamp", json!("Friday"));
    assert_eq!(alarm(&payload).at, Some("2026-11-20T10:00:00Z".parse().expect("time")));
}

#[test]
fn an_alarm_is_not_lost_to_members_that_nothing_is_decided_on() {
    let mut payload = sample("eb-cloudwatch-alarm-metric.json");
    let members = payload.as_object_mut().expect("an event");
    members.remove("resources");
    members.remove("time");
    *payload.pointer_mut("/detail/state/timestamp").expect("a timestamp") = json!("Friday");
    let bare = alarm(&payload);
    assert_eq!((bare.state, bare.arn, bare.at), (AlarmState::Alarm, None, None));
}

#[test]
fn an_alarm_name_may_hold_spaces_and_colons() {
    let arn = "arn:aws:cloudwatch:us-east-1: 123456789012:alarm:Shop: too many errors";
    let payload = with("eb-cloudwatch-alarm-metric.json", "/resources/0", json!(arn));
    let arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:Shop: too many errors";
    assert_eq!(alarm(&payload).arn.as_deref(), Some(arn));
}

#[test]
fn an_unknown_alarm_state_is_quarantined_with_its_path_its_value_and_what_is_known() {
    assert_eq!(
        unreadable(&sample("eb-cloudwatch-alarm-unknown-state.json")),
        "cannot read CloudWatch Alarm State Change: detail.state.value: \
         expected ALARM, OK or INSUFFICIENT_DATA, found \"WARM\""
    );
}

#[test]
fn a_broken_sns_record_does_not_take_the_others_with_it() {
    let readings = read(&sample("sns-three-records.json"));
    assert!(matches!(&readings[0], Ok(AwsEvent::AlarmChanged(alarm)) if alarm.alarm == "checkout-composite"));
    let error = readings[1].as_ref().expect_err("no ARN").to_string();
    assert!(error.contains("Records[1].Sns.Message.AlarmArn: missing"), "{error}");
    assert_eq!(readings[2], Ok(AwsEvent::Ignored { why: IgnoredBecause::NotAnAlarm }));
    assert_eq!(readings.len(), 3);
}
