//! JSON as people's tools write it, into values. What the values mean is the readers' to say.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::Found;

/// Whether a text is JSON rather than CSV: it begins as an object or a list does.
pub fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// Reads JSON. What is no number of JSON (`NaN`, `Infinity`, `1e400`) is read as a text, so that it can be told with its place
/// like any other value that is no number. A field that an object has twice is a fault: one of the two would be lost.
pub fn json(text: &str, found: &mut Found) -> Option<Value> {
    match strictly(text).or_else(|error| strictly(&with_non_numbers_quoted(text)).map_err(|_| error)) {
        Ok((value, twice)) => {
            for place in twice {
                found.fault::<()>(place, "is there twice; expected once, or one of the two would be lost");
            }
            Some(value)
        }
        Err(error) => {
            let place = format!("line {}, column {}", error.line(), error.column());
            let words = error.to_string();
            let words = words.strip_suffix(&format!(" at {place}").replace(", ", " ")).unwrap_or(&words);
            found.fault(place, format!("no JSON: {words}"))
        }
    }
}

/// The value, and the places of the fields that are there twice.
fn strictly(text: &str) -> serde_json::Result<(Value, Vec<String>)> {
    let twice = RefCell::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Place { path: String::new(), twice: &twice }.deserialize(&mut reader)?;
    reader.end()?;
    Ok((value, twice.into_inner()))
}

/// Where in a file the value stands that is read next, as in `metrics[0].ticks`.
struct Place<'a> {
    path: String,
    twice: &'a RefCell<Vec<String>>,
}

impl Place<'_> {
    fn field(&self, name: &str) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { path, ..*self }
    }

    fn item(&self, index: usize) -> Self {
        Self { path: format!("{}[{index}]", self.path), ..*self }
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut of: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = of.next_element_seed(self.item(list.len()))? {
            list.push(value);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut of: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = of.next_key::<String>()? {
            let place = self.field(&name);
            let path = place.path.clone();
            if object.insert(name, of.next_value_seed(place)?).is_some() {
                self.twice.borrow_mut().push(path);
            }
        }
        Ok(object.into())
    }
}

fn with_non_numbers_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for (index, part) in parts_by_strings(text).into_iter().enumerate() {
        // Every second part is a string.
        if index % 2 == 1 {
            quoted.push_str(part);
        } else {
            quote_non_numbers(part, &mut quoted);
        }
    }
    quoted
}

fn quote_non_numbers(mut part: &str, quoted: &mut String) {
    let in_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    while !part.is_empty() {
        let (between, rest) = part.split_at(part.find(in_word).unwrap_or(part.len()));
        let (word, rest) = rest.split_at(rest.find(|c| !in_word(c)).unwrap_or(rest.len()));
        let quote = if word.parse::<f64>().is_ok_and(|number| !number.is_finite()) { "\"" } else { "" };
        for text in [between, quote, word, quote] {
            quoted.push_str(text);
        }
        part = rest;
    }
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
        let read = json(r#"{"a NaN \" NaN": [NaN, -Infinity, Infinity, 1e400, 1, true]}"#, &mut found);
        let wanted =
            serde_json::json!({ "a NaN \" NaN": ["NaN", "-Infinity", "Infinity", "1e400", 1, true] });
        assert_eq!(read, Some(wanted));
    }

    #[test]
    fn what_is_no_json_is_told_with_line_and_column() {
        let mut found = Found::default();
        assert_eq!(json("{\n  \"a\": }", &mut found), None);
        assert_eq!(json("{} {}", &mut found), None);
        assert_eq!(
            found.words(),
            ["line 2, column 8: no JSON: expected value", "line 1, column 4: no JSON: trailing characters"]
        );
    }

    #[test]
    fn a_field_that_is_there_twice_is_told_with_its_place() {
        let mut found = Found::default();
        json(r#"{"a": 1, "b": [0, {"c": [NaN], "d": 2, "c": []}], "a": 1}"#, &mut found);
        let problem = "is there twice; expected once, or one of the two would be lost";
        assert_eq!(found.words(), [format!("b[1].c: {problem}"), format!("a: {problem}")]);
    }
}
