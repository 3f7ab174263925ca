//! Things to send.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;
use tidegate_domain::policy::Policy;
use tidegate_domain::rollout::{Phase, Request, Rollout, RolloutId};
use tidegate_domain::target::{Target, Version};
use tidegate_domain::ticks::{Arms, Tick};
use tidegate_domain::verdict::Counts;

pub fn at(time: &str) -> Timestamp {
    format!("2026-03-01T{time}Z").parse().unwrap()
}

pub fn target() -> Target {
    Target::lambda("checkout", "live")
}

pub fn version(number: u32) -> Version {
    Version(number.to_string())
}

pub fn id() -> RolloutId {
    RolloutId("checkout-live-8".to_owned())
}

pub fn policy() -> Policy {
    let text = "{ version: 1, name: checkout, strategy: { steps: [ { setWeight: 5 }, { bake: 10m } ] }, \
                analysis: { alarms: [ { name: checkout-5xx }, { name: checkout-slow } ] } }";
    Policy::from_yaml(text).unwrap()
}

/// A rollout that waits for its target.
pub fn queued() -> Rollout {
    let request = Request { by: "ops".to_owned(), ..Request::default() };
    Rollout::queued(id(), target(), version(8), policy(), request, at("10:00:00"))
}

/// The rollout's next version, in this phase.
pub fn moved(before: &Rollout, phase: Phase, now: Timestamp) -> Rollout {
    Rollout { version: before.version + 1, phase, updated: now, ..before.clone() }
}

pub fn tick(time: &str) -> Tick {
    let arms = Arms { candidate: Counts { total: 50, bad: 1 }, stable: Counts { total: 950, bad: 9 } };
    Tick { minute: at(time), metrics: BTreeMap::from([("errors".to_owned(), arms)]) }
}

/// An item as DynamoDB writes it: every attribute a text.
pub fn item(attributes: &[(&str, String)]) -> serde_json::Value {
    attributes.iter().map(|(name, value)| ((*name).to_owned(), json!({ "S": value }))).collect()
}
