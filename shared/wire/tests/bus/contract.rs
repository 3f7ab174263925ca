//! The contract that others build upon: one schema and at least one sample for each detail type.
//!
//! `UPDATE_SCHEMAS=1 cargo test -p tidegate-wire --test bus` writes `events/schemas` anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};
use tidegate_wire::bus::{Message, SOURCE};
use tidegate_wire::intake::{self, Incoming};

use super::{events, files};

/// `Rollout Requested` is described by `rollout-requested.json`.
fn file_name(detail_type: &str) -> String {
    detail_type.to_lowercase().replace(' ', "-")
}

fn schemas() -> BTreeMap<String, Value> {
    Message::schemas().into_iter().map(|(detail_type, schema)| (file_name(detail_type), schema)).collect()
}

fn read(payload: &Value) -> Message {
    match intake::read(payload).remove(0) {
        Ok(Incoming::Bus { message, .. }) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_detail_type_has_its_schema_in_the_repository() {
    let schemas = schemas();
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        for (name, schema) in &schemas {
            let text = serde_json::to_string_pretty(schema).expect("JSON") + "\n";
            fs::write(events("schemas").join(format!("{name}.json")), text).expect("a schema");
        }
    }
    let written = files("schemas");
    assert_eq!(written.keys().collect::<Vec<_>>(), schemas.keys().collect::<Vec<_>>());
    for (name, schema) in &schemas {
        assert!(
            written.get(name) == Some(schema),
            "events/schemas/{name}.json is old; UPDATE_SCHEMAS=1 writes it anew"
        );
    }
}

#[test]
fn every_sample_fits_its_schema_and_is_read_as_what_it_is() {
    let schemas = schemas();
    for (name, payload) in files("bus") {
        assert_eq!(payload["source"], SOURCE, "{name}");
        let detail_type = payload["detail-type"].as_str().expect("a detail type");
        let schema = jsonschema::validator_for(&schemas[&file_name(detail_type)]).expect("a schema");
        let faults: Vec<String> = schema.iter_errors(&payload["detail"]).map(|e| e.to_string()).collect();
        assert_eq!(faults, Vec::<String>::new(), "{name}");
        assert_eq!(read(&payload).detail_type(), detail_type, "{name}");
    }
}

#[test]
fn every_detail_type_has_a_sample() {
    let samples = files("bus");
    let seen: BTreeSet<&str> = samples.values().filter_map(|s| s["detail-type"].as_str()).collect();
    let known: BTreeSet<&str> = Message::DETAIL_TYPES.iter().copied().collect();
    assert_eq!(seen, known);
    for detail_type in known {
        assert!(samples.contains_key(&file_name(detail_type)), "the sample is named after {detail_type}");
    }
}

#[test]
fn a_message_is_read_as_it_was_written() {
    for (name, payload) in files("bus") {
        let message = read(&payload);
        let written: Value = serde_json::from_str(&message.detail().expect("JSON")).expect("JSON");
        let again = Message::read(message.detail_type(), &written).expect("known").expect("readable");
        assert_eq!(again, message, "{name}");
        let schema =
            jsonschema::validator_for(&schemas()[&file_name(message.detail_type())]).expect("a schema");
        assert!(schema.is_valid(&written), "{name}: what is written fits the schema too");
    }
}

#[test]
fn a_member_that_the_contract_does_not_know_is_refused_in_a_request_and_passed_over_in_what_functions_say() {
    for (name, sample) in files("bus") {
        let mut payload = sample.clone();
        payload["detail"]["surprise"] = json!(1);
        let detail_type = payload["detail-type"].as_str().expect("a detail type");
        let schema = jsonschema::validator_for(&schemas()[&file_name(detail_type)]).expect("a schema");
        let is_known = Message::is_of_the_house(detail_type);
        assert_eq!(schema.is_valid(&payload["detail"]), is_known, "{name}");
        if is_known {
            assert_eq!(read(&payload), read(&sample), "{name}");
        } else {
            let problem = intake::read(&payload).remove(0).expect_err(&name).problem;
            assert!(problem.starts_with("detail: unknown field `surprise`, expected "), "{name}: {problem}");
        }
    }
}

#[test]
fn only_what_functions_say_may_be_of_a_newer_release_where_it_cannot_be_read() {
    for (name, mut payload) in files("bus") {
        payload["detail"] = json!(null);
        let unreadable = intake::read(&payload).remove(0).expect_err(&name);
        let is_request =
            ["rollout-requested", "rollout-requested-inline", "rollout-command", "flag-toggle-requested"];
        assert_eq!(unreadable.is_of_the_house, !is_request.contains(&name.as_str()), "{name}");
    }
}

#[test]
fn a_required_member_that_is_missing_is_refused_by_the_reader_and_by_the_schema() {
    for (name, payload) in files("bus") {
        let detail_type = payload["detail-type"].as_str().expect("a detail type");
        let schema = &schemas()[&file_name(detail_type)];
        let validator = jsonschema::validator_for(schema).expect("a schema");
        for member in schema["required"].as_array().expect("required members") {
            let member = member.as_str().expect("a name");
            let mut damaged = payload.clone();
            damaged["detail"].as_object_mut().expect("an object").remove(member).expect(member);
            let problem = intake::read(&damaged).remove(0).expect_err(&name).problem;
            assert_eq!(problem, format!("detail: missing field `{member}`"), "{name}");
            assert!(!validator.is_valid(&damaged["detail"]), "{name} without {member}");
        }
    }
}
