//! Traces: each closed span of [`tidegate_engine::spans`] is a subsegment, sent to the X-Ray daemon that Lambda runs beside every function. One
//! datagram each, nothing awaited: what cannot be sent is lost, and the function does not notice.

use std::hash::{BuildHasher as _, RandomState};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tidegate_engine::ports::Clock as _;
use tracing::Subscriber;
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::metrics::Fields;
use crate::clock::System;
use crate::invocation::{Invocation, Trace};

/// What comes before every document.
const HEADER: &str = "{\"format\":\"json\",\"version\":1}\n";

/// Sends the spans of invocations whose trace is recorded.
pub(super) struct Traces {
    invocation: Arc<Invocation>,
    daemon: UdpSocket,
}

impl Traces {
    /// To the daemon at this address; `None` where no socket can be had.
    pub(super) fn to(daemon: SocketAddr, invocation: Arc<Invocation>) -> Option<Self> {
        let any: SocketAddr = match daemon {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(any).ok()?;
        socket.set_nonblocking(true).ok()?;
        socket.connect(daemon).ok()?;
        Some(Self { invocation, daemon: socket })
    }
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Traces {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(trace) = self.invocation.trace().filter(|trace| trace.sampled) else { return };
        let Some(span) = context.span(id) else { return };
        let within = span.parent().and_then(|parent| Some(parent.extensions().get::<Segment>()?.id.clone()));
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(Segment::begun(within, trace, fields, System.now()));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(segment) = span.extensions_mut().get_mut::<Segment>() {
            values.record(&mut segment.fields);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        if let Some(segment) = span.extensions_mut().remove::<Segment>() {
            let document = segment.document(span.name(), System.now());
            drop(self.daemon.send(format!("{HEADER}{document}").as_bytes()));
        }
    }
}

/// A subsegment under way.
struct Segment {
    id: String,
    parent: String,
    root: String,
    began: Timestamp,
    fields: Fields,
}

impl Segment {
    fn begun(within: Option<String>, trace: Trace, fields: Fields, now: Timestamp) -> Self {
        // A new state has new keys: sixteen digits that nobody else has.
        let id = format!("{:016x}", RandomState::new().hash_one(now));
        Self { id, parent: within.unwrap_or(trace.parent), root: trace.root, began: now, fields }
    }

    /// What a span says of AWS, of HTTP and of faults has its place; every other field is an annotation, which traces are found by.
    fn document(self, span: &str, now: Timestamp) -> Value {
        let mut document = json!({
            "type": "subsegment", "name": span, "id": self.id, "trace_id": self.root, "parent_id": self.parent,
            "start_time": seconds(self.began), "end_time": seconds(now),
        });
        let (mut aws, mut annotations) = (Map::new(), Map::new());
        for (field, value) in self.fields.0 {
            match field.as_str() {
                "aws.service" => {
                    document["name"] = value;
                    document["namespace"] = "aws".into();
                }
                "http.status" => {
                    let status = value.as_u64().unwrap_or_default();
                    document["throttle"] = (status == 429).into();
                    document["error"] = (400..500).contains(&status).into();
                    document["fault"] = (status >= 500).into();
                    document["http"] = json!({ "response": { "status": status } });
                }
                "fault" => document["fault"] = value,
                other => match other.strip_prefix("aws.") {
                    Some(said) => drop(aws.insert(said.to_owned(), value)),
                    None => drop(annotations.insert(key(other), value)),
                },
            }
        }
        for (part, said) in [("aws", aws), ("annotations", annotations)] {
            if !said.is_empty() {
                document[part] = Value::Object(said);
            }
        }
        document
    }
}

/// A name as annotations may have: letters, digits and underscores.
fn key(field: &str) -> String {
    field.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

/// Seconds since 1970, with their fraction.
#[expect(clippy::cast_precision_loss, reason = "microseconds stay exact until the year 2255")]
fn seconds(at: Timestamp) -> f64 {
    at.as_microsecond() as f64 / 1e6
}
