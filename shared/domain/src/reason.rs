//! Why: every decision carries one of these, also the decision to do nothing. Logs, messages, `get` and golden files render
//! this one value.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rollout::{PhaseName, RolloutId};
use crate::target::Routing;
use crate::trigger::Verb;
use crate::units::Weight;
use crate::verdict::{Cause, Counts, Evidence, Finding, HoldCause, MetricEvidence, Pass};

/// Why a decision is what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "because", content = "with")]
pub enum Reason {
    /// A rollout was asked for.
    Requested {
        /// Who asked.
        by: String,
    },
    /// The target is free.
    TargetFree,
    /// Preflight found nothing against it.
    PreflightPassed {
        /// The stable version in the time before.
        baseline: Counts,
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
    /// All traffic was read back to be on the candidate.
    FullyPromoted,
    /// The watch after promotion is over.
    WatchOver,
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
    /// The weight of this step is still being set.
    ShiftUnderWay,
    /// The target cannot be read; the sweep tries again.
    TargetUnreadable(String),
    /// A fix is deployed while alarms are red, so they do not speak in it.
    FixForward,
    /// The candidate cannot be routed to yet; preflight goes on.
    NotYet(Vec<Finding>),
}

fn words(f: &mut fmt::Formatter<'_>, by: &str, verb: &str, why: Option<&str>) -> fmt::Result {
    write!(f, "{verb} by {by}")?;
    why.map_or(Ok(()), |why| write!(f, ": {why}"))
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requested { by } => write!(f, "requested by {by}"),
            Self::TargetFree => f.write_str("the target is free"),
            Self::PreflightPassed { baseline } => {
                write!(
                    f,
                    "preflight passed; stable before: {} of {} requests failed",
                    count(baseline.bad),
                    count(baseline.total)
                )
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
            Self::Extended(evidence) => write!(f, "undecided, the step gets as much time again: {evidence}"),
            Self::Undecided(evidence) => write!(f, "undecided after the extension: {evidence}"),
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
            Self::FullyPromoted => f.write_str("the candidate has all traffic"),
            Self::WatchOver => f.write_str("the watch after promotion is over"),
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
            Self::ShiftUnderWay => f.write_str("ignored: the weight of this step is still being set"),
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
        })
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Evidence(evidence) => write!(f, "passed: {evidence}"),
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
            Self::GuardBroken { guard, evidence } => write!(f, "guard: {guard}; {evidence}"),
            Self::WorseThanBaseline { candidate, baseline } => write!(
                f,
                "after promotion {} of {} requests failed, against {} of {} before the rollout",
                count(candidate.bad),
                count(candidate.total),
                count(baseline.bad),
                count(baseline.total)
            ),
            Self::AlarmFired { alarm } => write!(f, "alarm {alarm} fired"),
            Self::Aborted { by, why } => words(f, by, "aborted", why.as_deref()),
            Self::Superseded { by } => write!(f, "superseded by {by}"),
            Self::Undecided(evidence) => write!(f, "undecided, and the policy rolls back: {evidence}"),
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
            Self::Unsupported(what) => f.write_str(what),
            Self::PreflightTimedOut => f.write_str("preflight did not end in its time"),
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.metrics.is_empty() {
            return f.write_str("no metric is judged");
        }
        let mut loudest: Vec<&MetricEvidence> = self.metrics.iter().collect();
        loudest.sort_by(|a, b| b.log_e.total_cmp(&a.log_e));
        join(f, loudest, "; ")?;
        if self.log_e > 0.0 { write!(f, "; evidence {} to 1", odds(self.log_e)) } else { Ok(()) }
    }
}

impl fmt::Display for MetricEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, candidate: c, stable: s, ratio, .. } = self;
        match ratio {
            _ if c.total == 0 => write!(f, "{name}: no requests on the candidate"),
            Some(ratio) if c.bad + s.bad > 0 => write!(f, "{name} {}× stable", significant(*ratio)),
            Some(_) | None => write!(f, "{name}"),
        }?;
        if c.total == 0 {
            return Ok(());
        }
        write!(f, ", {} of {} against {} of {}", count(c.bad), count(c.total), count(s.bad), count(s.total))
    }
}

fn join<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    items: impl IntoIterator<Item = T>,
    between: &str,
) -> fmt::Result {
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            f.write_str(between)?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

/// Two significant digits below ten, whole numbers above.
fn significant(ratio: f64) -> String {
    if ratio < 10.0 { format!("{ratio:.1}") } else { format!("{ratio:.0}") }
}

/// Evidence as odds: whole numbers, in powers of ten where they grow beyond sense.
pub fn odds(log_e: f64) -> String {
    const MILLION: f64 = 13.815_510_557_964_274;
    if log_e > MILLION { "over a million".to_owned() } else { count_rounded(log_e.exp()) }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and a million")]
fn count_rounded(value: f64) -> String {
    if value < 10.0 { format!("{value:.1}") } else { count(value.round() as u64) }
}

/// A count with thousands separated: `41,200`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

impl From<Ignored> for Reason {
    fn from(why: Ignored) -> Self {
        Self::Ignored(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(41_200), "41,200");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(odds(f64::ln(212.0)), "212");
        assert_eq!(significant(4.123), "4.1");
        assert_eq!(significant(41.2), "41");
    }

    #[test]
    fn evidence_names_the_loudest_metric_first() {
        let metric = |name: &str, log_e, c, s| MetricEvidence {
            name: name.to_owned(),
            candidate: Counts { total: 7_600, bad: c },
            stable: Counts { total: 7_610, bad: s },
            ratio: Some(4.1),
            log_e,
            log_e_pass: 0.0,
            requests_needed: None,
        };
        let evidence = Evidence {
            log_e: f64::ln(212.0),
            threshold_log_e: 3.1,
            metrics: vec![metric("latency", 0.1, 1, 1), metric("errors", 5.0, 312, 76)],
        };
        assert_eq!(
            evidence.to_string(),
            "errors 4.1× stable, 312 of 7,600 against 76 of 7,610; latency 4.1× stable, 1 of 7,600 against 1 of 7,610; \
             evidence 212 to 1"
        );
    }
}
