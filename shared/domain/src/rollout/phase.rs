//! Where a rollout stands, and what may be asked of that.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RolloutId;
use crate::policy::Gate;
use crate::target::Routing;
use crate::verdict::{Cause, Finding, HoldCause};

/// Where a rollout stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Phase {
    /// Waits until its target is free.
    Queued,
    /// The target is checked and the baseline measured; no traffic moves.
    Preflight {
        /// Since when.
        since: Timestamp,
    },
    /// The candidate has a step's share of the traffic and is judged.
    Baking(Bake),
    /// As baking, but the weight rises only after this is over.
    Paused {
        /// The step it stands at.
        bake: Bake,
        /// Why.
        cause: PauseCause,
        /// Since when.
        since: Timestamp,
    },
    /// CodeDeploy moves the traffic, by its own timetable; the candidate is judged meanwhile.
    Shifting(Shifting),
    /// The candidate has all traffic and is watched. This is no comparison any more.
    Watching {
        /// Since when all traffic was read back to be there; `None` while that is under way.
        since: Option<Timestamp>,
    },
    /// Traffic goes back to stable.
    RollingBack(Return),
    /// The way back fails. People are told; every sweep tries again.
    Stuck(Return),
    /// Over: the candidate has all traffic.
    Succeeded,
    /// Over: all traffic was read back to be on stable.
    RolledBack {
        /// Why.
        cause: Cause,
    },
    /// Over: a newer candidate took its place, all traffic was on stable when it did.
    Superseded {
        /// The newer rollout.
        by: RolloutId,
    },
    /// Over: somebody else changed the target, and Tidegate let go of it.
    TakenOver {
        /// What was found.
        found: Routing,
    },
    /// Over before it began: no traffic was moved.
    Refused {
        /// Why, all at once.
        findings: Vec<Finding>,
    },
}

/// A step under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bake {
    /// Which step of the policy, from 0.
    pub step: usize,
    /// Since when the step's weight was read back to be fact; `None` while it is being set.
    pub since: Option<Timestamp>,
    /// Whether its time was extended, which happens once.
    pub extended: bool,
}

impl Bake {
    /// A step whose weight is still to be set.
    pub const fn entering(step: usize) -> Self {
        Self { step, since: None, extended: false }
    }

    /// The same step, begun anew at `now`.
    #[must_use]
    pub const fn restarted(&self, now: Timestamp) -> Self {
        Self { step: self.step, since: Some(now), extended: false }
    }
}

/// Traffic that CodeDeploy moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shifting {
    /// All of it is one step to the judge, which begins when the candidate was first read back to have traffic.
    pub bake: Bake,
    /// Whether the deployment was told not to wait any longer before it ends the old version.
    #[serde(default, skip_serializing_if = "is_not")]
    pub released: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_not(value: &bool) -> bool {
    !*value
}

impl Shifting {
    /// No traffic has moved yet.
    pub const fn entering() -> Self {
        Self { bake: Bake::entering(0), released: false }
    }
}

/// Why a rollout is paused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind", content = "with")]
pub enum PauseCause {
    /// The policy's gate after this step; the step itself is passed.
    Gate(Gate),
    /// Somebody asked for it.
    Operator {
        /// Who, as the caller states it.
        by: String,
    },
    /// The step stayed undecided after its extension.
    Inconclusive,
    /// See the hold.
    Hold(HoldCause),
    /// Somebody else gave the candidate another share than this rollout did.
    Drift {
        /// What was found.
        found: Routing,
    },
    /// The router refuses to move the traffic on.
    RouterDenied(String),
    /// A flag of this step cannot be set.
    FlagsDenied(String),
}

impl PauseCause {
    /// Whether it ends without anybody's doing: when its time is over, or what held is.
    pub const fn ends_by_itself(&self) -> bool {
        match self {
            Self::Gate(Gate::Timed(_)) | Self::Hold(_) => true,
            Self::Gate(Gate::Manual)
            | Self::Operator { .. }
            | Self::Inconclusive
            | Self::Drift { .. }
            | Self::RouterDenied(_)
            | Self::FlagsDenied(_) => false,
        }
    }

    /// Whether a pass has an effect: not where somebody has to be asked first.
    pub const fn heeds_a_pass(&self) -> bool {
        self.ends_by_itself() || matches!(self, Self::Inconclusive)
    }
}

/// What is judged in a phase with traffic.
#[derive(Debug, Clone, Copy)]
pub struct Traffic<'a> {
    /// The step; `None` after full promotion.
    pub bake: Option<&'a Bake>,
    /// Why it is paused, and since when.
    pub pause: Option<(&'a PauseCause, Timestamp)>,
    /// Since when the weight is fact; `None` while it is being set.
    pub since: Option<Timestamp>,
}

/// The way back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Return {
    /// Why.
    pub cause: Cause,
    /// Since when.
    pub since: Timestamp,
    /// Only a read-back from this moment on proves that the traffic is back: by then whoever observed before the decision
    /// has run into the longest function timeout.
    pub proven_from: Timestamp,
    /// When the traffic was read back to be on stable, where flags are waited for after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic_back: Option<Timestamp>,
    /// When people were last told that it is stuck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Timestamp>,
}

impl Phase {
    /// What is judged in this phase; `None` where the candidate has no traffic that is judged.
    pub const fn traffic(&self) -> Option<Traffic<'_>> {
        match self {
            Self::Baking(bake) => Some(Traffic { bake: Some(bake), pause: None, since: bake.since }),
            Self::Paused { bake, cause, since } => {
                Some(Traffic { bake: Some(bake), pause: Some((cause, *since)), since: bake.since })
            }
            Self::Shifting(Shifting { bake, .. }) => {
                Some(Traffic { bake: Some(bake), pause: None, since: bake.since })
            }
            Self::Watching { since } => Some(Traffic { bake: None, pause: None, since: *since }),
            Self::Queued
            | Self::Preflight { .. }
            | Self::RollingBack(_)
            | Self::Stuck(_)
            | Self::Succeeded
            | Self::RolledBack { .. }
            | Self::Superseded { .. }
            | Self::TakenOver { .. }
            | Self::Refused { .. } => None,
        }
    }

    /// The phase's name, without its data.
    pub const fn name(&self) -> PhaseName {
        match self {
            Self::Queued => PhaseName::Queued,
            Self::Preflight { .. } => PhaseName::Preflight,
            Self::Baking(_) => PhaseName::Baking,
            Self::Paused { .. } => PhaseName::Paused,
            Self::Shifting(_) => PhaseName::Shifting,
            Self::Watching { .. } => PhaseName::Watching,
            Self::RollingBack(_) => PhaseName::RollingBack,
            Self::Stuck(_) => PhaseName::Stuck,
            Self::Succeeded => PhaseName::Succeeded,
            Self::RolledBack { .. } => PhaseName::RolledBack,
            Self::Superseded { .. } => PhaseName::Superseded,
            Self::TakenOver { .. } => PhaseName::TakenOver,
            Self::Refused { .. } => PhaseName::Refused,
        }
    }

    /// Whether nothing can move any more.
    pub const fn is_terminal(&self) -> bool {
        self.name().is_terminal()
    }

    /// Whether a rollout in this phase holds its target's lock.
    pub const fn holds_lock(&self) -> bool {
        !matches!(self, Self::Queued) && !self.is_terminal()
    }
}

/// The names of the phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "each is documented at the variant of Phase that it names")]
pub enum PhaseName {
    Queued,
    Preflight,
    Baking,
    Paused,
    Shifting,
    Watching,
    RollingBack,
    Stuck,
    Succeeded,
    RolledBack,
    Superseded,
    TakenOver,
    Refused,
}

impl PhaseName {
    /// All of them, in the order of a rollout's life.
    pub const ALL: [Self; 13] = [
        Self::Queued,
        Self::Preflight,
        Self::Baking,
        Self::Paused,
        Self::Shifting,
        Self::Watching,
        Self::RollingBack,
        Self::Stuck,
        Self::Succeeded,
        Self::RolledBack,
        Self::Superseded,
        Self::TakenOver,
        Self::Refused,
    ];

    /// Whether nothing can move any more.
    pub const fn is_terminal(self) -> bool {
        match self {
            Self::Queued
            | Self::Preflight
            | Self::Baking
            | Self::Paused
            | Self::Shifting
            | Self::Watching
            | Self::RollingBack
            | Self::Stuck => false,
            Self::Succeeded | Self::RolledBack | Self::Superseded | Self::TakenOver | Self::Refused => true,
        }
    }

    /// The field's word for it, as `argo rollouts` and `kubectl` users know it.
    pub const fn health(self) -> Health {
        match self {
            Self::Queued | Self::Preflight | Self::Baking | Self::Shifting | Self::Watching => {
                Health::Progressing
            }
            Self::Paused => Health::Paused,
            Self::RollingBack | Self::Stuck | Self::RolledBack | Self::TakenOver | Self::Refused => {
                Health::Degraded
            }
            Self::Succeeded | Self::Superseded => Health::Healthy,
        }
    }
}

impl fmt::Display for PhaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Queued => "queued",
            Self::Preflight => "preflight",
            Self::Baking => "baking",
            Self::Paused => "paused",
            Self::Shifting => "shifting",
            Self::Watching => "watching",
            Self::RollingBack => "rolling back",
            Self::Stuck => "stuck",
            Self::Succeeded => "succeeded",
            Self::RolledBack => "rolled back",
            Self::Superseded => "superseded",
            Self::TakenOver => "taken over",
            Self::Refused => "refused",
        })
    }
}

/// A rollout's state in the field's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the field's own words")]
pub enum Health {
    Progressing,
    Paused,
    Degraded,
    Healthy,
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Progressing => "Progressing",
            Self::Paused => "Paused",
            Self::Degraded => "Degraded",
            Self::Healthy => "Healthy",
        })
    }
}
