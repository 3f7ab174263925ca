//! Stored documents: rollouts, toggles, guards of flags and the freeze, each in an envelope with the number of its format.
//!
//! Functions of two releases work on one table while an installation is updated. Two rules keep what each of them wrote:
//! members that a release does not know are written back as they were read ([`Kept`]), and a document of a format that it does
//! not know is left to a release that does.

use std::iter::successors;

use serde::Serialize;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::{Value, json};
use tidegate_domain::flag::FlagGuard;
use tidegate_domain::flag::toggle::Toggle;
use tidegate_domain::freeze::FreezeSwitch;
use tidegate_domain::kept::Kept;
use tidegate_domain::rollout::Rollout;

/// What is stored as a document.
pub trait Document: Serialize + DeserializeOwned {
    /// What it is called in its envelope: `{"format": 1, "rollout": {...}}`.
    const NAME: &'static str;

    /// What is to be written back beside what this release knows.
    fn kept(&self) -> &Kept;

    /// Has it keep what was read beside what this release knows.
    fn keep(&mut self, kept: Kept);
}

macro_rules! documents {
    ($($document:ty => $name:literal),+ $(,)?) => {$(
        impl Document for $document {
            const NAME: &'static str = $name;

            fn kept(&self) -> &Kept {
                &self.kept
            }

            fn keep(&mut self, kept: Kept) {
                self.kept = kept;
            }
        }
    )+};
}

documents! {
    Rollout => "rollout",
    Toggle => "toggle",
    FlagGuard => "guard",
    FreezeSwitch => "freeze",
}

/// The way between one format and the next. Both get the envelope without its number.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// A document of the older format as one of the newer.
    pub up: fn(Value) -> Value,
    /// A document of the newer format as one of the older; `None` where that cannot say it.
    pub down: fn(&Value) -> Option<Value>,
}

/// What one release makes of documents: the ways from format 1 to the format of its types, in order.
#[derive(Debug, Clone, Copy)]
pub struct Codec(pub &'static [Migration]);

/// What this release makes of documents.
pub const RELEASE: Codec = Codec(&[FREEZE]);

/// Format 2 can say that a freeze holds a rollout. A release that knows no freeze must not decide on one that is held.
const FREEZE: Migration = Migration { up: |envelope| envelope, down: unless_frozen };

fn unless_frozen(envelope: &Value) -> Option<Value> {
    (!says_frozen(envelope)).then(|| envelope.clone())
}

fn says_frozen(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            members.get("kind").is_some_and(|kind| kind == "frozen") || members.values().any(says_frozen)
        }
        Value::Array(elements) => elements.iter().any(says_frozen),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// A stored document that this release does not work on.
#[derive(Debug, thiserror::Error)]
pub enum Undecodable {
    /// A newer release has to work on it.
    #[error(
        "the stored {what} has format {format}, of a newer release; this one knows formats up to {newest}"
    )]
    Newer {
        /// Which kind of document.
        what: &'static str,
        /// Its format.
        format: u64,
        /// The newest format that this release knows.
        newest: usize,
    },
    /// It is no document at all.
    #[error(
        "the stored {what} cannot be read (format {format:?}, this release knows formats up to {newest})"
    )]
    Shape {
        /// Which kind of document.
        what: &'static str,
        /// The format that it states, where it states one.
        format: Option<u64>,
        /// The newest format that this release knows.
        newest: usize,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
}

impl Codec {
    /// The format of this release's types.
    pub const fn newest(self) -> usize {
        self.0.len() + 1
    }

    /// The document as it is stored: in the oldest format that can say it, so that an older release goes on with it where it can.
    pub fn encode<D: Document>(self, document: &D) -> Result<String, serde_json::Error> {
        let written = document.kept().merged_into(serde_json::to_value(document)?);
        let newest = (self.newest(), json!({ D::NAME: written }));
        let older = |(format, envelope): &(usize, Value)| {
            let place = format.checked_sub(2)?;
            Some((format - 1, (self.0.get(place)?.down)(envelope)?))
        };
        let oldest = successors(Some(newest), older).last();
        let (format, mut envelope) = oldest.ok_or_else(|| serde_json::Error::custom("no format"))?;
        envelope["format"] = json!(format);
        serde_json::to_string(&envelope)
    }

    /// A stored document.
    pub fn decode<D: Document>(self, text: &str) -> Result<D, Undecodable> {
        let (what, newest) = (D::NAME, self.newest());
        let shape = |format, source| Undecodable::Shape { what, format, newest, source };
        let envelope: Value = serde_json::from_str(text).map_err(|source| shape(None, source))?;
        let stated = envelope.get("format").and_then(Value::as_u64);
        let wrong = |source| shape(stated, source);
        let format = stated.filter(|format| *format > 0);
        let format =
            format.ok_or_else(|| wrong(serde_json::Error::custom("format: expected a number from 1")))?;
        let known = usize::try_from(format).unwrap_or(usize::MAX);
        let ways = self.0.get(known - 1..).ok_or(Undecodable::Newer { what, format, newest })?;
        let mut envelope = ways.iter().fold(envelope, |envelope, way| (way.up)(envelope));
        let stored = envelope.get_mut(what).map(Value::take).unwrap_or_default();
        let mut document = D::deserialize(&stored).map_err(wrong)?;
        let known = serde_json::to_value(&document).map_err(wrong)?;
        document.keep(Kept::of(stored, known));
        Ok(document)
    }
}

/// The document as this release stores it.
pub fn encode(document: &impl Document) -> Result<String, serde_json::Error> {
    RELEASE.encode(document)
}

/// A stored document, as this release reads it.
pub fn decode<D: Document>(text: &str) -> Result<D, Undecodable> {
    RELEASE.decode(text)
}
