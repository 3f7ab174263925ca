//! The door: where every invocation comes in. What cannot be read is quarantined and paged once, or given back where a function
//! of a newer release may have written it; what is not for this function is passed over with a reason; a fault that may pass goes
//! back to the sender, any other is reported as an error too, and ends in the dead-letter queue.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use tidegate_domain::effect::{Outcome, Owner};
use tidegate_domain::foreign::{LONGEST_WORDS, line};
use tidegate_wire::bus::{Message, RolloutOutcome};
use tidegate_wire::intake::{self, Incoming, Unreadable};
use tracing::{info, warn};

use crate::looping::Handled;
use crate::ports::{Bus, Clock, Fault, FaultKind, Function, Letter, Store};

/// The longest id of an event by which it is kept; EventBridge's have 36 characters.
const LONGEST_ID: usize = 128;

/// What a function answers to one message.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It went to a rollout.
    Handled(Handled),
    /// It is not this function's, or asks nothing.
    Ignored(String),
    /// It was ours and cannot be acted upon: to be kept, and people told.
    Unreadable(String),
    /// It asks for an answer of its own, as a hook does.
    Value(Value),
}

impl Answer {
    /// A message that some rule brought here and that belongs to another function.
    pub fn elsewhere(owner: Owner) -> Self {
        Self::Ignored(format!("it is not for {owner}"))
    }
}

/// A function behind its door: it answers one message at a time.
#[async_trait]
pub trait Respond: Send + Sync {
    /// Where its invocations come in.
    fn door(&self) -> &Door;

    /// Answers one message that could be read and asks something.
    async fn answer(&self, incoming: Incoming) -> Result<Answer, Fault>;

    /// What is owed to whoever waits for an answer to this payload, where nothing better can be said: neither a payload that
    /// cannot be read nor a fault may leave such a question open, because silence is taken for a "no".
    fn owed(&self, _payload: &Value) -> Option<Value> {
        None
    }

    /// Which function keeps this payload where it cannot be read, because it comes there too: one keeper is enough.
    fn kept_by(&self, _payload: &Value) -> Option<Owner> {
        None
    }
}

#[async_trait]
impl<T: Respond> Function for T {
    async fn invoke(&self, payload: &Value) -> Result<Value, Fault> {
        self.door().receive(payload, self).await
    }
}

/// Where invocations of one function come in.
pub struct Door {
    /// Which function.
    pub owner: Owner,
    /// The table, for its quarantine.
    pub store: Arc<dyn Store>,
    /// The bus, to page through.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Door {
    /// Reads a payload and has each of its messages answered. All are tried; the first fault is given back afterwards.
    async fn receive(&self, payload: &Value, respondent: &dyn Respond) -> Result<Value, Fault> {
        let mut said = Vec::new();
        let mut fault = None;
        for reading in intake::read(payload) {
            let answered = match reading {
                Err(unreadable) => match respondent.kept_by(payload) {
                    Some(owner) => Ok(passed_over(&format!("{owner} keeps it: {unreadable}"))),
                    // A function of a newer release wrote it: this one is about to be updated too.
                    None if unreadable.is_of_the_house => {
                        Err(Fault::new(unreadable.what, FaultKind::Passing(unreadable.problem)))
                    }
                    None => self.quarantine(payload, &unreadable).await,
                },
                Ok(incoming) => match intake::ignored(&incoming) {
                    Some(why) => Ok(passed_over(&why.to_string())),
                    None => match respondent.answer(incoming).await {
                        Ok(Answer::Value(value)) => return Ok(value),
                        Ok(Answer::Unreadable(problem)) => {
                            self.quarantine(payload, &Unreadable::new("a message", &problem, false)).await
                        }
                        Ok(other) => Ok(told(&other)),
                        Err(fault) => Err(fault),
                    },
                },
            };
            match answered {
                Ok(value) => said.push(value),
                Err(passing) => fault = fault.or(Some(passing)),
            }
        }
        match (respondent.owed(payload), fault) {
            (None, None) => Ok(json!({ "answers": said })),
            (None, Some(fault)) => Err(fault),
            (Some(owed), None) => Ok(owed),
            (Some(owed), Some(fault)) => {
                warn!(function = %self.owner, "answered {owed} to a question that could not be dealt with: {fault}");
                Ok(owed)
            }
        }
    }

    /// Keeps what nothing can be done about until somebody acts, and has people told of it, once for each id.
    pub async fn keep(&self, id: &str, payload: Value, problem: &str) -> Result<(), Fault> {
        let at = self.clock.now();
        warn!(event.id = %id, function = %self.owner, "event {id} is quarantined: {problem}");
        let letter =
            Letter { id: id.to_owned(), received_by: self.owner, problem: problem.to_owned(), payload, at };
        self.store.quarantine(&letter).await?;
        let outcome = Outcome::quarantined(self.owner, id, problem, at);
        self.bus.publish(&[Message::RolloutOutcome(RolloutOutcome { outcome })]).await
    }

    /// Keeps an event that cannot be read.
    async fn quarantine(&self, payload: &Value, unreadable: &Unreadable) -> Result<Value, Fault> {
        let id = payload
            .get("id")
            .and_then(Value::as_str)
            .filter(|id| *id == line(id, LONGEST_ID))
            .map_or_else(|| fnv1a(&payload.to_string()), str::to_owned);
        let problem = unreadable.to_string();
        self.keep(&id, payload.clone(), &problem).await?;
        Ok(json!({ "quarantined": id, "problem": problem }))
    }
}

fn passed_over(why: &str) -> Value {
    let why = line(why, LONGEST_WORDS);
    info!("ignored: {why}");
    json!({ "ignored": why })
}

fn told(answer: &Answer) -> Value {
    match answer {
        Answer::Handled(Handled::Unknown) => passed_over("no such rollout"),
        Answer::Handled(Handled::Duplicate) => passed_over("acted upon before"),
        Answer::Handled(Handled::Kept(reason)) => json!({ "kept": reason.to_string() }),
        Answer::Handled(Handled::Changed { rollout, reason }) => json!({
            "rollout": rollout.id, "version": rollout.version, "phase": rollout.phase.name(), "reason": reason.to_string(),
        }),
        Answer::Ignored(why) | Answer::Unreadable(why) => passed_over(why),
        Answer::Value(value) => value.clone(),
    }
}

/// A name for an event without an id, made of its content so that the same event always has the same (FNV-1a, 64 bits).
pub fn fnv1a(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}
