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
fn a_policy_is_read_out_in_words() {
    let called = tidegate(&["policy", "check", "events/policies/canary.yaml", "events/policies/guard.yaml"]);
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
