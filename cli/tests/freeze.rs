//! `tidegate freeze`, as people and scripts call it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Calls the command on a world of its own: how it exits, and what it prints.
fn tidegate(world: &Path, line: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tidegate"))
        .args(line)
        .arg("--world")
        .arg(world)
        .env("USER", "ana")
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary was built for this test");
    let text = String::from_utf8(output.stdout).expect("the output is UTF-8");
    (output.status.code().expect("it ends by itself"), text)
}

fn json(world: &Path, line: &[&str]) -> Value {
    let (_, text) = tidegate(world, &[line, &["--output", "json"]].concat());
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn world(name: &str) -> std::path::PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let made = Command::new(env!("CARGO_BIN_EXE_tidegate")).args(["world", "new"]).arg(&file).status();
    assert!(made.expect("the binary was built for this test").success());
    file
}

#[test]
fn a_freeze_is_shown_everywhere_and_answers_whoever_promotes() {
    let world = world("frozen.json");
    let start =
        ["start", "--version", "8", "--policy", "checkout", "--function", "checkout", "--alias", "live"];
    assert_eq!(tidegate(&world, &start).0, 0);
    let (exit, text) = tidegate(&world, &["freeze", "on", "--because", "the sale begins"]);
    assert!(exit == 0 && text.contains("frozen by ana") && text.contains("no weight rises"), "{text}");
    let (exit, text) = tidegate(&world, &["promote", "checkout-live-8"]);
    assert!(exit == 1 && text.contains("nothing changes: frozen by ana"), "{text}");
    assert!(tidegate(&world, &["list"]).1.starts_with("frozen by ana"));
    assert!(tidegate(&world, &["get", "checkout-live-8"]).1.contains("Frozen"));
    let status = json(&world, &["get", "checkout-live-8"]);
    assert_eq!(status["freeze"]["because"], "the sale begins");
    let (exit, text) = tidegate(&world, &["freeze", "off"]);
    assert!(exit == 0 && text.contains("it was frozen by ana"), "{text}");
    assert_eq!(json(&world, &["get", "checkout-live-8"])["freeze"], Value::Null);
}

#[test]
fn whoever_freezes_second_is_told_of_the_first() {
    let world = world("frozen-twice.json");
    assert_eq!(tidegate(&world, &["freeze", "on"]).0, 64, "it has to say why");
    assert_eq!(tidegate(&world, &["freeze", "on", "--because", " "]).0, 64);
    assert_eq!(tidegate(&world, &["freeze", "on", "--because", "x".repeat(201).as_str()]).0, 64);
    assert_eq!(tidegate(&world, &["freeze", "on", "--because", "the sale"]).0, 0);
    let (exit, text) = tidegate(&world, &["freeze", "on", "--because", "a fair", "--by", "bob"]);
    assert!(exit == 1 && text.contains("frozen by ana"), "{text}");
    assert_eq!(tidegate(&world, &["freeze", "off", "--because", "sold out", "--by", "bob"]).0, 0);
    assert_eq!(tidegate(&world, &["freeze", "off"]).0, 1, "it is not frozen");
    let shown = json(&world, &["freeze"]);
    let by: Vec<&str> =
        shown["changes"].as_array().into_iter().flatten().filter_map(|c| c["by"].as_str()).collect();
    assert_eq!((&shown["freeze"], by), (&Value::Null, vec!["ana", "bob"]));
    assert!(tidegate(&world, &["freeze"]).1.starts_with("not frozen\n"));
}
