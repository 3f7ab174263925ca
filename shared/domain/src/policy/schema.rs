//! The JSON Schema of a policy, made of the types that read one.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::raw::RawPolicy;

/// The JSON Schema (draft 2020-12) of a policy file, for editors and for checks before a deployment.
///
/// It states the shape. What the parts mean together (rising weights, a flag's weight among the steps') is
/// checked by [`Policy::from_yaml`](super::Policy::from_yaml) alone.
pub fn policy_schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<RawPolicy>();
    schema.insert("$id".to_owned(), "urn:tidegate:policy:1".into());
    schema.insert("title".to_owned(), "Tidegate policy".into());
    schema.to_value()
}
