//! Assessment of a step: constructed minutes in, a verdict out.

use tidegate_domain::assess::assess;
use tidegate_domain::policy::Gate;
use tidegate_domain::rollout::{Bake, PauseCause, Phase, Reached, Rollout};
use tidegate_domain::ticks::{Arms, Tick};
use tidegate_domain::units::Span;
use tidegate_domain::verdict::{Cause, Counts, HoldCause, Pass, Verdict};

use super::places;
use super::world::{baking, minutes, noon, paused, percent, policy_with, split, standing};

/// So many minutes from noon on, each with these requests and failures of candidate and stable.
pub fn ticks(count: i64, candidate: (u64, u64), stable: (u64, u64)) -> Vec<Tick> {
    let counts = |(total, bad)| Counts { total, bad };
    let arms = Arms { candidate: counts(candidate), stable: counts(stable) };
    let tick = |minute| Tick { minute: minutes(minute), metrics: [("errors".to_owned(), arms)].into() };
    (0..count).map(tick).collect()
}

/// The verdict in a few words.
pub fn verdict(rollout: &Rollout, ticks: &[Tick], firing: &[&str], minute: i64) -> String {
    let firing: Vec<String> = firing.iter().map(ToString::to_string).collect();
    let assessment = assess(rollout, ticks, &firing, minutes(minute)).expect("sound ticks");
    match assessment.verdict {
        Verdict::Ready(_) => "ready".to_owned(),
        Verdict::Continue => "continue".to_owned(),
        Verdict::Promote(Pass::Evidence(_)) => "pass".to_owned(),
        Verdict::Promote(Pass::Checks) => "checks passed".to_owned(),
        Verdict::Promote(Pass::GateOver) => "gate over".to_owned(),
        Verdict::Promote(Pass::Proceed(_)) => "proceed".to_owned(),
        Verdict::Promote(Pass::WatchOver) => "watch over".to_owned(),
        Verdict::Hold(cause) => format!("hold: {cause}"),
        Verdict::Inconclusive(_) => "inconclusive".to_owned(),
        Verdict::RollBack(Cause::HarmShown(_)) => "roll back: harm".to_owned(),
        Verdict::RollBack(Cause::FailsOutright(_)) => "roll back: fails outright".to_owned(),
        Verdict::RollBack(Cause::GuardBroken { guard, .. }) => format!("roll back: {guard}"),
        Verdict::RollBack(Cause::Undecided(_)) => "roll back: undecided".to_owned(),
        Verdict::RollBack(cause) => format!("roll back: {cause}"),
    }
}

fn in_step_0() -> Rollout {
    standing(Phase::Baking(baking(0)), split(5.0))
}

fn extended() -> Rollout {
    standing(Phase::Baking(Bake { extended: true, ..baking(0) }), split(5.0))
}

/// As good as stable, in plenty.
fn good(count: i64) -> Vec<Tick> {
    ticks(count, (2_000, 20), (38_000, 380))
}

/// Too little to decide anything.
fn little(count: i64) -> Vec<Tick> {
    ticks(count, (1, 0), (19, 0))
}

#[test]
fn a_good_candidate_passes_when_its_bake_is_over_and_not_before() {
    assert_eq!(verdict(&in_step_0(), &good(9), &[], 9), "continue");
    assert_eq!(verdict(&in_step_0(), &good(10), &[], 10), "pass");
}

#[test]
fn a_step_that_is_still_being_set_is_not_passed() {
    let setting = standing(Phase::Baking(Bake::entering(0)), split(5.0));
    assert_eq!(verdict(&setting, &good(30), &[], 30), "continue");
}

#[test]
fn evidence_of_an_earlier_step_does_not_pass_this_one() {
    let since = Some(minutes(20));
    let next = standing(Phase::Baking(Bake { since, ..baking(1) }), split(25.0));
    assert_eq!(verdict(&next, &good(20), &[], 31), "continue");
    assert_eq!(verdict(&next, &good(20), &[], 32), "inconclusive");
    let quarter = ticks(32, (10_000, 100), (30_000, 300)).split_off(20);
    let both: Vec<Tick> = good(20).into_iter().chain(quarter).collect();
    assert_eq!(verdict(&next, &both, &[], 32), "pass");
}

#[test]
fn a_pass_rests_on_minutes_that_have_settled() {
    let just_enough = ticks(10, (1_200, 12), (22_800, 228));
    assert_eq!(verdict(&in_step_0(), &just_enough, &[], 10), "continue");
    assert_eq!(verdict(&in_step_0(), &just_enough, &[], 12), "pass");
}

#[test]
fn harm_takes_the_candidate_back_in_every_phase_with_traffic() {
    let bad = ticks(8, (2_000, 100), (38_000, 380));
    for place in [places::baking_places(), places::paused_places()].into_iter().flatten() {
        assert_eq!(verdict(&place.rollout, &bad, &[], 8), "roll back: harm", "{}", place.name);
    }
}

#[test]
fn a_guard_takes_the_candidate_back_although_stable_is_as_bad() {
    let both = ticks(3, (100, 8), (1_900, 152));
    assert_eq!(verdict(&in_step_0(), &both, &[], 3), "roll back: errors above 7 % in 3 of 3 minutes");
    assert_eq!(verdict(&in_step_0(), &both[..2], &[], 3), "continue");
}

#[test]
fn a_silent_candidate_holds_once_it_had_time_to_show_data() {
    let silent = ticks(3, (0, 0), (1_000, 10));
    assert_eq!(verdict(&in_step_0(), &silent, &[], 3), "continue");
    let held = "hold: the candidate has no data while stable has";
    assert_eq!(verdict(&in_step_0(), &ticks(4, (0, 0), (1_000, 10)), &[], 4), held);
}

#[test]
fn an_undecided_step_is_inconclusive_when_its_time_has_settled() {
    assert_eq!(verdict(&in_step_0(), &little(11), &[], 11), "continue");
    assert_eq!(verdict(&in_step_0(), &little(12), &[], 12), "inconclusive");
    assert_eq!(verdict(&extended(), &little(21), &[], 21), "continue");
    assert_eq!(verdict(&extended(), &little(22), &[], 22), "inconclusive");
}

#[test]
fn after_the_extension_the_policy_decides_and_never_proceeds_without_data() {
    let with = |word: &str| {
        let mut rollout = extended();
        let line = format!("  onInconclusive: {word}\n  guards:");
        rollout.policy = policy_with("  guards:", &line);
        rollout
    };
    assert_eq!(verdict(&with("hold"), &little(22), &[], 22), "inconclusive");
    assert_eq!(verdict(&with("proceed"), &little(22), &[], 22), "proceed");
    assert_eq!(verdict(&with("rollBack"), &little(22), &[], 22), "roll back: undecided");

    assert_eq!(verdict(&with("proceed"), &[], &[], 22), "inconclusive");
    let stable_only = ticks(2, (0, 0), (19, 0));
    assert_eq!(verdict(&with("proceed"), &stable_only, &[], 22), "inconclusive");

    let mut first = with("proceed");
    first.phase = Phase::Baking(baking(0));
    assert_eq!(verdict(&first, &little(12), &[], 12), "inconclusive", "the extension comes first");
    first.policy = with("rollBack").policy;
    assert_eq!(verdict(&first, &little(12), &[], 12), "inconclusive", "the extension comes first");
}

#[test]
fn a_step_that_is_paused_is_never_undecided_whatever_the_policy_says() {
    let line = "  onInconclusive: rollBack\n  guards:";
    for place in places::paused_places() {
        let mut rollout = place.rollout;
        rollout.policy = policy_with("  guards:", line);
        if let Phase::Paused { bake, .. } = &mut rollout.phase {
            bake.extended = true;
        }
        let over = verdict(&rollout, &ticks(40, (1, 0), (0, 0)), &[], 40);
        let expected = if place.name.contains("timed gate") { "gate over" } else { "continue" };
        assert_eq!(over, expected, "{}", place.name);
    }
}

#[test]
fn a_timed_gate_ends_by_itself_unless_something_holds_or_harms() {
    let gate = PauseCause::Gate(Gate::Timed(Span::minutes(20)));
    let rollout = standing(paused(baking(0), gate), split(5.0));
    assert_eq!(verdict(&rollout, &little(19), &[], 19), "continue");
    assert_eq!(verdict(&rollout, &little(20), &[], 20), "gate over");
    assert_eq!(verdict(&rollout, &little(20), &["amber"], 20), "hold: alarm amber holds");
    assert_eq!(verdict(&rollout, &little(20), &["red"], 20), "roll back: alarm red fired");
}

#[test]
fn alarms_do_what_the_policy_says_and_nothing_in_a_fix() {
    let mut rollout = in_step_0();
    let cases = [
        (vec!["red"], "roll back: alarm red fired"),
        (vec!["amber"], "hold: alarm amber holds"),
        (vec!["amber", "red"], "roll back: alarm red fired"),
        (vec!["somebody else's"], "continue"),
    ];
    for (firing, expected) in &cases {
        assert_eq!(verdict(&rollout, &good(5), firing, 5), *expected);
    }
    rollout.request.fix_forward = true;
    for (firing, _) in &cases {
        assert_eq!(verdict(&rollout, &good(5), firing, 5), "continue");
    }
}

#[test]
fn an_alarm_that_holds_stands_in_the_way_of_a_pass() {
    assert_eq!(verdict(&in_step_0(), &good(10), &["amber"], 10), "hold: alarm amber holds");
}

#[test]
fn after_its_deadline_a_rollout_is_taken_back_unless_it_is_queued_going_back_or_over() {
    let late = 48 * 60 + 1;
    for place in places::all() {
        let mut rollout = place.rollout;
        rollout.deadline = Some(Span::hours(48).after(noon()));
        let goes_back = match &rollout.phase {
            Phase::Preflight { .. } | Phase::Baking(_) | Phase::Paused { .. } | Phase::Watching { .. } => {
                true
            }
            Phase::Queued | Phase::RollingBack(_) | Phase::Stuck(_) => false,
            phase => !phase.is_terminal(),
        };
        let expected =
            if goes_back { "roll back: not over by its deadline 2026-11-22T12:00:00Z" } else { "continue" };
        assert_eq!(verdict(&rollout, &[], &[], late), expected, "{}", place.name);
    }
}

#[test]
fn what_is_known_is_told_with_the_verdict() {
    let bad = ticks(8, (2_000, 100), (38_000, 380));
    let assessment = assess(&in_step_0(), &bad, &[], minutes(8)).expect("sound ticks");
    let evidence = assessment.evidence.expect("evidence");
    assert_eq!(evidence.metrics[0].candidate, Counts { total: 16_000, bad: 800 });
    assert!(evidence.log_e > evidence.threshold_log_e);
    let held = Verdict::Hold(HoldCause::Alarm { alarm: "amber".to_owned() });
    let amber = assess(&in_step_0(), &good(3), &["amber".to_owned()], minutes(3)).expect("sound ticks");
    assert_eq!(amber.verdict, held);
}

#[test]
fn what_a_doubling_takes_at_the_least_is_told_while_stable_has_no_error() {
    let spotless = assess(&in_step_0(), &ticks(9, (2_000, 0), (38_000, 0)), &[], minutes(30));
    let evidence = spotless.expect("sound ticks").evidence.expect("evidence");
    assert!(evidence.metrics[0].requests_needed > Some(1.0), "{evidence:?}");
    assert!(evidence.metrics[0].minutes_needed < evidence.metrics[0].requests_needed);
}

#[test]
fn a_router_that_sends_another_share_than_told_holds() {
    let held = "hold: the router does not divide the traffic as told";
    let (none, half) = (ticks(9, (0, 0), (0, 0)), ticks(9, (10_000, 100), (10_000, 100)));
    assert_eq!(verdict(&in_step_0(), &half, &[], 9), held);
    assert_eq!(verdict(&in_step_0(), &good(9), &[], 9), "continue");
    assert_eq!(verdict(&in_step_0(), &none, &[], 9), "continue");
    // Minutes that may still change say nothing: where the candidate hangs, its requests show late.
    let hanging = ticks(2, (0, 0), (40_000, 400));
    assert_eq!(verdict(&in_step_0(), &hanging, &[], 2), "continue");
}

#[test]
fn the_share_of_an_earlier_step_is_not_held_against_this_one() {
    let since = Some(minutes(9));
    let next = standing(Phase::Baking(Bake { since, ..baking(1) }), split(25.0));
    assert_eq!(verdict(&next, &good(9), &[], 12), "continue");
}

#[test]
fn cold_minutes_after_each_rise_are_not_judged() {
    let mut rollout = in_step_0();
    let cold = ticks(1, (2_000, 100), (38_000, 380)).into_iter();
    let warm: Vec<Tick> = cold.chain(good(12).split_off(1)).collect();
    rollout.policy = policy_with("  guards:", "  warmUp: 1m\n  guards:");
    rollout.reached = vec![Reached { at: minutes(0), weight: percent(5.0) }];
    let candidate = |rollout: &Rollout| {
        let evidence = assess(rollout, &warm, &[], minutes(12)).unwrap().evidence.unwrap();
        evidence.metrics[0].candidate.bad
    };
    assert_eq!(candidate(&rollout), 220, "the cold minute is left out");
    rollout.policy = policy_with("  guards:", "  warmUp: 0m\n  guards:");
    assert_eq!(candidate(&rollout), 320);
}

#[test]
fn a_ceiling_takes_a_slow_candidate_back_however_slow_stable_is() {
    let mut rollout = in_step_0();
    rollout.policy = policy_with("for: 3 of 3 }", "for: 3 of 3 }\n    - latency: { p99: 800ms }");
    let slow = |bad| {
        let arms = Arms { candidate: Counts { total: 100, bad }, stable: Counts { total: 1_900, bad: 190 } };
        let mut minutes = ticks(3, (100, 1), (1_900, 19));
        for tick in &mut minutes {
            tick.metrics.insert("slower than 800ms".to_owned(), arms);
        }
        minutes
    };
    assert_eq!(verdict(&rollout, &slow(1), &[], 3), "continue");
    assert_eq!(verdict(&rollout, &slow(10), &[], 3), "roll back: latency p99 above 800 ms in 3 of 3 minutes");
}

#[test]
fn a_verdict_carries_intervals_and_names_its_culprits() {
    let bad = ticks(8, (2_000, 100), (38_000, 380));
    let Verdict::RollBack(Cause::HarmShown(evidence)) =
        assess(&in_step_0(), &bad, &[], minutes(8)).unwrap().verdict
    else {
        panic!("harm is shown")
    };
    assert_eq!(evidence.culprits, ["errors"]);
    let errors = &evidence.metrics[0];
    assert!(errors.low > Some(3.0) && errors.high < Some(8.0), "{errors}");
}
