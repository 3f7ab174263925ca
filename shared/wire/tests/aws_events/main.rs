//! The reader of AWS's events, through its public door.

mod alarms;
mod answers;
mod kinds;
mod samples;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tidegate_wire::aws::{AwsEvent, IgnoredBecause, Reading, read};

/// Where the samples lie.
fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/aws"))
}

fn sample(name: &str) -> Value {
    let text = fs::read_to_string(folder().join(name)).expect(name);
    serde_json::from_str(&text).expect(name)
}

/// A sample with the value at a JSON pointer replaced.
fn with(name: &str, pointer: &str, value: Value) -> Value {
    let mut payload = sample(name);
    *payload.pointer_mut(pointer).expect(pointer) = value;
    payload
}

fn one(payload: &Value) -> Reading {
    let mut readings = read(payload);
    assert_eq!(readings.len(), 1, "one reading of one message");
    readings.remove(0)
}

fn event(payload: &Value) -> AwsEvent {
    one(payload).expect("readable")
}

fn ignored(payload: &Value) -> IgnoredBecause {
    match event(payload) {
        AwsEvent::Ignored { why } => why,
        other => panic!("acted upon: {other}"),
    }
}

fn unreadable(payload: &Value) -> String {
    one(payload).expect_err("unreadable").to_string()
}

/// One line per payload, as `events/aws/README.md` has it.
fn told(payload: &Value) -> String {
    let lines: Vec<String> = read(payload)
        .into_iter()
        .map(|reading| match reading {
            Ok(event) => event.to_string(),
            Err(unreadable) => format!("quarantined: {unreadable}"),
        })
        .collect();
    lines.join("; ")
}
