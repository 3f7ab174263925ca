//! Toggles of flags, the deployments of flags under guard, and the kill switches by their alarms.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use tidegate_domain::flag::FlagGuard;
use tidegate_domain::flag::toggle::{Toggle, ToggleId};
use tidegate_engine::ports::{Committed, Fault};

use super::Table;
use super::commit::{ABSENT, number};
use super::keys::{self, Item, Key, expires, moment, text};
use super::reading::{document_in, field, to_document};
use crate::faults::fault;

/// The condition that the item is as it was read.
const UNCHANGED: &str = "#version = :read";

/// What an item has to be for a write.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expected {
    Absent,
    Version(u64),
}

impl Expected {
    /// What an item has to be so that it becomes this version; the first one is 1.
    pub(super) fn after(version: u64) -> Self {
        Self::from(version.checked_sub(1).filter(|read| *read > 0))
    }
}

impl From<Option<u64>> for Expected {
    fn from(version: Option<u64>) -> Self {
        version.map_or(Self::Absent, Self::Version)
    }
}

impl Table {
    pub(super) async fn read_toggle(&self, id: &ToggleId) -> Result<Option<Toggle>, Fault> {
        let Some(item) = self.get(Key::toggle(id)).await? else { return Ok(None) };
        document_in(&format!("toggle {id}"), &item, "doc").map(Some)
    }

    pub(super) async fn write_toggle(
        &self,
        before: Option<&Toggle>,
        next: &Toggle,
    ) -> Result<Committed, Fault> {
        let what = format!("PutItem toggle {} version {}", next.id, next.version);
        let expected = Expected::from(before.map(|before| before.version));
        self.put_expecting(&what, document(&what, next)?, expected).await
    }

    pub(super) async fn read_kill_switches(&self, alarm: &str) -> Result<Vec<String>, Fault> {
        let what = format!("kill switches of alarm {alarm}");
        let items = self.partition(&keys::kill(alarm), true, None).await?;
        items.iter().map(|item| Ok(field(&what, item, "sk")?.to_owned())).collect()
    }

    pub(super) async fn read_flag_guard(&self, id: &str) -> Result<Option<FlagGuard>, Fault> {
        let Some(item) = self.get(Key::flag_guard(id)).await? else { return Ok(None) };
        document_in(&format!("guard of flags {id}"), &item, "doc").map(Some)
    }

    pub(super) async fn write_flag_guard(&self, guard: &FlagGuard) -> Result<Committed, Fault> {
        let what = format!("PutItem guard of flags {} version {}", guard.id, guard.version);
        let mut item = Key::flag_guard(&guard.id).item();
        item.insert("version".to_owned(), number(guard.version));
        item.insert("doc".to_owned(), to_document(&what, guard)?);
        item.insert(
            "expires".to_owned(),
            expires(guard.judged.unwrap_or(guard.since), keys::FLAG_GUARD_KEPT),
        );
        self.put_expecting(&what, item, Expected::after(guard.version)).await
    }

    pub(super) async fn put_expecting(
        &self,
        what: &str,
        item: Item,
        expected: Expected,
    ) -> Result<Committed, Fault> {
        let put = self.sdk.dynamodb().put_item().table_name(&self.name).set_item(Some(item));
        let put = match expected {
            Expected::Absent => put.condition_expression(ABSENT).expression_attribute_names("#pk", "pk"),
            Expected::Version(version) => put
                .condition_expression(UNCHANGED)
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":read", number(version)),
        };
        match put.send().await {
            Ok(_) => Ok(Committed::Done),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(Committed::Conflict),
            Err(error) => Err(fault(what, error)),
        }
    }
}

/// A toggle as an item. A live one stands on the shelf of what the sweep looks at; one that is over is forgotten after a while.
fn document(what: &str, toggle: &Toggle) -> Result<Item, Fault> {
    let mut item = Key::toggle(&toggle.id).item();
    item.insert("version".to_owned(), number(toggle.version));
    item.insert("doc".to_owned(), to_document(what, toggle)?);
    if toggle.is_live() {
        item.insert("shelf".to_owned(), text(keys::LIVE));
        item.insert("since".to_owned(), text(moment(toggle.created)));
    } else {
        item.insert("expires".to_owned(), expires(toggle.updated, keys::TOGGLE_KEPT));
    }
    Ok(item)
}
