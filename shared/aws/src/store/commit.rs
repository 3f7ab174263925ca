//! A commit: document, lock, dedup key, alarm index, deployment and timeline entry in one transaction.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use tidegate_domain::rollout::Rollout;
use tidegate_engine::ports::{Commit, Committed, Fault, FaultKind, LockChange};

use super::Table;
use super::keys::{self, Item, Key, expires, moment, text};
use super::reading::{to_document, to_json};
use super::transaction::{ITEMS, Transacted};
use crate::faults::{unbuildable, unreadable};

/// What an item of the transaction is, in the order in which unmet conditions count: an event that was used before is told
/// first, then a document that is not what was read, then a target that another rollout has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Dedup,
    Document,
    Lock,
    /// It has no condition.
    Free,
}

/// An item and, where it has one, its condition.
struct Write {
    part: Part,
    item: TransactWriteItem,
}

impl Table {
    pub(super) async fn write(&self, commit: &Commit<'_>) -> Result<Committed, Fault> {
        let what = format!("commit of {} version {}", commit.next.id, commit.next.version);
        let writes = self.writes(&what, commit)?;
        if writes.len() > ITEMS {
            let problem = format!(
                "{} items; a transaction takes {ITEMS}. The policy names too many alarms",
                writes.len()
            );
            return Err(Fault::new(what, FaultKind::Refused(problem)));
        }
        let (parts, items): (Vec<Part>, Vec<_>) =
            writes.into_iter().map(|write| (write.part, write.item)).unzip();
        match self.transact(&what, items).await? {
            Transacted::Done => Ok(Committed::Done),
            Transacted::Unmet(places) => match places.iter().filter_map(|place| parts.get(*place)).min() {
                Some(Part::Dedup) => Ok(Committed::Duplicate),
                Some(Part::Document) => Ok(Committed::Conflict),
                Some(Part::Lock) => Ok(Committed::Locked),
                Some(Part::Free) | None => Err(unreadable(what, "a condition failed where none was set")),
            },
        }
    }

    fn writes(&self, what: &str, commit: &Commit<'_>) -> Result<Vec<Write>, Fault> {
        let next = commit.next;
        let mut writes = vec![self.document(what, commit)?];
        writes.extend(self.lock(what, commit)?);
        if let Some(key) = commit.dedup {
            let mut item = Key::dedup(key).item();
            item.insert("expires".to_owned(), expires(next.updated, keys::DEDUP_KEPT));
            let put = self.put(item).condition_expression(ABSENT).expression_attribute_names("#pk", "pk");
            writes.push(Write { part: Part::Dedup, item: built_put(what, put.build())? });
        }
        for alarm in commit.alarms_to_watch() {
            let put = self.put(Key::alarm(alarm, &next.id).item());
            writes.push(Write { part: Part::Free, item: built_put(what, put.build())? });
        }
        for alarm in commit.alarms_to_forget() {
            let delete = self.delete(Key::alarm(alarm, &next.id).item());
            writes.push(Write { part: Part::Free, item: built_delete(what, delete.build())? });
        }
        if let Some(deployment) = commit.deployment_to_file() {
            let put = self.put(Self::filing(deployment, &next.id));
            writes.push(Write { part: Part::Free, item: built_put(what, put.build())? });
        }
        let mut entry = Key::log(&next.id, next.version).item();
        entry.insert("entry".to_owned(), to_json(what, &commit.entry())?);
        writes.push(Write { part: Part::Free, item: built_put(what, self.put(entry).build())? });
        Ok(writes)
    }

    fn document(&self, what: &str, commit: &Commit<'_>) -> Result<Write, Fault> {
        let put = self.put(document(what, commit.next)?);
        let put = match commit.before {
            None => put.condition_expression(ABSENT).expression_attribute_names("#pk", "pk"),
            Some(before) => {
                let put = put
                    .condition_expression("#version = :read")
                    .expression_attribute_names("#version", "version");
                put.expression_attribute_values(":read", number(before.version))
            }
        };
        Ok(Write { part: Part::Document, item: built_put(what, put.build())? })
    }

    fn lock(&self, what: &str, commit: &Commit<'_>) -> Result<Option<Write>, Fault> {
        let next = commit.next;
        let key = Key::lock(&next.target).item();
        let item = match commit.lock() {
            LockChange::Keep => return Ok(None),
            LockChange::Take => {
                let mut item = key;
                item.insert("holder".to_owned(), text(&next.id.0));
                let put = self.put(item).condition_expression("attribute_not_exists(#pk) OR #holder = :id");
                let put = put
                    .expression_attribute_names("#pk", "pk")
                    .expression_attribute_names("#holder", "holder");
                built_put(what, put.expression_attribute_values(":id", text(&next.id.0)).build())?
            }
            LockChange::Release => {
                let delete = self.delete(key);
                let delete = delete
                    .condition_expression("attribute_not_exists(#holder) OR #holder = :id")
                    .expression_attribute_names("#holder", "holder");
                built_delete(what, delete.expression_attribute_values(":id", text(&next.id.0)).build())?
            }
        };
        Ok(Some(Write { part: Part::Lock, item }))
    }

    /// A put of one item.
    pub(super) fn put(&self, item: Item) -> aws_sdk_dynamodb::types::builders::PutBuilder {
        Put::builder().table_name(&self.name).set_item(Some(item))
    }

    /// A deletion of one item.
    pub(super) fn delete(&self, key: Item) -> aws_sdk_dynamodb::types::builders::DeleteBuilder {
        Delete::builder().table_name(&self.name).set_key(Some(key))
    }
}

/// The condition that there is no such item.
pub(super) const ABSENT: &str = "attribute_not_exists(#pk)";

/// A document as an item. A live one stands on its shelf by its creation, so that the oldest is looked at first; one that is
/// over by its end.
fn document(what: &str, rollout: &Rollout) -> Result<Item, Fault> {
    let (shelf, since) =
        if rollout.is_listed() { (keys::LIVE, rollout.created) } else { (keys::ENDED, rollout.updated) };
    let mut item = Key::document(&rollout.id).item();
    item.extend(
        [
            ("version", number(rollout.version)),
            ("doc", to_document(what, rollout)?),
            ("target", text(rollout.target.key())),
            ("phase", text(rollout.phase.name().to_string())),
            ("shelf", text(shelf)),
            ("since", text(moment(since))),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    Ok(item)
}

/// A number attribute.
pub(super) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

type Built<T> = Result<T, aws_sdk_dynamodb::error::BuildError>;

pub(super) fn built_put(what: &str, put: Built<Put>) -> Result<TransactWriteItem, Fault> {
    Ok(TransactWriteItem::builder().put(put.map_err(unbuildable(what))?).build())
}

pub(super) fn built_delete(what: &str, delete: Built<Delete>) -> Result<TransactWriteItem, Fault> {
    Ok(TransactWriteItem::builder().delete(delete.map_err(unbuildable(what))?).build())
}
