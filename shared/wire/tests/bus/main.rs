//! The bus contract, the intake of payloads and the stored document, through their public doors.

mod contract;
mod document;
mod intake;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A folder of the repository's `events`.
fn events(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events").join(folder)
}

fn json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every JSON file of a folder, by its name without the ending.
fn files(folder: &str) -> BTreeMap<String, Value> {
    fs::read_dir(events(folder))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), json(&path)))
        .collect()
}

/// One of the samples of `events/bus`.
fn sample(name: &str) -> Value {
    files("bus").remove(name).unwrap_or_else(|| panic!("events/bus/{name}.json"))
}
