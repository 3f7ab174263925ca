//! Whether an installation is whole. First every fact is gathered ([`facts`]), then all of them are judged without another call
//! ([`installation`], [`target`]): what cannot be known is a fact too.

mod facts;
mod installation;
mod target;
#[cfg(test)]
mod tests;

use serde::Serialize;
use tidegate_engine::ports::Fault;

use crate::remedy::remedy;

pub use facts::Facts;

/// What was found, as `doctor --output json` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether nothing failed; what is unknown does not count.
    pub ok: bool,
    /// Each check, in the order in which things depend on each other.
    pub checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Which thing.
    pub name: String,
    /// How it is.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do; `null` where nothing is to be done.
    pub todo: Option<String>,
}

/// How a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// As it should be.
    Ok,
    /// Not as it should be, or not to be read.
    Failed,
    /// It cannot be told from here.
    Unknown,
}

impl Report {
    /// What the facts come to.
    pub fn on(facts: &Facts) -> Self {
        let mut checks = vec![installation::credentials(facts)];
        if let Some(installed) = &facts.installed {
            checks.extend(installation::checks(facts, installed));
        }
        if let Some(target) = &facts.target {
            checks.extend(target::checks(target));
        }
        Self { ok: checks.iter().all(|check| check.state != State::Failed), checks }
    }
}

impl Check {
    fn ok(name: impl Into<String>, found: impl Into<String>) -> Self {
        Self { name: name.into(), state: State::Ok, found: found.into(), todo: None }
    }

    fn failed(name: impl Into<String>, found: impl Into<String>, todo: impl Into<String>) -> Self {
        let (name, found, todo) = (name.into(), found.into(), Some(todo.into()));
        Self { name, state: State::Failed, found, todo }
    }

    fn unknown(name: impl Into<String>, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { state: State::Unknown, ..Self::failed(name, found, todo) }
    }

    /// A thing that could not be read.
    fn fault(name: impl Into<String>, fault: &Fault) -> Self {
        let (name, found, todo) = (name.into(), fault.to_string(), remedy(fault));
        Self { name, state: State::Failed, found, todo }
    }
}
