//! Measurements of Tidegate itself in CloudWatch's embedded metric format: one JSON line on standard output, which CloudWatch
//! Logs turns into metrics. No call, no right, no cost beyond the line.
//!
//! Namespace `Tidegate`: `Verdicts` by `Verdict`; `Rollbacks` and `RollbackSeconds` (from the event that asked for it until all
//! traffic was read back to be on stable); `SweepLagSeconds`.

use jiff::Timestamp;
use serde_json::{Value, json};
use tidegate_domain::units::Span;
use tidegate_engine::ports::{Clock, Measured, Meter};

use crate::clock::System;

/// Prints measurements where CloudWatch Logs finds them.
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedMetrics;

impl Meter for EmbeddedMetrics {
    fn record(&self, measured: Measured) {
        println!("{}", line(measured, System.now()));
    }
}

fn line(measured: Measured, now: Timestamp) -> Value {
    match measured {
        Measured::Verdict(verdict) => embedded(
            now,
            &["Verdict"],
            &[("Verdicts", "Count")],
            json!({ "Verdict": verdict, "Verdicts": 1 }),
        ),
        Measured::RolledBack(took) => embedded(
            now,
            &[],
            &[("Rollbacks", "Count"), ("RollbackSeconds", "Seconds")],
            json!({ "Rollbacks": 1, "RollbackSeconds": seconds(took) }),
        ),
        Measured::SweepLag(lag) => {
            embedded(now, &[], &[("SweepLagSeconds", "Seconds")], json!({ "SweepLagSeconds": seconds(lag) }))
        }
    }
}

fn seconds(span: Span) -> u32 {
    span.as_seconds()
}

/// One line: the metadata that CloudWatch reads, and beside it the values that the metadata names.
fn embedded(now: Timestamp, dimensions: &[&str], metrics: &[(&str, &str)], values: Value) -> Value {
    let metrics: Vec<Value> =
        metrics.iter().map(|(name, unit)| json!({ "Name": name, "Unit": unit })).collect();
    let directive = json!({ "Namespace": "Tidegate", "Dimensions": [dimensions], "Metrics": metrics });
    let mut line = json!({ "_aws": { "Timestamp": now.as_millisecond(), "CloudWatchMetrics": [directive] } });
    if let (Some(line), Value::Object(values)) = (line.as_object_mut(), values) {
        line.extend(values);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_its_metrics_and_holds_their_values() {
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        assert_eq!(
            line(Measured::RolledBack(Span::seconds(3)), now),
            json!({
                "_aws": { "Timestamp": 1_795_168_800_000_i64, "CloudWatchMetrics": [{
                    "Namespace": "Tidegate",
                    "Dimensions": [[]],
                    "Metrics": [{ "Name": "Rollbacks", "Unit": "Count" }, { "Name": "RollbackSeconds", "Unit": "Seconds" }],
                }] },
                "Rollbacks": 1,
                "RollbackSeconds": 3,
            })
        );
        let verdict = line(Measured::Verdict("promote"), now);
        assert_eq!(verdict["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Verdict"]]));
        assert_eq!(verdict["Verdict"], "promote");
    }
}
