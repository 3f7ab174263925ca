//! One transaction: all of its conditions hold and all of it is written, or nothing is.

use jiff::Timestamp;
use tidegate_domain::rollout::RolloutId;
use tidegate_engine::ports::{Commit, Committed, Fault, FaultKind, Listing, LockChange};
use tidegate_wire::document::Codec;

use super::Table;

/// DynamoDB takes no item above this.
const LARGEST_ITEM: usize = 400 * 1024;

impl Table {
    /// What the index lists as live as of a moment, rollouts oldest first.
    pub fn listed(&self, as_of: Timestamp) -> Listing {
        Listing { rollouts: self.index.listed(as_of), toggles: self.index.toggles(as_of) }
    }

    /// Rollouts that were over as of a moment, newest first.
    pub fn ended(&self, as_of: Timestamp) -> Vec<RolloutId> {
        self.index.ended(as_of)
    }

    /// Writes a commit. A used key is told before a conflict: whoever repeats an event is to learn that it is a repetition,
    /// although the document went on since.
    pub fn commit(&mut self, commit: Commit<'_>, now: Timestamp, release: Codec) -> Result<Committed, Fault> {
        let next = commit.next;
        let what = || format!("commit of {} version {}", next.id, next.version);
        let text = release.encode(next).map_err(|e| unwritable(what(), e))?;
        if let Some(problem) = refusal(commit, text.len()) {
            return Err(Fault::new(what(), FaultKind::Refused(problem)));
        }
        if commit.dedup.is_some_and(|key| self.used.contains(key)) {
            return Ok(Committed::Duplicate);
        }
        if self.read.get(&next.id).map(|stored| stored.version) != commit.before.map(|before| before.version)
        {
            return Ok(Committed::Conflict);
        }
        let holder = self.locks.get(&next.target.key());
        match commit.lock() {
            LockChange::Take if holder.is_some() => return Ok(Committed::Locked),
            LockChange::Release if holder != Some(&next.id) => return Ok(Committed::Locked),
            LockChange::Keep | LockChange::Take | LockChange::Release => {}
        }
        let read = release.decode(&text).map_err(|e| Fault::undecodable(what(), e))?;
        self.write(commit, now);
        self.read.insert(next.id.clone(), read);
        self.documents.insert(next.id.clone(), text);
        Ok(Committed::Done)
    }

    fn write(&mut self, commit: Commit<'_>, now: Timestamp) {
        let next = commit.next;
        match commit.lock() {
            LockChange::Keep => {}
            LockChange::Take => drop(self.locks.insert(next.target.key(), next.id.clone())),
            LockChange::Release => drop(self.locks.remove(&next.target.key())),
        }
        for alarm in commit.alarms_to_watch() {
            self.watching.entry(alarm.to_owned()).or_default().insert(next.id.clone());
        }
        for alarm in commit.alarms_to_forget() {
            self.watching.entry(alarm.to_owned()).or_default().remove(&next.id);
        }
        if let Some(deployment) = commit.deployment_to_file() {
            self.deployments.follow(deployment, &next.id);
        }
        self.used.extend(commit.dedup.map(str::to_owned));
        self.timelines.entry(next.id.clone()).or_default().push(commit.entry());
        self.index.note(next, now);
        self.commits += 1;
    }
}

/// What no condition is about: requests that the service or the contract refuses as they stand.
fn refusal(commit: Commit<'_>, size: usize) -> Option<String> {
    let next = commit.next;
    let expected = commit.before.map_or(1, |before| before.version + 1);
    if commit.before.is_some_and(|before| before.id != next.id || before.target != next.target) {
        return Some("the document before it is another rollout's".to_owned());
    }
    if next.version != expected {
        return Some(format!("the next version is {expected}"));
    }
    (size > LARGEST_ITEM).then(|| format!("an item of {size} bytes; at most {LARGEST_ITEM}"))
}

/// Everything that is stored can be written, so only a fault of ours leads here.
pub(super) fn unwritable(what: String, error: serde_json::Error) -> Fault {
    Fault::new(what, FaultKind::Unreadable(error.to_string())).because(error)
}
