//! The table: documents, ticks, locks, timeline, alarm index, dedup keys, outcomes, quarantine, policies.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidegate_domain::deployment::DeploymentId;
use tidegate_domain::effect::Owner;
use tidegate_domain::flag::FlagGuard;
use tidegate_domain::flag::toggle::{Toggle, ToggleId};
use tidegate_domain::freeze::FreezeSwitch;
use tidegate_domain::policy::{Faults, Policy};
use tidegate_domain::reason::Reason;
use tidegate_domain::rollout::{Rollout, RolloutId};
use tidegate_domain::target::Target;
use tidegate_domain::ticks::Tick;
use tidegate_domain::verdict::{Evidence, Verdict};
use tidegate_wire::timeline::Entry;

use super::Fault;

/// One transaction: all of it is written, or none.
#[derive(Debug, Clone, Copy)]
pub struct Commit<'a> {
    /// The document as it was read; `None` to create it.
    pub before: Option<&'a Rollout>,
    /// The document to write. The condition is that the stored version is still that of `before`.
    pub next: &'a Rollout,
    /// Why, for the timeline.
    pub reason: &'a Reason,
    /// Which function decides.
    pub by: Owner,
    /// A key that may be used once: the id of the event that led here.
    pub dedup: Option<&'a str>,
}

/// What a commit does to its target's lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockChange {
    /// Nothing.
    Keep,
    /// Takes it, on condition that nobody has it.
    Take,
    /// Gives it back, on condition that this rollout has it.
    Release,
}

impl Commit<'_> {
    /// What it does to the target's lock.
    pub fn lock(&self) -> LockChange {
        let held = self.before.is_some_and(|before| before.phase.holds_lock());
        match (held, self.next.phase.holds_lock()) {
            (false, true) => LockChange::Take,
            (true, false) => LockChange::Release,
            (false, false) | (true, true) => LockChange::Keep,
        }
    }

    /// Alarms to enter into the index: at the creation, so that the index stands before the alarms are first read.
    pub fn alarms_to_watch(&self) -> Vec<&str> {
        let rules = &self.next.policy.analysis.alarms;
        if self.before.is_none() && !self.next.phase.is_terminal() {
            rules.iter().map(|rule| rule.name.as_str()).collect()
        } else {
            Vec::new()
        }
    }

    /// Alarms to take out of the index: at the end.
    pub fn alarms_to_forget(&self) -> Vec<&str> {
        let ends =
            self.before.is_some_and(|before| !before.phase.is_terminal()) && self.next.phase.is_terminal();
        let rules = &self.next.policy.analysis.alarms;
        if ends { rules.iter().map(|rule| rule.name.as_str()).collect() } else { Vec::new() }
    }

    /// The deployment that the rollout follows from this commit on.
    pub fn deployment_to_file(&self) -> Option<&DeploymentId> {
        let of = |rollout: &'_ Rollout| rollout.mover.code_deploy().and_then(|moves| moves.id.clone());
        let id = self.next.mover.code_deploy()?.id.as_ref()?;
        (self.before.and_then(of).as_ref() != Some(id)).then_some(id)
    }

    /// Its line in the timeline.
    pub fn entry(&self) -> Entry {
        Entry::of(self.before, self.next, self.reason, self.by)
    }
}

/// What became of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// All of it is written.
    Done,
    /// The document is not what was read any more, or exists already: nothing is written.
    Conflict,
    /// The dedup key was used before: nothing is written.
    Duplicate,
    /// Another rollout has the target: nothing is written.
    Locked,
}

/// What became of claiming an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It is the caller's to send, until the lease ends.
    Won,
    /// Somebody else has it at the moment.
    Held,
    /// It was sent.
    Sent,
}

/// An event of ours that could not be read, kept as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    /// The event's id, or one made of its content.
    pub id: String,
    /// Which function received it.
    pub received_by: Owner,
    /// What is wrong with it, with place and value.
    pub problem: String,
    /// The event.
    pub payload: Value,
    /// When it came.
    pub at: Timestamp,
}

/// A stored policy: the text as somebody applied it, so that `policy get` gives back what was put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRecord {
    /// The policy's name.
    pub name: String,
    /// YAML or JSON.
    pub text: String,
    /// The same as JSON. The functions read this one, so that none of them carries a YAML reader.
    pub json: Value,
    /// When it was applied.
    pub applied: Timestamp,
    /// By whom, as the caller states it.
    pub by: String,
}

impl PolicyRecord {
    /// The policy that it holds.
    pub fn policy(&self) -> Result<Policy, Faults> {
        Policy::from_json(&self.json)
    }
}

/// What health-check last found about a rollout, for people to look at; nothing is decided on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// When.
    pub at: Timestamp,
    /// The verdict.
    pub verdict: Verdict,
    /// What the judge knew.
    pub evidence: Option<Evidence>,
}

/// Whose a deployment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filed {
    /// A rollout follows it.
    Followed(RolloutId),
    /// Nobody does, and why.
    PassedOver(String),
}

/// A lifecycle hook that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hook {
    /// The deployment that waits.
    pub deployment: DeploymentId,
    /// The question's token, to be handed back with the answer.
    pub execution: String,
    /// When it was asked.
    pub asked: Timestamp,
}

/// One row of the index of live rollouts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which rollout.
    pub id: RolloutId,
    /// The key of its target.
    pub target: String,
}

/// What the index lists as live.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Rollouts.
    pub rollouts: Vec<Listed>,
    /// Toggles of flags.
    pub toggles: Vec<ToggleId>,
}

/// The table.
#[async_trait]
pub trait Store: Send + Sync {
    /// The document as it stands now (strongly consistent).
    async fn load(&self, id: &RolloutId) -> Result<Option<Rollout>, Fault>;

    /// Writes a commit, all or nothing.
    async fn commit(&self, commit: Commit<'_>) -> Result<Committed, Fault>;

    /// What is not over or has something pending, oldest first. Comes from an index and may be a little stale.
    async fn listed(&self) -> Result<Listing, Fault>;

    /// Rollouts that are over, newest first.
    async fn ended(&self, limit: usize) -> Result<Vec<RolloutId>, Fault>;

    /// Which rollout has the target.
    async fn lock_holder(&self, target: &Target) -> Result<Option<RolloutId>, Fault>;

    /// Rollouts whose policy names this alarm.
    async fn watching(&self, alarm: &str) -> Result<Vec<RolloutId>, Fault>;

    /// Writes minutes over what was known of them, and the latest snapshot.
    async fn put_ticks(
        &self,
        id: &RolloutId,
        ticks: &[Tick],
        snapshot: Option<&Snapshot>,
    ) -> Result<(), Fault>;

    /// All minutes of a rollout, oldest first.
    async fn ticks(&self, id: &RolloutId) -> Result<Vec<Tick>, Fault>;

    /// What health-check last found.
    async fn snapshot(&self, id: &RolloutId) -> Result<Option<Snapshot>, Fault>;

    /// Every commit of a rollout, oldest first.
    async fn timeline(&self, id: &RolloutId) -> Result<Vec<Entry>, Fault>;

    /// Claims an outcome until `until`; an older claim whose lease is over is void.
    async fn claim(&self, outcome_id: &str, now: Timestamp, until: Timestamp) -> Result<Claim, Fault>;

    /// Records that an outcome was sent.
    async fn sent(&self, outcome_id: &str, now: Timestamp) -> Result<(), Fault>;

    /// Keeps an unreadable event; keeping it twice keeps it once.
    async fn quarantine(&self, letter: &Letter) -> Result<(), Fault>;

    /// The kept events, newest first.
    async fn quarantined(&self, limit: usize) -> Result<Vec<Letter>, Fault>;

    /// A stored policy.
    async fn policy(&self, name: &str) -> Result<Option<PolicyRecord>, Fault>;

    /// Stores a policy over one of the same name. One in guard mode that names a target is found by it from then on.
    async fn put_policy(&self, policy: &PolicyRecord) -> Result<(), Fault>;

    /// The name of the policy in guard mode that was stored last with this target, by the target's key. It may name another
    /// target by now.
    async fn guard_of(&self, target: &str) -> Result<Option<String>, Fault>;

    /// Whose a deployment is. That a rollout follows it is written with the commit in which it first names it.
    async fn filed(&self, deployment: &DeploymentId) -> Result<Option<Filed>, Fault>;

    /// Notes that nobody follows a deployment, and why. It does not overwrite that a rollout does.
    async fn pass_over(&self, deployment: &DeploymentId, why: &str) -> Result<(), Fault>;

    /// Keeps a hook that waits for an answer; keeping it twice keeps it once, with the time of the first.
    async fn ask(&self, hook: &Hook) -> Result<(), Fault>;

    /// The hooks that wait for an answer, oldest first.
    async fn asked(&self) -> Result<Vec<Hook>, Fault>;

    /// Forgets a hook that was answered.
    async fn answered(&self, hook: &Hook) -> Result<(), Fault>;

    /// The toggle as it stands now (strongly consistent).
    async fn toggle(&self, id: &ToggleId) -> Result<Option<Toggle>, Fault>;

    /// Writes a toggle, on condition that it is still as `before`; `None` to create it. [`Committed::Done`] or
    /// [`Committed::Conflict`].
    async fn commit_toggle(&self, before: Option<&Toggle>, next: &Toggle) -> Result<Committed, Fault>;

    /// The names of policies that had a kill switch for this alarm when they were stored.
    async fn kill_switches(&self, alarm: &str) -> Result<Vec<String>, Fault>;

    /// A deployment of flags under guard.
    async fn flag_guard(&self, id: &str) -> Result<Option<FlagGuard>, Fault>;

    /// Writes a guard, on condition that the one before it has the version before its own; the first has version 1.
    async fn put_flag_guard(&self, guard: &FlagGuard) -> Result<Committed, Fault>;

    /// The switch that keeps every weight from rising, as it stands now (strongly consistent); one of version 0 where nobody ever
    /// touched it.
    async fn freeze_switch(&self) -> Result<FreezeSwitch, Fault>;

    /// Writes the switch, on condition that the one before it has the version before its own. [`Committed::Done`] or
    /// [`Committed::Conflict`].
    async fn put_freeze_switch(&self, switch: &FreezeSwitch) -> Result<Committed, Fault>;
}
