//! The store on the simulated table.

use async_trait::async_trait;
use jiff::Timestamp;
use tidegate_domain::deployment::DeploymentId;
use tidegate_domain::flag::FlagGuard;
use tidegate_domain::flag::toggle::{Toggle, ToggleId};
use tidegate_domain::freeze::FreezeSwitch;
use tidegate_domain::rollout::{Rollout, RolloutId};
use tidegate_domain::target::Target;
use tidegate_domain::ticks::Tick;
use tidegate_engine::ports::{
    Claim, Commit, Committed, Fault, Filed, Hook, Letter, Listing, PolicyRecord, Snapshot, Store,
};
use tidegate_wire::document::Codec;
use tidegate_wire::timeline::Entry;

use crate::faults::Call;
use crate::gate::Gate;
use crate::state::State;

/// The table, for one caller.
pub(super) struct TableStore {
    pub gate: Gate,
    /// The caller's release.
    pub release: Codec,
}

#[async_trait]
impl Store for TableStore {
    async fn load(&self, id: &RolloutId) -> Result<Option<Rollout>, Fault> {
        let load = |state: &mut State| {
            let loaded = state.table.load(id, self.release);
            loaded.map_err(|error| Fault::undecodable(format!("load {id}"), error))
        };
        self.gate.call(Call::Load, || id.to_string(), load).await
    }

    async fn commit(&self, commit: Commit<'_>) -> Result<Committed, Fault> {
        let about = || format!("{} version {}", commit.next.id, commit.next.version);
        self.gate
            .call(Call::Commit, about, |state| {
                let now = state.now;
                let committed = state.table.commit(commit, now, self.release)?;
                state.refused(committed);
                if committed == Committed::Done {
                    let next = commit.next;
                    state.note(format!("{}: {} ({})", next.id, next.phase.name(), commit.reason));
                }
                Ok(committed)
            })
            .await
    }

    async fn listed(&self) -> Result<Listing, Fault> {
        let listed = |state: &mut State| {
            let as_of = state.index_as_of();
            Ok(state.table.listed(as_of))
        };
        self.gate.call(Call::Listed, String::new, listed).await
    }

    async fn ended(&self, limit: usize) -> Result<Vec<RolloutId>, Fault> {
        let ended = |state: &mut State| {
            let as_of = state.index_as_of();
            let mut ended = state.table.ended(as_of);
            ended.truncate(limit);
            Ok(ended)
        };
        self.gate.call(Call::Ended, String::new, ended).await
    }

    async fn lock_holder(&self, target: &Target) -> Result<Option<RolloutId>, Fault> {
        let holder = |state: &mut State| Ok(state.table.lock_holder(&target.key()).cloned());
        self.gate.call(Call::LockHolder, || target.to_string(), holder).await
    }

    async fn watching(&self, alarm: &str) -> Result<Vec<RolloutId>, Fault> {
        self.gate.call(Call::Watching, || alarm.to_owned(), |state| Ok(state.table.watching(alarm))).await
    }

    async fn put_ticks(
        &self,
        id: &RolloutId,
        ticks: &[Tick],
        snapshot: Option<&Snapshot>,
    ) -> Result<(), Fault> {
        let put = |state: &mut State| {
            state.table.put_ticks(id, ticks, snapshot);
            Ok(())
        };
        self.gate.call_for(Call::PutTicks, ticks.len(), || id.to_string(), put).await
    }

    async fn ticks(&self, id: &RolloutId) -> Result<Vec<Tick>, Fault> {
        self.gate.call(Call::Ticks, || id.to_string(), |state| Ok(state.table.ticks(id))).await
    }

    async fn snapshot(&self, id: &RolloutId) -> Result<Option<Snapshot>, Fault> {
        self.gate.call(Call::Snapshot, || id.to_string(), |state| Ok(state.table.snapshot(id))).await
    }

    async fn timeline(&self, id: &RolloutId) -> Result<Vec<Entry>, Fault> {
        self.gate.call(Call::Timeline, || id.to_string(), |state| Ok(state.table.timeline(id).to_vec())).await
    }

    async fn claim(&self, outcome_id: &str, now: Timestamp, until: Timestamp) -> Result<Claim, Fault> {
        let claim = |state: &mut State| Ok(state.table.claim(outcome_id, now, until));
        self.gate.call(Call::Claim, || outcome_id.to_owned(), claim).await
    }

    async fn sent(&self, outcome_id: &str, now: Timestamp) -> Result<(), Fault> {
        let sent = |state: &mut State| {
            state.table.sent(outcome_id, now);
            Ok(())
        };
        self.gate.call(Call::Sent, || outcome_id.to_owned(), sent).await
    }

    async fn quarantine(&self, letter: &Letter) -> Result<(), Fault> {
        let keep = |state: &mut State| {
            state.table.quarantine(letter);
            Ok(())
        };
        self.gate.call(Call::Quarantine, || letter.id.clone(), keep).await
    }

    async fn quarantined(&self, limit: usize) -> Result<Vec<Letter>, Fault> {
        let kept = |state: &mut State| Ok(state.table.quarantined().into_iter().take(limit).collect());
        self.gate.call(Call::Quarantined, String::new, kept).await
    }

    async fn policy(&self, name: &str) -> Result<Option<PolicyRecord>, Fault> {
        self.gate.call(Call::Policy, || name.to_owned(), |state| Ok(state.table.policy(name))).await
    }

    async fn put_policy(&self, policy: &PolicyRecord) -> Result<(), Fault> {
        let put = |state: &mut State| {
            state.table.put_policy(policy);
            Ok(())
        };
        self.gate.call(Call::PutPolicy, || policy.name.clone(), put).await
    }

    async fn guard_of(&self, target: &str) -> Result<Option<String>, Fault> {
        let guard = |state: &mut State| Ok(state.table.guard_of(target));
        self.gate.call(Call::GuardOf, || target.to_owned(), guard).await
    }

    async fn filed(&self, deployment: &DeploymentId) -> Result<Option<Filed>, Fault> {
        let filed = |state: &mut State| Ok(state.table.filed(deployment));
        self.gate.call(Call::Filed, || deployment.to_string(), filed).await
    }

    async fn pass_over(&self, deployment: &DeploymentId, why: &str) -> Result<(), Fault> {
        let pass_over = |state: &mut State| {
            state.table.pass_over(deployment, why);
            Ok(())
        };
        self.gate.call(Call::PassOver, || deployment.to_string(), pass_over).await
    }

    async fn ask(&self, hook: &Hook) -> Result<(), Fault> {
        let ask = |state: &mut State| {
            state.table.ask(hook);
            Ok(())
        };
        self.gate.call(Call::Ask, || hook.deployment.to_string(), ask).await
    }

    async fn asked(&self) -> Result<Vec<Hook>, Fault> {
        self.gate.call(Call::Asked, String::new, |state| Ok(state.table.asked())).await
    }

    async fn answered(&self, hook: &Hook) -> Result<(), Fault> {
        let answered = |state: &mut State| {
            state.table.answered(hook);
            Ok(())
        };
        self.gate.call(Call::Answered, || hook.deployment.to_string(), answered).await
    }

    async fn toggle(&self, id: &ToggleId) -> Result<Option<Toggle>, Fault> {
        let toggle = |state: &mut State| {
            let read = state.table.toggle(id, self.release);
            read.map_err(|error| Fault::undecodable(format!("toggle {id}"), error))
        };
        self.gate.call(Call::Toggle, || id.to_string(), toggle).await
    }

    async fn commit_toggle(&self, before: Option<&Toggle>, next: &Toggle) -> Result<Committed, Fault> {
        let commit = |state: &mut State| {
            let committed = state.table.commit_toggle(before, next, state.now, self.release)?;
            state.refused(committed);
            let known = before.map_or(0, |before| before.log.len());
            if let Some(note) = next.log.get(known..).and_then(<[_]>::last)
                && committed == Committed::Done
            {
                state.note(format!("toggle {}: {}", next.id, note.what));
            }
            Ok(committed)
        };
        let about = || format!("toggle {} version {}", next.id, next.version);
        self.gate.call(Call::CommitToggle, about, commit).await
    }

    async fn kill_switches(&self, alarm: &str) -> Result<Vec<String>, Fault> {
        let found = |state: &mut State| Ok(state.table.kill_switches(alarm));
        self.gate.call(Call::KillSwitches, || alarm.to_owned(), found).await
    }

    async fn flag_guard(&self, id: &str) -> Result<Option<FlagGuard>, Fault> {
        let guard = |state: &mut State| {
            let read = state.table.flag_guard(id, self.release);
            read.map_err(|error| Fault::undecodable(format!("guard {id}"), error))
        };
        self.gate.call(Call::FlagGuard, || id.to_owned(), guard).await
    }

    async fn put_flag_guard(&self, guard: &FlagGuard) -> Result<Committed, Fault> {
        let put = |state: &mut State| state.table.put_flag_guard(guard, self.release);
        self.gate.call(Call::PutFlagGuard, || guard.id.clone(), put).await
    }

    async fn freeze_switch(&self) -> Result<FreezeSwitch, Fault> {
        let read = |state: &mut State| {
            let read = state.table.freeze_switch(self.release);
            read.map_err(|error| Fault::undecodable("freeze", error))
        };
        self.gate.call(Call::FreezeSwitch, String::new, read).await
    }

    async fn put_freeze_switch(&self, switch: &FreezeSwitch) -> Result<Committed, Fault> {
        let put = |state: &mut State| state.table.put_freeze_switch(switch, self.release);
        self.gate.call(Call::PutFreezeSwitch, String::new, put).await
    }
}
