//! Documents as each release wrote them, one for each phase of a rollout and each stage of a toggle. They stay as they are for ever:
//! every later release reads them whole.
//!
//! `WRITE_DOCUMENTS=1 cargo test -p tidegate-tests-sim --test documents` adds those that the newest format lacks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tidegate_domain::flag::FlagGuard;
use tidegate_domain::flag::toggle::{Stage, Toggle};
use tidegate_domain::kept::Kept;
use tidegate_domain::rollout::{PhaseName, Rollout};
use tidegate_sim::{Scenario, Simulation, View};
use tidegate_tests_sim::{house, scenario, scenarios};
use tidegate_wire::document::{Document, RELEASE, decode, encode};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("documents")
}

/// The files of one format, by their names without the ending.
fn files(format: usize) -> BTreeMap<String, Value> {
    let entries = fs::read_dir(folder().join(format!("format-{format}")));
    let paths = entries.into_iter().flatten().map(|entry| entry.expect("an entry").path());
    let read = |path: PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, serde_json::from_str(&fs::read_to_string(path).expect("a text")).expect("JSON"))
    };
    paths.map(read).collect()
}

/// What a toggle's stage is called in its document.
fn name_of(stage: &Stage) -> &'static str {
    match stage {
        Stage::Due { .. } => "due",
        Stage::Planned { .. } => "planned",
        Stage::Deploying { .. } => "deploying",
        Stage::Done { .. } => "done",
        Stage::Lost { .. } => "lost",
        Stage::Failed { .. } => "failed",
    }
}

/// Every document that a release has to be able to read, by the name of its file.
fn names() -> BTreeSet<String> {
    let phases =
        PhaseName::ALL.iter().map(|phase| format!("rollout-{}", phase.to_string().replace(' ', "-")));
    let stages =
        ["due", "planned", "deploying", "done", "lost", "failed"].map(|stage| format!("toggle-{stage}"));
    phases.chain(stages).chain(["guard".to_owned()]).collect()
}

/// What there is to see now, by the name of its file.
fn seen(view: &View<'_>) -> Vec<(String, String)> {
    let rollouts = view.rollouts().iter().filter_map(|(id, rollout)| {
        let name = rollout.phase.name().to_string().replace(' ', "-");
        Some((format!("rollout-{name}"), view.text(id)?.to_owned()))
    });
    let toggles = view.toggles().iter().filter_map(|(id, toggle)| {
        Some((format!("toggle-{}", name_of(&toggle.stage)), view.toggle_text(id)?.to_owned()))
    });
    let guards = view.guard_texts().map(|text| ("guard".to_owned(), text.to_owned()));
    rollouts.chain(toggles).chain(guards).collect()
}

/// Somebody asks for a flag that there is not.
fn unknown_flag() -> Scenario {
    let text = fs::read_to_string(scenarios().join("kill-by-hand.yaml")).expect("a scenario");
    let text = text.replace("id: kill-1, flag: new-basket", "id: kill-1, flag: no-basket");
    Scenario::from_yaml(&text).unwrap_or_else(|faults| panic!("{faults}"))
}

/// The first document of each name that shows up while the scenarios are played.
fn played() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let paths = fs::read_dir(scenarios()).expect("scenarios").map(|entry| entry.expect("an entry").path());
    let mut stems: Vec<String> =
        paths.filter_map(|path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned())).collect();
    stems.sort();
    for scenario in stems.iter().map(|stem| scenario(stem)).chain([unknown_flag()]) {
        let mut simulation = Simulation::new(scenario, 7, house()).expect("a sound scenario");
        simulation.run_with(|view, _| {
            for (name, text) in seen(view) {
                found.entry(name).or_insert(text);
            }
        });
    }
    found
}

/// Reads a document whole: nothing of it is only kept, and what is written in its place reads the same.
fn whole<D: Document + PartialEq + std::fmt::Debug>(name: &str, stored: &Value) -> Value {
    let document: D = decode(&stored.to_string()).unwrap_or_else(|error| {
        panic!(
            "{name}: {error}: {:?}; see CONTRIBUTING, how to add a format",
            std::error::Error::source(&error)
        )
    });
    assert_eq!(document.kept(), &Kept::default(), "{name}: this release does not know all of it");
    let written = encode(&document).expect("JSON");
    assert_eq!(decode::<D>(&written).expect("readable"), document, "{name}");
    serde_json::from_str(&written).expect("JSON")
}

#[test]
fn every_document_of_every_release_is_read_whole() {
    for format in 1..=RELEASE.newest() {
        for (name, stored) in files(format) {
            let name = format!("format-{format}/{name}");
            let kind = name.split(['/', '-']).nth(2).unwrap_or_default();
            let written = match kind {
                "rollout" => whole::<Rollout>(&name, &stored),
                "toggle" => whole::<Toggle>(&name, &stored),
                "guard" => whole::<FlagGuard>(&name, &stored),
                other => panic!("{name}: no kind of document is called {other}"),
            };
            assert!(
                written["format"] != stored["format"] || written == stored,
                "{name} is written as {written}"
            );
        }
    }
}

#[test]
fn every_phase_and_every_stage_has_a_document() {
    let newest = RELEASE.newest();
    let mut known: BTreeSet<String> = (1..=newest).flat_map(files).map(|(name, _)| name).collect();
    if std::env::var_os("WRITE_DOCUMENTS").is_some() {
        for (name, text) in played().into_iter().filter(|(name, _)| !known.contains(name)) {
            let document: Value = serde_json::from_str(&text).expect("JSON");
            let path = folder().join(format!("format-{}/{name}.json", document["format"]));
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, serde_json::to_string_pretty(&document).expect("JSON") + "\n").expect("a file");
        }
        known = (1..=newest).flat_map(files).map(|(name, _)| name).collect();
    }
    let missing: Vec<_> = names().difference(&known).cloned().collect();
    assert_eq!(missing, <[String; 0]>::default(), "WRITE_DOCUMENTS=1 adds them");
}
