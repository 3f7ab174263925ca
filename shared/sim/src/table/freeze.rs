//! The switch that keeps every weight from rising. Its document is kept as text, as rollouts are.

use serde::{Deserialize, Serialize};
use tidegate_domain::freeze::FreezeSwitch;
use tidegate_engine::ports::{Committed, Fault};
use tidegate_wire::document::{Codec, Undecodable};

use super::Table;
use super::commit::unwritable;

/// The switch's text and its version; nothing where nobody ever touched it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Freeze {
    version: u64,
    text: Option<String>,
}

impl Table {
    /// The switch, read from its text by a function of this release.
    pub fn freeze_switch(&self, release: Codec) -> Result<FreezeSwitch, Undecodable> {
        self.freeze.text.as_deref().map_or_else(|| Ok(FreezeSwitch::default()), |text| release.decode(text))
    }

    /// Writes the switch, on condition that the one before it has the version before its own.
    pub fn put_freeze_switch(&mut self, switch: &FreezeSwitch, release: Codec) -> Result<Committed, Fault> {
        if self.freeze.version + 1 != switch.version {
            return Ok(Committed::Conflict);
        }
        let what = || format!("freeze version {}", switch.version);
        let text = release.encode(switch).map_err(|error| unwritable(what(), error))?;
        self.freeze = Freeze { version: switch.version, text: Some(text) };
        Ok(Committed::Done)
    }
}
