//! The error of this module: a message of a kind that Tidegate handles, in a shape that it cannot read.

use serde_json::Value;

/// Long enough to recognise a value, short enough for a log line and a page.
const SHOWN_CHARS: usize = 80;

/// A message that is ours but cannot be read: it belongs in the quarantine, with this as its reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {what}: {problem}")]
pub struct Unreadable {
    /// The kind: an EventBridge detail type, or the name of a direct invocation such as
    /// `CodeDeploy lifecycle hook`.
    pub what: String,
    /// The member at fault.
    pub problem: Problem,
}

/// What is wrong with which member. Paths are written as in `detail.state.value` and `Records[0].Sns`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A member that Tidegate needs is not there.
    #[error("{path}: missing, expected {expected}")]
    Missing {
        /// Where it should be.
        path: String,
        /// What would be right.
        expected: &'static str,
    },
    /// A member that Tidegate needs has a value that it cannot use.
    #[error("{path}: expected {expected}, found {found}")]
    Wrong {
        /// Where it is.
        path: String,
        /// What would be right.
        expected: &'static str,
        /// The value, as JSON and cut short; of arrays and objects only their size.
        found: String,
    },
}

impl Problem {
    pub(super) fn wrong(path: String, expected: &'static str, found: &Value) -> Self {
        Self::Wrong { path, expected, found: shown(found) }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("an array of {}", items.len()),
        Value::Object(members) => format!("an object of {}", members.len()),
        Value::String(text) if text.chars().nth(SHOWN_CHARS).is_some() => {
            let start: String = text.chars().take(SHOWN_CHARS).collect();
            format!("{start:?}…")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}
