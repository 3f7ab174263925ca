//! The bus: envelopes as EventBridge makes them, and who receives what.

mod events;
mod rules;

use serde_json::Value;
use tidegate_domain::effect::Owner;

pub(crate) use events::{
    alarm_changed, complete, deployment_changed, flags_changed, message, version_published,
};

/// The functions that receive an event, each as often as rules match.
pub(crate) fn receivers(event: &Value) -> impl Iterator<Item = Owner> {
    rules::RULES.iter().filter(|rule| rule.matches(event)).map(|rule| rule.to)
}
