//! Why: every decision carries one of these, also the decision to do nothing. Logs, messages, `get` and golden files render
//! this one value.

mod evidence;
mod flags;
mod numbers;
mod words;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::deployment::{Comparison, DeploymentId};
use crate::freeze::Freeze;
use crate::outlook::Outlook;
use crate::rollout::{PhaseName, RolloutId};
use crate::target::Routing;
use crate::trigger::Verb;
use crate::units::Weight;
use crate::verdict::{Cause, Counts, Evidence, Finding, HoldCause, Pass};

pub use self::numbers::{count, odds};
pub use flags::{FlagReason, Returned};

/// Why a decision is what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "because", content = "with")]
pub enum Reason {
    /// A rollout was asked for.
    Requested {
        /// Who asked.
        by: String,
        /// Whether it is to start while alarms fire, which then do not speak in it.
        #[serde(rename = "fixForward", default, skip_serializing_if = "std::ops::Not::not")]
        fix_forward: bool,
    },
    /// The target is free.
    TargetFree,
    /// Preflight found nothing against it.
    PreflightPassed {
        /// The stable version in the time before.
        baseline: Counts,
        /// What can be told at this traffic, and what not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outlook: Option<Outlook>,
    },
    /// Preflight found something against it.
    PreflightFailed(Vec<Finding>),
    /// The weight was read back.
    WeightReached(Weight),
    /// A step was passed.
    StepPassed(Pass),
    /// Somebody said `promote`.
    Overridden {
        /// Who.
        by: String,
        /// Why, as they state it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// The policy's gate waits for somebody.
    GateReached(Pass),
    /// The policy's gate waits for some time.
    TimedGateReached(Pass),
    /// Somebody said `pause`.
    PausedBy {
        /// Who.
        by: String,
        /// Why, as they state it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// Somebody said `resume`.
    ResumedBy {
        /// Who.
        by: String,
        /// Why, as they state it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// Data, traffic or alarm are as they should be again.
    HoldOver,
    /// The step's time is over without a decision; it gets as much time again, once.
    Extended(Evidence),
    /// The step's time and its extension are over without a decision.
    Undecided(Evidence),
    /// The weight stays.
    Held(HoldCause),
    /// The candidate is taken back.
    TakingBack(Cause),
    /// All traffic was read back to be on stable.
    BackOnStable(Cause),
    /// The wish was written, and the proof has to wait until no earlier writer can be under way.
    AwaitingProof,
    /// The target was not where it should be on the way back; it is written again.
    TryingAgain {
        /// What was found.
        found: Routing,
    },
    /// The router refuses, or has refused for too long.
    RouterDenied(String),
    /// The way back has taken too long.
    WayBackTooLong(Cause),
    /// The router refuses to take the traffic back.
    WayBackDenied {
        /// What it says.
        why: String,
        /// Why the traffic has to go back.
        cause: Cause,
    },
    /// CodeDeploy moves the traffic, and Tidegate judges.
    Following {
        /// The deployment; absent where it is still to be started.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deployment: Option<DeploymentId>,
        /// The stable version in the time before; absent where there is nothing to compare with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        baseline: Option<Counts>,
        /// What can be told at this traffic, and what not, where CodeDeploy's timetable is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outlook: Option<Outlook>,
        /// Alarms that fired before and do not speak in this rollout.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        red: Vec<String>,
    },
    /// Another deployment of the group is under way; this one waits for its end.
    WaitsForDeployment(DeploymentId),
    /// The deployment was started.
    DeploymentStarted(DeploymentId),
    /// The deployment waits for traffic to be moved, and goes on.
    DeploymentReady,
    /// The watch is over: the deployment need not wait any longer before it ends the old version.
    DeploymentReleased,
    /// CodeDeploy refuses to let the deployment go on.
    DeploymentHeld(String),
    /// What the comparison with stable came to while CodeDeploy moved the traffic.
    Compared(Comparison),
    /// CodeDeploy says that the deployment succeeded.
    DeploymentSucceeded,
    /// The deployment succeeded, and what could be watched was watched. With what the comparison came to, where there was one.
    GuardOver(Option<Comparison>),
    /// A newer deployment of the same target began: the watch ends.
    NewerDeployment,
    /// CodeDeploy ended the deployment, and its way back is followed.
    FollowingBack(Cause),
    /// The deployment is over, and nothing of CodeDeploy's takes its traffic back.
    NothingTakesBack(Cause),
    /// All traffic was read back to be on the candidate.
    FullyPromoted,
    /// The watch after promotion is over.
    WatchOver,
    /// Its flags, or flags that somebody asked for.
    Flags(FlagReason),
    /// A newer rollout takes its place.
    SupersededBy(RolloutId),
    /// Somebody else changed the target.
    Drifted {
        /// What this rollout had set.
        expected: Option<Routing>,
        /// What was found.
        found: Routing,
    },
    /// The fence was lost, the routing is as before: the same again with a fresh fence.
    FenceRenewed,
    /// An effect without a routing is done.
    Recorded(String),
    /// A new rollout of the same candidate starts.
    Retried {
        /// Its id.
        id: RolloutId,
    },
    /// An event of ours could not be read.
    Unreadable(String),
    /// Nothing is done.
    Ignored(Ignored),
}

/// Why nothing is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind", content = "with")]
pub enum Ignored {
    /// The rollout is over.
    Terminal(PhaseName),
    /// The verdict or effect is about an older state of the document.
    Stale {
        /// The version it is about.
        about: u64,
        /// The version that stands.
        now: u64,
    },
    /// Nothing is due.
    NothingDue,
    /// It waits until its target is free.
    TargetTaken,
    /// CodeDeploy moves the traffic by its own timetable.
    CodeDeployMoves(Verb),
    /// Somebody else's deployment is over; there is nothing that Tidegate could start once more.
    NotOurDeployment,
    /// The deployment cannot be read; the sweep tries again.
    DeploymentUnreadable(String),
    /// A command that has no meaning in this phase.
    NotNow {
        /// The command.
        verb: Verb,
        /// The phase.
        phase: PhaseName,
    },
    /// The verdict does not belong to this phase.
    VerdictElsewhere {
        /// The phase.
        phase: PhaseName,
    },
    /// The traffic goes back already.
    AlreadyGoingBack,
    /// The candidate has all traffic; the newer one starts when the watch is over.
    AlreadyPromoted,
    /// Paused already, for this or a stronger reason.
    AlreadyPaused,
    /// An effect that is not pending any more.
    NotPending,
    /// A manual gate or an operator's pause goes on until somebody acts.
    WaitsForSomebody,
    /// The flags of its policy are still looked at.
    FlagsUnknown,
    /// The weight of this step is still being set.
    ShiftUnderWay,
    /// The installation is frozen: nothing leads forward.
    Frozen(Freeze),
    /// The target cannot be read; the sweep tries again.
    TargetUnreadable(String),
    /// A fix is deployed while alarms are red, so they do not speak in it.
    FixForward,
    /// The candidate cannot be routed to yet; preflight goes on.
    NotYet(Vec<Finding>),
}

impl From<Ignored> for Reason {
    fn from(why: Ignored) -> Self {
        Self::Ignored(why)
    }
}
