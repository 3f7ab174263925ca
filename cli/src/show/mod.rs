//! What people read on the terminal. Everything here turns a value into text; nothing here asks or acts.

pub mod backtest;
#[cfg(feature = "aws")]
pub mod doctor;
pub mod flags;
pub mod judged;
pub mod numbers;
pub mod policy;
pub mod status;
pub mod story;
pub mod style;
pub mod table;
pub mod timeline;
pub mod words;

use tidegate_domain::policy::Severity;

use crate::story::Told;

/// How loud a message was: it stands in its subject, because the policy may have changed it.
pub fn severity_of(told: &Told) -> Severity {
    let named = |severity: &Severity| told.subject.starts_with(&format!("[{}]", severity.name()));
    let known = [Severity::Info, Severity::Warning, Severity::Critical];
    known.into_iter().find(named).unwrap_or_else(|| told.kind.severity())
}
