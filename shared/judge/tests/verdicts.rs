//! Rollouts as they happen, and what the judge says of each. Traffic is even and counts are the expected ones, so
//! every number is exact.

use tidegate_judge::{
    Counts, Effort, Guard, Harm, HoldCause, Input, Judgement, Kind, Metric, Preset, RollBackCause, Routing,
    SplitTick, StepTime, Tick, Verdict, judge,
};

/// A minute at 100 requests per second and 5 % weight: 300 requests to the candidate, 5700 to stable.
fn minute(candidate_bad: u64, stable_bad: u64) -> Tick {
    Tick {
        candidate: Counts { total: 300, bad: candidate_bad },
        stable: Counts { total: 5700, bad: stable_bad },
    }
}

/// A minute in which the candidate got nothing.
fn silent_minute() -> Tick {
    Tick { candidate: Counts::default(), ..minute(0, 57) }
}

fn errors(ticks: Vec<Tick>) -> Metric {
    Metric {
        name: "errors".to_owned(),
        kind: Kind::Errors,
        harm: Harm::Increase,
        ticks,
        r0: Preset::Balanced.error_margin(),
        r1: Preset::Balanced.pass_ratio(),
        weight: 1.0,
        step_start: 0,
        unsettled: 0,
    }
}

fn input(metrics: Vec<Metric>) -> Input {
    Input {
        metrics,
        guards: vec![],
        thresholds: Preset::Balanced.thresholds(),
        routing: Routing::PerRequest,
        split: vec![],
        step: StepTime::BakeOver,
        told_share: 0.05,
        minutes_left: 10,
    }
}

fn judged(input: &Input) -> Judgement {
    judge(input).expect("the input has no faults")
}

fn verdict(input: &Input) -> Verdict {
    judged(input).verdict
}

/// The first minute at which the ticks roll back, counted from 1, with its cause.
fn rolled_back_at(ticks: &[Tick]) -> Option<(usize, RollBackCause)> {
    (1..=ticks.len()).find_map(|minutes| match verdict(&input(vec![errors(ticks[..minutes].to_vec())])) {
        Verdict::RollBack(cause) => Some((minutes, cause)),
        Verdict::Promote | Verdict::Hold(_) | Verdict::Inconclusive | Verdict::Continue => None,
    })
}

/// A healthy service at 1000 requests per second, half of them on the candidate, `minutes` long.
fn healthy(minutes: usize) -> Vec<Tick> {
    let half = Counts { total: 30_000, bad: 300 };
    vec![Tick { candidate: half, stable: half }; minutes]
}

#[test]
fn an_outage_on_both_arms_is_not_rolled_back() {
    let ticks = [vec![minute(3, 57); 5], vec![minute(90, 1710); 5], vec![minute(3, 57); 20]].concat();
    assert_eq!(rolled_back_at(&ticks), None);
}

#[test]
fn a_candidate_that_fails_outright_is_rolled_back_after_one_minute() {
    assert_eq!(rolled_back_at(&[minute(300, 6)]), Some((1, RollBackCause::FastPath)));
}

#[test]
fn five_points_more_errors_are_rolled_back_within_three_minutes() {
    let (minutes, _) = rolled_back_at(&vec![minute(15, 1); 30]).expect("a roll-back");
    assert!(minutes <= 3, "{minutes}");
}

#[test]
fn doubled_errors_are_rolled_back_within_the_first_two_steps() {
    let at_a_quarter =
        Tick { candidate: Counts { total: 1500, bad: 30 }, stable: Counts { total: 4500, bad: 45 } };
    let ticks = [vec![minute(6, 57); 10], vec![at_a_quarter; 10]].concat();
    let (_, cause) = rolled_back_at(&ticks).expect("a roll-back");
    assert_eq!(cause, RollBackCause::Harm);
}

#[test]
fn harm_that_begins_late_is_rolled_back() {
    let harmed =
        Tick { candidate: Counts { total: 30_000, bad: 1500 }, stable: Counts { total: 30_000, bad: 300 } };
    let (minutes, _) = rolled_back_at(&[healthy(20), vec![harmed; 10]].concat()).expect("a roll-back");
    assert!((21..=27).contains(&minutes), "{minutes}");
}

#[test]
fn errors_within_the_margin_are_not_rolled_back() {
    let slightly_worse = Tick { candidate: Counts { total: 30_000, bad: 330 }, ..healthy(1)[0] };
    assert_eq!(rolled_back_at(&[slightly_worse; 30]), None);
}

#[test]
fn fewer_orders_are_rolled_back_and_more_are_not() {
    let orders = |ticks| Metric { kind: Kind::Other, harm: Harm::Decrease, ..errors(ticks) };
    let fewer = judged(&input(vec![orders(vec![minute(9, 570); 30])]));
    assert_eq!(fewer.verdict, Verdict::RollBack(RollBackCause::Harm));
    assert!(fewer.metrics[0].ratio > Some(3.0));
    let more = vec![minute(60, 570); 30];
    assert!(!matches!(verdict(&input(vec![orders(more)])), Verdict::RollBack(_)));
}

#[test]
fn a_healthy_step_is_promoted_once_the_bake_is_over_and_not_before() {
    let healthy = input(vec![errors(healthy(10))]);
    assert_eq!(verdict(&healthy), Verdict::Promote);
    assert_eq!(verdict(&Input { step: StepTime::StepOver, ..healthy.clone() }), Verdict::Promote);
    assert_eq!(verdict(&Input { step: StepTime::BeforeBake, ..healthy }), Verdict::Continue);
}

#[test]
fn every_gating_metric_must_pass() {
    let sparse = Metric { name: "orders".to_owned(), kind: Kind::Other, ..errors(vec![minute(0, 1); 10]) };
    let halves = [errors(healthy(10)), sparse].map(|metric| Metric { weight: 0.5, ..metric });
    assert_eq!(verdict(&input(halves.to_vec())), Verdict::Continue);
    assert_eq!(verdict(&Input { step: StepTime::StepOver, ..input(halves.to_vec()) }), Verdict::Inconclusive);
}

#[test]
fn ticks_of_earlier_steps_and_unsettled_ones_do_not_count_for_passing() {
    let late_step = Metric { step_start: 10, ..errors(healthy(10)) };
    let unsettled = Metric { unsettled: 10, ..errors(healthy(10)) };
    for metric in [late_step, unsettled] {
        let judgement = judged(&input(vec![metric]));
        assert_eq!(judgement.verdict, Verdict::Continue);
        assert_eq!(judgement.metrics[0].expected_events.to_bits(), 0.0_f64.to_bits());
    }
}

#[test]
fn unsettled_ticks_count_for_rolling_back() {
    let metric = Metric { unsettled: 1, ..errors(vec![minute(300, 6)]) };
    assert_eq!(verdict(&input(vec![metric])), Verdict::RollBack(RollBackCause::FastPath));
}

#[test]
fn fewer_than_twenty_expected_events_pass_nothing() {
    // 19.5 events expected, none seen, and evidence enough.
    let clean = Tick { candidate: Counts { total: 1000, bad: 0 }, stable: Counts { total: 1000, bad: 13 } };
    let few = judged(&Input { step: StepTime::StepOver, ..input(vec![errors(vec![clean; 3])]) });
    assert!(few.metrics[0].log_e_pass > 40.0_f64.ln(), "{few:?}");
    assert_eq!(few.verdict, Verdict::Inconclusive);
    let enough = Input { step: StepTime::StepOver, ..input(vec![errors(vec![clean; 4])]) };
    assert_eq!(verdict(&enough), Verdict::Promote);
}

#[test]
fn the_end_of_a_step_asks_less_than_its_early_end() {
    let clean = Tick { candidate: Counts { total: 1000, bad: 10 }, stable: Counts { total: 1000, bad: 16 } };
    let metric = errors(vec![clean; 3]);
    let early = judged(&input(vec![metric.clone()]));
    let at_the_end = judged(&Input { step: StepTime::StepOver, ..input(vec![metric.clone()]) });
    let sticky = judged(&Input { routing: Routing::Sticky, ..input(vec![metric]) });
    assert_eq!((early.verdict, at_the_end.verdict), (Verdict::Continue, Verdict::Promote));
    assert!(sticky.metrics[0].log_e_pass < early.metrics[0].log_e_pass);
    assert!(early.metrics[0].log_e_pass < at_the_end.metrics[0].log_e_pass);
}

#[test]
fn a_service_without_a_single_error_ends_its_step_inconclusive() {
    let spotless = vec![Tick { candidate: Counts { total: 30_000, bad: 0 }, ..healthy(1)[0] }; 30];
    let spotless: Vec<_> =
        spotless.into_iter().map(|tick| Tick { stable: Counts { total: 30_000, bad: 0 }, ..tick }).collect();
    let over = Input { step: StepTime::StepOver, ..input(vec![errors(spotless)]) };
    let judgement = judged(&over);
    assert_eq!(judgement.verdict, Verdict::Inconclusive);
    assert_eq!((judgement.metrics[0].ratio, judgement.metrics[0].requests_needed), (None, None));
}

#[test]
fn without_an_event_to_compare_with_a_doubling_takes_at_least_what_three_would() {
    let shown = |candidate, stable| judged(&input(vec![errors(vec![minute(candidate, stable); 3])])).metrics;
    let spotless = &shown(0, 0)[0];
    let three = Effort {
        stable_rate: 3.0 / (3.0 * 5700.0),
        candidate_share: 0.05,
        ratio: 2.0,
        margin: Preset::Balanced.error_margin(),
        alpha: Preset::Balanced.thresholds().alpha_slow,
        phi: spotless.phi,
        log_e: spotless.log_e,
    };
    let least = three.requests().expect("a doubling can be shown");
    let near = |got: Option<f64>, wanted: f64| got.is_some_and(|got| (got / wanted - 1.0).abs() < 1e-12);
    assert!(near(spotless.least_requests, least), "{spotless:?}, wanted {least}");
    assert!(near(spotless.least_minutes, least / 6000.0), "{spotless:?}");
    assert_eq!((spotless.requests_needed, spotless.minutes_needed), (None, None));
    let seen = &shown(0, 1)[0];
    assert!(seen.requests_needed.is_some());
    assert_eq!((seen.least_requests, seen.least_minutes), (None, None));
}

#[test]
fn where_a_fall_is_the_harm_the_candidate_is_the_one_to_have_no_event() {
    let orders = |candidate, stable| {
        let fall =
            Metric { harm: Harm::Decrease, kind: Kind::Other, ..errors(vec![minute(candidate, stable); 3]) };
        judged(&input(vec![fall])).metrics
    };
    assert!(orders(0, 1)[0].least_requests.is_some());
    assert_eq!(orders(1, 0)[0].least_requests, None);
}

#[test]
fn while_one_version_has_no_requests_nothing_is_the_least() {
    let silent = Tick { candidate: Counts::default(), ..minute(0, 0) };
    let alone = Tick { stable: Counts::default(), ..minute(0, 0) };
    for ticks in [vec![], vec![silent; 3], vec![alone; 3]] {
        assert_eq!(judged(&input(vec![errors(ticks)])).metrics[0].least_requests, None);
    }
}

#[test]
fn a_silent_candidate_holds_a_rollout_that_would_have_been_promoted() {
    let ticks = [healthy(10), vec![silent_minute(); 3]].concat();
    let silent = input(vec![errors(ticks)]);
    assert_eq!(verdict(&silent), Verdict::Hold(HoldCause::NoData));
    let two_minutes = input(vec![errors([healthy(10), vec![silent_minute(); 2]].concat())]);
    assert_eq!(verdict(&two_minutes), Verdict::Promote);
}

#[test]
fn silence_that_chance_explains_holds_nothing() {
    let quiet = |minutes| vec![Tick { stable: Counts { total: 19, bad: 0 }, ..Tick::default() }; minutes];
    // At 5 % one request a minute is due: seven of them in seven minutes.
    assert_eq!(verdict(&input(vec![errors(quiet(6))])), Verdict::Continue);
    assert_eq!(verdict(&input(vec![errors(quiet(7))])), Verdict::Hold(HoldCause::NoData));
    let heard = [quiet(6), healthy(1), quiet(6)].concat();
    assert_eq!(verdict(&input(vec![errors(heard)])), Verdict::Continue);
}

#[test]
fn every_gating_metric_has_to_be_heard_and_no_other() {
    let silent = || Metric { name: "orders".to_owned(), ..errors(vec![silent_minute(); 3]) };
    let with = |weight: f64| {
        let orders = Metric { weight, ..silent() };
        input(vec![Metric { weight: 1.0 - weight, ..errors(healthy(3)) }, orders])
    };
    assert_eq!(verdict(&with(0.5)), Verdict::Hold(HoldCause::NoData));
    assert_ne!(verdict(&with(0.0)), Verdict::Hold(HoldCause::NoData));
}

#[test]
fn a_candidate_that_should_be_silent_holds_nothing() {
    let unexpected = Input { told_share: 0.0, ..input(vec![errors(vec![silent_minute(); 3])]) };
    assert_eq!(verdict(&unexpected), Verdict::Continue);
}

#[test]
fn a_service_that_is_silent_on_both_arms_is_not_short_of_candidate_data() {
    assert_eq!(verdict(&input(vec![errors(vec![Tick::default(); 10])])), Verdict::Continue);
}

#[test]
fn a_stuck_router_holds_a_rollout_that_would_have_been_promoted() {
    let split = |candidate| vec![SplitTick { share: 0.05, candidate, stable: 57_000 }; 2];
    let routed = |candidate| Input { split: split(candidate), ..input(vec![errors(healthy(10))]) };
    assert_eq!(verdict(&routed(600)), Verdict::Hold(HoldCause::RouteMismatch));
    assert_eq!(verdict(&routed(9000)), Verdict::Hold(HoldCause::RouteMismatch));
    assert_eq!(verdict(&routed(3000)), Verdict::Promote);
}

#[test]
fn a_router_is_not_judged_by_fewer_than_fifty_expected_requests() {
    let split = vec![SplitTick { share: 0.5, candidate: 0, stable: 98 }];
    let few = Input { split, ..input(vec![errors(healthy(10))]) };
    assert_eq!(verdict(&few), Verdict::Promote);
    let split = vec![SplitTick { share: 0.5, candidate: 0, stable: 100 }];
    assert_eq!(verdict(&Input { split, ..few }), Verdict::Hold(HoldCause::RouteMismatch));
}

/// A service with too little traffic to compare, guarded at 5 % in 3 of 3 minutes.
fn guarded(minutes: Vec<Tick>) -> Input {
    let guard = Guard { name: "error rate".to_owned(), metric: "errors".to_owned(), above: 0.05, m: 3, n: 3 };
    Input { guards: vec![guard], ..input(vec![errors(minutes)]) }
}

fn sparse_minute(bad: u64) -> Tick {
    Tick { candidate: Counts { total: 20, bad }, stable: Counts { total: 20, bad } }
}

#[test]
fn a_guard_rolls_back_when_three_of_three_minutes_exceed_it() {
    let wanted = Verdict::RollBack(RollBackCause::Guard("error rate".to_owned()));
    assert_eq!(verdict(&guarded(vec![sparse_minute(2); 3])), wanted);
    assert_eq!(verdict(&guarded(vec![sparse_minute(2); 2])), Verdict::Continue);
    let calmed = [vec![sparse_minute(2); 3], vec![sparse_minute(0)]].concat();
    assert_eq!(verdict(&guarded(calmed)), Verdict::Continue);
}

#[test]
fn a_guard_allows_its_own_limit() {
    assert_eq!(verdict(&guarded(vec![sparse_minute(1); 10])), Verdict::Continue);
}

#[test]
fn a_guard_passes_over_minutes_without_candidate_requests() {
    let idle = Tick { candidate: Counts::default(), ..sparse_minute(0) };
    let minutes = [sparse_minute(2), idle, sparse_minute(2), idle, sparse_minute(2), idle].to_vec();
    assert!(matches!(verdict(&guarded(minutes)), Verdict::RollBack(RollBackCause::Guard(_))));
}

#[test]
fn the_metric_that_does_harm_is_named() {
    let named = |name: &str, weight, bad| Metric {
        name: name.to_owned(),
        weight,
        kind: Kind::Other,
        ..errors(vec![minute(bad, 57); 20])
    };
    let judgement = judged(&input(vec![named("a", 0.5, 3), named("b", 0.3, 12), named("c", 0.2, 3)]));
    assert_eq!(judgement.verdict, Verdict::RollBack(RollBackCause::Harm));
    assert_eq!(judgement.culprits, ["b"]);
}

#[test]
fn a_doubling_that_cannot_show_in_time_is_told() {
    let rare = vec![minute(0, 1); 5];
    let judgement = judged(&input(vec![errors(rare)]));
    assert_eq!(judgement.undetectable, ["errors"]);
    let needed = judgement.metrics[0].minutes_needed.expect("there is traffic on both arms");
    assert!(needed > 10.0);
    let enough = judged(&input(vec![errors(healthy(5))]));
    assert!(enough.undetectable.is_empty());
}

#[test]
fn every_fault_is_named_at_once() {
    let bad =
        Metric { r0: -1.0, r1: f64::NAN, weight: 0.4, step_start: 9, ..errors(vec![minute(301, 5701)]) };
    let fall = Metric { harm: Harm::Decrease, unsettled: 2, weight: 0.4, ..errors(vec![]) };
    let guard = Guard { name: "g".to_owned(), metric: "latency".to_owned(), above: 1.5, m: 4, n: 3 };
    let mut asked = Input { guards: vec![guard], ..input(vec![bad, fall]) };
    asked.thresholds.alpha_fast = 0.0;
    asked.split = vec![SplitTick { share: 1.5, candidate: 1, stable: 1 }];
    let faults = judge(&asked).expect_err("the input is full of faults");
    let lines: Vec<_> = faults.iter().map(ToString::to_string).collect();
    let wanted = [
        "alpha_fast: 0 is not between 0 and 1",
        "metric `errors`, r0: -1 is not a number above 0",
        "metric `errors`, r1: NaN is not a number above 1",
        "metric `errors`, step_start: 9 is more than the 1 ticks there are",
        "metric `errors`, tick 0, candidate.bad: 301 is above the total of 300",
        "metric `errors`, tick 0, stable.bad: 5701 is above the total of 5700",
        "metric `errors`, name: another metric has the same name",
        "metric `errors`, unsettled: 2 is more than the 0 ticks there are",
        "metric `errors`, harm: errors do harm by increasing; expected Increase",
        "weight: the weights of the metrics sum to 0.8; expected 1",
        "metric `latency`, guard: guard `g` looks at no known metric; known: errors, errors",
        "metric `latency`, guard.above: guard `g`: 1.5 is not at least 0 and below 1",
        "metric `latency`, guard.m: guard `g`: 4 of 3; expected at least 1 of as many or more",
        "tick 0, split.share: 1.5 is not between 0 and 1",
    ];
    assert_eq!(lines, wanted);
}
