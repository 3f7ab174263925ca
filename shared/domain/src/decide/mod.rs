//! The decision: what a rollout becomes when something happens to it. Pure and total: every (phase, trigger) pair has a
//! named answer, also the answer that nothing is done. It performs nothing and reads no clock.

mod back;
mod before;
mod deployed;
mod drift;
mod flags;
mod forward;
mod frozen;
mod over;

use jiff::Timestamp;

pub use back::{LONGEST_FUNCTION_TIMEOUT, STUCK_AFTER, TELL_AGAIN_AFTER};
pub use before::PREFLIGHT_TIME;
pub use deployed::has_moved;
pub use drift::Drift;

use crate::effect::{Effect, EffectId, Outcome, Pending, Performed};
use crate::policy::OutcomeKind;
use crate::reason::{Ignored, Reason};
use crate::rollout::{Phase, Reached, Rollout};
use crate::target::Observed;
use crate::trigger::{Observation, Trigger};
use crate::units::{Span, Weight};

/// What is to become of a rollout, and why.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// The document changes; what is to be done stands in its pending effects.
    Change {
        /// The document as it becomes.
        next: Box<Rollout>,
        /// Why, for the timeline.
        reason: Reason,
    },
    /// Nothing changes.
    Keep(Reason),
}

impl Decision {
    /// Why.
    pub fn reason(&self) -> &Reason {
        match self {
            Self::Change { reason, .. } | Self::Keep(reason) => reason,
        }
    }
}

/// Decides. `observation` was read before this call, `now` is the reader's clock.
///
/// ```
/// use jiff::Timestamp;
/// use tidegate_domain::decide::{Decision, decide};
/// use tidegate_domain::policy::Policy;
/// use tidegate_domain::rollout::{PhaseName, Request, Rollout, RolloutId};
/// use tidegate_domain::target::{Fence, Observed, Routing, Target, Version};
/// use tidegate_domain::trigger::{Observation, Trigger};
///
/// let policy = Policy::from_yaml("{ version: 1, name: shop, strategy: Canary10Percent5Minutes }").unwrap();
/// let target = Target::lambda("checkout", "live");
/// let candidate = Version("8".into());
/// let id = RolloutId::of_version(&target, &candidate);
/// let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
/// let rollout = Rollout::queued(id, target, candidate, policy, Request::default(), now);
///
/// let observed = Observed { routing: Routing::all(&Version("7".into())), fence: Fence("r1".into()) };
/// let observation = Observation::of(Ok(observed));
/// let Decision::Change { next, .. } = decide(&rollout, &Trigger::Reconcile, &observation, now) else { panic!() };
/// assert_eq!(next.phase.name(), PhaseName::Preflight);
/// assert_eq!(next.reason.to_string(), "the target is free");
/// ```
pub fn decide(rollout: &Rollout, trigger: &Trigger, observation: &Observation, now: Timestamp) -> Decision {
    let at = At { rollout, observation, now };
    if let Some(stale) = stale(rollout, trigger) {
        return Decision::Keep(stale.into());
    }
    if let Trigger::Performed { effect, result: Performed::Done } = trigger {
        return at.record(*effect);
    }
    if let Trigger::Performed { effect, result } = trigger
        && let Some(decision) = flags::performed(&at, *effect, result)
    {
        return decision;
    }
    if let Some(decision) = frozen::answer(&at, trigger) {
        return decision;
    }
    match &rollout.phase {
        Phase::Queued => before::queued(&at, trigger),
        Phase::Preflight { since } => before::preflight(&at, *since, trigger),
        Phase::Baking(bake) => forward::baking(&at, bake, trigger),
        Phase::Paused { bake, cause, since: _ } => forward::paused(&at, bake, cause, trigger),
        Phase::Shifting(shifting) => deployed::shifting(&at, shifting, trigger),
        Phase::Watching { since } => forward::watching(&at, *since, trigger),
        Phase::RollingBack(way) | Phase::Stuck(way) => back::returning(&at, way, trigger),
        Phase::Succeeded
        | Phase::RolledBack { .. }
        | Phase::Superseded { .. }
        | Phase::TakenOver { .. }
        | Phase::Refused { .. } => over::ended(&at, trigger),
    }
}

/// Verdicts and effects name the document that they are about; what is about an older one changes nothing.
fn stale(rollout: &Rollout, trigger: &Trigger) -> Option<Ignored> {
    match trigger {
        Trigger::Judged(judged) if judged.version != rollout.version => {
            Some(Ignored::Stale { about: judged.version, now: rollout.version })
        }
        Trigger::AlarmFired { alarm } if rollout.request.fix_forward || rollout.was_red(alarm) => {
            Some(Ignored::FixForward)
        }
        Trigger::Performed { effect, result } => {
            let answers = rollout.pending_effect(*effect).is_some_and(|effect| effect.comes_to(result));
            (!answers).then_some(Ignored::NotPending)
        }
        Trigger::Judged(_)
        | Trigger::Reconcile
        | Trigger::Commanded(_)
        | Trigger::AlarmFired { .. }
        | Trigger::Replaced { .. } => None,
    }
}

/// The place of a decision: the rollout as it stands, what was read, and the time.
struct At<'a> {
    rollout: &'a Rollout,
    observation: &'a Observation,
    now: Timestamp,
}

impl At<'_> {
    /// The document with its next phase; the start of every change.
    fn to(&self, phase: Phase, reason: Reason) -> Draft {
        let before = self.rollout;
        let mut next = before.clone();
        next.version += 1;
        next.updated = self.now;
        next.reason = reason.clone();
        next.phase = phase;
        let ends = next.phase.is_terminal() && !before.phase.is_terminal();
        if ends {
            next.pending.retain(|pending| matches!(pending.effect, Effect::Announce(_)));
        }
        let goes_back = is_going_back(&next.phase) && !is_going_back(&before.phase);
        let lets_go = ends
            && matches!(
                next.phase,
                Phase::TakenOver { .. } | Phase::Refused { .. } | Phase::Superseded { .. }
            );
        let mut draft = Draft { next, reason, index: 0 };
        if goes_back {
            draft = draft.flagless();
        }
        // Whoever lets go of the traffic does not leave its flags behind.
        if (goes_back || lets_go) && before.owes_flags() {
            draft = draft.then(Effect::RestoreFlags);
        }
        if ends && before.phase.holds_lock() { draft.then(Effect::StartNext) } else { draft }
    }

    /// The same phase, for a change beside it.
    fn stay(&self, reason: Reason) -> Draft {
        self.to(self.rollout.phase.clone(), reason)
    }

    /// A change beside the phase: it has its own line in the timeline, and the rollout keeps the reason for which it stands where
    /// it stands.
    fn beside(&self, reason: Reason) -> Draft {
        let mut draft = self.stay(reason);
        draft.next.reason = self.rollout.reason.clone();
        draft
    }

    /// An effect without a routing is done: record it, in any phase.
    fn record(&self, effect: EffectId) -> Decision {
        let what = match self.rollout.pending_effect(effect) {
            Some(Effect::Announce(outcome)) => format!("on-call was told that it {}", outcome.kind.verb()),
            Some(Effect::Supersede { rollout }) => format!("{rollout} was asked to make way"),
            Some(Effect::StartNext) => "the next rollout of this target was looked for".to_owned(),
            Some(Effect::Restart { id, .. }) => format!("{id} was started"),
            Some(Effect::Measure) => "measured".to_owned(),
            Some(Effect::ContinueDeployment { deployment, .. }) => format!("deployment {deployment} goes on"),
            Some(Effect::StopDeployment { deployment }) => {
                format!("CodeDeploy was told to stop deployment {deployment} and to take it back")
            }
            Some(
                Effect::Shift { .. }
                | Effect::TakeBack { .. }
                | Effect::StartDeployment { .. }
                | Effect::ExamineFlags
                | Effect::SetFlags { .. }
                | Effect::RestoreFlags,
            )
            | None => {
                return Decision::Keep(Ignored::NotPending.into());
            }
        };
        self.beside(Reason::Recorded(what)).without(effect).done()
    }

    fn ignored(why: Ignored) -> Decision {
        Decision::Keep(why.into())
    }
}

fn is_going_back(phase: &Phase) -> bool {
    matches!(phase, Phase::RollingBack(_) | Phase::Stuck(_))
}

/// The time in which full promotion has to be fact and its last minutes settled.
const TIME_TO_PROMOTE: Span = Span::minutes(10);

/// A document being changed.
struct Draft {
    next: Rollout,
    reason: Reason,
    index: u32,
}

impl Draft {
    /// Adds an effect. There is at most one pending routing wish: a new one takes the place of the one before it.
    fn then(mut self, effect: Effect) -> Self {
        if effect.wish().is_some() {
            self.next.pending.retain(|pending| pending.effect.wish().is_none());
        }
        let id = EffectId { version: self.next.version, index: self.index };
        self.next.pending.push(Pending { id, effect });
        self.index += 1;
        self
    }

    /// Removes an effect that is done.
    fn without(mut self, id: EffectId) -> Self {
        self.next.pending.retain(|pending| pending.id != id);
        self
    }

    /// Notes what was read back.
    fn routed(mut self, observed: &Observed) -> Self {
        self.next.routed = Some(observed.clone());
        self
    }

    /// Notes the share that the candidate now has.
    fn reached(mut self, weight: Weight) -> Self {
        self.next.reached.push(Reached { at: self.next.updated, weight });
        self
    }

    /// A promotion that was in time is watched to the end: the deadline does not cut into the watch.
    fn with_time_to_watch(mut self) -> Self {
        if matches!(self.next.phase, Phase::Watching { .. }) {
            let watched = (self.next.policy.strategy.watch + TIME_TO_PROMOTE).after(self.next.updated);
            self.next.deadline = self.next.deadline.map(|deadline| deadline.max(watched));
        }
        self
    }

    /// Tells people of an outcome, with the reason of this change.
    fn tell(self, kind: OutcomeKind) -> Self {
        let outcome = Outcome::of(&self.next, kind);
        self.then(Effect::Announce(Box::new(outcome)))
    }

    /// Drops the pending routing wish: it is fact, or it is given up.
    fn wishless(mut self) -> Self {
        self.next.pending.retain(|pending| pending.effect.wish().is_none());
        self
    }

    /// Drops what would start a deployment, or have it go on.
    fn startless(mut self) -> Self {
        let forward = |effect: &Effect| {
            matches!(effect, Effect::StartDeployment { .. } | Effect::ContinueDeployment { .. })
        };
        self.next.pending.retain(|pending| !forward(&pending.effect));
        self
    }

    /// Drops what would set flags.
    fn flagless(mut self) -> Self {
        let forward = |effect: &Effect| matches!(effect, Effect::ExamineFlags | Effect::SetFlags { .. });
        self.next.pending.retain(|pending| !forward(&pending.effect));
        self
    }

    fn done(self) -> Decision {
        Decision::Change { next: Box::new(self.next), reason: self.reason }
    }
}
