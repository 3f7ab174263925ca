//! The switch that keeps every weight from rising.

use tidegate_domain::freeze::FreezeSwitch;
use tidegate_engine::ports::{Committed, Fault};

use super::Table;
use super::commit::number;
use super::keys::Key;
use super::reading::{document_in, to_document};
use super::toggles::Expected;

impl Table {
    pub(super) async fn read_freeze_switch(&self) -> Result<FreezeSwitch, Fault> {
        match self.get(Key::freeze()).await? {
            Some(item) => document_in("freeze", &item, "doc"),
            None => Ok(FreezeSwitch::default()),
        }
    }

    pub(super) async fn write_freeze_switch(&self, switch: &FreezeSwitch) -> Result<Committed, Fault> {
        let what = format!("PutItem freeze version {}", switch.version);
        let mut item = Key::freeze().item();
        item.insert("version".to_owned(), number(switch.version));
        item.insert("doc".to_owned(), to_document(&what, switch)?);
        self.put_expecting(&what, item, Expected::after(switch.version)).await
    }
}
