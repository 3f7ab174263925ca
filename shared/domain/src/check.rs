//! Checks before any traffic: what a policy asks of a version that nobody uses yet, and whether its answer will do.

mod path;
mod verdict;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::units::Span;

pub use self::path::Path;
pub use self::verdict::verdict;

/// One check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// Its name, for messages.
    pub name: String,
    /// What is asked.
    pub asks: Asks,
    /// What the answer has to be.
    pub expect: Expect,
    /// How long it may take to be answered.
    pub timeout: Span,
}

/// What a check asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Asks {
    /// The new version of the Lambda function, with this payload.
    Invoke {
        /// The payload.
        payload: Value,
    },
    /// A URL, such as one of a test listener.
    Http {
        /// The URL.
        url: String,
        /// The method.
        method: String,
        /// Headers.
        headers: Vec<(String, String)>,
        /// The body.
        body: Option<String>,
    },
    /// A Lambda function of the user's own. It receives the payload and what is deployed, and says no with an error.
    Function {
        /// Its name, perhaps with an alias or a version: `smoke-test:live`.
        name: String,
        /// The payload.
        payload: Value,
    },
}

/// What an answer has to be. What is not stated may be anything, but for an error, which is never right.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expect {
    /// The status: of HTTP, or the `statusCode` in a function's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Places in the answer's JSON and what has to stand there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub json: Vec<JsonIs>,
    /// Text that has to be in the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
    /// It has to come in less time than this, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub faster_than: Option<u32>,
}

/// A place in an answer's JSON and what has to stand there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JsonIs {
    /// The place: `$.body.items[0].name`.
    pub path: String,
    /// What has to stand there.
    pub equals: Value,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status of HTTP; for a function that of its invocation.
    pub status: u16,
    /// The body, as text.
    pub body: String,
    /// How long it took, in milliseconds.
    pub took: u64,
    /// The error of a function that failed: `Unhandled`.
    pub error: Option<String>,
}
