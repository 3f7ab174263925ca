//! Lambda's on-failure destination: an asynchronous invocation that failed for good.

use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

use super::cloudtrail::Function;
use super::fields::Fields;
use super::{AwsEvent, Reading};

/// An asynchronous invocation of a function failed for good; its payload would be lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LambdaDestinationFailure {
    /// The event's own id, the same on every delivery.
    pub event_id: String,
    /// The function's name.
    pub function: String,
    /// The function's ARN, with its qualifier.
    pub function_arn: String,
    /// The invocation's request id.
    pub request_id: Option<String>,
    /// Lambda's word for why it gave up, such as `RetriesExhausted` or `EventAgeExceeded`.
    pub condition: Option<String>,
    /// How often Lambda tried, about.
    pub attempts: Option<u64>,
    /// The last error's message.
    pub error: Option<String>,
    /// What the function was invoked with. Null if it is not there.
    pub request: Value,
    /// When Lambda gave up; where that cannot be read, when the event was sent.
    pub at: Timestamp,
}

impl fmt::Display for LambdaDestinationFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let condition = self.condition.as_deref().unwrap_or("no reason given");
        let error = self.error.as_deref().unwrap_or("no error message");
        write!(f, "an invocation of {} failed for good ({condition}): {error}", self.function)
    }
}

pub(super) fn failure(fields: &Fields<'_>) -> Reading {
    const FUNCTION: &str = "detail.requestContext.functionArn";
    let arn = fields.text(FUNCTION)?;
    let function = Function::named(arn).ok_or_else(|| fields.wrong(FUNCTION, "a function's ARN"))?;
    let text = |path: &str| fields.optional_text(path).map(str::to_owned);
    Ok(AwsEvent::LambdaDestinationFailure(LambdaDestinationFailure {
        event_id: fields.text("id")?.to_owned(),
        function: function.name.to_owned(),
        function_arn: arn.to_owned(),
        request_id: text("detail.requestContext.requestId"),
        condition: text("detail.requestContext.condition"),
        attempts: fields.optional_count("detail.requestContext.approximateInvokeCount"),
        error: text("detail.responsePayload.errorMessage"),
        request: fields.get("detail.requestPayload").cloned().unwrap_or_default(),
        at: fields.time(&["detail.timestamp", "time"])?,
    }))
}
