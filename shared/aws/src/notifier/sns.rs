//! SNS: one message in the form that each subscriber takes, with attributes to filter on.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_sns::types::MessageAttributeValue;
use serde::Serialize;
use tidegate_domain::effect::Outcome;
use tidegate_engine::ports::{Fault, Notice, Notifier};

use crate::config::TopicArn;
use crate::faults::{fault, unbuildable, unreadable};
use crate::rights::Right;
use crate::sdk::Sdk;

/// What this adapter calls. A policy may name a topic of its own, which has to be in this right too.
pub const RIGHTS: &[Right] = &[Right::new("sns:Publish", "tells people of outcomes")];

/// The notifier port on SNS. Publishing is at least once: a copy carries the same `outcomeId`.
#[derive(Debug)]
pub struct Sns {
    sdk: Arc<Sdk>,
    topic: TopicArn,
}

/// The message as `MessageStructure: json` wants it: a string for every protocol that differs from the default.
#[derive(Serialize)]
struct ByProtocol<'a> {
    default: &'a str,
    email: &'a str,
    sms: &'a str,
    sqs: &'a str,
    lambda: &'a str,
    http: &'a str,
    https: &'a str,
}

/// What machines receive: the outcome as on the bus, and its words.
#[derive(Serialize)]
struct ForMachines<'a> {
    outcome: &'a Outcome,
    subject: &'a str,
    text: &'a str,
}

impl Sns {
    pub(crate) const fn new(sdk: Arc<Sdk>, topic: TopicArn) -> Self {
        Self { sdk, topic }
    }
}

#[async_trait]
impl Notifier for Sns {
    async fn send(&self, notice: &Notice) -> Result<(), Fault> {
        let outcome = &notice.outcome;
        let topic = outcome
            .topic
            .as_deref()
            .map_or_else(|| self.topic.to_string(), |topic| self.topic.resolve(topic));
        let what = format!("Publish {topic}");
        let message = by_protocol(notice).map_err(|error| unreadable(&what, "no JSON").because(error))?;
        let mut call = self.sdk.sns().publish().topic_arn(&topic).subject(&notice.message.subject);
        for (name, value) in attributes(outcome) {
            let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
            call = call.message_attributes(name, value.map_err(unbuildable(&what))?);
        }
        call.message(message).message_structure("json").send().await.map_err(|error| fault(what, error))?;
        Ok(())
    }
}

fn by_protocol(notice: &Notice) -> Result<String, serde_json::Error> {
    let (subject, text) = (notice.message.subject.as_str(), notice.message.text.as_str());
    let machines = serde_json::to_string(&ForMachines { outcome: &notice.outcome, subject, text })?;
    let machines = machines.as_str();
    serde_json::to_string(&ByProtocol {
        default: text,
        email: text,
        sms: subject,
        sqs: machines,
        lambda: machines,
        http: machines,
        https: machines,
    })
}

/// What subscriptions may filter on.
fn attributes(outcome: &Outcome) -> [(&'static str, String); 4] {
    let kind = serde_json::to_value(outcome.kind).ok().and_then(|kind| kind.as_str().map(str::to_owned));
    [
        ("severity", outcome.severity.name().to_owned()),
        ("target", outcome.target()),
        ("outcome", kind.unwrap_or_default()),
        ("outcomeId", outcome.outcome_id.clone()),
    ]
}
