//! What must always hold, on random walks: a rollout whose functions crash, sleep and repeat, on a target that others change.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use tidegate_domain::assess::assess;
use tidegate_domain::decide::{Decision, LONGEST_FUNCTION_TIMEOUT, decide};
use tidegate_domain::effect::{Effect, Performed};
use tidegate_domain::rollout::{Bake, PauseCause, Phase, Rollout, RolloutId};
use tidegate_domain::target::{Fence, Observed, Routing};
use tidegate_domain::trigger::{Judged, Observation, Trigger, Verb};
use tidegate_domain::units::Weight;
use tidegate_domain::verdict::{Cause, HoldCause, Pass, Verdict};

use super::world::{
    candidate, command, evidence, flag_policy, harm, measured, noon, queued, seeing, split, stable, third,
    version,
};

/// One thing that happens.
#[derive(Debug, Clone)]
pub enum Step {
    /// A trigger comes to the function, which can read the target or cannot.
    Comes { trigger: Coming, readable: bool },
    /// A function performs the pending effect and records what it came to, unless it crashes in between.
    Performs { which: usize, denied: bool, crashes: bool },
    /// A function takes up a pending routing wish and falls asleep before it writes.
    FallsAsleep,
    /// That function wakes up and writes.
    WakesUp,
    /// Somebody else changes the target.
    Foreign(u8),
    /// Time goes by.
    Waits { seconds: i64 },
}

#[derive(Debug, Clone)]
pub enum Coming {
    Reconcile,
    Judged { verdict: Verdict, behind: u64 },
    Commanded(Verb),
    Alarm,
    Replaced,
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        4 => Just(Verdict::Ready(measured())),
        1 => Just(Verdict::Continue),
        6 => Just(Verdict::Promote(Pass::Evidence(evidence()))),
        2 => Just(Verdict::Promote(Pass::GateOver)),
        1 => Just(Verdict::Promote(Pass::Proceed(evidence()))),
        2 => Just(Verdict::Promote(Pass::WatchOver)),
        1 => Just(Verdict::RollBack(harm())),
        1 => Just(Verdict::Hold(HoldCause::NoData)),
        1 => Just(Verdict::Inconclusive(evidence())),
    ]
}

fn coming() -> impl Strategy<Value = Coming> {
    prop_oneof![
        6 => Just(Coming::Reconcile),
        8 => (verdict(), prop_oneof![4 => Just(0_u64), 1 => 1..3_u64])
            .prop_map(|(verdict, behind)| Coming::Judged { verdict, behind }),
        3 => prop::sample::select(Verb::ALL.to_vec()).prop_map(Coming::Commanded),
        1 => Just(Coming::Alarm),
        1 => Just(Coming::Replaced),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (coming(), prop::bool::weighted(0.9))
            .prop_map(|(trigger, readable)| Step::Comes { trigger, readable }),
        8 => (0..4_usize, prop::bool::weighted(0.1), prop::bool::weighted(0.2))
            .prop_map(|(which, denied, crashes)| Step::Performs { which, denied, crashes }),
        2 => Just(Step::FallsAsleep),
        2 => Just(Step::WakesUp),
        1 => (0..5_u8).prop_map(Step::Foreign),
        4 => prop_oneof![1..59_i64, 60..4_000_i64].prop_map(|seconds| Step::Waits { seconds }),
    ]
}

/// A document and the target that it is about.
pub struct World {
    pub rollout: Rollout,
    pub routing: Routing,
    revision: u64,
    now: Timestamp,
    asleep: Vec<(Routing, Fence, Timestamp)>,
    /// The flags of the policy that are on.
    flags: BTreeSet<usize>,
}

impl World {
    pub fn new() -> Self {
        let (asleep, flags) = (Vec::new(), BTreeSet::new());
        Self { rollout: queued(), routing: stable(), revision: 1, now: noon(), asleep, flags }
    }

    fn with_flags() -> Self {
        let mut world = Self::new();
        world.rollout.policy = flag_policy();
        world
    }

    fn observed(&self) -> Observed {
        Observed { routing: self.routing.clone(), fence: Fence(self.revision.to_string()) }
    }

    fn set(&mut self, routing: Routing) {
        self.routing = routing;
        self.revision += 1;
    }

    /// As a router does: a write with an old fence is refused; and as `route` does: the answer is what is read back.
    fn write(&mut self, wish: &Routing, fence: &Fence) -> Performed {
        let valid = fence.0 == self.revision.to_string();
        if valid {
            let before = self.routing.weight_of(&version(8));
            let raised = wish.weight_of(&version(8)) > before;
            assert!(!(raised && self.rollout.phase.is_terminal()), "an ended rollout raised the weight");
            self.set(wish.clone());
        }
        let observed = self.observed();
        if self.routing.sends_as(wish) {
            return Performed::Routed { fence_moved: observed.fence != *fence, observed };
        }
        Performed::FenceLost(observed)
    }

    pub fn take(&mut self, step: &Step) {
        match step {
            Step::Comes { trigger, readable } => {
                let routing = if *readable { Ok(self.observed()) } else { Err("no such alias".to_owned()) };
                self.decide(&self.trigger(trigger), &seeing(routing));
            }
            Step::Performs { which, denied, crashes } => self.perform(*which, *denied, *crashes),
            Step::FallsAsleep => {
                let wishes = self.rollout.pending.iter().filter_map(|pending| pending.effect.wish());
                self.asleep.extend(wishes.map(|(wish, fence)| (wish.clone(), fence.clone(), self.now)));
            }
            Step::WakesUp => {
                let alive = LONGEST_FUNCTION_TIMEOUT;
                let now = self.now;
                self.asleep.retain(|(_, _, since)| now < alive.after(*since));
                if let Some((wish, fence, _)) = self.asleep.pop() {
                    self.write(&wish, &fence);
                }
            }
            Step::Foreign(what) => {
                let routings = [stable(), candidate(), third(), split(60.0), split(1.0)];
                self.set(routings[usize::from(*what)].clone());
            }
            Step::Waits { seconds } => self.now += SignedDuration::from_secs(*seconds),
        }
    }

    fn trigger(&self, coming: &Coming) -> Trigger {
        match coming {
            Coming::Reconcile => Trigger::Reconcile,
            Coming::Judged { verdict, behind } => {
                let version = self.rollout.version.saturating_sub(*behind);
                Trigger::Judged(Judged { version, verdict: verdict.clone() })
            }
            Coming::Commanded(verb) => Trigger::Commanded(command(*verb)),
            Coming::Alarm => Trigger::AlarmFired { alarm: "red".to_owned() },
            Coming::Replaced => {
                Trigger::Replaced { by: RolloutId("checkout-live-9".to_owned()), candidate: version(9) }
            }
        }
    }

    fn perform(&mut self, which: usize, denied: bool, crashes: bool) {
        let Some(pending) = self.rollout.pending.get(which).cloned() else { return };
        let result = match (&pending.effect, pending.effect.wish()) {
            (Effect::ExamineFlags, _) => Performed::FlagsExamined(Vec::new()),
            (Effect::SetFlags { .. }, _) if denied => Performed::Denied("not allowed".to_owned()),
            (Effect::SetFlags { flags }, _) => {
                self.flags.extend(flags);
                Performed::FlagsSet
            }
            (Effect::RestoreFlags, _) => {
                self.flags.clear();
                Performed::FlagsBack(Vec::new())
            }
            (_, None) => Performed::Done,
            (_, Some(_)) if denied => Performed::Denied("not allowed".to_owned()),
            (_, Some((wish, fence))) => self.write(wish, fence),
        };
        if !crashes {
            let trigger = Trigger::Performed { effect: pending.id, result };
            self.decide(&trigger, &seeing(Err("not read".to_owned())));
        }
    }

    fn decide(&mut self, trigger: &Trigger, seen: &Observation) {
        let Decision::Change { next, reason } = decide(&self.rollout, trigger, seen, self.now) else {
            return;
        };
        assert_eq!(next.version, self.rollout.version + 1, "{reason}");
        assert_eq!(next.id, self.rollout.id);
        self.check_effects(&next, trigger, seen);
        self.check_phase(&next, trigger);
        if let Trigger::Judged(judged) = trigger {
            assert_eq!(judged.version, self.rollout.version, "a stale verdict changed something: {reason}");
        }
        let written = serde_json::to_string(&next).expect("a document");
        let read: Rollout = serde_json::from_str(&written).expect("the same document");
        assert_eq!(read, *next);
        self.rollout = *next;
    }

    fn check_effects(&self, next: &Rollout, trigger: &Trigger, seen: &Observation) {
        let mut ids: Vec<_> = next.pending.iter().map(|pending| pending.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), next.pending.len(), "two effects have one id");
        let wishes = next.pending.iter().filter(|pending| pending.effect.wish().is_some());
        assert!(wishes.clone().count() <= 1, "two wishes are pending");
        assert!(!next.phase.is_terminal() || wishes.clone().count() == 0, "an ended rollout has a wish");
        for pending in wishes.filter(|pending| pending.id.version == next.version) {
            let (wish, fence) = pending.effect.wish().expect("a wish");
            let found = match trigger {
                Trigger::Performed { result: Performed::FenceLost(found), .. } => Some(found),
                // The first share waited for flags: its fence is from before they were asked for.
                Trigger::Performed { result: Performed::FlagsSet, .. } => self.rollout.routed.as_ref(),
                _ => seen.routing.as_ref().ok(),
            };
            let found = found.expect("no wish without having read the target");
            assert_eq!(*fence, found.fence, "the fence is the one that was read");
            let known = [Some(&next.candidate), next.stable.as_ref()];
            let canary = found.routing.canary.as_ref().map_or(&found.routing.primary, |c| &c.version);
            let ours = known.contains(&Some(&found.routing.primary)) && known.contains(&Some(canary));
            assert!(ours, "a third version is never written over: {:?}", found.routing);
            if let Effect::TakeBack { .. } = pending.effect {
                let stable = next.stable.as_ref().expect("known since preflight");
                assert_eq!(*wish, Routing::all(stable));
            } else if wish.weight_of(&version(8)) > found.routing.weight_of(&version(8)) {
                assert!(self.may_raise(wish, trigger), "{trigger:?} raised the weight in {:?}", self.rollout);
            }
        }
    }

    /// Only a pass of this step, an override, a passed gate or the first step raises the weight; and a wish that was committed
    /// may be written again with a fresh fence.
    fn may_raise(&self, wish: &Routing, trigger: &Trigger) -> bool {
        match trigger {
            Trigger::Judged(judged) => match &judged.verdict {
                Verdict::Ready(_) => matches!(self.rollout.phase, Phase::Preflight { .. }),
                Verdict::Promote(_) => matches!(self.rollout.phase, Phase::Baking(_) | Phase::Paused { .. }),
                _ => false,
            },
            Trigger::Commanded(command) => match command.verb {
                Verb::Promote | Verb::PromoteFull => true,
                Verb::Resume => matches!(
                    self.rollout.phase,
                    Phase::Paused {
                        cause: PauseCause::Gate(_) | PauseCause::RouterDenied(_) | PauseCause::FlagsDenied(_),
                        ..
                    }
                ),
                Verb::Pause | Verb::Abort | Verb::Retry | Verb::RetryFixForward => false,
            },
            // What entered the step waited for its flags.
            Trigger::Performed { result: Performed::FlagsSet, .. } => true,
            Trigger::Performed { effect, result: Performed::FenceLost(_) } => {
                let committed = self.rollout.pending_effect(*effect).and_then(Effect::wish);
                committed.is_some_and(|(committed, _)| committed == wish)
            }
            _ => false,
        }
    }

    fn check_phase(&self, next: &Rollout, trigger: &Trigger) {
        if self.rollout.phase.is_terminal() {
            assert_eq!(next.phase, self.rollout.phase, "an ended rollout changed its phase");
        }
        let begun = self.rollout.stable.is_some() && !self.rollout.phase.is_terminal();
        let back = matches!(next.phase, Phase::RolledBack { .. } | Phase::Superseded { .. });
        if begun && back {
            assert_eq!(self.routing.weight_of(&version(8)), Weight::ZERO, "said to be back: {trigger:?}");
            let stable = self.rollout.stable.as_ref().expect("begun");
            assert!(Routing::all(stable).sends_as(&self.routing));
        }
        if back {
            assert_eq!(self.flags, BTreeSet::new(), "said to be back with flags: {trigger:?}");
        }
        if let Some(since) = next.phase.traffic().and_then(|traffic| traffic.since) {
            let step = |bake: &Bake| next.step(bake.step).map(|step| step.weight);
            let share =
                next.phase.traffic().and_then(|traffic| traffic.bake).map_or(Some(Weight::FULL), step);
            let due = next.flags_due(share);
            let paused = matches!(next.phase, Phase::Paused { .. });
            let was = &self.rollout.phase;
            assert!(
                due.is_empty() || paused,
                "{trigger:?} in {was:?}: time runs since {since} without {due:?}"
            );
        }
        let ends = next.phase.is_terminal() && self.rollout.phase.holds_lock();
        let starts_next = next.pending.iter().any(|pending| pending.effect == Effect::StartNext);
        assert!(!ends || starts_next, "the end of a rollout starts the next one");
    }

    /// Everything works from here on, nobody else interferes, and somebody says `abort`.
    pub fn finish(&mut self) {
        self.decide(&Trigger::Commanded(command(Verb::Abort)), &seeing(Ok(self.observed())));
        for _ in 0..8 {
            while !self.rollout.pending.is_empty() {
                self.perform(0, false, false);
            }
            self.now += SignedDuration::from_secs(60);
            self.decide(&Trigger::Reconcile, &seeing(Ok(self.observed())));
        }
        assert!(self.rollout.phase.is_terminal(), "it does not end: {:?}", self.rollout.phase);
        assert_eq!(self.rollout.pending, [], "everything is done");
        let kept = matches!(self.rollout.phase, Phase::Succeeded);
        assert!(kept || self.flags.is_empty(), "flags are left behind: {:?}", self.rollout);
    }
}

pub fn comes(trigger: Coming) -> Step {
    Step::Comes { trigger, readable: true }
}

pub fn judged(verdict: Verdict) -> Step {
    comes(Coming::Judged { verdict, behind: 0 })
}

/// The beginning of a rollout to which nothing happens, up to its manual gate and on.
fn smooth() -> Vec<Step> {
    let performs = |which| Step::Performs { which, denied: false, crashes: false };
    let pass = || judged(Verdict::Promote(Pass::Evidence(evidence())));
    let measured = judged(Verdict::Ready(measured()));
    let gate = comes(Coming::Commanded(Verb::Resume));
    let mut steps = vec![comes(Coming::Reconcile), performs(0), measured, performs(0), pass(), performs(0)];
    // The message of the gate is pending too by now.
    steps.extend([pass(), performs(0), gate, performs(0)]);
    steps
}

fn past_its_deadline(world: &World) -> bool {
    let moves =
        matches!(world.rollout.phase, Phase::Baking(_) | Phase::Paused { .. } | Phase::Watching { .. });
    let Some(deadline) = world.rollout.deadline.filter(|_| moves) else { return true };
    let late = deadline + SignedDuration::from_secs(1);
    let assessed = assess(&world.rollout, &[], &[], late).expect("no ticks, no faults");
    assessed.verdict == Verdict::RollBack(Cause::DeadlinePassed { deadline })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn with_flags_too(begun in 0..14_usize, steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::with_flags();
        let performs = |_| Step::Performs { which: 0, denied: false, crashes: false };
        let begin = smooth().into_iter().flat_map(|step| [step, performs(0)]);
        for step in begin.take(begun).chain(steps) {
            world.take(&step);
            prop_assert!(past_its_deadline(&world), "no rollback after the deadline in {:?}", world.rollout.phase);
        }
        world.finish();
    }

    #[test]
    fn whatever_happens_what_must_hold_holds_and_it_can_be_ended(
        begun in 0..10_usize,
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut world = World::new();
        for step in smooth().iter().take(begun).chain(&steps) {
            world.take(step);
            prop_assert!(past_its_deadline(&world), "no rollback after the deadline in {:?}", world.rollout.phase);
        }
        world.finish();
    }
}
