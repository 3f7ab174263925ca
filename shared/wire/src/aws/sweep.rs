//! The schedule's call: a minute has passed. A sweep must not be lost to a detail that it does not need, so
//! only its kind is strict.

use std::fmt;

use jiff::Timestamp;

use super::fields::Fields;
use super::{AwsEvent, Reading};

/// Time to look at all live rollouts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sweep {
    /// The minute that the schedule meant, if it says so; a late delivery keeps it.
    pub at: Option<Timestamp>,
}

impl fmt::Display for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "sweep of {at}"),
            None => f.write_str("sweep"),
        }
    }
}

/// A `Scheduled Event` of the scheduler or of a rule. Its `detail` says nothing: the scheduler sends the
/// string `"{}"`, a rule an empty object.
#[expect(clippy::unnecessary_wraps, reason = "the signature of every reader in KINDS")]
pub(super) fn scheduled(fields: &Fields<'_>) -> Reading {
    Ok(AwsEvent::Sweep(Sweep { at: fields.optional_time("time") }))
}

/// What our own schedule sends as its input, which is then the whole payload: `{"tidegate":"sweep"}`, with
/// `time` if the template asks the scheduler to fill it in.
pub(super) fn own_input(fields: &Fields<'_>) -> Reading {
    match fields.optional_text("tidegate") {
        Some("sweep") => scheduled(fields),
        _ => Err(fields.wrong("tidegate", "\"sweep\"")),
    }
}
