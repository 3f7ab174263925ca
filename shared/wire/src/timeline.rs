//! The timeline: append-only, one entry a commit. It explains every change of weight.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tidegate_domain::effect::Owner;
use tidegate_domain::reason::Reason;
use tidegate_domain::rollout::{PhaseName, Rollout, RolloutId};
use tidegate_domain::target::Routing;
use tidegate_domain::units::Weight;

/// One commit of one rollout, as it is stored and shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Which rollout.
    pub rollout: RolloutId,
    /// The document version that this commit wrote.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// Which function decided.
    pub by: Owner,
    /// The phase before; absent at the creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PhaseName>,
    /// The phase after.
    pub to: PhaseName,
    /// The candidate's share as last read back.
    pub weight: Weight,
    /// The routing that this commit wants, where it wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wish: Option<Routing>,
    /// Why.
    pub reason: Reason,
}

impl Entry {
    /// The entry of one commit.
    pub fn of(before: Option<&Rollout>, next: &Rollout, reason: &Reason, by: Owner) -> Self {
        let wished = next.pending.iter().filter(|pending| pending.id.version == next.version);
        Self {
            rollout: next.id.clone(),
            version: next.version,
            at: next.updated,
            by,
            from: before.map(|before| before.phase.name()),
            to: next.phase.name(),
            weight: next.weight(),
            wish: wished.filter_map(|pending| pending.effect.wish()).map(|(wish, _)| wish.clone()).next(),
            reason: reason.clone(),
        }
    }
}
