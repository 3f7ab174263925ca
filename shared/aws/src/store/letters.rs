//! The quarantine: events of ours that could not be read. They are found by time; a dedup key makes each of them one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidegate_domain::effect::Owner;
use tidegate_engine::ports::{Fault, Letter};

use super::Table;
use super::commit::{ABSENT, built_put};
use super::keys::{Key, LETTER_KEPT, QUARANTINE, expires};
use super::reading::{json_in, to_json};
use super::transaction::Transacted;

/// So much of a payload is kept as text. An item holds 400 KB, and each quote of a JSON text within JSON takes two bytes.
const KEPT_BYTES: usize = 150_000;

/// The payload as it is kept: as it came, or the beginning of its text where an item could not hold it.
fn kept(payload: Value) -> Value {
    let text = payload.to_string();
    if text.len() <= KEPT_BYTES {
        return payload;
    }
    let start = &text[..text.floor_char_boundary(KEPT_BYTES)];
    Value::String(format!("{start}… (the first {} of {} bytes)", start.len(), text.len()))
}

/// A letter as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    id: String,
    received_by: Owner,
    problem: String,
    payload: Value,
    at: Timestamp,
}

impl Table {
    pub(super) async fn keep_letter(&self, letter: &Letter) -> Result<(), Fault> {
        let what = format!("quarantine of {}", letter.id);
        let Letter { id, received_by, problem, payload, at } = letter.clone();
        let payload = kept(payload);
        let expires = expires(at, LETTER_KEPT);
        let mut guard = Key::dedup(&format!("{QUARANTINE}#{id}")).item();
        guard.insert("expires".to_owned(), expires.clone());
        let guard = self.put(guard).condition_expression(ABSENT).expression_attribute_names("#pk", "pk");
        let mut item = Key::letter(at, &id).item();
        item.insert("letter".to_owned(), to_json(&what, &Stored { id, received_by, problem, payload, at })?);
        item.insert("expires".to_owned(), expires);
        let items = vec![built_put(&what, guard.build())?, built_put(&what, self.put(item).build())?];
        match self.transact(&what, items).await? {
            Transacted::Done | Transacted::Unmet(_) => Ok(()),
        }
    }

    pub(super) async fn letters(&self, limit: usize) -> Result<Vec<Letter>, Fault> {
        let items = self.partition(QUARANTINE, false, Some(limit)).await?;
        let letter = |item| {
            let Stored { id, received_by, problem, payload, at } = json_in(QUARANTINE, item, "letter")?;
            Ok(Letter { id, received_by, problem, payload, at })
        };
        items.iter().map(letter).collect()
    }
}
