//! What is worth looking at: which functions have to look at a rollout, given what is pending, found and due; which verdicts
//! are news; and what an alarm that fires is to a rollout.

use jiff::Timestamp;

use crate::decide::{Drift, PREFLIGHT_TIME, has_moved};
use crate::effect::Owner;
use crate::policy::AlarmAction;
use crate::reason::Reason;
use crate::rollout::{PauseCause, Phase, Rollout};
use crate::target::Routing;
use crate::trigger::{Followed, Trigger};
use crate::units::Span;
use crate::verdict::{HoldCause, Pass, Verdict};

/// An alarm that fired so long before a rollout was asked for is an old one. Less may be the clocks and the rounding of two
/// services.
const LATE_BY: Span = Span::minutes(1);

/// The owners that have something to do for this rollout, besides hearing a verdict. `found` is the routing just read;
/// `followed` the deployment; each is `None` where it was not or could not be read.
pub fn owners_needed(
    rollout: &Rollout,
    found: Option<&Routing>,
    followed: Option<&Followed>,
    now: Timestamp,
) -> Vec<Owner> {
    let pending = |owner| rollout.pending_of(owner).next().is_some();
    let drifted = found.is_some_and(|found| Drift::of(rollout, found).is_some());
    let moved = followed.is_some_and(|followed| has_moved(rollout, found, followed, now));
    let due = match &rollout.phase {
        Phase::Queued => Some(Owner::TrafficShift),
        Phase::Preflight { since } => {
            let is_late = now > PREFLIGHT_TIME.after(*since) && !rollout.waits_frozen();
            is_late.then_some(Owner::TrafficShift)
        }
        Phase::Baking(_) | Phase::Paused { .. } | Phase::Watching { .. } => {
            drifted.then_some(Owner::TrafficShift)
        }
        Phase::Shifting(_) => moved.then_some(Owner::TrafficShift),
        Phase::RollingBack(_) | Phase::Stuck(_) => Some(Owner::Rollback),
        Phase::Succeeded
        | Phase::RolledBack { .. }
        | Phase::Superseded { .. }
        | Phase::TakenOver { .. }
        | Phase::Refused { .. } => None,
    };
    Owner::ALL.into_iter().filter(|owner| pending(*owner) || due == Some(*owner)).collect()
}

/// The owner for whom there is nothing pending, and who can bring a rollout to its end all the same: its flags are back, and its
/// traffic was before them.
pub fn ends_next(rollout: &Rollout) -> Option<Owner> {
    match &rollout.phase {
        Phase::RollingBack(way) | Phase::Stuck(way) => {
            (rollout.flags.back && way.traffic_back.is_some()).then_some(Owner::Rollback)
        }
        Phase::Queued
        | Phase::Preflight { .. }
        | Phase::Baking(_)
        | Phase::Paused { .. }
        | Phase::Shifting(_)
        | Phase::Watching { .. }
        | Phase::Succeeded
        | Phase::RolledBack { .. }
        | Phase::Superseded { .. }
        | Phase::TakenOver { .. }
        | Phase::Refused { .. } => None,
    }
}

/// Whether a verdict has to be published: whoever decides has something to do about it.
pub fn is_news(rollout: &Rollout, verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Continue => {
            let is_held = matches!(&rollout.phase, Phase::Paused { cause: PauseCause::Hold(_), .. });
            is_held || rollout.waits_frozen()
        }
        Verdict::Hold(cause) => {
            let is_said = rollout.reason == Reason::Held(cause.clone());
            let can_wait = matches!(rollout.phase, Phase::Preflight { .. }) && !rollout.is_adopted()
                || matches!(rollout.phase, Phase::Shifting(_));
            let waits = matches!(cause, HoldCause::Frozen(_)) && can_wait && !is_said;
            waits || matches!(rollout.phase, Phase::Baking(_))
        }
        Verdict::Inconclusive(_) => match &rollout.phase {
            Phase::Baking(_) => true,
            Phase::Shifting(_) => rollout.compared().is_none(),
            Phase::Queued
            | Phase::Preflight { .. }
            | Phase::Paused { .. }
            | Phase::Watching { .. }
            | Phase::RollingBack(_)
            | Phase::Stuck(_)
            | Phase::Succeeded
            | Phase::RolledBack { .. }
            | Phase::Superseded { .. }
            | Phase::TakenOver { .. }
            | Phase::Refused { .. } => false,
        },
        Verdict::Ready(_) => matches!(rollout.phase, Phase::Preflight { .. }),
        Verdict::Promote(Pass::Checks) => {
            rollout.goes_on_when_ready() && matches!(rollout.phase, Phase::Shifting(_))
        }
        Verdict::Promote(_) => {
            if let Phase::Shifting(_) = &rollout.phase {
                return rollout.compared().is_none();
            }
            let traffic = rollout.phase.traffic();
            traffic.is_some_and(|traffic| traffic.pause.is_none_or(|(cause, _)| cause.heeds_a_pass()))
        }
        Verdict::RollBack(_) => !rollout.phase.is_terminal(),
    }
}

/// Whether acting on a verdict could bring the candidate more of the traffic, now or in time: what a freeze holds. Nothing lets a
/// paused rollout go while frozen. A deployment that somebody else started is under way, whatever is said of it.
pub fn leads_forward(rollout: &Rollout, verdict: &Verdict) -> bool {
    if matches!(verdict, Verdict::RollBack(_)) {
        return false;
    }
    match &rollout.phase {
        Phase::Preflight { .. } => !rollout.is_adopted(),
        Phase::Baking(_) => matches!(verdict, Verdict::Promote(_)),
        Phase::Paused { .. } => true,
        Phase::Shifting(_) => matches!(verdict, Verdict::Promote(Pass::Checks)),
        Phase::Queued
        | Phase::Watching { .. }
        | Phase::RollingBack(_)
        | Phase::Stuck(_)
        | Phase::Succeeded
        | Phase::RolledBack { .. }
        | Phase::Superseded { .. }
        | Phase::TakenOver { .. }
        | Phase::Refused { .. } => false,
    }
}

/// Whether a trigger asks for more traffic on the candidate, which nothing gets while frozen.
pub fn asks_for_more(rollout: &Rollout, trigger: &Trigger) -> bool {
    match trigger {
        Trigger::Judged(judged) => leads_forward(rollout, &judged.verdict),
        Trigger::Commanded(command) => {
            command.verb.leads_forward() && matches!(rollout.phase, Phase::Baking(_) | Phase::Paused { .. })
        }
        Trigger::Reconcile
        | Trigger::AlarmFired { .. }
        | Trigger::Replaced { .. }
        | Trigger::Performed { .. } => false,
    }
}

/// Which function decides on a verdict: only rollback may take traffic back.
pub fn owner_of(verdict: &Verdict) -> Owner {
    match verdict {
        Verdict::RollBack(_) => Owner::Rollback,
        Verdict::Ready(_)
        | Verdict::Continue
        | Verdict::Promote(_)
        | Verdict::Hold(_)
        | Verdict::Inconclusive(_) => Owner::TrafficShift,
    }
}

/// What an alarm that fires is to a rollout that watches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarmed {
    /// It may roll back: the rollout is told.
    RollsBack,
    /// It can only hold: the sweep sees it.
    Holds,
    /// It fired at this time, before the rollout was asked for: the message can be a late duplicate, and preflight reads what
    /// fires.
    Before(Timestamp),
}

/// What this alarm is to this rollout, where it fired at this time.
pub fn alarmed(rollout: &Rollout, alarm: &str, at: Option<Timestamp>) -> Alarmed {
    if let Some(at) = at.filter(|at| *at < LATE_BY.before(rollout.created)) {
        return Alarmed::Before(at);
    }
    let rules = &rollout.policy.analysis.alarms;
    let rolls_back = rules.iter().any(|rule| rule.name == alarm && rule.action == AlarmAction::RollBack);
    if rolls_back { Alarmed::RollsBack } else { Alarmed::Holds }
}
