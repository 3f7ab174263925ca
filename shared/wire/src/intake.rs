//! Intake: one invocation's payload becomes what Tidegate acts upon, is passed over with a reason, or is refused as
//! unreadable. Whose business a message is stands in the functions, not here.

use jiff::Timestamp;
use serde_json::Value;
use tidegate_domain::foreign::{LONGEST_NAME, LONGEST_WORDS, line, words};

use crate::aws::{self, AwsEvent, IgnoredBecause};
use crate::bus::{Message, SOURCE};

/// One thing that an invocation's payload says.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// A message of the bus contract, with the id of the event that brought it.
    Bus {
        /// The event's id; a duplicate carries the same.
        event_id: String,
        /// When it was put on the bus.
        at: Option<Timestamp>,
        /// The message.
        message: Message,
    },
    /// An event of AWS.
    Aws(AwsEvent),
}

/// Something of ours that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {what}: {problem}")]
pub struct Unreadable {
    /// What it seems to be.
    pub what: String,
    /// Place, value and what would be right.
    pub problem: String,
    /// Whether another function of Tidegate's wrote it: one of a newer release, then.
    pub is_of_the_house: bool,
}

impl Unreadable {
    /// What cannot be read and why, in words of bounded length: both repeat what the sender wrote.
    pub fn new(what: &str, problem: &str, is_of_the_house: bool) -> Self {
        let (what, problem) = (line(what, LONGEST_NAME), words(problem, LONGEST_WORDS));
        Self { what, problem, is_of_the_house }
    }
}

/// Reads a payload: one answer for each message in it, at least one.
pub fn read(payload: &Value) -> Vec<Result<Incoming, Unreadable>> {
    if payload.get("source").and_then(Value::as_str) == Some(SOURCE) {
        return vec![read_bus(payload)];
    }
    let unreadable = |e: aws::Unreadable| Unreadable::new(&e.what, &e.problem.to_string(), false);
    aws::read(payload).into_iter().map(|reading| reading.map(Incoming::Aws).map_err(unreadable)).collect()
}

fn read_bus(payload: &Value) -> Result<Incoming, Unreadable> {
    let text = |name: &str| payload.get(name).and_then(Value::as_str);
    let Some(detail_type) = text("detail-type") else {
        return Err(Unreadable::new("an event on the bus", "detail-type is missing", false));
    };
    let is_of_the_house = Message::is_of_the_house(detail_type);
    let wrong = |problem: &str| Unreadable::new(detail_type, problem, is_of_the_house);
    let event_id = text("id").ok_or_else(|| wrong("id is missing"))?.to_owned();
    let detail = payload.get("detail").ok_or_else(|| wrong("detail is missing"))?;
    match Message::read(detail_type, detail) {
        Some(Ok(message)) => {
            let at = text("time").and_then(|time| time.parse().ok());
            Ok(Incoming::Bus { event_id, at, message })
        }
        Some(Err(error)) => Err(wrong(&format!("detail: {error}"))),
        None => Err(wrong(&format!("no such detail type; known: {}", Message::DETAIL_TYPES.join(", ")))),
    }
}

/// Why a payload asks nothing of Tidegate.
pub fn ignored(incoming: &Incoming) -> Option<&IgnoredBecause> {
    match incoming {
        Incoming::Aws(AwsEvent::Ignored { why }) => Some(why),
        Incoming::Aws(_) | Incoming::Bus { .. } => None,
    }
}
