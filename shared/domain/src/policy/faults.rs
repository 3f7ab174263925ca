//! What is wrong with a policy: every fault, each with its place and with what would be right.

use std::cell::RefCell;
use std::fmt;

use schemars::JsonSchema;

use crate::foreign::{line, words};

use super::lenient::{Lenient, Unknown, known_fields};

/// One fault of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where: `strategy.steps[2].setWeight`, or line and column where the text is no YAML at all.
    pub path: String,
    /// What is wrong there and what would be right.
    pub problem: String,
}

/// Every fault of a policy, in the order of the policy's grammar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Faults(pub Vec<Fault>);

/// So much is said of one place, and so much of the place itself: both repeat what was written.
const LONGEST_PROBLEM: usize = 500;
const LONGEST_PATH: usize = 200;

/// So many faults are told. Whoever has more has not written a policy.
const TOLD: usize = 50;

impl Fault {
    /// A fault, in words of bounded length.
    pub(super) fn new(path: &str, problem: &str) -> Self {
        Self { path: line(path, LONGEST_PATH), problem: words(problem, LONGEST_PROBLEM) }
    }
}

impl Faults {
    /// The first of them, and how many there are beyond.
    pub(super) fn told(mut faults: Vec<Fault>) -> Self {
        let beyond = faults.len().saturating_sub(TOLD);
        if beyond > 0 {
            faults.truncate(TOLD);
            faults.push(Fault::new("", &format!("and {beyond} more faults")));
        }
        Self(faults)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.problem),
            path => write!(f, "{path}: {}", self.problem),
        }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}{fault}")?;
        }
        Ok(())
    }
}

/// A place in the policy that is being parsed; what is found wrong there goes into the common list.
///
/// A parsing function takes the place of what it parses and returns `None` only after it has reported a
/// fault.
#[derive(Clone)]
pub(super) struct Place<'a> {
    path: String,
    faults: &'a RefCell<Vec<Fault>>,
}

impl<'a> Place<'a> {
    /// The whole policy.
    pub(super) fn root(faults: &'a RefCell<Vec<Fault>>) -> Self {
        Self { path: String::new(), faults }
    }

    /// A field of what stands here.
    pub(super) fn field(&self, name: &str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        Self { path: format!("{}{dot}{name}", self.path), faults: self.faults }
    }

    /// An entry of the list that stands here.
    pub(super) fn item(&self, index: usize) -> Self {
        Self { path: format!("{}[{index}]", self.path), faults: self.faults }
    }

    /// The path of this place, for a message about another one.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Reports a fault of this place. Returns `None`, which is what a parsing function then returns.
    pub(super) fn fault<T>(&self, problem: impl Into<String>) -> Option<T> {
        self.faults.borrow_mut().push(Fault::new(&self.path, &problem.into()));
        None
    }

    /// Whether nothing at or below this place is at fault, so that other places may be compared with it.
    pub(super) fn is_clean(&self) -> bool {
        let below = |path: &str| {
            path.strip_prefix(&self.path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        !self.faults.borrow().iter().any(|fault| below(&fault.path))
    }

    /// The value of the optional field at this place.
    pub(super) fn optional<T>(&self, field: Lenient<T>) -> Option<T> {
        match field {
            Lenient::Absent => None,
            Lenient::Right(value) => Some(value),
            Lenient::Wrong(problem) => self.fault(problem),
        }
    }

    /// The value of the field at this place, which must be there; `example` shows how it is written.
    pub(super) fn required<T>(&self, field: Lenient<T>, example: &str) -> Option<T> {
        match field {
            Lenient::Absent => self.fault(format!("missing; write it like {example}")),
            present => self.optional(present),
        }
    }

    /// The text of the field at this place, which must be there and have 1 to `longest` characters.
    pub(super) fn text(&self, field: Lenient<String>, example: &str, longest: usize) -> Option<String> {
        let text = self.required(field, example)?;
        match text.chars().count() {
            0 => self.fault(format!("empty; write it like {example}")),
            length if length > longest => {
                self.fault(format!("{length} characters are too many; at most {longest}"))
            }
            _ if text.trim().is_empty() || text.contains(char::is_control) => self
                .fault(format!("{text:?} is blank or has control characters in it; write it like {example}")),
            _ => Some(text),
        }
    }

    /// The entries of the list at this place; those that cannot be read are reported and left out.
    pub(super) fn list<T>(&self, field: Lenient<Vec<Lenient<T>>>) -> Vec<(Self, T)> {
        let entries = self.optional(field).unwrap_or_default().into_iter().enumerate();
        entries.filter_map(|(i, entry)| Some((self.item(i), self.item(i).optional(entry)?))).collect()
    }

    /// Reports the fields that `T`, which was read here, does not have.
    pub(super) fn no_such_fields<T: JsonSchema>(&self, unknown: &Unknown) {
        for name in unknown.keys() {
            self.field(name).fault::<()>(format!("no such field; known: {}", known_fields::<T>()));
        }
    }

    /// The same where each field of `T` is a kind of `what` stands here.
    pub(super) fn no_such_kinds<T: JsonSchema>(&self, unknown: &Unknown) {
        for name in unknown.keys() {
            self.fault::<()>(format!("no kind is called {name:?}; known: {}", known_fields::<T>()));
        }
    }
}
