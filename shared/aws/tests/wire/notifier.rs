//! Telling people.

use serde_json::{Value, json};
use tidegate_domain::effect::Outcome;
use tidegate_domain::policy::OutcomeKind;
use tidegate_domain::rollout::Rollout;
use tidegate_engine::ports::{FaultKind, Notice};

use crate::harness::{Answer, Wire};
use crate::samples::queued;

const PUBLISHED: &str =
    "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>";

fn notice(topic: Option<&str>) -> Notice {
    let mut rollout: Rollout = queued();
    rollout.policy.notify.topic = topic.map(str::to_owned);
    let outcome = Outcome::of(&rollout, OutcomeKind::RolledBack);
    Notice { message: outcome.message(), outcome }
}

/// The form that was sent, its values read.
async fn sent(topic: Option<&str>) -> Vec<(String, String)> {
    let wire = Wire::answering([Answer::Xml(PUBLISHED)]);
    wire.aws().notifier().send(&notice(topic)).await.unwrap();
    let body = wire.only_request().body;
    let pairs = body.as_str().unwrap().split('&').map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(name, value)| (name.to_owned(), unescaped(value))).collect()
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
        } else {
            byte
        });
    }
    String::from_utf8(bytes).unwrap()
}

fn value<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    form.iter()
        .find(|(key, _)| key == name)
        .map_or_else(|| panic!("no {name} in {form:#?}"), |(_, value)| value)
}

#[tokio::test]
async fn people_get_words_and_machines_get_the_outcome() {
    let form = sent(None).await;
    assert_eq!(value(&form, "TopicArn"), "arn:aws:sns:eu-west-1:123456789012:on-call");
    let subject = value(&form, "Subject");
    assert!(subject.len() < 100 && subject.is_ascii() && subject.starts_with("[critical]"), "{subject}");
    assert_eq!(value(&form, "MessageStructure"), "json");

    let message: Value = serde_json::from_str(value(&form, "Message")).unwrap();
    let Notice { outcome, message: words } = notice(None);
    assert_eq!(message["default"], words.text);
    assert_eq!(message["email"], words.text);
    assert_eq!(message["sms"], words.subject);
    for protocol in ["sqs", "lambda", "http", "https"] {
        let body: Value = serde_json::from_str(message[protocol].as_str().unwrap()).unwrap();
        assert_eq!(
            body,
            json!({ "outcome": outcome, "subject": words.subject, "text": words.text }),
            "{protocol}"
        );
    }
}

#[tokio::test]
async fn attributes_are_there_to_filter_on() {
    let form = sent(None).await;
    let attribute = |name: &str| {
        let (key, _) = form.iter().find(|(_, value)| value == name).unwrap();
        let entry = key.strip_suffix(".Name").unwrap();
        assert_eq!(value(&form, &format!("{entry}.Value.DataType")), "String");
        value(&form, &format!("{entry}.Value.StringValue"))
    };
    assert_eq!(attribute("severity"), "critical");
    assert_eq!(attribute("target"), "lambda:checkout:live");
    assert_eq!(attribute("outcome"), "rolledBack");
    assert_eq!(attribute("outcomeId"), "checkout-live-8@1");
}

#[tokio::test]
async fn a_policy_names_its_topic_by_name_or_by_arn() {
    assert_eq!(value(&sent(Some("shop")).await, "TopicArn"), "arn:aws:sns:eu-west-1:123456789012:shop");
    let arn = "arn:aws:sns:eu-west-1:210987654321:shop";
    assert_eq!(value(&sent(Some(arn)).await, "TopicArn"), arn);
}

#[tokio::test]
async fn a_topic_that_is_not_there_or_not_ours_is_told() {
    let kind = async |status, code| {
        let wire = Wire::answering([Answer::XmlError(status, code)]);
        wire.aws().notifier().send(&notice(None)).await.unwrap_err().kind
    };
    assert!(matches!(kind(404, "NotFound").await, FaultKind::Missing(_)));
    assert!(matches!(kind(403, "AuthorizationError").await, FaultKind::Denied(_)));
    assert!(matches!(kind(400, "InvalidParameter").await, FaultKind::Refused(_)));
}
