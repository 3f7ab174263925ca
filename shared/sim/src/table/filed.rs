//! What the table holds of deployments: whose each is, which policy guards a target, and the hooks that wait.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tidegate_domain::deployment::DeploymentId;
use tidegate_domain::policy::Mode;
use tidegate_domain::rollout::RolloutId;
use tidegate_engine::ports::{Filed, Hook, PolicyRecord};

use super::Table;

/// What is known of deployments.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Deployments {
    filed: BTreeMap<DeploymentId, StoredFiled>,
    /// Names of policies by the key of the target that each guards.
    guards: BTreeMap<String, String>,
    hooks: BTreeMap<String, Hook>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum StoredFiled {
    Followed(RolloutId),
    PassedOver(String),
}

impl Deployments {
    pub fn follow(&mut self, deployment: &DeploymentId, rollout: &RolloutId) {
        self.filed.insert(deployment.clone(), StoredFiled::Followed(rollout.clone()));
    }

    pub fn note_guard(&mut self, record: &PolicyRecord) {
        let guards = record.policy().ok().filter(|policy| policy.mode == Mode::Guard);
        if let Some(target) = guards.and_then(|policy| policy.target) {
            self.guards.insert(target.key(), record.name.clone());
        }
    }
}

impl Table {
    /// The policy in guard mode that was stored last with this target.
    pub fn guard_of(&self, target: &str) -> Option<String> {
        self.deployments.guards.get(target).cloned()
    }

    /// Whose a deployment is.
    pub fn filed(&self, deployment: &DeploymentId) -> Option<Filed> {
        Some(match self.deployments.filed.get(deployment)? {
            StoredFiled::Followed(rollout) => Filed::Followed(rollout.clone()),
            StoredFiled::PassedOver(why) => Filed::PassedOver(why.clone()),
        })
    }

    pub fn pass_over(&mut self, deployment: &DeploymentId, why: &str) {
        let filed = self.deployments.filed.entry(deployment.clone());
        filed.or_insert_with(|| StoredFiled::PassedOver(why.to_owned()));
    }

    pub fn ask(&mut self, hook: &Hook) {
        self.deployments.hooks.entry(key(hook)).or_insert_with(|| hook.clone());
    }

    /// The hooks that wait for an answer, oldest first.
    pub fn asked(&self) -> Vec<Hook> {
        let mut hooks: Vec<Hook> = self.deployments.hooks.values().cloned().collect();
        hooks.sort_by_key(|hook| hook.asked);
        hooks
    }

    pub fn answered(&mut self, hook: &Hook) {
        self.deployments.hooks.remove(&key(hook));
    }
}

fn key(hook: &Hook) -> String {
    format!("{} {}", hook.deployment, hook.execution)
}
