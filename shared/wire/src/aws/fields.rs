//! Members of a payload by their path, with errors that name the path and the value.
//!
//! Serde's own errors say neither, and one odd optional member would make the whole event unreadable; that
//! is why the events are not deserialised into structs. `EventBridgeEvent` of `aws_lambda_events` checks
//! this reader in the tests.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::unreadable::{Problem, Unreadable};

/// A payload being read, or a part of one.
pub(super) struct Fields<'a> {
    what: &'a str,
    /// Where `root` lies in the whole payload, `""` or ending in a dot.
    base: String,
    root: &'a Value,
}

impl<'a> Fields<'a> {
    pub(super) fn of(what: &'a str, root: &'a Value) -> Self {
        Self { what, base: String::new(), root }
    }

    pub(super) fn part(what: &'a str, place: &str, root: &'a Value) -> Self {
        Self { what, base: format!("{place}."), root }
    }

    /// Whether the payload has a member of this name, whatever it holds.
    pub(super) fn has(&self, member: &str) -> bool {
        self.root.get(member).is_some()
    }

    /// The member at a dotted path, if it is there and not null.
    pub(super) fn get(&self, path: &str) -> Option<&'a Value> {
        path.split('.')
            .try_fold(self.root, |value, member| value.get(member))
            .filter(|value| !value.is_null())
    }

    /// The error for a member that cannot be used. It points at the outermost member that is at fault.
    pub(super) fn wrong(&self, path: &str, expected: &'static str) -> Unreadable {
        let mut value = self.root;
        let mut end = 0;
        for member in path.split('.') {
            let next_end = if end == 0 { member.len() } else { end + 1 + member.len() };
            match value.get(member) {
                Some(next) => value = next,
                None if value.is_object() => return self.missing(path, expected),
                None => {
                    let parent = format!("{}{}", self.base, &path[..end]);
                    return self.unreadable(Problem::wrong(parent, "an object", value));
                }
            }
            end = next_end;
        }
        self.unreadable(Problem::wrong(format!("{}{path}", self.base), expected, value))
    }

    fn missing(&self, path: &str, expected: &'static str) -> Unreadable {
        self.unreadable(Problem::Missing { path: format!("{}{path}", self.base), expected })
    }

    fn unreadable(&self, problem: Problem) -> Unreadable {
        Unreadable { what: self.what.to_owned(), problem }
    }

    /// Text that Tidegate acts upon: there, and not empty.
    pub(super) fn text(&self, path: &str) -> Result<&'a str, Unreadable> {
        self.optional_text(path).ok_or_else(|| self.wrong(path, "text"))
    }

    /// Text that is only shown or is a choice among several: anything else counts as absent.
    pub(super) fn optional_text(&self, path: &str) -> Option<&'a str> {
        self.get(path).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// The first of several paths that holds text.
    pub(super) fn first_text(&self, paths: &[&str]) -> Option<&'a str> {
        paths.iter().find_map(|path| self.optional_text(path))
    }

    /// An identifier that may come as text or as a number, as text.
    pub(super) fn optional_label(&self, path: &str) -> Option<String> {
        match self.get(path)? {
            Value::Number(number) => Some(number.to_string()),
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            _ => None,
        }
    }

    /// A switch; absent is off, and `None` is neither on nor off.
    pub(super) fn switch(&self, path: &str) -> Option<bool> {
        match self.get(path) {
            None => Some(false),
            Some(Value::Bool(on)) => Some(*on),
            Some(_) => None,
        }
    }

    /// A whole number, as a number or as text; anything else counts as absent.
    pub(super) fn optional_count(&self, path: &str) -> Option<u64> {
        match self.get(path)? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A number, as a number or as text; anything else counts as absent.
    pub(super) fn optional_decimal(&self, path: &str) -> Option<f64> {
        self.get(path).and_then(decimal)
    }

    /// A map from names to numbers that are not negative; members that are none are left out.
    pub(super) fn optional_shares(&self, path: &str) -> BTreeMap<String, f64> {
        let members = self.get(path).and_then(Value::as_object);
        members
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.clone(), decimal(value).filter(|share| *share >= 0.0)?)))
            .collect()
    }

    /// A map from names to text; members that are not text are left out.
    pub(super) fn optional_texts(&self, path: &str) -> BTreeMap<String, String> {
        let members = self.get(path).and_then(Value::as_object);
        members
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect()
    }

    /// The first of several paths that holds a moment; the last one is the path that the error names.
    pub(super) fn time(&self, paths: &[&str]) -> Result<Timestamp, Unreadable> {
        paths.iter().find_map(|path| self.optional_time(path)).ok_or_else(|| {
            let last = paths.last().copied().unwrap_or_default();
            self.wrong(last, "a time such as 2026-11-20T10:00:00Z")
        })
    }

    /// A moment; anything else counts as absent.
    pub(super) fn optional_time(&self, path: &str) -> Option<Timestamp> {
        moment(self.optional_text(path)?)
    }

    /// The first of the event's `resources` that `is_wanted`, such as an ARN of a kind.
    pub(super) fn resource(
        &self,
        expected: &'static str,
        is_wanted: fn(&str) -> bool,
    ) -> Result<&'a str, Unreadable> {
        let resources = self.get("resources").and_then(Value::as_array);
        resources
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .find(|arn| is_wanted(arn))
            .ok_or_else(|| self.wrong("resources", expected))
    }
}

fn decimal(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number: &f64| number.is_finite())
}

/// AWS's own samples hold times such as `2023-08-04T12: 56: 46.138+0000`.
fn moment(text: &str) -> Option<Timestamp> {
    let closed_up = || text.split_whitespace().collect::<String>().parse().ok();
    text.trim().parse().ok().or_else(closed_up)
}
