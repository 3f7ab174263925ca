//! What functions and URLs answer when they are asked.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tidegate_domain::check::Answer;
use tidegate_domain::units::Span;

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
    /// Since when.
    pub since: Timestamp,
}

impl Default for Answers {
    fn default() -> Self {
        Self { status: 200, body: r#"{"ok":true}"#.to_owned(), error: None, takes: 40, since: Timestamp::MIN }
    }
}

impl Answers {
    /// What somebody gets who waits no longer than this.
    pub(crate) fn within(&self, timeout: Span) -> Answer {
        let Self { status, body, error, takes, since: _ } = self.clone();
        let is_late = takes > u64::from(timeout.as_seconds()) * 1_000;
        let error = if is_late { Some(format!("no answer within {timeout}")) } else { error };
        Answer { status, body, took: takes, error }
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
