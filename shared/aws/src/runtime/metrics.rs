//! Metrics in CloudWatch's embedded metric format: one JSON line on standard output, which CloudWatch Logs makes metrics of. No
//! call, no right.

use std::io::Write as _;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tidegate_engine::measures::METRICS;
use tidegate_engine::ports::Clock as _;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;

use crate::clock::System;

/// The namespace of all metrics.
const NAMESPACE: &str = "Tidegate";
/// Their only dimension: each further one would multiply the metrics, and with them their price.
const DIMENSION: &str = "Installation";

/// Writes each event of [`tidegate_engine::measures`] as one line. Fields that are no metrics stand beside them, for whoever searches the
/// logs.
pub(super) struct EmbeddedMetrics<W> {
    pub(super) installation: String,
    pub(super) out: W,
}

impl<S: Subscriber, W: for<'w> MakeWriter<'w> + 'static> Layer<S> for EmbeddedMetrics<W> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let line = line(fields.0, &self.installation, System.now());
        // Where standard output is closed there is nobody to tell.
        drop(self.out.make_writer().write_all(format!("{line}\n").as_bytes()));
    }
}

fn line(fields: Map<String, Value>, installation: &str, now: Timestamp) -> Value {
    let measured = METRICS.iter().filter(|metric| fields.contains_key(metric.name));
    let metrics: Vec<Value> =
        measured.map(|metric| json!({ "Name": metric.name, "Unit": metric.unit })).collect();
    let directive = json!({ "Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": metrics });
    let mut line = fields;
    line.insert(DIMENSION.to_owned(), installation.into());
    let metadata = json!({ "Timestamp": now.as_millisecond(), "CloudWatchMetrics": [directive] });
    line.insert("_aws".to_owned(), metadata);
    Value::Object(line)
}

/// The fields of an event or a span, as JSON.
#[derive(Default)]
pub(super) struct Fields(pub(super) Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
}
