//! Drift: somebody else changed the target. What they did is never overwritten silently.

use crate::policy::OutcomeKind;
use crate::reason::Reason;
use crate::rollout::{Bake, PauseCause, Phase, Rollout};
use crate::target::{Observed, Routing};

use super::{At, Decision};

/// How a target's routing differs from what a rollout had set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drift {
    /// All traffic is on stable although the candidate had a share.
    BackOnStable,
    /// Stable and candidate share the traffic, but not as this rollout set it.
    OtherShare,
    /// A version that this rollout does not know has traffic.
    ThirdVersion,
}

impl Drift {
    /// Compares what was found with what the rollout last read back, and with a wish that may have been written since.
    /// `None` means no drift, also as long as nothing was read back.
    pub fn of(rollout: &Rollout, found: &Routing) -> Option<Self> {
        let known = |routing: &Routing| routing.sends_as(found);
        let expected = &rollout.routed.as_ref()?.routing;
        if known(expected)
            || rollout.pending.iter().filter_map(|p| p.effect.wish()).any(|(wish, _)| known(wish))
        {
            return None;
        }
        Some(Self::kind(rollout, found))
    }

    /// What kind of difference a routing is that this rollout did not make.
    pub(super) fn kind(rollout: &Rollout, found: &Routing) -> Self {
        let ours = |version| Some(version) == rollout.stable.as_ref() || *version == rollout.candidate;
        let foreign_canary = found.canary.as_ref().is_some_and(|c| !ours(&c.version));
        if !ours(&found.primary) || foreign_canary {
            Self::ThirdVersion
        } else if is_all_stable(rollout, found) {
            Self::BackOnStable
        } else {
            Self::OtherShare
        }
    }
}

/// Whether all traffic is on the rollout's stable version.
pub(super) fn is_all_stable(rollout: &Rollout, found: &Routing) -> bool {
    rollout.stable.as_ref().is_some_and(|stable| Routing::all(stable).sends_as(found))
}

/// Lets go of the target: whatever is there now was somebody's will.
pub(super) fn taken_over(at: &At<'_>, found: &Observed) -> Decision {
    let phase = Phase::TakenOver { found: found.routing.clone() };
    at.to(phase, drifted(at, found)).routed(found).tell(OutcomeKind::TakenOver).done()
}

/// The answer to drift while the rollout moves forward. `bake` is the step to hold at; after promotion it is the place after
/// the last one, from which a pass leads to promotion again.
pub(super) fn answer(at: &At<'_>, drift: Drift, found: &Observed, bake: Option<&Bake>) -> Decision {
    match drift {
        Drift::BackOnStable | Drift::ThirdVersion => taken_over(at, found),
        Drift::OtherShare => {
            let after_the_last = Bake::entering(at.rollout.policy.strategy.steps.len());
            let cause = PauseCause::Drift { found: found.routing.clone() };
            let bake = bake.unwrap_or(&after_the_last).restarted(at.now);
            let phase = Phase::Paused { bake, cause, since: at.now };
            at.to(phase, drifted(at, found)).routed(found).wishless().tell(OutcomeKind::Paused).done()
        }
    }
}

fn drifted(at: &At<'_>, found: &Observed) -> Reason {
    Reason::Drifted {
        expected: at.rollout.routed.as_ref().map(|observed| observed.routing.clone()),
        found: found.routing.clone(),
    }
}
