//! The stored document: a rollout with the version of its format.

use serde::{Deserialize, Serialize};
use tidegate_domain::rollout::Rollout;

/// The format that this release writes. It reads this one and every older one; of a newer one it reads what it knows, because
/// a newer release only ever adds members that may be left out.
pub const FORMAT: u32 = 1;

/// A stored document that this release cannot read.
#[derive(Debug, thiserror::Error)]
pub enum Undecodable {
    /// It is no document at all.
    #[error("the stored rollout cannot be read (format {format:?}, this release writes {FORMAT})")]
    Shape {
        /// The format that it states, where it states one.
        format: Option<u64>,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
}

#[derive(Serialize)]
struct Writes<'a> {
    format: u32,
    rollout: &'a Rollout,
}

#[derive(Deserialize)]
struct Reads {
    rollout: Rollout,
}

/// The document as it is stored.
pub fn encode(rollout: &Rollout) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Writes { format: FORMAT, rollout })
}

/// The rollout in a stored document. Members that this release does not know are passed over.
pub fn decode(text: &str) -> Result<Rollout, Undecodable> {
    serde_json::from_str::<Reads>(text).map(|read| read.rollout).map_err(|source| {
        let format =
            serde_json::from_str::<serde_json::Value>(text).ok().and_then(|v| v.get("format")?.as_u64());
        Undecodable::Shape { format, source }
    })
}
