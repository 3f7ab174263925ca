//! The stored document. The files in `tests/golden` were written by format 1 and stay readable for ever: they are never
//! written anew, and a change that breaks them needs a new format.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use tidegate_domain::rollout::{PhaseName, Rollout};
use tidegate_wire::document::{FORMAT, decode, encode};

use super::json as file;

fn golden(name: &str) -> Value {
    file(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name))
}

fn rollout() -> Rollout {
    decode(&golden("rollout-format-1.json").to_string()).expect("format 1")
}

#[test]
fn a_document_of_format_1_is_read_whole_and_written_as_the_same() {
    let rollout = rollout();
    assert_eq!(rollout.id.0, "checkout-live-8.2");
    assert_eq!(rollout.phase.name(), PhaseName::Paused);
    assert_eq!(rollout.pending.len(), 3);
    let written: Value = serde_json::from_str(&encode(&rollout).expect("JSON")).expect("JSON");
    assert_eq!(written, golden("rollout-format-1.json"));
    assert_eq!(written["format"], FORMAT);
}

#[test]
fn a_document_of_traffic_that_code_deploy_moves_is_read_whole_and_written_as_the_same() {
    let document = golden("deployed-format-1.json");
    let rollout = decode(&document.to_string()).expect("format 1");
    assert_eq!(rollout.phase.name(), PhaseName::Shifting);
    let moves = rollout.mover.code_deploy().expect("CodeDeploy");
    assert_eq!(moves.id.as_ref().map(|id| id.0.as_str()), Some("d-1A2B3C4D5"));
    let written: Value = serde_json::from_str(&encode(&rollout).expect("JSON")).expect("JSON");
    assert_eq!(written, document);
}

#[test]
fn every_phase_of_format_1_is_read() {
    let mut names = BTreeSet::new();
    for (place, phase) in golden("phases-format-1.json").as_object().expect("places") {
        let mut document = golden("rollout-format-1.json");
        document["rollout"]["phase"] = phase.clone();
        let rollout = decode(&document.to_string()).expect(place);
        names.insert(rollout.phase.name());
        let written: Value = serde_json::from_str(&encode(&rollout).expect("JSON")).expect("JSON");
        assert_eq!(written, document, "{place}");
    }
    assert_eq!(names, BTreeSet::from(PhaseName::ALL));
}

#[test]
fn what_may_be_left_out_may_be_left_out() {
    let mut document = golden("rollout-format-1.json");
    let members = document["rollout"].as_object_mut().expect("a rollout");
    for optional in ["stable", "routed", "pending", "baseline", "settle", "deadline"] {
        members.remove(optional).expect(optional);
    }
    let rollout = decode(&document.to_string()).expect("readable");
    assert_eq!(rollout.stable, None);
    assert_eq!(rollout.pending, []);
}

#[test]
fn members_that_a_newer_release_added_are_passed_over() {
    let mut document = golden("rollout-format-1.json");
    document["format"] = json!(FORMAT + 1);
    document["surprise"] = json!({ "a": 1 });
    document["rollout"]["surprise"] = json!(1);
    document["rollout"]["phase"]["surprise"] = json!(1);
    document["rollout"]["phase"]["bake"]["surprise"] = json!(1);
    document["rollout"]["policy"]["surprise"] = json!(1);
    document["rollout"]["pending"][0]["effect"]["surprise"] = json!(1);
    assert_eq!(decode(&document.to_string()).expect("a newer format"), rollout());
}

#[test]
fn a_document_that_cannot_be_read_says_which_format_it_states() {
    let refused = |text: &str| decode(text).expect_err("undecodable").to_string();
    let mut document = golden("rollout-format-1.json");
    document["format"] = json!(9);
    document["rollout"]["phase"] = json!({ "is": "levitating" });
    assert_eq!(
        refused(&document.to_string()),
        "the stored rollout cannot be read (format Some(9), this release writes 1)"
    );
    assert_eq!(refused("{"), "the stored rollout cannot be read (format None, this release writes 1)");
}
