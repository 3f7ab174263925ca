//! The evidence that a reason carries. The matches are exhaustive, so that a new reason is looked at here.

use tidegate_domain::reason::{FlagReason, Reason};
use tidegate_domain::verdict::{Cause, Evidence, Pass};

/// What the judge knew when something was decided for this reason; `None` where the judge had no say.
pub fn evidence_of(reason: &Reason) -> Option<&Evidence> {
    match reason {
        Reason::StepPassed(pass) | Reason::GateReached(pass) | Reason::TimedGateReached(pass) => {
            of_pass(pass)
        }
        Reason::Extended(evidence) | Reason::Undecided(evidence) => Some(evidence),
        Reason::Compared(comparison) | Reason::GuardOver(Some(comparison)) => Some(&comparison.evidence),
        Reason::TakingBack(cause)
        | Reason::BackOnStable(cause)
        | Reason::WayBackTooLong(cause)
        | Reason::FollowingBack(cause)
        | Reason::NothingTakesBack(cause)
        | Reason::WayBackDenied { cause, .. } => of_cause(cause),
        Reason::Flags(flags) => of_flags(flags),
        Reason::Requested { .. }
        | Reason::TargetFree
        | Reason::PreflightPassed { .. }
        | Reason::PreflightFailed(_)
        | Reason::WeightReached(_)
        | Reason::Overridden { .. }
        | Reason::PausedBy { .. }
        | Reason::ResumedBy { .. }
        | Reason::HoldOver
        | Reason::Held(_)
        | Reason::AwaitingProof
        | Reason::TryingAgain { .. }
        | Reason::RouterDenied(_)
        | Reason::Following { .. }
        | Reason::WaitsForDeployment(_)
        | Reason::DeploymentStarted(_)
        | Reason::DeploymentReady
        | Reason::DeploymentReleased
        | Reason::DeploymentHeld(_)
        | Reason::DeploymentSucceeded
        | Reason::GuardOver(None)
        | Reason::NewerDeployment
        | Reason::FullyPromoted
        | Reason::WatchOver
        | Reason::SupersededBy(_)
        | Reason::Drifted { .. }
        | Reason::FenceRenewed
        | Reason::Recorded(_)
        | Reason::Retried { .. }
        | Reason::Unreadable(_)
        | Reason::Ignored(_) => None,
    }
}

fn of_flags(flags: &FlagReason) -> Option<&Evidence> {
    match flags {
        FlagReason::Awaited(cause)
        | FlagReason::BackWithTraffic { cause, .. }
        | FlagReason::NotBack { cause, .. } => of_cause(cause),
        FlagReason::Due { .. }
        | FlagReason::Set(_)
        | FlagReason::Denied(_)
        | FlagReason::Back(_)
        | FlagReason::Told(_) => None,
    }
}

fn of_pass(pass: &Pass) -> Option<&Evidence> {
    match pass {
        Pass::Evidence(evidence) | Pass::Proceed(evidence) => Some(evidence),
        Pass::Checks | Pass::GateOver | Pass::WatchOver => None,
    }
}

/// The evidence of a cause.
fn of_cause(cause: &Cause) -> Option<&Evidence> {
    match cause {
        Cause::HarmShown(evidence)
        | Cause::FailsOutright(evidence)
        | Cause::GuardBroken { evidence, .. }
        | Cause::Undecided(evidence) => Some(evidence),
        Cause::WorseThanBaseline { .. }
        | Cause::AlarmFired { .. }
        | Cause::Aborted { .. }
        | Cause::Superseded { .. }
        | Cause::ChecksFailed(_)
        | Cause::DeploymentEnded { .. }
        | Cause::FlagsTakenBack(_)
        | Cause::DeadlinePassed { .. } => None,
    }
}
