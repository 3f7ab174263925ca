//! The table: what DynamoDB would hold, with the conditions of its transactions. Documents are kept as the text that
//! `tidegate_wire::document` writes, so that every load reads what a commit wrote.

mod commit;
mod filed;
mod flags;
mod freeze;
mod index;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidegate_domain::effect::Owner;
use tidegate_domain::rollout::{Rollout, RolloutId};
use tidegate_domain::ticks::Tick;
use tidegate_domain::verdict::{Evidence, Verdict};
use tidegate_engine::ports::{Claim, Letter, PolicyRecord, Snapshot};
use tidegate_wire::document::{self, Codec, Undecodable};
use tidegate_wire::timeline::Entry;

use filed::Deployments;
use flags::Flags;
use freeze::Freeze;
use index::Index;

/// The table.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Table {
    documents: BTreeMap<RolloutId, String>,
    locks: BTreeMap<String, RolloutId>,
    used: BTreeSet<String>,
    watching: BTreeMap<String, BTreeSet<RolloutId>>,
    index: Index,
    timelines: BTreeMap<RolloutId, Vec<Entry>>,
    ticks: BTreeMap<RolloutId, BTreeMap<Timestamp, Tick>>,
    snapshots: BTreeMap<RolloutId, StoredSnapshot>,
    claims: BTreeMap<String, StoredClaim>,
    letters: BTreeMap<String, StoredLetter>,
    policies: BTreeMap<String, StoredPolicy>,
    deployments: Deployments,
    #[serde(default)]
    flags: Flags,
    #[serde(default)]
    freeze: Freeze,
    commits: u64,
    /// The documents as they read, for the eyes of tests and reports: read back from the text after each commit.
    #[serde(skip)]
    read: BTreeMap<RolloutId, Rollout>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredSnapshot {
    at: Timestamp,
    verdict: Verdict,
    evidence: Option<Evidence>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum StoredClaim {
    Held { until: Timestamp },
    Sent { at: Timestamp },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredLetter {
    received_by: Owner,
    problem: String,
    payload: Value,
    at: Timestamp,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredPolicy {
    text: String,
    json: Value,
    applied: Timestamp,
    by: String,
}

impl Table {
    /// The document, read from its text by a function of this release.
    pub fn load(&self, id: &RolloutId, release: Codec) -> Result<Option<Rollout>, Undecodable> {
        self.documents.get(id).map(|text| release.decode(text)).transpose()
    }

    /// The document's text.
    pub fn text(&self, id: &RolloutId) -> Option<&str> {
        self.documents.get(id).map(String::as_str)
    }

    /// Has a document be what this release cannot read.
    pub fn spoil(&mut self, id: &RolloutId) {
        if let Some(text) = self.documents.get_mut(id) {
            text.clear();
        }
    }

    /// Every rollout as it stands, by id.
    pub fn rollouts(&self) -> &BTreeMap<RolloutId, Rollout> {
        &self.read
    }

    /// Reads every document anew, after the table itself was read from a file.
    pub fn reread(&mut self) -> Result<(), Undecodable> {
        for (id, text) in &self.documents {
            self.read.insert(id.clone(), document::decode(text)?);
        }
        self.flags.reread()
    }

    /// How many commits were written.
    pub fn commits(&self) -> u64 {
        self.commits
    }

    /// Counts commits from these on.
    pub fn goes_on_after(&mut self, commits: u64) {
        self.commits = commits + 1;
    }

    /// Who has a target.
    pub fn lock_holder(&self, key: &str) -> Option<&RolloutId> {
        self.locks.get(key)
    }

    /// Rollouts whose policy names this alarm.
    pub fn watching(&self, alarm: &str) -> Vec<RolloutId> {
        self.watching.get(alarm).into_iter().flatten().cloned().collect()
    }

    pub fn put_ticks(&mut self, id: &RolloutId, ticks: &[Tick], snapshot: Option<&Snapshot>) {
        let stored = self.ticks.entry(id.clone()).or_default();
        stored.extend(ticks.iter().map(|tick| (tick.minute, tick.clone())));
        if let Some(Snapshot { at, verdict, evidence }) = snapshot.cloned() {
            self.snapshots.insert(id.clone(), StoredSnapshot { at, verdict, evidence });
        }
    }

    pub fn ticks(&self, id: &RolloutId) -> Vec<Tick> {
        self.ticks.get(id).into_iter().flat_map(BTreeMap::values).cloned().collect()
    }

    pub fn snapshot(&self, id: &RolloutId) -> Option<Snapshot> {
        let StoredSnapshot { at, verdict, evidence } = self.snapshots.get(id)?;
        Some(Snapshot { at: *at, verdict: verdict.clone(), evidence: evidence.clone() })
    }

    pub fn timeline(&self, id: &RolloutId) -> &[Entry] {
        self.timelines.get(id).map_or(&[], Vec::as_slice)
    }

    /// Claims an outcome: it is won where nobody has it, or where the lease of whoever has it is over.
    pub fn claim(&mut self, outcome: &str, now: Timestamp, until: Timestamp) -> Claim {
        match self.claims.get(outcome) {
            Some(StoredClaim::Sent { .. }) => Claim::Sent,
            Some(StoredClaim::Held { until }) if now < *until => Claim::Held,
            Some(StoredClaim::Held { .. }) | None => {
                self.claims.insert(outcome.to_owned(), StoredClaim::Held { until });
                Claim::Won
            }
        }
    }

    pub fn sent(&mut self, outcome: &str, at: Timestamp) {
        self.claims.insert(outcome.to_owned(), StoredClaim::Sent { at });
    }

    pub fn quarantine(&mut self, letter: &Letter) {
        let Letter { id, received_by, problem, payload, at } = letter.clone();
        self.letters.entry(id).or_insert(StoredLetter { received_by, problem, payload, at });
    }

    /// The kept events, newest first.
    pub fn quarantined(&self) -> Vec<Letter> {
        let letter = |(id, letter): (&String, &StoredLetter)| {
            let StoredLetter { received_by, problem, payload, at } = letter.clone();
            Letter { id: id.clone(), received_by, problem, payload, at }
        };
        let mut letters: Vec<Letter> = self.letters.iter().map(letter).collect();
        letters.sort_by_key(|letter| std::cmp::Reverse(letter.at));
        letters
    }

    pub fn policy(&self, name: &str) -> Option<PolicyRecord> {
        let StoredPolicy { text, json, applied, by } = self.policies.get(name)?.clone();
        Some(PolicyRecord { name: name.to_owned(), text, json, applied, by })
    }

    pub fn put_policy(&mut self, policy: &PolicyRecord) {
        self.deployments.note_guard(policy);
        self.flags.note_kill_switches(policy);
        let PolicyRecord { name, text, json, applied, by } = policy.clone();
        self.policies.insert(name, StoredPolicy { text, json, applied, by });
    }

    pub fn delete_policy(&mut self, name: &str) {
        self.policies.remove(name);
    }
}
