//! Places in JSON: `$.body.items[0]['first name']`.

use std::iter::Peekable;
use std::str::{Chars, FromStr};

use serde_json::Value;

/// A place in JSON: a way from its root by fields and list entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(String),
    Entry(usize),
}

/// A text that names no place in JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no path: {problem}; write it like $.body.items[0]['first name']")]
pub struct NotAPath {
    text: String,
    problem: &'static str,
}

impl FromStr for Path {
    type Err = NotAPath;
    fn from_str(text: &str) -> Result<Self, NotAPath> {
        let wrong = |problem| NotAPath { text: text.to_owned(), problem };
        let rest = text.strip_prefix('$').ok_or_else(|| wrong("it does not begin with $"))?;
        let mut rest = rest.chars().peekable();
        let mut steps = Vec::new();
        while let Some(first) = rest.next() {
            let step = match first {
                '.' => name(&mut rest),
                '[' => bracket(&mut rest),
                _ => Err("a dot or a bracket comes before each further part"),
            };
            steps.push(step.map_err(wrong)?);
        }
        Ok(Self(steps))
    }
}

const NAME: &str =
    "a name after a dot is of letters, digits, - and _; any other stands in brackets and quotes";

fn name(rest: &mut Peekable<Chars>) -> Result<Step, &'static str> {
    let mut name = String::new();
    while let Some(c) = rest.next_if(|c| c.is_alphanumeric() || *c == '-' || *c == '_') {
        name.push(c);
    }
    if name.is_empty() { Err(NAME) } else { Ok(Step::Field(name)) }
}

fn bracket(rest: &mut Peekable<Chars>) -> Result<Step, &'static str> {
    let step = match rest.next_if(|c| *c == '\'' || *c == '"') {
        Some(quote) => Step::Field(quoted(rest, quote)?),
        None => Step::Entry(index(rest)?),
    };
    match rest.next() {
        Some(']') => Ok(step),
        Some(_) | None => Err("a bracket is not closed"),
    }
}

/// What stands up to the closing quote. A backslash takes the next character as it is.
fn quoted(rest: &mut Peekable<Chars>, quote: char) -> Result<String, &'static str> {
    let mut name = String::new();
    loop {
        match rest.next() {
            Some(c) if c == quote => return Ok(name),
            Some('\\') => name.extend(rest.next()),
            Some(c) => name.push(c),
            None => return Err("a quote is not closed"),
        }
    }
}

fn index(rest: &mut Peekable<Chars>) -> Result<usize, &'static str> {
    let mut digits = String::new();
    while let Some(c) = rest.next_if(char::is_ascii_digit) {
        digits.push(c);
    }
    digits.parse().map_err(|_| "in brackets stands the number of an entry, from 0 on, or a name in quotes")
}

impl Path {
    /// What stands at this place; `None` where nothing does. A text on the way that is JSON itself is read: the body of a
    /// Lambda proxy answer is one.
    pub fn find(&self, root: &Value) -> Option<Value> {
        let mut value = root.clone();
        for step in &self.0 {
            if let Value::String(text) = &value {
                value = serde_json::from_str(text).ok()?;
            }
            value = match step {
                Step::Field(name) => value.get_mut(name)?.take(),
                Step::Entry(index) => value.get_mut(*index)?.take(),
            };
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(path: &str, root: &Value) -> Option<Value> {
        path.parse::<Path>().unwrap_or_else(|error| panic!("{error}")).find(root)
    }

    #[test]
    fn a_path_leads_by_fields_and_entries() {
        let root = json!({ "a": { "b": [{ "x y": 1, "it's": 2, "a.b": 3, "ü-1_": 4 }, null] } });
        assert_eq!(found("$", &root), Some(root.clone()));
        assert_eq!(found("$.a.b[0]['x y']", &root), Some(json!(1)));
        assert_eq!(found(r#"$['a']["b"][0]["it's"]"#, &root), Some(json!(2)));
        assert_eq!(found(r"$.a.b[0]['it\'s']", &root), Some(json!(2)));
        assert_eq!(found("$.a.b[0]['a.b']", &root), Some(json!(3)));
        assert_eq!(found("$.a.b[0].ü-1_", &root), Some(json!(4)));
        assert_eq!(found("$.a.b[1]", &root), Some(json!(null)));
        for nowhere in ["$.b", "$.a.b[2]", "$.a[0]", "$.a.b.c", "$.a.b[1].c", "$.a.b[0].x"] {
            assert_eq!(found(nowhere, &root), None, "{nowhere}");
        }
    }

    #[test]
    fn a_text_on_the_way_is_read_as_json_and_one_at_the_end_stays_a_text() {
        let root = json!({ "body": r#"{"ok":true,"list":"[7]"}"#, "plain": "ok" });
        assert_eq!(found("$.body.ok", &root), Some(json!(true)));
        assert_eq!(found("$.body.list[0]", &root), Some(json!(7)));
        assert_eq!(found("$.body.list", &root), Some(json!("[7]")));
        assert_eq!(found("$.plain.ok", &root), None);
    }

    #[test]
    fn what_is_no_path_is_told_with_one_that_is() {
        let said = |text: &str| text.parse::<Path>().unwrap_err().to_string();
        let dot = "a dot or a bracket comes before each further part";
        let entry = "in brackets stands the number of an entry, from 0 on, or a name in quotes";
        for (text, problem) in [
            ("", "it does not begin with $"),
            ("body.ok", "it does not begin with $"),
            ("$body", dot),
            ("$.a b", dot),
            ("$.", NAME),
            ("$..a", NAME),
            ("$.*", NAME),
            ("$[*]", entry),
            ("$[-1]", entry),
            ("$[99999999999999999999999]", entry),
            ("$[0", "a bracket is not closed"),
            ("$['a'", "a bracket is not closed"),
            ("$['a", "a quote is not closed"),
        ] {
            let example = "write it like $.body.items[0]['first name']";
            assert_eq!(said(text), format!("{text:?} is no path: {problem}; {example}"));
        }
    }
}
