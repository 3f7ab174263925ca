//! What the sweep asks for: which functions have to look at a rollout, given what is pending, found and due.

use jiff::Timestamp;

use crate::decide::{Drift, PREFLIGHT_TIME};
use crate::effect::Owner;
use crate::policy::Gate;
use crate::rollout::{PauseCause, Phase, Rollout};
use crate::target::Routing;
use crate::verdict::Verdict;

/// The owners that have something to do for this rollout, besides hearing a verdict. `found` is the routing just read;
/// `None` where it was not or could not be read.
pub fn owners_needed(rollout: &Rollout, found: Option<&Routing>, now: Timestamp) -> Vec<Owner> {
    let pending = |owner| rollout.pending_of(owner).next().is_some();
    let drifted = found.is_some_and(|found| Drift::of(rollout, found).is_some());
    let due = match &rollout.phase {
        Phase::Queued => Some(Owner::TrafficShift),
        Phase::Preflight { since } => (now > PREFLIGHT_TIME.after(*since)).then_some(Owner::TrafficShift),
        Phase::Baking(_) | Phase::Paused { .. } | Phase::Watching { .. } => {
            drifted.then_some(Owner::TrafficShift)
        }
        Phase::RollingBack(_) | Phase::Stuck(_) => Some(Owner::Rollback),
        Phase::Succeeded
        | Phase::RolledBack { .. }
        | Phase::Superseded { .. }
        | Phase::TakenOver { .. }
        | Phase::Refused { .. } => None,
    };
    Owner::ALL.into_iter().filter(|owner| pending(*owner) || due == Some(*owner)).collect()
}

/// Whether a verdict has to be published: whoever decides has something to do about it.
pub fn is_news(rollout: &Rollout, verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Continue => {
            matches!(&rollout.phase, Phase::Paused { cause: PauseCause::Hold(_), .. })
        }
        Verdict::Hold(_) | Verdict::Inconclusive(_) => matches!(rollout.phase, Phase::Baking(_)),
        Verdict::Ready(_) => matches!(rollout.phase, Phase::Preflight { .. }),
        Verdict::Promote(_) => moves_on_by_itself(rollout),
        Verdict::RollBack(_) => !rollout.phase.is_terminal(),
    }
}

/// Whether a pass has an effect: not where somebody has to be asked first.
fn moves_on_by_itself(rollout: &Rollout) -> bool {
    match &rollout.phase {
        Phase::Baking(_) | Phase::Watching { .. } => true,
        Phase::Paused { cause, .. } => match cause {
            PauseCause::Gate(Gate::Timed(_)) | PauseCause::Inconclusive | PauseCause::Hold(_) => true,
            PauseCause::Gate(Gate::Manual)
            | PauseCause::Operator { .. }
            | PauseCause::Drift { .. }
            | PauseCause::RouterDenied(_) => false,
        },
        Phase::Queued
        | Phase::Preflight { .. }
        | Phase::RollingBack(_)
        | Phase::Stuck(_)
        | Phase::Succeeded
        | Phase::RolledBack { .. }
        | Phase::Superseded { .. }
        | Phase::TakenOver { .. }
        | Phase::Refused { .. } => false,
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
