//! Samples: what is damaged.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// A sample as its text and, where it has one, as its tree.
#[derive(Debug, Clone)]
pub struct Sample {
    /// As it is written.
    pub text: String,
    /// What it says as JSON.
    pub tree: Option<Value>,
}

impl Sample {
    /// A text with a tree where it is JSON.
    pub fn of(text: impl Into<String>) -> Self {
        let text = text.into();
        let tree = serde_json::from_str(&text).ok();
        Self { text, tree }
    }

    /// A text with the tree that another language than JSON makes of it.
    #[must_use]
    pub fn with(self, tree: Value) -> Self {
        Self { tree: Some(tree), ..self }
    }
}

/// The files of a folder of this repository with one of these endings, in the order of their names.
///
/// # Panics
/// When the folder or a file cannot be read, or there is none.
pub fn samples(folder: &str, endings: &[&str]) -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| {
        path.extension().is_some_and(|ending| endings.contains(&ending.to_string_lossy().as_ref()))
    });
    paths.sort();
    assert!(!paths.is_empty(), "{}: no sample ends in {endings:?}", folder.display());
    let read = |path| fs::read_to_string(path).expect("a sample is text");
    paths.iter().map(|path| Sample::of(read(path))).collect()
}
