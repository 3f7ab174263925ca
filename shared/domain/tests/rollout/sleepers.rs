//! Writers that read before a rollback, slept through it, and wake up.

use tidegate_domain::rollout::Phase;
use tidegate_domain::verdict::Verdict;

use super::walks::{Coming, Step, World, comes, judged};
use super::world::{harm, measured, split, stable};

/// Preflight is passed, the first shift is committed, and its writer sleeps when the rollback begins.
fn asleep_before_the_first_shift() -> World {
    let mut world = World::new();
    for step in [comes(Coming::Reconcile), judged(Verdict::Ready(measured())), Step::FallsAsleep] {
        world.take(&step);
    }
    world.take(&judged(Verdict::RollBack(harm())));
    assert!(matches!(world.rollout.phase, Phase::RollingBack(_)));
    world
}

#[test]
fn a_writer_that_slept_through_a_rollback_cannot_raise_the_weight_again() {
    let mut world = asleep_before_the_first_shift();
    let wish = world.rollout.pending.iter().position(|pending| pending.effect.wish().is_some());
    world.take(&Step::Performs { which: wish.expect("a way back"), denied: false, crashes: false });
    assert!(matches!(world.rollout.phase, Phase::RolledBack { .. }));
    world.take(&Step::WakesUp);
    assert_eq!(world.routing, stable());
}

#[test]
fn stable_traffic_is_no_proof_while_an_earlier_writer_may_be_asleep() {
    let mut world = asleep_before_the_first_shift();
    world.take(&Step::Waits { seconds: 59 });
    world.take(&comes(Coming::Reconcile));
    assert!(matches!(world.rollout.phase, Phase::RollingBack(_)), "nothing was written yet");
    world.take(&Step::WakesUp);
    assert_eq!(world.routing, split(5.0));
    world.finish();
    assert!(matches!(world.rollout.phase, Phase::RolledBack { .. }));
    assert_eq!(world.routing, stable());
}
