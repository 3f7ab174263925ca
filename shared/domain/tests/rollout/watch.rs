//! Assessment of the watch after promotion. There is no comparison any more: alarms, guards and the frozen baseline speak.

use tidegate_domain::rollout::{Phase, Rollout};
use tidegate_domain::verdict::{Baseline, Counts};

use super::assessment::{ticks, verdict};
use super::world::{candidate, minutes, noon, split, standing};

/// Since noon; the baseline failed in 1 %, so that 4 % is the limit.
fn watching() -> Rollout {
    standing(Phase::Watching { since: Some(noon()) }, candidate())
}

#[test]
fn the_watch_ends_after_its_time() {
    let calm = ticks(30, (1_000, 10), (0, 0));
    assert_eq!(verdict(&watching(), &calm, &[], 29), "continue");
    assert_eq!(verdict(&watching(), &calm, &[], 30), "watch over");
}

#[test]
fn the_watch_does_not_end_while_promotion_is_being_set() {
    let setting = standing(Phase::Watching { since: None }, split(50.0));
    assert_eq!(verdict(&setting, &ticks(60, (1_000, 10), (1_000, 10)), &[], 60), "continue");
}

#[test]
fn three_minutes_far_above_the_baseline_take_the_candidate_back() {
    let bad = ticks(3, (1_000, 50), (0, 0));
    let expected = "roll back: with all traffic 150 of 3,000 requests failed, against 10,000 of 1,000,000 on stable before";
    assert_eq!(verdict(&watching(), &bad, &[], 3), expected);
    assert_eq!(verdict(&watching(), &bad[..2], &[], 3), "continue");
    assert_eq!(verdict(&watching(), &ticks(3, (1_000, 40), (0, 0)), &[], 3), "continue", "the limit itself");
}

#[test]
fn minutes_before_promotion_are_no_part_of_the_watch() {
    let mut rollout = watching();
    rollout.phase = Phase::Watching { since: Some(minutes(2)) };
    assert_eq!(verdict(&rollout, &ticks(4, (1_000, 50), (0, 0)), &[], 4), "continue");
}

#[test]
fn without_a_baseline_the_watch_rests_on_guards_and_alarms() {
    let mut rollout = watching();
    rollout.baseline = Some(Baseline { errors: Counts::default(), ..Baseline::default() });
    let bad = ticks(3, (1_000, 50), (0, 0));
    assert_eq!(verdict(&rollout, &bad, &[], 3), "continue");
    assert_eq!(verdict(&rollout, &bad, &["red"], 3), "roll back: alarm red fired");
    let broken = ticks(3, (1_000, 80), (0, 0));
    assert_eq!(verdict(&rollout, &broken, &[], 3), "roll back: errors above 7 % in 3 of 3 minutes");
}

#[test]
fn an_alarm_that_holds_does_not_keep_the_watch_open() {
    assert_eq!(verdict(&watching(), &[], &["amber"], 30), "watch over");
}
