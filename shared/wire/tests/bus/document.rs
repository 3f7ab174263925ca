//! The stored document. The files in `tests/golden` were written by format 1 and stay readable for ever: they are never
//! written anew, and a change that breaks them needs a new format.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use tidegate_domain::flag::Profile;
use tidegate_domain::flag::toggle::{AskedBy, Toggle, ToggleId};
use tidegate_domain::freeze::Freeze;
use tidegate_domain::kept::Kept;
use tidegate_domain::reason::Reason;
use tidegate_domain::rollout::{Phase, PhaseName, Rollout};
use tidegate_domain::verdict::HoldCause;
use tidegate_wire::document::{self, Codec, Document, Migration, Undecodable, encode};

use super::json as file;

fn golden(name: &str) -> Value {
    file(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name))
}

fn decode(document: &Value) -> Rollout {
    document::decode(&document.to_string()).expect("readable")
}

fn written(document: &impl Document) -> Value {
    serde_json::from_str(&encode(document).expect("JSON")).expect("JSON")
}

/// A document that this release knows whole: nothing of it is only kept.
fn whole(document: &Value) -> Rollout {
    let rollout = decode(document);
    assert_eq!(rollout.kept, Kept::default());
    rollout
}

#[test]
fn a_document_of_format_1_is_read_whole_and_written_as_the_same() {
    let rollout = whole(&golden("rollout-format-1.json"));
    assert_eq!(rollout.id.0, "checkout-live-8.2");
    assert_eq!(rollout.phase.name(), PhaseName::Paused);
    assert_eq!(rollout.pending.len(), 3);
    let written = written(&rollout);
    assert_eq!(written, golden("rollout-format-1.json"));
    assert_eq!(written["format"], 1, "the oldest that can say it");
}

#[test]
fn a_document_of_traffic_that_code_deploy_moves_is_read_whole_and_written_as_the_same() {
    let document = golden("deployed-format-1.json");
    let rollout = whole(&document);
    assert_eq!(rollout.phase.name(), PhaseName::Shifting);
    let moves = rollout.mover.code_deploy().expect("CodeDeploy");
    assert_eq!(moves.id.as_ref().map(|id| id.0.as_str()), Some("d-1A2B3C4D5"));
    assert_eq!(written(&rollout), document);
}

#[test]
fn every_phase_of_format_1_is_read() {
    let mut names = BTreeSet::new();
    for (place, phase) in golden("phases-format-1.json").as_object().expect("places") {
        let mut document = golden("rollout-format-1.json");
        document["rollout"]["phase"] = phase.clone();
        let rollout = whole(&document);
        names.insert(rollout.phase.name());
        assert_eq!(written(&rollout), document, "{place}");
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
    let rollout = decode(&document);
    assert_eq!(rollout.stable, None);
    assert_eq!(rollout.pending, []);
}

/// A document in which a newer release said more than this one knows, in all places where members are.
fn saying_more() -> Value {
    let mut document = golden("rollout-format-1.json");
    let rollout = &mut document["rollout"];
    for place in
        ["", "/phase", "/phase/bake", "/policy", "/pending/1", "/pending/1/effect", "/routed/routing"]
    {
        rollout.pointer_mut(place).expect(place)["surprise"] = json!(place);
    }
    document
}

#[test]
fn members_that_a_newer_release_added_are_passed_over_and_written_back() {
    let read = decode(&saying_more());
    assert_eq!(Rollout { kept: Kept::default(), ..read.clone() }, decode(&golden("rollout-format-1.json")));
    assert_eq!(written(&read), saying_more());
}

#[test]
fn what_a_newer_release_added_stays_where_an_older_one_changes_the_rest() {
    let read = decode(&saying_more());
    let pending = read.pending[1..].to_vec();
    let next = Rollout { version: 11, phase: Phase::Succeeded, pending, ..read };
    let mut expected = saying_more();
    let rollout = expected["rollout"].as_object_mut().expect("a rollout");
    rollout.insert("version".to_owned(), json!(11));
    rollout.insert("phase".to_owned(), json!({ "is": "succeeded" }));
    rollout["pending"].as_array_mut().expect("effects").remove(0);
    assert_eq!(written(&next), expected);
}

#[test]
fn a_toggle_keeps_what_it_does_not_know_too() {
    let named = |name: &str| name.to_owned();
    let profile = Profile { application: named("shop"), environment: named("prod"), profile: named("flags") };
    let asked = AskedBy::Person { by: named("ana"), why: None };
    let at = "2026-11-20T12:00:00Z".parse().expect("a time");
    let mut document = written(&Toggle::asked(ToggleId(named("sale")), profile, asked, Vec::new(), at));
    assert_eq!(document["format"], 1);
    document["toggle"]["surprise"] = json!(1);
    let read: Toggle = document::decode(&document.to_string()).expect("readable");
    let next = Toggle { version: 2, ..read };
    document["toggle"]["version"] = json!(2);
    assert_eq!(written(&next), document);
}

#[test]
fn a_document_of_a_newer_format_is_left_to_a_newer_release() {
    let mut document = golden("rollout-format-1.json");
    document["format"] = json!(3);
    let left = document::decode::<Rollout>(&document.to_string()).expect_err("too new");
    assert!(matches!(left, Undecodable::Newer { format: 3, newest: 2, .. }), "{left:?}");
    assert_eq!(
        left.to_string(),
        "the stored rollout has format 3, of a newer release; this one knows formats up to 2"
    );
}

#[test]
fn a_document_that_cannot_be_read_says_which_format_it_states() {
    let refused = |text: &str| document::decode::<Rollout>(text).expect_err("undecodable").to_string();
    let mut document = golden("rollout-format-1.json");
    document["rollout"]["phase"] = json!({ "is": "levitating" });
    assert_eq!(
        refused(&document.to_string()),
        "the stored rollout cannot be read (format Some(1), this release knows formats up to 2)"
    );
    let no_number = "the stored rollout cannot be read (format None, this release knows formats up to 2)";
    assert_eq!([refused("{"), refused("{}"), refused("[]")], [no_number; 3]);
    document["format"] = json!(0);
    assert!(refused(&document.to_string()).contains("format Some(0)"));
}

#[test]
fn what_a_freeze_holds_is_said_in_format_2() {
    let freeze = Freeze {
        by: "ana".to_owned(),
        because: "the sale".to_owned(),
        since: "2026-11-20T12:00:00Z".parse().expect("a time"),
    };
    let held = whole(&golden("rollout-format-1.json"));
    let held = Rollout { reason: Reason::Held(HoldCause::Frozen(freeze)), ..held };
    let stored = written(&held);
    assert_eq!(stored["format"], 2);
    assert_eq!(decode(&stored), held);
}

/// In format 1 the candidate was called canary; a rollout that is paused can be said from format 3 on.
const THREE: Codec = Codec(&[
    Migration {
        up: |old| called(old, "canary", "candidate"),
        down: |new| Some(called(new.clone(), "candidate", "canary")),
    },
    Migration { up: |old| old, down: |new| (new["rollout"]["phase"]["is"] != "paused").then(|| new.clone()) },
]);

fn called(mut envelope: Value, from: &str, to: &str) -> Value {
    let rollout = envelope["rollout"].as_object_mut().expect("a rollout");
    let value = rollout.remove(from).expect(from);
    rollout.insert(to.to_owned(), value);
    envelope
}

#[test]
fn a_document_is_written_in_the_oldest_format_that_can_say_it() {
    let text = |rollout: &Rollout| -> Value {
        serde_json::from_str(&THREE.encode(rollout).expect("JSON")).expect("JSON")
    };
    let paused = whole(&golden("rollout-format-1.json"));
    let newest = text(&paused);
    assert_eq!((&newest["format"], &newest["rollout"]["candidate"]), (&json!(3), &json!("8")));
    let over = Rollout { phase: Phase::Succeeded, ..paused.clone() };
    let oldest = text(&over);
    assert_eq!((&oldest["format"], &oldest["rollout"]["canary"]), (&json!(1), &json!("8")));
    for (rollout, stored) in [(&paused, newest), (&over, oldest)] {
        assert_eq!(THREE.decode::<Rollout>(&stored.to_string()).expect("readable"), *rollout);
    }
}

#[test]
fn a_document_of_any_older_format_is_read_by_the_ways_from_there_on() {
    let mut document = golden("rollout-format-1.json");
    document["format"] = json!(2);
    let rollout: Rollout = THREE.decode(&document.to_string()).expect("format 2 has today's names");
    assert_eq!(rollout.kept, Kept::default());
    let mut first = called(document, "candidate", "canary");
    first["format"] = json!(1);
    assert_eq!(THREE.decode::<Rollout>(&first.to_string()).expect("format 1"), rollout);
}
