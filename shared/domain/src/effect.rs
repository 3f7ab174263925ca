//! Effects: what a decision wants done to the world, and who may do it.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::deployment::{DeploymentId, Order, Wait};
use crate::freeze::Freeze;
use crate::policy::{OutcomeKind, Severity};
use crate::reason::Reason;
use crate::rollout::{Rollout, RolloutId};
use crate::target::{Fence, Observed, Routing, Target, Version};

/// The function that performs an effect; nobody else has the rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// Moves traffic towards the candidate and starts rollouts.
    TrafficShift,
    /// Observes and judges.
    HealthCheck,
    /// Toggles flags.
    FeatureFlag,
    /// Takes traffic back.
    Rollback,
    /// Tells people.
    Notify,
}

impl Owner {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::TrafficShift, Self::HealthCheck, Self::FeatureFlag, Self::Rollback, Self::Notify];

    /// The function's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TrafficShift => "traffic-shift",
            Self::HealthCheck => "health-check",
            Self::FeatureFlag => "feature-flag",
            Self::Rollback => "rollback",
            Self::Notify => "notify",
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Names one effect of one rollout for ever: the document version that committed it, and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EffectId {
    /// The document version that committed the effect.
    pub version: u64,
    /// Its place among the effects of that version.
    pub index: u32,
}

impl fmt::Display for EffectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.version, self.index)
    }
}

/// An effect that is committed and not yet recorded as done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// Its name.
    pub id: EffectId,
    /// What to do.
    pub effect: Effect,
}

/// What a decision wants done. Every effect may be performed twice and has an effect once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "do")]
pub enum Effect {
    /// Moves traffic towards the candidate. The fence is the one that was observed before the decision.
    Shift {
        /// The routing wanted.
        wish: Routing,
        /// The only state of the target in which this may be written.
        fence: Fence,
    },
    /// Takes all traffic back to stable.
    TakeBack {
        /// The routing wanted.
        wish: Routing,
        /// The only state of the target in which this may be written.
        fence: Fence,
    },
    /// Has CodeDeploy start the deployment that moves the traffic.
    StartDeployment {
        /// What to create.
        order: Box<Order>,
    },
    /// Ends a wait of the deployment.
    ContinueDeployment {
        /// Which deployment.
        deployment: DeploymentId,
        /// Which wait.
        wait: Wait,
    },
    /// Has CodeDeploy stop the deployment and take the traffic back.
    StopDeployment {
        /// Which deployment.
        deployment: DeploymentId,
    },
    /// Finds out whether the policy's flags can be set.
    ExamineFlags,
    /// Sets flags.
    SetFlags {
        /// Their places in the policy's list.
        flags: Vec<usize>,
    },
    /// Puts the flags back that this rollout changed.
    RestoreFlags,
    /// Takes an older rollout of the same target out of the way.
    Supersede {
        /// The older rollout.
        rollout: RolloutId,
    },
    /// Has this rollout measured at once instead of at the next sweep.
    Measure,
    /// Starts the next rollout that waits for this target.
    StartNext,
    /// Starts this ended rollout once more, under a new id.
    Restart {
        /// The new id.
        id: RolloutId,
        /// Who asked.
        by: String,
        /// Whether it starts although an alarm of its policy fires.
        #[serde(default)]
        fix_forward: bool,
    },
    /// Tells people.
    Announce(Box<Outcome>),
}

impl Effect {
    /// What it does, without its data.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Shift { .. } => "shift",
            Self::TakeBack { .. } => "take back",
            Self::StartDeployment { .. } => "start deployment",
            Self::ContinueDeployment { .. } => "continue deployment",
            Self::StopDeployment { .. } => "stop deployment",
            Self::ExamineFlags => "examine flags",
            Self::SetFlags { .. } => "set flags",
            Self::RestoreFlags => "restore flags",
            Self::Supersede { .. } => "supersede",
            Self::Measure => "measure",
            Self::StartNext => "start next",
            Self::Restart { .. } => "restart",
            Self::Announce(_) => "announce",
        }
    }

    /// Who may perform it.
    pub fn owner(&self) -> Owner {
        match self {
            Self::Shift { .. }
            | Self::StartDeployment { .. }
            | Self::ContinueDeployment { .. }
            | Self::StartNext
            | Self::Restart { .. } => Owner::TrafficShift,
            Self::TakeBack { .. } | Self::StopDeployment { .. } | Self::Supersede { .. } => Owner::Rollback,
            Self::Measure => Owner::HealthCheck,
            Self::ExamineFlags | Self::SetFlags { .. } | Self::RestoreFlags => Owner::FeatureFlag,
            Self::Announce(_) => Owner::Notify,
        }
    }

    /// Whether performing it can come to this.
    pub fn comes_to(&self, result: &Performed) -> bool {
        match self {
            Self::Shift { .. } | Self::TakeBack { .. } => {
                matches!(result, Performed::Routed { .. } | Performed::FenceLost(_) | Performed::Denied(_))
                    || self.is_held_by(result)
            }
            Self::ExamineFlags => matches!(result, Performed::FlagsExamined(_)),
            Self::SetFlags { .. } => {
                matches!(result, Performed::FlagsSet | Performed::Denied(_)) || self.is_held_by(result)
            }
            Self::RestoreFlags => matches!(result, Performed::FlagsBack(_)),
            Self::StartDeployment { .. } => {
                matches!(result, Performed::Started(_) | Performed::Denied(_)) || self.is_held_by(result)
            }
            Self::ContinueDeployment { .. } | Self::StopDeployment { .. } => {
                matches!(result, Performed::Done | Performed::Denied(_)) || self.is_held_by(result)
            }
            Self::Supersede { .. }
            | Self::Measure
            | Self::StartNext
            | Self::Restart { .. }
            | Self::Announce(_) => *result == Performed::Done,
        }
    }

    /// Whether it brings a candidate more of the traffic, or clients its flags: what a freeze holds.
    pub const fn raises(&self) -> bool {
        match self {
            Self::Shift { .. }
            | Self::StartDeployment { .. }
            | Self::ContinueDeployment { wait: Wait::Ready, .. }
            | Self::SetFlags { .. } => true,
            Self::TakeBack { .. }
            | Self::ContinueDeployment { wait: Wait::Termination, .. }
            | Self::StopDeployment { .. }
            | Self::ExamineFlags
            | Self::RestoreFlags
            | Self::Supersede { .. }
            | Self::Measure
            | Self::StartNext
            | Self::Restart { .. }
            | Self::Announce(_) => false,
        }
    }

    /// Whether a freeze that lasts leads to its being given up.
    const fn is_given_up_frozen(&self) -> bool {
        matches!(self, Self::Shift { .. } | Self::StartDeployment { .. })
    }

    /// Whether it may be performed, as the freeze stands right before: whoever decided before it and slept raises nothing.
    pub fn clearance(&self, rollout: &Rollout, freeze: Option<Freeze>) -> Clearance {
        match freeze {
            Some(freeze) if self.raises() => Clearance::Frozen(freeze),
            None if self.is_given_up_frozen() && rollout.is_held_by_freeze() => Clearance::Thawed,
            Some(_) | None => Clearance::Granted,
        }
    }

    fn is_held_by(&self, result: &Performed) -> bool {
        match result {
            Performed::Frozen(_) => self.raises(),
            Performed::Thawed => self.is_given_up_frozen(),
            Performed::Routed { .. }
            | Performed::FenceLost(_)
            | Performed::Started(_)
            | Performed::FlagsExamined(_)
            | Performed::FlagsSet
            | Performed::FlagsBack(_)
            | Performed::Denied(_)
            | Performed::Done => false,
        }
    }

    /// The routing it wants, where it moves traffic.
    pub fn wish(&self) -> Option<(&Routing, &Fence)> {
        match self {
            Self::Shift { wish, fence } | Self::TakeBack { wish, fence } => Some((wish, fence)),
            Self::StartDeployment { .. }
            | Self::ContinueDeployment { .. }
            | Self::StopDeployment { .. }
            | Self::ExamineFlags
            | Self::SetFlags { .. }
            | Self::RestoreFlags
            | Self::Supersede { .. }
            | Self::Measure
            | Self::StartNext
            | Self::Restart { .. }
            | Self::Announce(_) => None,
        }
    }
}

/// What performing an effect came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Performed {
    /// Traffic moves as wished. `fence_moved` says whether the fence differs from the one that the effect carried, so that
    /// no writer who observed earlier can still act.
    Routed {
        /// The target as it was read back.
        observed: Observed,
        /// Whether every earlier fence is now invalid.
        fence_moved: bool,
    },
    /// The fence was refused and the wish is not fact: this is what was there instead.
    FenceLost(Observed),
    /// The deployment is started.
    Started(DeploymentId),
    /// The flags were looked at: what stands against setting them.
    FlagsExamined(Vec<String>),
    /// All clients get the flags.
    FlagsSet,
    /// The flags are as they were, but for these, which somebody else has changed since.
    FlagsBack(Vec<String>),
    /// The router refused for good; trying again will not help until somebody acts.
    Denied(String),
    /// The installation is frozen: nothing was done.
    Frozen(Freeze),
    /// The freeze that kept it from being done is over: nothing was done yet.
    Thawed,
    /// An effect without a routing is done.
    Done,
}

/// Whether an effect may be performed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clearance {
    /// It may.
    Granted,
    /// It would lead forward, and the installation is frozen.
    Frozen(Freeze),
    /// The freeze that held it is over, and somebody who still read it may be about to give it up.
    Thawed,
}

/// What people are told, with all that a message needs: it is rendered from this alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The same for every copy of this message.
    pub outcome_id: String,
    /// What came out.
    pub kind: OutcomeKind,
    /// How loud it is.
    pub severity: Severity,
    /// What it is about.
    pub about: About,
    /// Why.
    pub reason: Reason,
    /// When it was decided.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// The topic that the policy names, where it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
}

/// What an outcome is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum About {
    /// A rollout.
    Rollout {
        /// Which.
        id: RolloutId,
        /// Its target.
        target: Target,
        /// Its candidate.
        candidate: Version,
        /// What the candidate is compared with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stable: Option<Version>,
        /// The deployment that somebody else started and that moves its traffic.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        adopted: Option<DeploymentId>,
    },
    /// A toggle of flags, or a deployment of flags that is guarded.
    Flags {
        /// The toggle's name, or the deployment's.
        id: String,
        /// Whose flags.
        profile: String,
    },
    /// An event of ours that could not be read.
    Event {
        /// The function that received it.
        received_by: Owner,
        /// Its id in the quarantine.
        letter: String,
    },
}
