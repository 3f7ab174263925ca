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
        Ok(serde_json::from_value(value).map_or_else(|error| Self::Wrong(error.to_string()), Self::Right))
    }
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
