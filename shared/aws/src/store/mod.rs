//! The table on DynamoDB. How it is laid out stands in [`keys`]; [`commit`] holds the one transaction that everything hangs on.

mod commit;
mod deployments;
mod freeze;
mod keys;
mod letters;
mod outcomes;
mod policies;
mod reading;
mod ticks;
mod toggles;
mod transaction;

use std::sync::Arc;

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
    Claim, Commit, Committed, Fault, Filed, Hook, Letter, Listed, Listing, PolicyRecord, Snapshot, Store,
};
use tidegate_wire::timeline::Entry;

use self::keys::{Key, Shelved};
use self::reading::{document_in, field, json_in, pass_over};
use crate::rights::Right;
use crate::sdk::Sdk;

/// What this adapter calls. A transaction is no action of its own: it needs those of its parts.
pub const RIGHTS: &[Right] = &[
    Right::new(
        "dynamodb:GetItem",
        "reads documents, locks, snapshots, policies, toggles, whose a deployment is, the freeze",
    ),
    Right::new(
        "dynamodb:Query",
        "reads ticks, timelines, the alarm index, kill switches, hooks, the quarantine; and the shelf index",
    ),
    Right::new(
        "dynamodb:PutItem",
        "commits, claims outcomes, keeps snapshots, policies, toggles, hooks, unreadable events and the freeze",
    ),
    Right::new("dynamodb:UpdateItem", "adds ticks, records that outcomes were sent"),
    Right::new(
        "dynamodb:DeleteItem",
        "gives locks back, takes alarms out of the index, forgets hooks and that toggles were live",
    ),
];

/// What faults call the index.
const LIST: &str = "index of rollouts";

/// The store port on DynamoDB.
#[derive(Debug)]
pub struct Table {
    sdk: Arc<Sdk>,
    name: String,
}

impl Table {
    pub(crate) const fn new(sdk: Arc<Sdk>, name: String) -> Self {
        Self { sdk, name }
    }
}

#[async_trait]
impl Store for Table {
    async fn load(&self, id: &RolloutId) -> Result<Option<Rollout>, Fault> {
        let Some(item) = self.get(Key::document(id)).await? else { return Ok(None) };
        let what = format!("document of {id}");
        document_in(&what, &item, "doc").map(Some)
    }

    async fn commit(&self, commit: Commit<'_>) -> Result<Committed, Fault> {
        self.write(&commit).await
    }

    async fn listed(&self) -> Result<Listing, Fault> {
        let mut listing = Listing::default();
        for item in self.shelf(keys::LIVE, true, None).await? {
            match keys::shelved(field(LIST, &item, "pk")?) {
                Some(Shelved::Toggle(id)) => listing.toggles.push(id),
                Some(Shelved::Rollout(id)) => {
                    let target = field(LIST, &item, "target")?.to_owned();
                    listing.rollouts.push(Listed { id, target });
                }
                None => pass_over(LIST, &item),
            }
        }
        Ok(listing)
    }

    async fn ended(&self, limit: usize) -> Result<Vec<RolloutId>, Fault> {
        let items = self.shelf(keys::ENDED, false, Some(limit)).await?;
        let mut ended = Vec::new();
        for item in &items {
            match keys::shelved(field(LIST, item, "pk")?) {
                Some(Shelved::Rollout(id)) => ended.push(id),
                Some(Shelved::Toggle(_)) | None => pass_over(LIST, item),
            }
        }
        Ok(ended)
    }

    async fn lock_holder(&self, target: &Target) -> Result<Option<RolloutId>, Fault> {
        let Some(item) = self.get(Key::lock(target)).await? else { return Ok(None) };
        let holder = field(&format!("lock of {target}"), &item, "holder")?;
        Ok(Some(RolloutId(holder.to_owned())))
    }

    async fn watching(&self, alarm: &str) -> Result<Vec<RolloutId>, Fault> {
        let what = format!("index of alarm {alarm}");
        let items = self.partition(&keys::alarm(alarm), true, None).await?;
        items.iter().map(|item| Ok(RolloutId(field(&what, item, "sk")?.to_owned()))).collect()
    }

    async fn put_ticks(
        &self,
        id: &RolloutId,
        ticks: &[Tick],
        snapshot: Option<&Snapshot>,
    ) -> Result<(), Fault> {
        self.write_ticks(id, ticks).await?;
        match snapshot {
            Some(snapshot) => self.write_snapshot(id, snapshot).await,
            None => Ok(()),
        }
    }

    async fn ticks(&self, id: &RolloutId) -> Result<Vec<Tick>, Fault> {
        self.read_ticks(id).await
    }

    async fn snapshot(&self, id: &RolloutId) -> Result<Option<Snapshot>, Fault> {
        self.read_snapshot(id).await
    }

    async fn timeline(&self, id: &RolloutId) -> Result<Vec<Entry>, Fault> {
        let what = format!("timeline of {id}");
        let items = self.beginning_with(&keys::rollout(id), keys::LOG).await?;
        items.iter().map(|item| json_in(&what, item, "entry")).collect()
    }

    async fn claim(&self, outcome_id: &str, now: Timestamp, until: Timestamp) -> Result<Claim, Fault> {
        self.claim_outcome(outcome_id, now, until).await
    }

    async fn sent(&self, outcome_id: &str, now: Timestamp) -> Result<(), Fault> {
        self.outcome_sent(outcome_id, now).await
    }

    async fn quarantine(&self, letter: &Letter) -> Result<(), Fault> {
        self.keep_letter(letter).await
    }

    async fn quarantined(&self, limit: usize) -> Result<Vec<Letter>, Fault> {
        self.letters(limit).await
    }

    async fn policy(&self, name: &str) -> Result<Option<PolicyRecord>, Fault> {
        self.read_policy(name).await
    }

    async fn put_policy(&self, policy: &PolicyRecord) -> Result<(), Fault> {
        self.write_policy(policy).await
    }

    async fn guard_of(&self, target: &str) -> Result<Option<String>, Fault> {
        self.read_guard(target).await
    }

    async fn filed(&self, deployment: &DeploymentId) -> Result<Option<Filed>, Fault> {
        self.read_filed(deployment).await
    }

    async fn pass_over(&self, deployment: &DeploymentId, why: &str) -> Result<(), Fault> {
        self.write_passed_over(deployment, why).await
    }

    async fn ask(&self, hook: &Hook) -> Result<(), Fault> {
        self.write_hook(hook).await
    }

    async fn asked(&self) -> Result<Vec<Hook>, Fault> {
        self.read_hooks().await
    }

    async fn answered(&self, hook: &Hook) -> Result<(), Fault> {
        self.delete_hook(hook).await
    }

    async fn toggle(&self, id: &ToggleId) -> Result<Option<Toggle>, Fault> {
        self.read_toggle(id).await
    }

    async fn commit_toggle(&self, before: Option<&Toggle>, next: &Toggle) -> Result<Committed, Fault> {
        self.write_toggle(before, next).await
    }

    async fn kill_switches(&self, alarm: &str) -> Result<Vec<String>, Fault> {
        self.read_kill_switches(alarm).await
    }

    async fn flag_guard(&self, id: &str) -> Result<Option<FlagGuard>, Fault> {
        self.read_flag_guard(id).await
    }

    async fn put_flag_guard(&self, guard: &FlagGuard) -> Result<Committed, Fault> {
        self.write_flag_guard(guard).await
    }

    async fn freeze_switch(&self) -> Result<FreezeSwitch, Fault> {
        self.read_freeze_switch().await
    }

    async fn put_freeze_switch(&self, switch: &FreezeSwitch) -> Result<Committed, Fault> {
        self.write_freeze_switch(switch).await
    }
}
