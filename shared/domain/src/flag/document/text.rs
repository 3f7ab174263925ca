//! JSON as it stands in a text: every part is a slice of it, so that it can be changed where it stands.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// What JSON counts as white space.
const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// One member of an object, as it is written.
#[derive(Debug, Clone)]
pub(super) struct Member<'a> {
    /// Its name, with escapes resolved.
    pub name: String,
    /// Its name as written, with its quotes.
    pub key: &'a str,
    /// Its value as written.
    pub value: &'a str,
}

/// An object, as it is written.
#[derive(Debug, Clone)]
pub(super) struct Object<'a> {
    /// From brace to brace.
    pub text: &'a str,
    /// In their order.
    pub members: Vec<Member<'a>>,
}

impl<'a> Object<'a> {
    /// Reads an object, one level deep. Names that come twice are refused: which of them counts nobody says.
    pub fn read(text: &'a str, at: &str) -> Result<Self, String> {
        if !text.starts_with('{') {
            return Err(format!("{at} is no object: {}", short(text)));
        }
        let Pairs(pairs) = serde_json::from_str(text).map_err(|problem| format!("{at}: {problem}"))?;
        let mut members: Vec<Member> = Vec::with_capacity(pairs.len());
        let mut names = std::collections::BTreeSet::new();
        for (key, value) in pairs {
            let name: String =
                serde_json::from_str(key).map_err(|problem| format!("{at}: {key}: {problem}"))?;
            if !names.insert(name.clone()) {
                return Err(format!("{at}: {name} stands there twice"));
            }
            members.push(Member { name, key, value });
        }
        Ok(Self { text, members })
    }

    /// The value of a member.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.members.iter().find(|member| member.name == name).map(|member| member.value)
    }

    /// The object that is the value of a member.
    pub fn object(&self, name: &str, at: &str) -> Result<Option<Self>, String> {
        self.get(name).map(|text| Self::read(text, &format!("{at}{name}"))).transpose()
    }

    /// Its last member that is an object with members: how new ones beside it are set out.
    pub fn last_object(&self) -> Option<Self> {
        let read = |member: &Member<'a>| Self::read(member.value, "").ok();
        self.members.iter().rev().filter_map(read).find(|object| !object.members.is_empty())
    }
}

/// The members of an object, as written.
struct Pairs<'a>(Vec<(&'a str, &'a str)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some((key, value)) = map.next_entry::<&'de RawValue, &'de RawValue>()? {
                    pairs.push((key.get(), value.get()));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

/// The elements of an array.
pub(super) fn elements<'a>(text: &'a str, at: &str) -> Result<Vec<&'a str>, String> {
    if !text.starts_with('[') {
        return Err(format!("{at} is no array: {}", short(text)));
    }
    let elements: Vec<&'a RawValue> =
        serde_json::from_str(text).map_err(|problem| format!("{at}: {problem}"))?;
    Ok(elements.into_iter().map(RawValue::get).collect())
}

/// Where a part stands in the text that it was cut from.
pub(super) fn span(whole: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr() - whole.as_ptr().addr();
    start..start + part.len()
}

/// The white space at the end of a text.
pub(super) fn space_before_end(text: &str) -> &str {
    &text[text.trim_end_matches(SPACE).len()..]
}

/// A text as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The beginning of a value, for a message.
pub(super) fn short(text: &str) -> String {
    let start: String = text.chars().take(40).collect();
    if start.len() < text.len() { format!("{start}…") } else { start }
}

/// Whether two values mean the same, however they are written.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    match (serde_json::from_str::<Value>(one), serde_json::from_str::<Value>(other)) {
        (Ok(one), Ok(other)) => equal(&one, &other),
        (Ok(_) | Err(_), Ok(_) | Err(_)) => false,
    }
}

fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || ((one.is_f64() || other.is_f64()) && one.as_f64() == other.as_f64())
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same = |(name, value)| other.get(name).is_some_and(|theirs| equal(value, theirs));
            one.len() == other.len() && one.iter().all(same)
        }
        (one, other) => one == other,
    }
}
