//! What may happen to a rollout.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::deployment::{DeploymentId, DeploymentStatus, Standing, TargetGroups};
use crate::effect::{EffectId, Performed};
use crate::freeze::Freeze;
use crate::rollout::RolloutId;
use crate::target::{Observed, Version};
use crate::units::Span;
use crate::verdict::{Finding, Verdict};

/// One thing that happened to a rollout.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// The sweep, an end of another rollout or a repeated event asks: is there something to do?
    Reconcile,
    /// health-check spoke.
    Judged(Judged),
    /// Somebody asked for something.
    Commanded(Command),
    /// An alarm of the policy that rolls back fired.
    AlarmFired {
        /// Its name.
        alarm: String,
    },
    /// A newer candidate for the same target wants its place.
    Replaced {
        /// The newer rollout.
        by: RolloutId,
        /// Its candidate.
        candidate: Version,
    },
    /// An effect of this rollout was performed.
    Performed {
        /// Which.
        effect: EffectId,
        /// What it came to.
        result: Performed,
    },
}

impl Trigger {
    /// The names of all of them.
    pub const NAMES: [&str; 6] = ["reconcile", "judged", "commanded", "alarm fired", "replaced", "performed"];

    /// Its name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Reconcile => Self::NAMES[0],
            Self::Judged(_) => Self::NAMES[1],
            Self::Commanded(_) => Self::NAMES[2],
            Self::AlarmFired { .. } => Self::NAMES[3],
            Self::Replaced { .. } => Self::NAMES[4],
            Self::Performed { .. } => Self::NAMES[5],
        }
    }
}

/// A verdict and what it was about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Judged {
    /// The version of the document that was judged; a verdict about an older one is stale.
    pub version: u64,
    /// The verdict.
    pub verdict: Verdict,
}

/// What people may ask of a rollout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Command {
    /// What.
    pub verb: Verb,
    /// Who, as the caller states it.
    pub by: String,
    /// Why, as the caller states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What people may ask of a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Verb {
    /// On to the next step, whatever the evidence.
    Promote,
    /// To all traffic, whatever the evidence.
    PromoteFull,
    /// Hold the weight.
    Pause,
    /// Go on from a pause.
    Resume,
    /// Take the traffic back.
    Abort,
    /// Start an ended rollout once more.
    Retry,
    /// The same although an alarm of its policy fires: this rollout is its fix.
    RetryFixForward,
}

impl Verb {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Promote,
        Self::PromoteFull,
        Self::Pause,
        Self::Resume,
        Self::Abort,
        Self::Retry,
        Self::RetryFixForward,
    ];

    /// Whether it asks for more traffic on the candidate, now or in time.
    pub const fn leads_forward(self) -> bool {
        match self {
            Self::Promote | Self::PromoteFull | Self::Resume => true,
            Self::Pause | Self::Abort | Self::Retry | Self::RetryFixForward => false,
        }
    }

    /// Whether it starts an ended rollout once more.
    pub const fn tries_again(self) -> bool {
        match self {
            Self::Retry | Self::RetryFixForward => true,
            Self::Promote | Self::PromoteFull | Self::Pause | Self::Resume | Self::Abort => false,
        }
    }
}

/// A deployment as it stands, and the one that takes it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// Where it stands.
    pub standing: Standing,
    /// Where the two versions' requests are counted, for ECS.
    pub target_groups: Option<TargetGroups>,
    /// Where the deployment stands that takes it back.
    pub way_back: Option<DeploymentStatus>,
}

/// What was read before deciding. A fence for an effect comes from here and from nowhere else.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The target's routing; an error in words where the target cannot be read for good.
    pub routing: Result<Observed, String>,
    /// What the router says against this rollout; read during preflight only.
    pub findings: Vec<Finding>,
    /// How long one request may take at most, where the router knows; read during preflight only.
    pub longest_request: Option<Span>,
    /// The deployment that moves the traffic: an error in words where it cannot be read for good, `None` where there is none
    /// (yet), or where Tidegate moves the traffic itself.
    pub deployment: Result<Option<Followed>, String>,
    /// The freeze in force; read where the trigger would lead forward only.
    pub frozen: Option<Freeze>,
    /// A deployment of somebody else's that the group is busy with; read while a rollout that starts one of its own is queued.
    pub busy_with: Option<DeploymentId>,
    /// Whether another rollout holds or precedes it on this target; read while it is queued only.
    pub target_taken: bool,
    /// The rollout that holds the target, where that one makes way as soon as it is asked; read while this one is queued only.
    pub yields: Option<RolloutId>,
    /// How many of the ids that its next try could have are taken; read where an ended rollout is tried again only, else 0.
    pub tries_taken: u32,
}

impl Observation {
    /// A target that was read, and nothing else.
    pub fn of(routing: Result<Observed, String>) -> Self {
        Self {
            routing,
            findings: Vec::new(),
            longest_request: None,
            deployment: Ok(None),
            frozen: None,
            busy_with: None,
            target_taken: false,
            yields: None,
            tries_taken: 0,
        }
    }
}
