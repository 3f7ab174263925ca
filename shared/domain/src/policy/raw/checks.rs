//! What is asked of a version before it gets any traffic, as people write it.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::policy::defaults;
use crate::policy::lenient::{Lenient, Unknown};
use crate::policy::values::{Duration, Milliseconds};

/// A question to a version that nobody uses yet, and what the answer has to be: exactly one of invoke, http and function.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    rename_all = "camelCase",
    expecting = "an object like { name: answers, invoke: { payload: {} }, expect: { status: 200 } }"
)]
#[schemars(
    deny_unknown_fields,
    extend("required" = ["name"]),
    extend("oneOf" = [{ "required": ["invoke"] }, { "required": ["http"] }, { "required": ["function"] }])
)]
pub(in crate::policy) struct RawCheck {
    /// Its name, for messages.
    #[schemars(length(min = 1, max = 64))]
    pub(in crate::policy) name: Lenient<String>,
    /// Invokes the new version of the Lambda function.
    pub(in crate::policy) invoke: Lenient<RawInvoke>,
    /// Makes an HTTP request, such as to a test listener.
    pub(in crate::policy) http: Lenient<RawHttp>,
    /// Invokes a function of your own, which says no with an error.
    pub(in crate::policy) function: Lenient<RawFunction>,
    /// What the answer has to be. What is not stated may be anything, but for a function's error, which is never right.
    pub(in crate::policy) expect: Lenient<RawExpect>,
    /// How long the answer may take, in whole seconds; all of them add up to 45s at most.
    #[schemars(extend("default" = defaults::CHECK_TIMEOUT))]
    pub(in crate::policy) timeout: Lenient<Duration>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(in crate::policy) unknown: Unknown,
}

/// An invocation of the new version.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", expecting = "an object like { payload: { path: /health } }")]
#[schemars(deny_unknown_fields)]
pub(in crate::policy) struct RawInvoke {
    /// The event that it receives; {} where unset.
    pub(in crate::policy) payload: Lenient<Value>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(in crate::policy) unknown: Unknown,
}

/// An HTTP request.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(
    default,
    rename_all = "camelCase",
    expecting = "an object like { url: https://test.example.com/health }"
)]
#[schemars(deny_unknown_fields, extend("required" = ["url"]))]
pub(in crate::policy) struct RawHttp {
    /// The URL: http or https.
    #[schemars(length(max = defaults::LONGEST_URL), regex(pattern = r"^https?://[^\s/?#@]+([/?#]\S*)?$"))]
    pub(in crate::policy) url: Lenient<String>,
    /// The method.
    #[schemars(extend("default" = defaults::METHOD))]
    pub(in crate::policy) method: Lenient<Method>,
    /// Headers by their names.
    #[schemars(schema_with = "headers_schema")]
    pub(in crate::policy) headers: Lenient<BTreeMap<String, Lenient<String>>>,
    /// The body.
    #[schemars(length(max = defaults::LONGEST_PAYLOAD))]
    pub(in crate::policy) body: Lenient<String>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(in crate::policy) unknown: Unknown,
}

/// A method of HTTP.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(in crate::policy) enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

impl Method {
    /// As a request names it.
    pub(in crate::policy) const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }
}

fn headers_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": { "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" },
        "additionalProperties": { "type": "string", "maxLength": defaults::LONGEST_HEADER }
    })
}

/// An invocation of a function of the user's own.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", expecting = "an object like { name: smoke-test, payload: {} }")]
#[schemars(deny_unknown_fields, extend("required" = ["name"]))]
pub(in crate::policy) struct RawFunction {
    /// The function's bare name, perhaps with an alias or a version: `smoke-test:live`.
    #[schemars(regex(pattern = r"^[a-zA-Z0-9_-]{1,64}(:[a-zA-Z0-9_-]{1,128})?$"))]
    pub(in crate::policy) name: Lenient<String>,
    /// What it receives, beside what is deployed; {} where unset.
    pub(in crate::policy) payload: Lenient<Value>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(in crate::policy) unknown: Unknown,
}

/// What an answer has to be.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", expecting = "an object like { status: 200, fasterThan: 500ms }")]
#[schemars(deny_unknown_fields)]
pub(in crate::policy) struct RawExpect {
    /// The status of HTTP, or the `statusCode` in a function's answer.
    #[schemars(range(min = 100, max = 599))]
    pub(in crate::policy) status: Lenient<u64>,
    /// Places in the answer's JSON, and what has to stand there.
    #[schemars(length(max = defaults::PLACES))]
    pub(in crate::policy) json: Lenient<Vec<Lenient<RawJsonIs>>>,
    /// Text that has to be in the answer.
    #[schemars(length(min = 1, max = defaults::LONGEST_NAME))]
    pub(in crate::policy) contains: Lenient<String>,
    /// It has to come in less time than this.
    pub(in crate::policy) faster_than: Lenient<Milliseconds>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(in crate::policy) unknown: Unknown,
}

/// A place in the answer's JSON, and what has to stand there.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", expecting = "an object like { path: $.body.ok, equals: true }")]
#[schemars(deny_unknown_fields, extend("required" = ["path", "equals"]))]
pub(in crate::policy) struct RawJsonIs {
    /// The place: `$.body.items[0]['first name']`. A text on the way that is JSON itself is read, such as the body that a
    /// function answers to API Gateway.
    #[schemars(length(max = defaults::LONGEST_NAME), regex(pattern = r"^\$([.\[].*)?$"))]
    pub(in crate::policy) path: Lenient<String>,
    /// What has to stand there: any JSON.
    pub(in crate::policy) equals: Lenient<Value>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(in crate::policy) unknown: Unknown,
}
