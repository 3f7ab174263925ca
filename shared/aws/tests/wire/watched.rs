//! What a function says of itself: lines for people, metrics, traces; and which of them goes where.

use std::io::{self, Write};
use std::net::UdpSocket;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tidegate_aws::config::Settings;
use tidegate_aws::runtime::watched;
use tidegate_engine::{measures, spans};
use tracing::level_filters::LevelFilter;
use tracing::{Instrument, Subscriber, debug, debug_span, info, subscriber};

use crate::harness::{Answer, Wire, settings};
use crate::samples::id;

const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";
const SAMPLED: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

fn measured(log: LevelFilter) -> Settings {
    Settings { measured_as: Some("tidegate".to_owned()), log, ..settings() }
}

/// Standard output.
#[derive(Clone, Default)]
pub struct Out(Arc<Mutex<Vec<u8>>>);

impl Out {
    /// Everything that was printed.
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is printed while this is done.
fn printed(settings: &Settings, done: impl FnOnce()) -> Vec<Value> {
    let out = Out::default();
    let writer = out.clone();
    subscriber::with_default(watched(settings, None, Arc::default(), move || writer.clone()), done);
    out.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// An X-Ray daemon that keeps what it is sent.
struct Daemon(UdpSocket);

impl Daemon {
    fn listening() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self(socket)
    }

    fn of(&self, wire: &Wire) -> (tidegate_aws::Aws, impl Subscriber + Send + Sync + use<>) {
        let aws = wire.aws();
        let subscriber =
            watched(aws.settings(), Some(self.0.local_addr().unwrap()), aws.invocation(), io::sink);
        (aws, subscriber)
    }

    /// The next document; it was sent before this is asked.
    fn next(&self) -> Value {
        let mut buffer = [0; 8_192];
        let length = self.0.recv(&mut buffer).unwrap();
        let text = std::str::from_utf8(&buffer[..length]).unwrap();
        let (header, document) = text.split_once('\n').unwrap();
        assert_eq!(header, r#"{"format":"json","version":1}"#);
        serde_json::from_str(document).unwrap()
    }

    fn is_left_alone(&self) -> bool {
        self.0.set_nonblocking(true).unwrap();
        self.0.recv(&mut [0; 8_192]).is_err()
    }
}

#[test]
fn a_measure_is_one_line_with_its_metrics_and_what_else_it_says() {
    let mut lines = printed(&measured(LevelFilter::INFO), || {
        debug!(target: measures::TARGET, RolloutsEnded = 1, LeadSeconds = 90_u32, RollbackSeconds = None::<u32>, outcome = "succeeded");
    });
    let mut line = lines.remove(0);
    assert!(lines.is_empty(), "{lines:?}");
    let written = line["_aws"]["Timestamp"].take().as_i64().unwrap();
    assert!(written > 1_700_000_000_000, "milliseconds: {written}");
    let wanted = json!({
        "_aws": { "Timestamp": null, "CloudWatchMetrics": [{
            "Namespace": "Tidegate",
            "Dimensions": [["Installation"]],
            "Metrics": [{ "Name": "RolloutsEnded", "Unit": "Count" }, { "Name": "LeadSeconds", "Unit": "Seconds" }],
        }] },
        "Installation": "tidegate", "RolloutsEnded": 1, "LeadSeconds": 90, "outcome": "succeeded",
    });
    assert_eq!(line, wanted);
}

#[test]
fn how_much_is_logged_has_no_say_in_what_is_measured() {
    let say = || {
        info!("for people");
        measures::invoked(3);
    };
    for (log, messages) in [(LevelFilter::OFF, 0), (LevelFilter::WARN, 0), (LevelFilter::DEBUG, 1)] {
        let lines = printed(&measured(log), say);
        let (metrics, others): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.get("_aws").is_some());
        assert_eq!((metrics.len(), others.len()), (1, messages), "{log}: {lines:?}");
        assert_eq!(metrics[0]["AwsCalls"], 3);
    }
}

#[test]
fn an_installation_without_a_name_measures_nothing_and_still_logs() {
    let unnamed = Settings { measured_as: None, ..measured(LevelFilter::DEBUG) };
    let lines = printed(&unnamed, || {
        measures::invoked(3);
        info!("for people");
    });
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["message"], "for people");
}

#[tokio::test]
async fn a_call_is_a_subsegment_below_what_it_is_made_for() {
    let (wire, daemon) = (Wire::answering([Answer::Json(json!({}))]), Daemon::listening());
    let (aws, subscriber) = daemon.of(&wire);
    aws.invocation().begin(Some(SAMPLED));
    let store = aws.store();
    let _default = subscriber::set_default(subscriber);
    let span = debug_span!(target: spans::TARGET, "rollout", rollout = "checkout-live-8", fault = false);
    store.load(&id()).instrument(span).await.unwrap();
    let (call, rollout) = (daemon.next(), daemon.next());
    assert_eq!((&rollout["name"], &rollout["type"]), (&json!("rollout"), &json!("subsegment")));
    assert_eq!((&rollout["trace_id"], &rollout["parent_id"]), (&json!(ROOT), &json!("53995c3f42cd8ad8")));
    assert_eq!(rollout["annotations"], json!({ "rollout": "checkout-live-8" }));
    assert_eq!((&call["trace_id"], &call["parent_id"]), (&json!(ROOT), &rollout["id"]));
    assert_eq!((&call["name"], &call["namespace"]), (&json!("DynamoDB"), &json!("aws")));
    assert_eq!(call["aws"]["operation"], "GetItem");
    assert_eq!(call["http"], json!({ "response": { "status": 200 } }));
    let id = call["id"].as_str().unwrap();
    assert!(id.len() == 16 && id.chars().all(|c| c.is_ascii_hexdigit()), "{id}");
    assert_ne!(call["id"], rollout["id"]);
    assert!(call["start_time"].as_f64() >= rollout["start_time"].as_f64());
    assert!(call["end_time"].as_f64() <= rollout["end_time"].as_f64());
    assert_eq!(aws.invocation().calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_says_how_and_counts_once_however_often_it_is_tried() {
    let denied = || Answer::Error(400, "AccessDeniedException", json!({}));
    for (answer, marks) in [(denied as fn() -> Answer, (true, false)), (|| Answer::Broken, (false, true))] {
        let (wire, daemon) = (Wire::serving(move |_| answer()), Daemon::listening());
        let (aws, subscriber) = daemon.of(&wire);
        aws.invocation().begin(Some(SAMPLED));
        let _default = subscriber::set_default(subscriber);
        aws.store().load(&id()).await.unwrap_err();
        let call = daemon.next();
        let is = |mark: &str| call.get(mark).and_then(Value::as_bool).unwrap_or_default();
        assert_eq!((is("error"), is("fault")), marks, "{call}");
        assert_eq!(call["parent_id"], "53995c3f42cd8ad8", "it is made for the invocation itself");
        assert_eq!(aws.invocation().calls(), 1);
        assert!(daemon.is_left_alone());
    }
}

#[tokio::test]
async fn nothing_is_sent_of_a_trace_that_is_not_recorded() {
    for header in [None, Some("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0")] {
        let (wire, daemon) = (Wire::answering([Answer::Json(json!({}))]), Daemon::listening());
        let (aws, subscriber) = daemon.of(&wire);
        aws.invocation().begin(header);
        let _default = subscriber::set_default(subscriber);
        aws.store().load(&id()).await.unwrap();
        assert!(daemon.is_left_alone(), "{header:?}");
    }
}

#[test]
fn what_a_span_learns_later_is_an_annotation_by_a_name_that_xray_takes() {
    let (wire, daemon) = (Wire::answering([]), Daemon::listening());
    let (aws, subscriber) = daemon.of(&wire);
    aws.invocation().begin(Some(SAMPLED));
    subscriber::with_default(subscriber, || {
        let span =
            debug_span!(target: spans::TARGET, "judge", rollout.id = "a", verdict = tracing::field::Empty);
        span.record("verdict", "promote");
    });
    assert_eq!(daemon.next()["annotations"], json!({ "rollout_id": "a", "verdict": "promote" }));
}
