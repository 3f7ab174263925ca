//! Files of counts that were recorded elsewhere, read so that every fault is told at once with its place. Nothing is judged
//! here.
//!
//! | module | job |
//! |---|---|
//! | `csv` | a table from text |
//! | `number` | counts and other numbers, strictly |
//! | `ticks`, `rows` | ticks of metrics: as JSON, as CSV |
//! | `judged` | what the judge is asked about them, with or without a policy |
//! | `series`, `cloudwatch`, `names` | series per minute, as CSV and as CloudWatch answers them, and whose they are |

pub mod cloudwatch;
pub mod csv;
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

/// The text of a file, or of standard input for `-`.
pub fn text(path: &Path) -> Result<String, Failure> {
    if path != Path::new("-") {
        return files::read(path);
    }
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|source| Failure::File { what: "read", path: "standard input".into(), source })?;
    Ok(text)
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

/// Whether a text is JSON rather than CSV: it begins as an object or a list does.
pub fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// JSON as people's tools write it: `NaN` and `Infinity`, which are no JSON, are read as texts, so that they can be told with
/// their place like any other value that is no number.
pub fn json(text: &str, found: &mut Found) -> Option<serde_json::Value> {
    let read = serde_json::from_str(text)
        .or_else(|error| serde_json::from_str(&with_non_numbers_quoted(text)).map_err(|_| error));
    read.or_else(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        let words = error.to_string();
        let words = words.strip_suffix(&format!(" at {place}").replace(", ", " ")).unwrap_or(&words);
        found.fault(place, format!("no JSON: {words}")).ok_or(())
    })
    .ok()
}

fn with_non_numbers_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for (index, part) in parts_by_strings(text).into_iter().enumerate() {
        // Every second part is a string.
        if index % 2 == 1 {
            quoted.push_str(part);
            continue;
        }
        let spelled = part.replace("-Infinity", "\"-∞\"").replace("Infinity", "\"Infinity\"");
        quoted.push_str(&spelled.replace("-∞", "-Infinity").replace("NaN", "\"NaN\""));
    }
    quoted
}

/// What stands between strings, a string with its quotes, what stands after it, and so on.
fn parts_by_strings(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut within, mut escaped) = (Vec::new(), 0, false, false);
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if within => escaped = true,
            b'"' => {
                let end = if within { index + 1 } else { index };
                parts.push(&text[start..end]);
                (start, within) = (end, !within);
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_read_as_a_text_and_strings_stay_as_they_are() {
        let mut found = Found::default();
        let read = json(r#"{"a NaN \" NaN": [NaN, -Infinity, Infinity, 1]}"#, &mut found);
        let wanted = serde_json::json!({ "a NaN \" NaN": ["NaN", "-Infinity", "Infinity", 1] });
        assert_eq!(read, Some(wanted));
    }

    #[test]
    fn what_is_no_json_is_told_with_line_and_column() {
        let mut found = Found::default();
        assert_eq!(json("{\n  \"a\": }", &mut found), None);
        assert_eq!(found.words(), ["line 2, column 8: no JSON: expected value"]);
    }
}
