//! Reasons in words. The matches are exhaustive, so that a new reason finds its words here.

use std::fmt;

use super::numbers::{count, join};
use super::{Ignored, Reason};
use crate::deployment::{Comparison, DeploymentId, DeploymentStatus};
use crate::trigger::Verb;
use crate::verdict::{Cause, Counts, Finding, HoldCause, Pass};

fn words(f: &mut fmt::Formatter<'_>, by: &str, verb: &str, why: Option<&str>) -> fmt::Result {
    write!(f, "{verb} by {by}")?;
    why.map_or(Ok(()), |why| write!(f, ": {why}"))
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, evidence } = self;
        if *passed {
            return write!(f, "the comparison is passed: {evidence}");
        }
        let compared =
            evidence.metrics.iter().any(|metric| metric.candidate.total > 0 && metric.stable.total > 0);
        if compared {
            write!(f, "the comparison is undecided: {evidence}{}", evidence.wants())
        } else {
            f.write_str("both versions never had traffic side by side, so nothing was compared")
        }
    }
}

fn following(
    f: &mut fmt::Formatter<'_>,
    deployment: Option<&DeploymentId>,
    baseline: Option<Counts>,
) -> fmt::Result {
    match deployment {
        Some(id) => write!(f, "CodeDeploy moves the traffic (deployment {id})")?,
        None => f.write_str("CodeDeploy is to move the traffic")?,
    }
    match baseline {
        Some(Counts { bad, total }) => {
            write!(f, "; stable before: {} of {} requests failed", count(bad), count(total))
        }
        None => f.write_str("; nothing to compare with: guards and alarms judge"),
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requested { by, fix_forward: false } => write!(f, "requested by {by}"),
            Self::Requested { by, fix_forward: true } => {
                write!(f, "requested by {by}, to fix forward: alarms do not speak in it")
            }
            Self::TargetFree => f.write_str("the target is free"),
            Self::PreflightPassed { baseline, outlook } => {
                let Counts { bad, total } = *baseline;
                write!(
                    f,
                    "preflight passed; stable before: {} of {} requests failed",
                    count(bad),
                    count(total)
                )?;
                outlook.as_ref().map_or(Ok(()), |outlook| write!(f, "; {outlook}"))
            }
            Self::PreflightFailed(findings) => {
                f.write_str("preflight failed: ")?;
                join(f, findings, "; ")
            }
            Self::WeightReached(weight) => write!(f, "the candidate has {weight}"),
            Self::StepPassed(pass) => write!(f, "{pass}"),
            Self::Overridden { by, why } => words(f, by, "promoted", why.as_deref()),
            Self::GateReached(pass) => write!(f, "waits at the manual gate; {pass}"),
            Self::TimedGateReached(pass) => write!(f, "waits at the timed gate; {pass}"),
            Self::PausedBy { by, why } => words(f, by, "paused", why.as_deref()),
            Self::ResumedBy { by, why } => words(f, by, "resumed", why.as_deref()),
            Self::HoldOver => f.write_str("what held it is over"),
            Self::Extended(evidence) => {
                write!(f, "undecided, the step gets as much time again: {evidence}{}", evidence.wants())
            }
            Self::Undecided(evidence) => {
                write!(f, "undecided after the extension: {evidence}{}", evidence.wants())
            }
            Self::Held(cause) => write!(f, "{cause}"),
            Self::TakingBack(cause) => write!(f, "{cause}"),
            Self::BackOnStable(cause) => write!(f, "all traffic is back on stable; {cause}"),
            Self::AwaitingProof => {
                f.write_str("stable has the traffic; read again once no earlier writer can be under way")
            }
            Self::TryingAgain { found } => write!(f, "found {found}; taking it back again"),
            Self::RouterDenied(why) => write!(f, "the router refuses: {why}"),
            Self::WayBackTooLong(cause) => write!(f, "the way back takes too long; {cause}"),
            Self::WayBackDenied { why, cause } => {
                write!(f, "the router refuses the way back: {why}; {cause}")
            }
            Self::Following { deployment, baseline, outlook, red } => {
                following(f, deployment.as_ref(), *baseline)?;
                outlook.as_ref().map_or(Ok(()), |outlook| write!(f, "; {outlook}"))?;
                if red.is_empty() {
                    return Ok(());
                }
                f.write_str("; red before, so they do not speak: ")?;
                join(f, red, ", ")
            }
            Self::WaitsForDeployment(id) => write!(f, "waits: the group is busy with deployment {id}"),
            Self::DeploymentStarted(id) => write!(f, "CodeDeploy started deployment {id}"),
            Self::DeploymentReady => f.write_str("the deployment is ready and goes on"),
            Self::Compared(comparison) => write!(f, "{comparison}"),
            Self::DeploymentReleased => f.write_str("the watch is over, the old version may end"),
            Self::DeploymentHeld(why) => write!(f, "CodeDeploy does not let the deployment go on: {why}"),
            Self::DeploymentSucceeded => f.write_str("CodeDeploy's deployment succeeded"),
            Self::GuardOver(comparison) => {
                f.write_str("the deployment succeeded and its watch is over; ")?;
                match comparison {
                    Some(comparison) => write!(f, "{comparison}"),
                    None => f.write_str("nothing was compared"),
                }
            }
            Self::NewerDeployment => f.write_str("a newer deployment began, the watch ends"),
            Self::FollowingBack(cause) => write!(f, "{cause}; what CodeDeploy takes back is followed"),
            Self::NothingTakesBack(cause) => {
                write!(f, "the deployment is over, and nothing takes its traffic back; {cause}")
            }
            Self::FullyPromoted => f.write_str("the candidate has all traffic"),
            Self::WatchOver => f.write_str("the watch after promotion is over"),
            Self::Flags(flags) => write!(f, "{flags}"),
            Self::SupersededBy(id) => write!(f, "superseded by {id}"),
            Self::Drifted { expected: Some(expected), found } => {
                write!(f, "somebody else changed the target: expected {expected}, found {found}")
            }
            Self::Drifted { expected: None, found } => {
                write!(f, "somebody else changed the target: found {found}")
            }
            Self::FenceRenewed => {
                f.write_str("the target's revision changed, its routing did not; the same again")
            }
            Self::Recorded(what) | Self::Unreadable(what) => f.write_str(what),
            Self::Retried { id } => write!(f, "tried again as {id}"),
            Self::Ignored(why) => write!(f, "{why}"),
        }
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Terminal(phase) => write!(f, "ignored: the rollout is over ({phase})"),
            Self::Stale { about, now } => {
                write!(f, "ignored: it is about version {about} of the rollout, {now} stands")
            }
            Self::NothingDue => f.write_str("nothing is due"),
            Self::CodeDeployMoves(verb) => {
                write!(
                    f,
                    "ignored: CodeDeploy moves the traffic by its own timetable, which {verb} does not change"
                )
            }
            Self::NotOurDeployment => {
                f.write_str("ignored: Tidegate did not start this deployment; deploy it once more as before")
            }
            Self::DeploymentUnreadable(why) => write!(f, "the deployment cannot be read: {why}"),
            Self::TargetTaken => f.write_str("waits: another rollout has the target"),
            Self::NotNow { verb, phase } => write!(f, "ignored: {verb} means nothing while {phase}"),
            Self::VerdictElsewhere { phase } => write!(f, "ignored: the verdict does not belong to {phase}"),
            Self::AlreadyGoingBack => f.write_str("ignored: the traffic goes back already"),
            Self::AlreadyPromoted => {
                f.write_str("ignored: the candidate has all traffic; the newer one starts after the watch")
            }
            Self::AlreadyPaused => f.write_str("ignored: paused already"),
            Self::NotPending => f.write_str("ignored: that effect is not pending any more"),
            Self::WaitsForSomebody => f.write_str("waits for somebody to act"),
            Self::FlagsUnknown => f.write_str("its flags are still looked at"),
            Self::ShiftUnderWay => f.write_str("ignored: the weight of this step is still being set"),
            Self::Frozen(freeze) => write!(f, "{freeze}"),
            Self::TargetUnreadable(why) => write!(f, "the target cannot be read: {why}"),
            Self::NotYet(findings) => join(f, findings, "; "),
            Self::FixForward => f.write_str("ignored: alarms do not speak in a rollout that fixes forward"),
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Promote => "promote",
            Self::PromoteFull => "promote --full",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Abort => "abort",
            Self::Retry => "retry",
            Self::RetryFixForward => "retry --fix-forward",
        })
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Evidence(evidence) => write!(f, "passed: {evidence}"),
            Self::Checks => f.write_str("the checks before any traffic passed"),
            Self::GateOver => f.write_str("the timed gate is over"),
            Self::Proceed(evidence) => write!(f, "undecided, and the policy proceeds: {evidence}"),
            Self::WatchOver => {
                f.write_str("the watch ended without harm (guards and baseline, no comparison)")
            }
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HarmShown(evidence) => write!(f, "{evidence}"),
            Self::FailsOutright(evidence) => write!(f, "fails outright: {evidence}"),
            Self::GuardBroken { guard, evidence } => write!(f, "guard: {guard}; {evidence}"),
            Self::WorseThanBaseline { candidate, baseline } => write!(
                f,
                "with all traffic {} of {} requests failed, against {} of {} on stable before",
                count(candidate.bad),
                count(candidate.total),
                count(baseline.bad),
                count(baseline.total)
            ),
            Self::AlarmFired { alarm } => write!(f, "alarm {alarm} fired"),
            Self::Aborted { by, why } => words(f, by, "aborted", why.as_deref()),
            Self::Superseded { by } => write!(f, "superseded by {by}"),
            Self::Undecided(evidence) => {
                write!(f, "undecided, and the policy rolls back: {evidence}{}", evidence.wants())
            }
            Self::ChecksFailed(checks) => {
                f.write_str("checks before any traffic failed: ")?;
                join(f, checks, "; ")
            }
            Self::DeploymentEnded { status, why } => {
                write!(
                    f,
                    "CodeDeploy's deployment {}",
                    if *status == DeploymentStatus::Stopped { "was stopped" } else { "failed" }
                )?;
                why.as_ref().map_or(Ok(()), |why| write!(f, ": {why}"))
            }
            Self::FlagsTakenBack(why) => write!(f, "flags: {why}"),
            Self::DeadlinePassed { deadline } => write!(f, "not over by its deadline {deadline}"),
        }
    }
}

impl fmt::Display for HoldCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoData => f.write_str("the candidate has no data while stable has"),
            Self::RouteMismatch => f.write_str("the router does not divide the traffic as told"),
            Self::Alarm { alarm } => write!(f, "alarm {alarm} holds"),
            Self::Frozen(freeze) => write!(f, "{freeze}"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TargetUnreadable(why) => write!(f, "the target cannot be read: {why}"),
            Self::AlreadyLive => f.write_str("the candidate has all traffic already"),
            Self::NewerLive(version) => write!(f, "the newer version {version} has the traffic"),
            Self::AlreadyShifting(routing) => write!(f, "somebody is shifting its traffic: {routing}"),
            Self::CandidateUnfit(why) => write!(f, "the candidate cannot be routed to: {why}"),
            Self::NotYet(why) => write!(f, "the candidate cannot be routed to yet: {why}"),
            Self::Incompatible(why) => write!(f, "candidate and stable cannot share a target: {why}"),
            Self::AlarmFiring(alarm) => {
                write!(f, "alarm {alarm} fires already; to deploy a fix, ask with fixForward")
            }
            Self::UnderWay(id) => write!(f, "{id} rolls out the same version"),
            Self::NewerUnderWay { rollout, version } => {
                write!(f, "{rollout} rolls out the newer version {version}")
            }
            Self::CheckFailed(why) => write!(f, "a check before any traffic failed: {why}"),
            Self::DeploymentRefused(why) => write!(f, "CodeDeploy: {why}"),
            Self::FlagRefused(why) => write!(f, "flags: {why}"),
            Self::Unsupported(what) => f.write_str(what),
            Self::PreflightTimedOut => f.write_str("preflight did not end in its time"),
        }
    }
}
