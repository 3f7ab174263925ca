//! The built command, as people and scripts call it: what it prints, and how it exits.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What a call of the command came to.
struct Called {
    exit: i32,
    stdout: String,
    stderr: String,
}

/// Calls the command from the repository's root, as somebody named ana.
fn tidegate(line: &[&str]) -> Called {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("cli/ stands in the repository");
    let output = Command::new(env!("CARGO_BIN_EXE_tidegate"))
        .args(line)
        .current_dir(root)
        .env("USER", "ana")
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary was built for this test");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is UTF-8");
    Called {
        exit: output.status.code().expect("it ends by itself"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// A file of this test run.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn path(file: &Path) -> &str {
    file.to_str().expect("the target directory is UTF-8")
}

fn written(name: &str, text: &str) -> PathBuf {
    let file = file(name);
    std::fs::write(&file, text).expect("the target directory is writable");
    file
}

const FAULTY: &str = "\
version: 2
name: Checkout
target:
  lamda: { function: checkout }
strategy:
  steps:
    - setWeight: 50
    - bake: 10m
    - setWeight: 30
    - bake: soon
analysis:
  onInconclusive: shrug
";

#[test]
fn the_help_names_every_command_and_every_exit_code() {
    let called = tidegate(&["--help"]);
    assert_eq!(called.exit, 0);
    insta::assert_snapshot!(called.stdout);
}

#[test]
fn a_healthy_release_reads_as_a_story() {
    let called = tidegate(&["simulate", "events/scenarios/healthy.yaml"]);
    assert_eq!((called.exit, called.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(called.stdout);
}

#[test]
fn a_rollback_that_is_killed_on_its_way_reads_as_a_story() {
    let called = tidegate(&["simulate", "events/scenarios/crash-in-rollback.yaml"]);
    assert_eq!((called.exit, called.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(called.stdout);
}

#[test]
fn the_same_seed_tells_the_same_story_and_another_seed_another() {
    let told = |seed: &str| {
        tidegate(&["simulate", "events/scenarios/five-times-errors.yaml", "--seed", seed]).stdout
    };
    assert_eq!(told("7"), told("7"));
    assert_ne!(told("7"), told("8"));
}

#[test]
fn a_seed_tells_the_faults_that_it_draws_and_what_came_of_them() {
    let called = tidegate(&["simulate", "--seed", "42", "--faults", "random"]);
    assert_eq!((called.exit, called.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(called.stdout);
}

#[test]
fn every_fault_that_there_is_not_is_told_with_what_would_be_right() {
    let called = tidegate(&["simulate", "--faults", "kil=1%,late=200%,roll:router.route=deny"]);
    assert_eq!(called.exit, 64);
    insta::assert_snapshot!(called.stderr);
}

#[test]
fn a_policy_is_read_out_in_words() {
    let called = tidegate(&["policy", "check", "events/policies/canary.yaml", "events/policies/guard.yaml"]);
    assert_eq!(called.exit, 0);
    insta::assert_snapshot!(called.stdout);
}

#[test]
fn flags_and_kill_switches_are_read_out_in_words() {
    let files = ["events/policies/flags.yaml", "events/policies/kill-switch.yaml"];
    let called = tidegate(&[&["policy", "check"], &files[..]].concat());
    assert_eq!(called.exit, 0);
    insta::assert_snapshot!(called.stdout);
}

#[test]
fn every_fault_of_a_policy_is_told_with_its_place() {
    let faulty = written("faulty-policy.yaml", FAULTY);
    let called = tidegate(&["policy", "check", path(&faulty)]);
    assert_eq!(called.exit, 65);
    insta::assert_snapshot!(called.stdout.replace(path(&faulty), "faulty-policy.yaml"));
}

#[test]
fn machines_get_one_document_with_the_same_faults() {
    let faulty = written("faulty-policy-for-machines.yaml", FAULTY);
    let called = tidegate(&["policy", "check", path(&faulty), "--output", "json"]);
    let document: serde_json::Value = serde_json::from_str(&called.stdout).expect("one JSON document");
    assert_eq!(document[0]["ok"], false);
    let paths: Vec<&str> =
        document[0]["faults"].as_array().into_iter().flatten().filter_map(|f| f["path"].as_str()).collect();
    assert!(paths.contains(&"version") && paths.contains(&"name"), "{paths:?}");
}

#[test]
fn the_schema_is_the_domains() {
    let called = tidegate(&["policy", "schema"]);
    let printed: serde_json::Value = serde_json::from_str(&called.stdout).expect("one JSON document");
    assert_eq!(printed["$id"], "urn:tidegate:policy:1");
}

#[test]
fn what_goes_wrong_has_an_exit_code_of_its_own() {
    let faulty = written("faulty-scenario.yaml", "title: nothing else\n");
    let unmet = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../events/scenarios/five-times-errors.yaml"),
    )
    .expect("the scenario is there");
    let unmet = written("unmet.yaml", &unmet.replace("phase: rolledBack", "phase: succeeded"));
    for (exit, line) in [
        (64, vec!["launch"]),
        (64, vec!["simulate"]),
        (64, vec!["--world", "events/scenarios/healthy.yaml", "promote", "nobody-knows-it"]),
        (65, vec!["simulate", path(&faulty)]),
        (65, vec!["--world", "events/policies/canary.yaml", "list"]),
        (
            65,
            vec![
                "--world",
                "events/scenarios/healthy.yaml",
                "start",
                "--version",
                "8",
                "--policy",
                "unknown",
            ],
        ),
        (74, vec!["policy", "check", "no/such/file.yaml"]),
        (1, vec!["simulate", path(&unmet)]),
        (0, vec!["--world", "events/scenarios/healthy.yaml", "list"]),
    ] {
        let called = tidegate(&line);
        assert_eq!(called.exit, exit, "{line:?}\n{}{}", called.stdout, called.stderr);
        assert!(exit < 64 || !called.stderr.is_empty(), "{line:?} says why");
    }
}

#[test]
fn a_person_starts_holds_promotes_and_looks_at_a_rollout_in_a_world_that_is_kept() {
    let world = file("kept-world.json");
    let on = |line: &[&str]| tidegate(&[&["--world", path(&world)], line].concat());
    assert_eq!(tidegate(&["world", "new", path(&world)]).exit, 0);
    let started = on(&["start", "--version", "8", "--policy", "checkout"]);
    assert_eq!(started.exit, 0, "{}{}", started.stdout, started.stderr);
    assert!(started.stdout.contains("requested by ana"), "{}", started.stdout);

    let ignored = on(&["resume", "checkout-live-8"]);
    assert_eq!(ignored.exit, 1);
    assert!(ignored.stdout.contains("nothing changes"), "{}", ignored.stdout);
    assert_eq!(on(&["pause", "checkout-live-8"]).exit, 0);
    assert_eq!(on(&["get"]).exit, 2, "a paused rollout waits for somebody");
    assert_eq!(on(&["resume", "checkout-live-8"]).exit, 0);

    assert_eq!(on(&["get", "--watch"]).exit, 2, "it waits at the manual gate");
    insta::assert_snapshot!(on(&["get"]).stdout);
    assert_eq!(on(&["promote", "checkout-live-8", "--wait"]).exit, 0);
    assert!(on(&["list", "--all"]).stdout.contains("succeeded"));
}

#[test]
fn a_policy_that_is_applied_can_be_named_by_a_request() {
    let world = file("policy-world.json");
    let on = |line: &[&str]| tidegate(&[&["--world", path(&world)], line].concat());
    assert_eq!(tidegate(&["world", "new", path(&world)]).exit, 0);
    assert_eq!(on(&["policy", "get", "linear"]).exit, 64);
    let applied = on(&["policy", "apply", "events/policies/linear.yaml"]);
    assert_eq!(applied.exit, 0, "{}{}", applied.stdout, applied.stderr);
    assert!(on(&["policy", "get", "linear"]).stdout.contains("Linear10PercentEvery1Minute"));
    let start = [
        "start",
        "--version",
        "8",
        "--policy",
        "linear",
        "--function",
        "checkout",
        "--alias",
        "live",
        "--id",
        "x",
    ];
    let started = on(&start);
    assert!(started.stdout.contains("10 %"), "{}{}", started.stdout, started.stderr);
}

#[test]
fn a_bad_version_is_rolled_back_and_waiting_for_it_says_so() {
    let world = file("bad-world.json");
    assert_eq!(tidegate(&["world", "new", path(&world)]).exit, 0);
    let line = [
        "--world",
        path(&world),
        "--output",
        "json",
        "start",
        "--version",
        "9",
        "--policy",
        "checkout",
        "--wait",
    ];
    let called = tidegate(&line);
    assert_eq!(called.exit, 1, "{}{}", called.stdout, called.stderr);
    let document: serde_json::Value = serde_json::from_str(&called.stdout).expect("one JSON document");
    assert_eq!((&document["phase"], &document["health"]), (&"rolledBack".into(), &"Degraded".into()));
    assert_eq!(document["weight"], 0.0);
    assert_eq!(document["steps"][0]["state"], "stopped");

    let aborted = ["--world", path(&world), "start", "--version", "10", "--policy", "checkout"];
    assert_eq!(tidegate(&aborted).exit, 0);
    let aborted = ["--world", path(&world), "abort", "checkout-live-10", "--why", "no use", "--wait"];
    assert_eq!(tidegate(&aborted).exit, 0, "an abort that came as asked is good");
}

#[test]
fn every_retry_has_a_name_of_its_own_also_of_the_same_rollout() {
    let world = file("retry-world.json");
    let on = |line: &[&str]| tidegate(&[&["--world", path(&world)], line].concat());
    assert_eq!(tidegate(&["world", "new", path(&world)]).exit, 0);
    assert_eq!(on(&["start", "--version", "9", "--policy", "checkout", "--wait"]).exit, 1);
    for name in ["checkout-live-9.2", "checkout-live-9.3"] {
        let retried = on(&["retry", "checkout-live-9", "--wait"]);
        assert_eq!(retried.exit, 1, "{}{}", retried.stdout, retried.stderr);
        assert!(retried.stdout.contains(&format!("tried again as {name}")), "{}", retried.stdout);
        assert!(retried.stdout.contains("preflight passed"), "it was started: {}", retried.stdout);
        let shown = on(&["--output", "json", "get", name]).stdout;
        assert!(shown.contains("\"phase\": \"rolledBack\""), "{shown}");
    }
}

const ALARMED: &str = "\
title: An alarm fires
story: Before anybody asks for anything.
policy:
  version: 1
  name: checkout
  target: { lambda: { function: checkout, alias: live } }
  strategy: { steps: [{ setWeight: 50 }, { bake: 10m }], watch: 10m }
  analysis: { alarms: [{ name: checkout-5xx }] }
world:
  checkout: { alias: live, stable: 7, traffic: { rps: 800 }, versions: { 7: { errors: 1% }, 8: { errors: 1%, published: true } } }
alarms: { checkout-5xx: {} }
happens:
  - { at: 1m, then: { alarm: { name: checkout-5xx, fires: true } } }
limit: 4h
expect: {}
";

#[test]
fn a_refused_fix_is_tried_again_forward_as_its_message_says() {
    let scenario = written("alarmed.yaml", ALARMED);
    let world = file("alarmed-world.json");
    let on = |line: &[&str]| tidegate(&[&["--world", path(&world)], line].concat());
    let made = tidegate(&["world", "new", path(&world), "--scenario", path(&scenario)]);
    assert_eq!(made.exit, 0, "{}{}", made.stdout, made.stderr);
    assert_eq!(on(&["world", "advance", "3m"]).exit, 0);
    let refused = on(&["start", "--version", "8", "--policy", "checkout", "--wait"]);
    assert_eq!(refused.exit, 1, "{}{}", refused.stdout, refused.stderr);
    assert!(refused.stdout.contains("checkout-5xx fires already"), "{}", refused.stdout);

    let fixed = on(&["retry", "checkout-live-8", "--fix-forward", "--wait"]);
    assert_eq!(fixed.exit, 0, "{}{}", fixed.stdout, fixed.stderr);
    assert!(fixed.stdout.contains("checkout-live-8.2"), "{}", fixed.stdout);
    assert!(on(&["list", "--all"]).stdout.contains("succeeded"));
    let none = on(&["retry", "checkout-live-9", "--fix-forward"]);
    assert_eq!(none.exit, 64, "{}{}", none.stdout, none.stderr);
}

#[test]
fn a_name_that_another_version_has_is_refused_with_whose_it_is() {
    let world = file("names-world.json");
    let on = |line: &[&str]| tidegate(&[&["--world", path(&world)], line].concat());
    assert_eq!(tidegate(&["world", "new", path(&world)]).exit, 0);
    assert_eq!(on(&["start", "--version", "8", "--policy", "checkout", "--id", "release-1"]).exit, 0);
    assert_eq!(on(&["start", "--version", "8", "--policy", "checkout", "--id", "release-1"]).exit, 0);
    let refused = on(&["start", "--version", "9", "--policy", "checkout", "--id", "release-1"]);
    assert_eq!(refused.exit, 64);
    let whose = "release-1 is the rollout of version 8 of lambda:checkout:live already, and version 9";
    assert!(refused.stderr.contains(whose), "{}", refused.stderr);
}

#[test]
fn what_is_kept_in_the_quarantine_is_shown_with_its_reason_and_as_it_came() {
    let world = file("quarantine-world.json");
    let on = |line: &[&str]| tidegate(&[&["--world", path(&world)], line].concat());
    let scenario = "events/scenarios/unreadable-event.yaml";
    assert_eq!(tidegate(&["world", "new", path(&world), "--scenario", scenario]).exit, 0);
    assert_eq!(on(&["quarantine"]).stdout, "the quarantine is empty\n");
    assert_eq!(on(&["world", "advance", "15m"]).exit, 0);
    let shown = on(&["quarantine"]);
    assert_eq!((shown.exit, shown.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(shown.stdout);
    let document: serde_json::Value =
        serde_json::from_str(&on(&["--output", "json", "quarantine", "--limit", "5"]).stdout)
            .expect("one JSON document");
    assert_eq!(document[0]["receivedBy"], "traffic-shift");
    assert_eq!(document[0]["event"]["detail"]["verison"], 9);
    assert_eq!(on(&["quarantine", "--limit", "0"]).exit, 64);
}
