//! Reading on after a fault: a field that does not fit is kept as a fault instead of ending the reading, and
//! a field that nobody knows is kept by its name. Nothing here knows what a policy is.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A field as it was written. In the schema it is a `T`, called as people know it: without the `Raw` of our
/// types.
#[derive(Debug, Default)]
pub(super) enum Lenient<T> {
    /// It was not written.
    #[default]
    Absent,
    /// It fits.
    Right(T),
    /// It does not fit, and why.
    Wrong(String),
}

/// The fields of an object that its type does not have.
pub(super) type Unknown = BTreeMap<String, Value>;

impl<T> Lenient<T> {
    /// Whether it was not written at all.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(serde_json::from_value(value).map_or_else(|error| Self::Wrong(wrong::<T>(&error)), Self::Right))
    }
}

/// What is wrong with a value that is no `T`.
fn wrong<T: DeserializeOwned>(error: &serde_json::Error) -> String {
    let error = error.to_string();
    // A value that is no text was found where one of some names is expected: a text that is none of them brings those out.
    match error.strip_suffix(", expected string or map") {
        Some(found) => match serde_json::from_value::<T>(Value::String(String::new())) {
            Err(names) => {
                let names = names.to_string();
                let known = names.split_once(", expected ").map_or("a name", |(_, known)| known);
                in_words(&format!("{found}, expected {known}"))
            }
            Ok(_) => in_words(&error),
        },
        None => in_words(&error),
    }
}

/// An error of serde in the words of people who write policies. One that a type of ours words itself stays as it is.
pub(super) fn in_words(error: &str) -> String {
    let Some((problem, expected)) = error.rsplit_once(", expected ") else { return error.to_owned() };
    let known = expected.trim_start_matches("one of ").replace(" or ", ", ").replace('`', "");
    if let Some(name) = problem.strip_prefix("unknown variant ") {
        return format!("{:?} is unknown; known: {known}", name.trim_matches('`'));
    }
    let found = problem.strip_prefix("invalid type: ").or_else(|| problem.strip_prefix("invalid value: "));
    let Some(found) = found else { return error.to_owned() };
    let (kind, value) = found.split_once(['`', '"']).map_or((found, None), |(kind, rest)| {
        (kind.trim_end(), Some(rest.strip_suffix(['`', '"']).unwrap_or(rest)))
    });
    let found = match (kind, value) {
        ("null" | "unit value", _) => "nothing".to_owned(),
        ("sequence", _) => "a list".to_owned(),
        ("map", _) => "an object".to_owned(),
        ("string", Some(text)) => format!("\"{text}\""),
        (_, value) => value.unwrap_or(found).to_owned(),
    };
    let expected = match (expected, value) {
        ("u64", _) => "a whole number, like 1".to_owned(),
        ("f64", _) => "a number, like 1.5".to_owned(),
        ("a boolean", _) => "true or false".to_owned(),
        ("a string", Some(value)) => format!("a text; in quotes: \"{value}\""),
        ("a string", None) => "a text, like checkout".to_owned(),
        ("a sequence", _) => "a list, with a dash before each entry".to_owned(),
        ("a map", _) => "an object, like { name: value }".to_owned(),
        (names, _) if names.contains('`') => format!("one of {known}"),
        (words, _) => words.to_owned(),
    };
    format!("found {found}, expected {expected}")
}

impl<T: JsonSchema> JsonSchema for Lenient<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        let name = T::schema_name();
        name.strip_prefix("Raw").map(|known| known.to_owned().into()).unwrap_or(name)
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// The names of the fields of `T`, for a message. They come from the schema, so the two cannot differ.
pub(super) fn known_fields<T: JsonSchema>() -> String {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flat_map(|fields| fields.keys()).map(String::as_str).collect::<Vec<_>>().join(", ")
}
