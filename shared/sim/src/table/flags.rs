//! What the table holds of flags: toggles, deployments under guard, and which alarm is a kill switch of which policy.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tidegate_domain::flag::FlagGuard;
use tidegate_domain::flag::toggle::{Toggle, ToggleId};
use tidegate_engine::ports::{Committed, Fault, FaultKind, PolicyRecord};

use super::Table;

/// What is known of flags, as it was read back from its text.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Flags {
    toggles: BTreeMap<ToggleId, Toggle>,
    guards: BTreeMap<String, FlagGuard>,
    /// Names of policies by the alarms of their kill switches. What a policy no longer has stays: it has to be looked up in it.
    kill_switches: BTreeMap<String, BTreeSet<String>>,
}

impl Flags {
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
        &self.flags.toggles
    }

    /// Writes a toggle, on condition that it is still as it was.
    pub fn commit_toggle(
        &mut self,
        before: Option<&Toggle>,
        next: &Toggle,
        now: Timestamp,
    ) -> Result<Committed, Fault> {
        let what = || format!("commit of toggle {} version {}", next.id, next.version);
        let expected = before.map_or(1, |before| before.version + 1);
        if next.version != expected {
            let problem = format!("the next version is {expected}");
            return Err(Fault::new(what(), FaultKind::Refused(problem)));
        }
        if self.flags.toggles.get(&next.id).map(|stored| stored.version)
            != before.map(|before| before.version)
        {
            return Ok(Committed::Conflict);
        }
        self.flags.toggles.insert(next.id.clone(), reread(next, what)?);
        self.index.note_toggle(next, now);
        Ok(Committed::Done)
    }

    /// The names of policies that had a kill switch for an alarm.
    pub fn kill_switches(&self, alarm: &str) -> Vec<String> {
        self.flags.kill_switches.get(alarm).into_iter().flatten().cloned().collect()
    }

    /// A deployment under guard.
    pub fn flag_guard(&self, id: &str) -> Option<FlagGuard> {
        self.flags.guards.get(id).cloned()
    }

    /// Writes a guard, on condition that the one before it has the version before its own.
    pub fn put_flag_guard(&mut self, guard: &FlagGuard) -> Result<Committed, Fault> {
        let stored = self.flags.guards.get(&guard.id).map_or(0, |stored| stored.version);
        if stored + 1 != guard.version {
            return Ok(Committed::Conflict);
        }
        let read = reread(guard, || format!("guard {} version {}", guard.id, guard.version))?;
        self.flags.guards.insert(guard.id.clone(), read);
        Ok(Committed::Done)
    }
}

/// What a reader of the stored text gets.
fn reread<T: Serialize + for<'de> Deserialize<'de>>(
    thing: &T,
    what: impl Fn() -> String,
) -> Result<T, Fault> {
    let unreadable = |error: serde_json::Error| {
        Fault::new(what(), FaultKind::Unreadable(error.to_string())).because(error)
    };
    let text = serde_json::to_string(thing).map_err(unreadable)?;
    serde_json::from_str(&text).map_err(unreadable)
}
