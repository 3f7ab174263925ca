//! What a function's binary runs on: settings, logs and the Lambda runtime, wired once at cold start.

mod metrics;
mod traces;

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};
use tidegate_engine::ports::{Fault, FaultKind, Function};
use tidegate_engine::{measures, spans};
use tracing::{Subscriber, error, warn};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use self::metrics::EmbeddedMetrics;
use self::traces::Traces;
use crate::config::Home;
use crate::invocation::Invocation;
use crate::{Aws, Settings};

/// Why a binary stopped.
pub type Failed = lambda_runtime::Error;

/// Runs a function until Lambda stops it. `build` takes the ports that the function may use.
pub async fn run<F: Function>(build: impl FnOnce(&Aws) -> F) -> Result<(), Failed> {
    let (settings, home) = (Settings::from_env()?, Home::from_env()?);
    let daemon = home.xray_daemon;
    let aws = Aws::of_function(settings, home);
    let invocation = aws.invocation();
    watched(aws.settings(), daemon, invocation.clone(), std::io::stdout).init();
    let function = build(&aws);
    let (function, invocation) = (&function, &invocation);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        invocation.begin(event.context.xray_trace_id.as_deref());
        if let Some(account) = foreign_account(&event.payload, &event.context.invoked_function_arn) {
            let why = format!("it comes from account {account:?}, and Tidegate acts in its own alone");
            warn!("ignored: {why}");
            return Ok(json!({ "ignored": why }));
        }
        let answer = function.invoke(&event.payload).await;
        measures::invoked(invocation.calls());
        answer.map_err(|fault| failed(&fault))
    }))
    .await
}

/// The account that an event comes from, where that is not the function's own: a bus to which another account hands its events
/// leaves them as they are, source and all, and an alarm there may be called like one here.
fn foreign_account<'a>(payload: &'a Value, function: &str) -> Option<&'a str> {
    let own = function.split(':').nth(4)?;
    payload.get("account")?.as_str().filter(|account| *account != own)
}

/// Where what a function says goes: lines for people and metrics to `out`, traces to the daemon. How much is logged has no say in
/// what is measured and traced.
pub fn watched<W>(
    settings: &Settings,
    daemon: Option<SocketAddr>,
    invocation: Arc<Invocation>,
    out: W,
) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'w> MakeWriter<'w> + Clone + Send + Sync + 'static,
{
    // At TRACE the SDK prints whole answers, and with them what policies say in headers of their checks.
    let log = settings.log.min(LevelFilter::DEBUG);
    // The runtime logs a failure once more, in words of its own.
    let others = [measures::TARGET, spans::TARGET, "lambda_runtime"];
    let ours = filter_fn(move |metadata| {
        *metadata.level() <= log && !others.iter().any(|other| metadata.target().starts_with(other))
    });
    // One JSON object a line, its fields flat, so that Logs Insights finds `rollout.id` in every line.
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .with_writer(out.clone())
        .with_filter(ours.with_max_level_hint(log));
    let of = |target: &'static str| {
        filter_fn(move |metadata| metadata.target() == target).with_max_level_hint(LevelFilter::DEBUG)
    };
    let metrics = settings.measured_as.clone();
    let metrics =
        metrics.map(|installation| EmbeddedMetrics { installation, out }.with_filter(of(measures::TARGET)));
    let traces = daemon.and_then(|daemon| Traces::to(daemon, invocation));
    let traces = traces.map(|traces| traces.with_filter(of(spans::TARGET)));
    tracing_subscriber::registry().with(lines).with(metrics).with(traces)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_another_account_is_passed_over() {
        let function = "arn:aws:lambda:eu-west-1:123456789012:function:tidegate-rollback";
        let foreign = |payload: &Value| foreign_account(payload, function).map(str::to_owned);
        assert_eq!(foreign(&json!({ "account": "999999999999" })).as_deref(), Some("999999999999"));
        for ours in [json!({ "account": "123456789012" }), json!({ "tidegate": "sweep" })] {
            assert_eq!(foreign(&ours), None, "{ours}");
        }
        assert_eq!(foreign_account(&json!({ "account": "1" }), "bench"), None, "it does not know its own");
    }
}
