//! What a function's binary runs on: settings, logs and the Lambda runtime, wired once at cold start.

use std::error::Error;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use tidegate_engine::ports::{Fault, FaultKind, Function};
use tracing::error;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::{Aws, Settings};

/// Why a binary stopped.
pub type Failed = lambda_runtime::Error;

/// Runs a function until Lambda stops it. `build` takes the ports that the function may use.
pub async fn run<F: Function>(build: impl FnOnce(&Aws) -> F) -> Result<(), Failed> {
    let aws = Aws::of_function()?;
    log_json(aws.settings());
    let function = build(&aws);
    let function = &function;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        function.invoke(&event.payload).await.map_err(|fault| failed(&fault))
    }))
    .await
}

/// One JSON object a line, its fields flat, so that Logs Insights finds `rollout.id` in every line.
fn log_json(settings: &Settings) {
    // The runtime logs a failure once more, in words of its own.
    let ours = filter_fn(|metadata| !metadata.target().starts_with("lambda_runtime"));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .with_filter(ours);
    tracing_subscriber::registry().with(lines).with(settings.log).init();
}

/// A failure is logged once, here, and labelled so that metric filters can tell kinds apart.
fn failed(fault: &Fault) -> Diagnostic {
    let source = fault.source.as_ref().map(|source| chain(source.as_ref())).unwrap_or_default();
    error!(fault.kind = error_type(&fault.kind), fault.source = source, "{fault}");
    Diagnostic { error_type: error_type(&fault.kind).to_owned(), error_message: fault.to_string() }
}

/// An error with everything behind it: the SDK's own words are often just "service error".
fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

const fn error_type(kind: &FaultKind) -> &'static str {
    match kind {
        FaultKind::Passing(_) => "Passing",
        FaultKind::Denied(_) => "Denied",
        FaultKind::Missing(_) => "Missing",
        FaultKind::Refused(_) => "Refused",
        FaultKind::Unreadable(_) => "Unreadable",
    }
}
