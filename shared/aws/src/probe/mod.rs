//! Asking versions before they get any traffic: Lambda's `Invoke`, and plain HTTP.
//!
//! A function is asked once; a URL again where no connection comes about, while there is time. What does not answer in time
//! has answered with an error. That Lambda is busy is a fault that may pass.

mod http;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use aws_sdk_lambda::Config;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::error::SdkError;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use aws_smithy_http_client::Connector;
use serde_json::Value;
use tidegate_domain::check::Answer;
use tidegate_domain::units::Span;
use tidegate_engine::ports::{Fault, HttpRequest, Probe};

use crate::faults::fault;
use crate::rights::Right;
use crate::sdk::Sdk;

/// What this adapter calls. A URL needs no right.
pub const RIGHTS: &[Right] = &[Right::new("lambda:InvokeFunction", "asks a version, or a check function")];

/// So much of an answer is read; what is beyond is left.
const READ_BYTES: usize = 256 * 1024;

/// The probe port on Lambda and HTTP.
#[derive(Debug)]
pub struct Direct {
    sdk: Arc<Sdk>,
    connector: OnceLock<Connector>,
}

impl Direct {
    pub(crate) const fn new(sdk: Arc<Sdk>) -> Self {
        Self { sdk, connector: OnceLock::new() }
    }
}

#[async_trait]
impl Probe for Direct {
    async fn invoke(
        &self,
        function: &str,
        qualifier: Option<&str>,
        payload: &Value,
        timeout: Span,
    ) -> Result<Answer, Fault> {
        let call =
            self.sdk.lambda().invoke().function_name(function).set_qualifier(qualifier.map(str::to_owned));
        let call = call.invocation_type(InvocationType::RequestResponse);
        let call = call.payload(Blob::new(payload.to_string()));
        let limit = duration(timeout);
        let limits = TimeoutConfig::builder().operation_timeout(limit).operation_attempt_timeout(limit);
        let limits = limits.read_timeout(limit).build();
        let once = Config::builder().retry_config(RetryConfig::disabled()).timeout_config(limits);
        let begun = Instant::now();
        let answer = call.customize().config_override(once).send().await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(SdkError::TimeoutError(_)) => return Ok(late(timeout, begun)),
            Err(error) => return Err(fault(format!("Invoke {function}"), error)),
        };
        let body = answer.payload.map(Blob::into_inner).unwrap_or_default();
        let status = u16::try_from(answer.status_code).unwrap_or_default();
        Ok(Answer { status, body: text(&body), took: milliseconds(begun), error: answer.function_error })
    }

    async fn http(&self, request: &HttpRequest, timeout: Span) -> Result<Answer, Fault> {
        http::ask(self.connector.get_or_init(http::connector), request, duration(timeout)).await
    }
}

fn late(timeout: Span, begun: Instant) -> Answer {
    let error = Some(format!("no answer within {timeout}"));
    Answer { status: 0, body: String::new(), took: milliseconds(begun), error }
}

fn duration(span: Span) -> Duration {
    Duration::from_secs(span.as_seconds().into())
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The beginning of a body as text; bytes that are none are shown as such.
fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(READ_BYTES)]).into_owned()
}
