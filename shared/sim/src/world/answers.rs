//! What functions and URLs answer when they are asked.

use serde::{Deserialize, Serialize};
use tidegate_domain::check::Answer;

use super::World;

/// What comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
    /// The error of a function that fails.
    pub error: Option<String>,
    /// How long it takes, in milliseconds.
    pub takes: u64,
}

impl Default for Answers {
    fn default() -> Self {
        Self { status: 200, body: r#"{"ok":true}"#.to_owned(), error: None, takes: 40 }
    }
}

impl From<&Answers> for Answer {
    fn from(answers: &Answers) -> Self {
        let Answers { status, body, error, takes } = answers.clone();
        Self { status, body, took: takes, error }
    }
}

impl World {
    /// What a function answers; `None` where there is no such function, or none of this version.
    pub(crate) fn invoked(&self, function: &str, qualifier: Option<&str>) -> Option<Answers> {
        let name = qualifier.map_or_else(|| function.to_owned(), |version| format!("{function}:{version}"));
        if let Some(stated) = self.answers.get(&name) {
            return Some(stated.clone());
        }
        let found = self.functions.get(function)?;
        let version = |name: &str| found.versions.keys().any(|version| version.0 == name);
        let alias = |name: &str| {
            let of_function = self.carriers.values().filter(|carrier| carrier.function == function);
            of_function.map(|carrier| carrier.target.setting("alias")).any(|alias| alias == name)
        };
        qualifier.is_none_or(|name| version(name) || alias(name)).then(Answers::default)
    }

    /// What a URL answers.
    pub(crate) fn fetched(&self, url: &str) -> Answers {
        self.answers.get(url).cloned().unwrap_or_default()
    }
}
