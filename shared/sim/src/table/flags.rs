//! What the table holds of flags: toggles, deployments under guard, and which alarm is a kill switch of which policy.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tidegate_domain::flag::FlagGuard;
use tidegate_domain::flag::toggle::{Toggle, ToggleId};
use tidegate_engine::ports::{Committed, Fault, FaultKind, PolicyRecord};
use tidegate_wire::document::{self, Codec, Undecodable};

use super::Table;
use super::commit::unwritable;

/// What is known of flags. Documents are kept as text, as rollouts are.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Flags {
    toggles: BTreeMap<ToggleId, String>,
    guards: BTreeMap<String, StoredGuard>,
    /// Names of policies by the alarms of their kill switches. What a policy no longer has stays: it has to be looked up in it.
    kill_switches: BTreeMap<String, BTreeSet<String>>,
    /// The toggles as they read: read back from the text after each commit.
    #[serde(skip)]
    read: BTreeMap<ToggleId, Toggle>,
}

/// A guard's text, and its version beside it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredGuard {
    version: u64,
    text: String,
}

impl Flags {
    /// Reads every toggle anew, after the table itself was read from a file.
    pub fn reread(&mut self) -> Result<(), Undecodable> {
        for (id, text) in &self.toggles {
            self.read.insert(id.clone(), document::decode(text)?);
        }
        Ok(())
    }

    pub fn note_kill_switches(&mut self, record: &PolicyRecord) {
        let switches = record.policy().map(|policy| policy.kill_switches).unwrap_or_default();
        for switch in switches {
            self.kill_switches.entry(switch.alarm).or_default().insert(record.name.clone());
        }
    }
}

impl Table {
    /// Every toggle as it stands, by id.
    pub fn toggles(&self) -> &BTreeMap<ToggleId, Toggle> {
        &self.flags.read
    }

    /// The toggle, read from its text by a function of this release.
    pub fn toggle(&self, id: &ToggleId, release: Codec) -> Result<Option<Toggle>, Undecodable> {
        self.flags.toggles.get(id).map(|text| release.decode(text)).transpose()
    }

    /// The toggle's text.
    pub fn toggle_text(&self, id: &ToggleId) -> Option<&str> {
        self.flags.toggles.get(id).map(String::as_str)
    }

    /// Writes a toggle, on condition that it is still as it was.
    pub fn commit_toggle(
        &mut self,
        before: Option<&Toggle>,
        next: &Toggle,
        now: Timestamp,
        release: Codec,
    ) -> Result<Committed, Fault> {
        let what = || format!("commit of toggle {} version {}", next.id, next.version);
        let expected = before.map_or(1, |before| before.version + 1);
        if next.version != expected {
            let problem = format!("the next version is {expected}");
            return Err(Fault::new(what(), FaultKind::Refused(problem)));
        }
        if self.flags.read.get(&next.id).map(|stored| stored.version) != before.map(|before| before.version) {
            return Ok(Committed::Conflict);
        }
        let text = release.encode(next).map_err(|error| unwritable(what(), error))?;
        let read = release.decode(&text).map_err(|error| Fault::undecodable(what(), error))?;
        self.flags.read.insert(next.id.clone(), read);
        self.flags.toggles.insert(next.id.clone(), text);
        self.index.note_toggle(next, now);
        Ok(Committed::Done)
    }

    /// The names of policies that had a kill switch for an alarm.
    pub fn kill_switches(&self, alarm: &str) -> Vec<String> {
        self.flags.kill_switches.get(alarm).into_iter().flatten().cloned().collect()
    }

    /// A deployment under guard.
    pub fn flag_guard(&self, id: &str, release: Codec) -> Result<Option<FlagGuard>, Undecodable> {
        self.flags.guards.get(id).map(|stored| release.decode(&stored.text)).transpose()
    }

    /// The texts of all guards.
    pub fn guard_texts(&self) -> impl Iterator<Item = &str> {
        self.flags.guards.values().map(|stored| stored.text.as_str())
    }

    /// Writes a guard, on condition that the one before it has the version before its own.
    pub fn put_flag_guard(&mut self, guard: &FlagGuard, release: Codec) -> Result<Committed, Fault> {
        let stored = self.flags.guards.get(&guard.id).map_or(0, |stored| stored.version);
        if stored + 1 != guard.version {
            return Ok(Committed::Conflict);
        }
        let what = || format!("guard {} version {}", guard.id, guard.version);
        let text = release.encode(guard).map_err(|error| unwritable(what(), error))?;
        self.flags.guards.insert(guard.id.clone(), StoredGuard { version: guard.version, text });
        Ok(Committed::Done)
    }
}
