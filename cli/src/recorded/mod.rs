//! Files of counts that were recorded elsewhere, read so that every fault is told at once with its place. Nothing is judged
//! here.
//!
//! | module | job |
//! |---|---|
//! | `csv`, `json` | a table, or values, from text |
//! | `number` | counts and other numbers, strictly |
//! | `ticks`, `rows` | ticks of metrics: as JSON, as CSV |
//! | `judged` | what the judge is asked about them, with or without a policy |
//! | `series`, `cloudwatch`, `names` | series per minute, as CSV and as CloudWatch answers them, and whose they are |

pub mod cloudwatch;
pub mod csv;
pub mod json;
pub mod judged;
pub mod names;
pub mod number;
pub mod rows;
pub mod series;
pub mod ticks;

use std::io::Read as _;
use std::path::Path;

use tidegate_domain::policy::{Fault, Faults, Policy};

use crate::backend::faulty;
use crate::exit::Failure;
use crate::files;

/// The longest stretch of minutes that is looked at, a year: more is a slip of the pen.
const LONGEST_MINUTES: i64 = 366 * 24 * 60;

/// The text of a file, or of standard input for `-`.
pub fn text(path: &Path) -> Result<String, Failure> {
    if path != Path::new("-") {
        return files::read(path);
    }
    let (path, mut bytes) = (Path::new("standard input"), Vec::new());
    let read = std::io::stdin().read_to_end(&mut bytes);
    read.map_err(|source| Failure::File { what: "read", path: path.to_owned(), source })?;
    files::decoded(path, bytes)
}

/// A policy from its file.
pub fn policy(path: &Path) -> Result<Policy, Failure> {
    Policy::from_yaml(&files::read(path)?).map_err(|faults| faulty(path, &faults))
}

/// What is wrong with a file, in the order in which it was found.
#[derive(Debug, Default)]
pub struct Found(Vec<Fault>);

impl Found {
    /// Notes a fault. Returns `None`, which is what a reading function then returns.
    pub fn fault<T>(&mut self, place: impl Into<String>, problem: impl Into<String>) -> Option<T> {
        self.0.push(Fault { path: place.into(), problem: problem.into() });
        None
    }

    /// Nothing, or a failure that tells every fault.
    pub fn or_failure(self, file: &Path) -> Result<(), Failure> {
        let file = if file == Path::new("-") { Path::new("standard input") } else { file };
        if self.0.is_empty() { Ok(()) } else { Err(faulty(file, &Faults(self.0))) }
    }

    #[cfg(test)]
    pub fn words(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}
