//! Intake: what is handled, what is passed over, and what is refused, with the exact words.

use serde_json::{Value, json};
use tidegate_wire::aws::AwsEvent;
use tidegate_wire::bus::Message;
use tidegate_wire::intake::{Incoming, ignored, read};

use super::{events, json as file, sample};

fn only(payload: &Value) -> Incoming {
    let mut readings = read(payload);
    assert_eq!(readings.len(), 1);
    readings.remove(0).expect("readable")
}

fn refused(payload: &Value) -> String {
    let mut readings = read(payload);
    assert_eq!(readings.len(), 1);
    readings.remove(0).expect_err("unreadable").to_string()
}

#[test]
fn a_message_of_the_bus_comes_with_the_id_and_time_of_its_event() {
    let Incoming::Bus { event_id, at, message } = only(&sample("effects-due")) else { panic!("a message") };
    assert_eq!(event_id, sample("effects-due")["id"]);
    assert_eq!(at, "2026-11-20T12:00:00Z".parse().ok());
    assert!(matches!(message, Message::EffectsDue(_)));
}

#[test]
fn what_is_ours_and_incomplete_is_refused_with_the_member_that_is_missing() {
    let without = |member: &str| {
        let mut payload = sample("effects-due");
        payload.as_object_mut().expect("an object").remove(member).expect(member);
        refused(&payload)
    };
    assert_eq!(without("detail-type"), "cannot read an event on the bus: detail-type is missing");
    assert_eq!(without("id"), "cannot read Effects Due: id is missing");
    assert_eq!(without("detail"), "cannot read Effects Due: detail is missing");
}

#[test]
fn a_detail_type_that_is_not_ours_is_answered_with_the_ones_that_are() {
    let mut payload = sample("effects-due");
    payload["detail-type"] = json!("Rollout Requestd");
    assert_eq!(
        refused(&payload),
        "cannot read Rollout Requestd: no such detail type; known: Rollout Requested, Rollout Command, Verdict Reached, \
         Effects Due, Ticks Due, Deployment Found, Rollout Outcome, Flag Toggle Requested, Flags Due, Flags Changed"
    );
}

#[test]
fn a_value_that_means_nothing_is_answered_with_what_would() {
    let with = |sample_name: &str, member: &str, value: Value| {
        let mut payload = sample(sample_name);
        payload["detail"][member] = value;
        refused(&payload)
    };
    assert_eq!(
        with("rollout-command", "verb", json!("explode")),
        "cannot read Rollout Command: detail: unknown variant `explode`, expected one of `promote`, `promoteFull`, \
         `pause`, `resume`, `abort`, `retry`, `retryFixForward`"
    );
    assert_eq!(
        with("effects-due", "owner", json!("nobody")),
        "cannot read Effects Due: detail: unknown variant `nobody`, expected one of `traffic-shift`, `health-check`, \
         `feature-flag`, `rollback`, `notify`"
    );
    assert_eq!(
        with("rollout-requested", "target", json!({})),
        "cannot read Rollout Requested: detail: a target is one kind with its settings, like {\"lambda\": \
         {\"function\": \"checkout\", \"alias\": \"live\"}}; found 0 kinds"
    );
    assert_eq!(
        with("rollout-requested", "version", json!(8)),
        "cannot read Rollout Requested: detail: invalid type: integer `8`, expected a string"
    );
}

#[test]
fn somebody_elses_event_is_passed_over_with_a_reason() {
    let payload = json!({ "id": "1", "source": "shop", "detail-type": "Order Placed", "detail": {} });
    let incoming = only(&payload);
    let why = ignored(&incoming).expect("ignored").to_string();
    assert_eq!(why, "Order Placed from shop is not for Tidegate");
}

#[test]
fn a_detail_type_of_ours_from_somebody_else_is_not_ours() {
    let mut payload = sample("rollout-command");
    payload["source"] = json!("shop");
    assert_eq!(
        ignored(&only(&payload)).expect("ignored").to_string(),
        "Rollout Command from shop is not for Tidegate"
    );
}

#[test]
fn an_event_of_aws_is_handed_on_as_it_was_read() {
    let payload = file(&events("aws").join("eb-cloudwatch-alarm-metric.json"));
    let incoming = only(&payload);
    assert!(matches!(incoming, Incoming::Aws(AwsEvent::AlarmChanged(_))));
    assert_eq!(ignored(&incoming), None);
}

#[test]
fn an_event_of_aws_that_cannot_be_read_is_refused_with_its_place() {
    let payload = file(&events("aws").join("eb-cloudwatch-alarm-unknown-state.json"));
    assert_eq!(
        refused(&payload),
        "cannot read CloudWatch Alarm State Change: detail.state.value: expected ALARM, OK or INSUFFICIENT_DATA, \
         found \"WARM\""
    );
}

#[test]
fn no_json_at_all_is_passed_over_and_never_a_panic() {
    for payload in [json!(null), json!(1), json!("text"), json!([]), json!({}), json!({ "source": 1 })] {
        let readings = read(&payload);
        assert_eq!(readings.len(), 1, "{payload}");
        let incoming = readings.into_iter().next().expect("one").expect("readable");
        assert!(ignored(&incoming).is_some(), "{payload}");
    }
}

#[test]
fn what_the_sender_wrote_is_repeated_in_one_plain_and_bounded_line() {
    let forged = "x\r\n{\"level\":\"INFO\"}\u{1b}[2J".repeat(500);
    let of_type = |detail_type: &str, detail: &Value| {
        refused(&json!({ "source": "tidegate", "id": "e", "detail-type": detail_type, "detail": detail }))
    };
    for said in [of_type(&forged, &json!({})), of_type("Rollout Command", &json!({ "verb": forged }))] {
        assert!(said.len() < 3_000 && !said.contains(|c: char| c != '\n' && c.is_control()), "{said:?}");
    }
}

#[test]
fn who_asks_and_why_are_kept_plain_and_short() {
    let mut payload = sample("rollout-command");
    payload["detail"]["by"] = json!("me\n\u{1b}[31m".repeat(100));
    payload["detail"]["why"] = json!("because\u{202e}\n".repeat(1_000));
    let Incoming::Bus { message: Message::RolloutCommand(command), .. } = only(&payload) else {
        panic!("a command")
    };
    let said = [command.by, command.why.expect("a reason")];
    for (text, longest) in said.iter().zip([256, 2_000]) {
        assert!(text.chars().count() <= longest && !text.contains(|c: char| c.is_control()), "{text:?}");
    }
}

#[test]
fn a_name_too_long_to_be_one_is_refused_before_anything_is_looked_up() {
    let mut payload = sample("rollout-command");
    payload["detail"]["rollout"] = json!("x".repeat(257));
    let told = "cannot read Rollout Command: detail: rollout: a name of 257 characters; at most 256";
    assert_eq!(refused(&payload), told);
}
