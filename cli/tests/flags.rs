//! `tidegate flag`, as people and scripts call it, in a world that is kept.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const HERE: [&str; 6] = ["--application", "shop", "--environment", "prod", "--profile", "flags"];

const SCENARIO: &str = r#"
title: Flags to switch
story: Nothing happens by itself.
policy:
  version: 1
  name: checkout
  target: { lambda: { function: checkout, alias: live } }
  strategy: { steps: [{ setWeight: 50 }, { bake: 10m }], watch: 10m }
  flags:
    - { flag: new-basket, at: 50%, application: shop, environment: prod, profile: flags }
    - { flag: gift-cards, application: shop, environment: prod, profile: flags, attributes: { limit: 3 } }
world:
  checkout: { alias: live, stable: 7, tagged: false, traffic: { rps: 800 }, versions: { 7: { errors: 1% }, 8: { errors: 1%, published: true } } }
appConfig:
  applications:
    shop:
      environments: { prod: {} }
      profiles:
        flags:
          version: "1"
          flags:
            new-basket: { name: New basket }
            old-search: { name: Old search, _deprecation: { status: planned, date: 2027-01-31 } }
            gift-cards:
              name: Gift cards
              attributes:
                limit: { constraints: { type: number, maximum: 10 } }
                colour: { constraints: { type: string, enum: [red, blue] } }
            shipping: { name: Free shipping }
          values:
            new-basket: { enabled: false }
            old-search: { enabled: true }
            gift-cards: { enabled: true, limit: 2 }
            shipping: { _variants: [{ name: eu, enabled: false, rule: '(eq $region "eu")' }, { name: rest, enabled: false }] }
limit: 4h
expect: {}
"#;

/// A world with flags, kept in a file of its own.
struct World(PathBuf);

impl World {
    fn new(name: &str) -> Self {
        let file = |end: &str| Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.{end}"));
        std::fs::write(file("yaml"), SCENARIO).expect("the target directory is writable");
        let world = Self(file("json"));
        let scenario = file("yaml");
        let made = call(&["world", "new", path(&world.0), "--scenario", path(&scenario)]);
        assert!(made.ends_with("exit 0\n"), "{made}");
        world
    }

    /// Calls the command and gives the call, all that it printed and its exit code, as one reads it.
    fn told(&self, line: &[&str]) -> String {
        let told = call(&[&["--world", path(&self.0)], line].concat());
        format!("$ tidegate {}\n{told}", line.join(" "))
    }

    /// The same for a command about the profile.
    fn on(&self, line: &[&str]) -> String {
        self.told(&[&["flag"], line, &HERE].concat()).replace(&HERE.join(" "), "…")
    }

    fn json(&self, line: &[&str]) -> Value {
        let called = output(&[&["--world", path(&self.0), "--output", "json", "flag"], line].concat());
        serde_json::from_slice(&called.stdout).expect("one JSON document")
    }
}

fn path(file: &Path) -> &str {
    file.to_str().expect("the target directory is UTF-8")
}

fn output(line: &[&str]) -> std::process::Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("cli/ stands in the repository");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command.args(line).current_dir(root).env("USER", "ana").env("NO_COLOR", "1");
    command.output().expect("the binary was built for this test")
}

fn call(line: &[&str]) -> String {
    let output = output(line);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is UTF-8");
    let exit = output.status.code().expect("it ends by itself");
    format!("{}{}exit {exit}\n", text(output.stdout), text(output.stderr))
}

#[test]
fn flags_are_listed_looked_at_and_compared_before_anything_is_asked() {
    let world = World::new("flags-looked-at");
    let told = [
        world.on(&["list"]),
        world.on(&["get", "shipping"]),
        world.on(&["diff", "new-basket", "--on"]),
        world.on(&["diff", "old-search", "--on"]),
        world.on(&["diff", "gift-cards", "--set", "limit=5", "--set", "colour=red"]),
        world.told(&["flag", "diff", "--policy", "checkout"]),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_person_switches_flags_and_sees_what_came_of_it() {
    let world = World::new("flags-switched");
    let told = [
        world.on(&["on", "new-basket", "--id", "basket-on", "--why", "it is time"]),
        world.on(&["on", "new-basket", "--id", "basket-on", "--why", "it is time"]),
        world.on(&["off", "new-basket", "--id", "basket-on"]),
        world.on(&["on", "new-basket"]),
        world.on(&["set", "gift-cards", "limit=5", "colour=red", "--id", "gifts", "--wait"]),
        world.on(&["on", "shipping", "--variant", "eu", "--strategy", "linear", "--id", "eu"]),
        world.told(&["world", "advance", "13m"]),
        world.on(&["get", "shipping"]),
        world.on(&["off", "new-basket", "--id", "basket-off", "--preempt", "--wait"]),
        world.told(&["flag", "get", "--toggle", "eu"]),
        world.on(&["list"]),
    ];
    insta::assert_snapshot!(told.join("\n").replace(path(&world.0), "world.json"));
}

#[test]
fn what_cannot_be_is_refused_before_it_is_asked_with_every_fault() {
    let world = World::new("flags-refused");
    let told = [
        world.on(&["set", "gift-cards", "limit=50", "colour=green"]),
        world.on(&["set", "gift-cards"]),
        world.on(&["on", "shipping"]),
        world.on(&["on", "new-baskt"]),
        world.on(&["diff", "shipping", "--on", "--variant", "us"]),
        world.on(&["get", "nobody"]),
        world.told(&["flag", "get", "--toggle", "nobody"]),
        world.told(&["flag", "list", "--application", "shop", "--environment", "prod", "--profile", "flgs"]),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_rollout_shows_its_flags() {
    let world = World::new("flags-of-a-rollout");
    let started = world.told(&["start", "--version", "8", "--policy", "checkout", "--wait"]);
    assert!(started.ends_with("exit 0\n"), "{started}");
    let shown = world.told(&["get", "checkout-live-8"]);
    assert!(shown.contains("✓ new-basket on at 50 %, in shop/prod/flags\n"), "{shown}");
    assert!(shown.contains("✓ gift-cards limit=3 after full promotion, in shop/prod/flags\n"), "{shown}");
}

#[test]
fn machines_get_one_document() {
    let world = World::new("flags-for-machines");
    let list = world.json(&[&["list"][..], &HERE].concat());
    assert_eq!((&list["version"], &list["profile"]), (&1.into(), &"flags".into()));
    assert_eq!(list["flags"][0]["attributes"]["limit"], 2);
    let toggle = world.json(&[&["on", "new-basket", "--id", "x", "--wait"][..], &HERE].concat());
    assert_eq!(
        (&toggle["toggle"], &toggle["state"], &toggle["over"]),
        (&"x".into(), &"served".into(), &true.into())
    );
    assert_eq!(toggle["asked"], "ana");
    let flag = world.json(&[&["get", "new-basket"][..], &HERE].concat());
    assert_eq!((&flag["enabled"], &flag["of"]["version"]), (&true.into(), &2.into()));
    let diff = world.json(&[&["diff", "new-basket", "--off"][..], &HERE].concat());
    assert_eq!(diff[0]["edits"][0]["after"], "false");
}
