//! What holds for every input, tested on many.

use proptest::collection::vec;
use proptest::prelude::*;
use tidegate_judge::{
    Counts, Guard, Harm, Input, Judgement, Kind, Metric, Preset, Routing, SplitTick, StepTime, Thresholds,
    Tick, TickEvidence, Verdict, combined_trace, interval, judge, trace,
};

fn counts(largest: u64) -> impl Strategy<Value = Counts> {
    (0..=largest, 0.0..=1.0_f64, 0..=3_u32).prop_map(|(total, part, rarity)| {
        let bad = (0..rarity).fold(total, |bad, _| bad / 10);
        Counts { total, bad: scaled(bad, part) }
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "small"
)]
fn scaled(count: u64, part: f64) -> u64 {
    (count as f64 * part) as u64
}

fn tick() -> impl Strategy<Value = Tick> {
    (counts(3000), counts(20_000)).prop_map(|(candidate, stable)| Tick { candidate, stable })
}

/// A minute with enough events on both arms that a half more or less is nothing.
fn eventful_tick() -> impl Strategy<Value = Tick> {
    let candidate = (1000..3000_u64, 20..=1000_u64).prop_map(|(total, bad)| Counts { total, bad });
    let stable = (1000..20_000_u64, 110..=1000_u64).prop_map(|(total, bad)| Counts { total, bad });
    (candidate, stable).prop_map(|(candidate, stable)| Tick { candidate, stable })
}

fn step_time() -> impl Strategy<Value = StepTime> {
    prop_oneof![Just(StepTime::BeforeBake), Just(StepTime::BakeOver), Just(StepTime::StepOver)]
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

fn input(metrics: Vec<Metric>, step: StepTime) -> Input {
    Input {
        metrics,
        guards: vec![],
        thresholds: Preset::Balanced.thresholds(),
        routing: Routing::PerRequest,
        split: vec![],
        step,
        told_share: 0.05,
        minutes_left: 10,
    }
}

fn judged(ticks: &[Tick]) -> Judgement {
    judge(&input(vec![errors(ticks.to_vec())], StepTime::BakeOver)).expect("the input has no faults")
}

fn swapped(ticks: &[Tick]) -> Vec<Tick> {
    ticks.iter().map(|tick| Tick { candidate: tick.stable, stable: tick.candidate }).collect()
}

/// One more error of the candidate, where it has a request to spare.
fn one_worse(mut ticks: Vec<Tick>, index: usize) -> Vec<Tick> {
    let candidate = &mut ticks[index].candidate;
    candidate.bad = candidate.total.min(candidate.bad + 1);
    ticks
}

fn traced(metric: &Metric) -> Vec<TickEvidence> {
    trace(metric, &Thresholds::BALANCED)
}

/// Every number of a trace by its bits.
fn bits_of_trace(seen: &[TickEvidence]) -> Vec<u64> {
    let of_tick = |t: &TickEvidence| [Some(t.log_e), Some(t.phi), t.log_e_fast, Some(t.log_e_pass)];
    seen.iter().flat_map(of_tick).map(|number| number.map_or(0, f64::to_bits)).collect()
}

/// Not above, but for rounding.
fn at_most(low: f64, high: f64) -> bool {
    low <= high + 1e-9 * high.abs().max(1.0)
}

/// Every number of a judgement by its bits.
fn bits(judgement: &Judgement) -> Vec<u64> {
    let of_metric = |m: &tidegate_judge::MetricJudgement| {
        [
            Some(m.log_e),
            m.log_e_fast,
            Some(m.log_e_pass),
            Some(m.phi),
            m.ratio,
            m.requests_needed,
            m.minutes_needed,
            m.least_requests,
            m.least_minutes,
        ]
    };
    let numbers = judgement.metrics.iter().flat_map(of_metric).chain([Some(judgement.combined_log_e)]);
    numbers.map(|number| number.map_or(0, f64::to_bits)).collect()
}

proptest! {
    // It does not hold for an earlier tick: what looks erratic raises φ and tempers every later tick (below).
    #[test]
    fn one_more_error_in_the_latest_tick_never_lowers_the_evidence(ticks in vec(tick(), 1..20)) {
        let worse = one_worse(ticks.clone(), ticks.len() - 1);
        prop_assert!(judged(&worse).combined_log_e >= judged(&ticks).combined_log_e - 1e-9);
    }

    #[test]
    fn one_more_error_in_any_tick_never_lowers_the_fast_evidence(
        ticks in vec(tick(), 1..20), at in any::<prop::sample::Index>(),
    ) {
        let worse = one_worse(ticks.clone(), at.index(ticks.len()));
        let fast = |ticks| judged(ticks).metrics[0].log_e_fast.expect("errors take the fast path");
        let before = fast(&ticks);
        prop_assert!(fast(&worse) >= before - 1e-9 * before.abs().max(1.0));
    }

    #[test]
    fn swapping_the_arms_mirrors_the_interval(ticks in vec(tick(), 0..15)) {
        let (there, back) = (interval(&ticks, Harm::Increase), interval(&swapped(&ticks), Harm::Increase));
        let mirrored = |bound: Option<f64>, other: Option<f64>| match (bound, other) {
            (Some(bound), Some(other)) => (bound * other - 1.0).abs() < 1e-6,
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        prop_assert!(mirrored(there.ratio, back.ratio), "{there:?} {back:?}");
        prop_assert!(mirrored(there.low, back.high), "{there:?} {back:?}");
        prop_assert!(mirrored(there.high, back.low), "{there:?} {back:?}");
    }

    #[test]
    fn a_harmful_fall_is_a_harmful_rise_with_the_arms_swapped(ticks in vec(tick(), 0..15)) {
        let metric = |ticks, harm| Metric { kind: Kind::Other, harm, ..errors(ticks) };
        let shown = |metric| judge(&input(vec![metric], StepTime::StepOver)).expect("the input has no faults");
        let fall = shown(metric(ticks.clone(), Harm::Decrease));
        let rise = shown(metric(swapped(&ticks), Harm::Increase));
        prop_assert_eq!(fall.metrics[0].log_e.to_bits(), rise.metrics[0].log_e.to_bits());
        prop_assert_eq!(fall.metrics[0].log_e_pass.to_bits(), rise.metrics[0].log_e_pass.to_bits());
    }

    #[test]
    fn judging_again_gives_the_same_bits(ticks in vec(tick(), 0..20)) {
        prop_assert_eq!(bits(&judged(&ticks)), bits(&judged(&ticks.clone())));
    }

    #[test]
    fn the_trace_of_a_list_cut_anywhere_is_the_trace_of_the_list_up_to_there(
        ticks in vec(tick(), 1..20), at in any::<prop::sample::Index>(),
    ) {
        let cut = at.index(ticks.len());
        let (whole, part) = (traced(&errors(ticks.clone())), traced(&errors(ticks[..cut].to_vec())));
        prop_assert_eq!(bits_of_trace(&whole[..cut]), bits_of_trace(&part));
    }

    #[test]
    fn the_trace_ends_with_what_the_judge_finds(ticks in vec(tick(), 1..20), step in step_time()) {
        let metric = errors(ticks);
        let last = *traced(&metric).last().expect("there is a tick");
        let found = judge(&input(vec![metric], step)).expect("the input has no faults").metrics.remove(0);
        prop_assert_eq!(last.log_e.to_bits(), found.log_e.to_bits());
        prop_assert_eq!(last.log_e_fast.map(f64::to_bits), found.log_e_fast.map(f64::to_bits));
    }

    #[test]
    fn a_trace_never_shows_more_of_a_pass_than_the_judge_finds(ticks in vec(tick(), 1..20)) {
        let metric = errors(ticks);
        let last = *traced(&metric).last().expect("there is a tick");
        let found = judge(&input(vec![metric], StepTime::BakeOver)).expect("the input has no faults");
        prop_assert!(at_most(last.log_e_pass, found.metrics[0].log_e_pass), "{last:?} {found:?}");
    }

    #[test]
    fn data_that_comes_late_leaves_no_mark(
        ticks in vec(tick(), 1..20), part in 0.0..=1.0_f64, at in any::<prop::sample::Index>(),
    ) {
        // At first a part of the candidate's requests of one minute is missing.
        let late = at.index(ticks.len());
        let mut early = ticks.clone();
        let candidate = &mut early[late].candidate;
        *candidate = Counts { total: scaled(candidate.total, part), bad: scaled(candidate.bad, part) };
        let (first, then) = (traced(&errors(early.clone())), traced(&errors(ticks.clone())));
        prop_assert_eq!(bits_of_trace(&first[..late]), bits_of_trace(&then[..late]));
        early[late] = ticks[late];
        prop_assert_eq!(bits(&judged(&early)), bits(&judged(&ticks)));
    }

    #[test]
    fn a_wider_margin_never_shows_more_harm_and_a_wider_pass_ratio_never_less_of_a_pass(
        ticks in vec(tick(), 1..15), r0 in 0.5..5.0_f64, r1 in 1.01..5.0_f64, wider in 1.0..3.0_f64,
    ) {
        let narrow = traced(&Metric { r0, r1, ..errors(ticks.clone()) });
        let wide = traced(&Metric { r0: r0 * wider, r1: r1 * wider, ..errors(ticks) });
        for (narrow, wide) in narrow.iter().zip(&wide) {
            prop_assert!(at_most(wide.log_e, narrow.log_e), "{wide:?} {narrow:?}");
            prop_assert!(at_most(narrow.log_e_pass, wide.log_e_pass), "{wide:?} {narrow:?}");
        }
    }

    #[test]
    fn the_lower_bound_is_below_the_upper_one(ticks in vec(tick(), 0..15)) {
        let shown = interval(&ticks, Harm::Increase);
        if let (Some(low), Some(high)) = (shown.low, shown.high) {
            prop_assert!(low < high, "{shown:?}");
        }
    }

    #[test]
    fn combined_evidence_lies_between_that_of_its_metrics(
        ticks in vec((tick(), tick()), 1..15), weight in 0.01..0.99_f64,
    ) {
        let (first, second): (Vec<_>, Vec<_>) = ticks.into_iter().unzip();
        let first = traced(&Metric { weight, ..errors(first) });
        let second = traced(&Metric { weight: 1.0 - weight, ..errors(second) });
        let combined = combined_trace(&[(weight, &first), (1.0 - weight, &second)]);
        prop_assert_eq!(combined.len(), first.len());
        for ((a, b), both) in first.iter().zip(&second).zip(combined) {
            let lowest = a.log_e.min(b.log_e);
            prop_assert!(at_most(lowest, both.log_e) && at_most(both.log_e, a.log_e.max(b.log_e)));
        }
    }

    #[test]
    fn weights_that_sum_to_one_are_judged_and_others_refused(
        ticks in vec(tick(), 0..5), parts in vec(0.01..1.0_f64, 1..5), off in prop_oneof![0.5..0.99_f64, 1.01..2.0_f64],
    ) {
        let sum: f64 = parts.iter().sum();
        let metrics = |scale: f64| {
            let metric = |(index, part): (usize, &f64)| Metric {
                name: format!("metric {index}"),
                weight: part / sum * scale,
                ..errors(ticks.clone())
            };
            parts.iter().enumerate().map(metric).collect::<Vec<_>>()
        };
        prop_assert!(judge(&input(metrics(1.0), StepTime::BakeOver)).is_ok());
        let faults = judge(&input(metrics(off), StepTime::BakeOver)).expect_err("the weights do not sum to 1");
        prop_assert!(faults.iter().any(|fault| fault.field == "weight"));
    }

    #[test]
    fn no_data_never_promotes(
        history in vec(tick(), 0..20), silent in vec(counts(20_000), 0..20), step in step_time(),
        told_share in 0.0..1.0_f64,
    ) {
        // Whatever earlier steps showed, this one has no candidate data.
        let step_start = history.len();
        let none = silent.into_iter().map(|stable| Tick { candidate: Counts::default(), stable });
        let metric = Metric { step_start, ..errors(history.into_iter().chain(none).collect()) };
        let asked = Input { told_share, ..input(vec![metric], step) };
        prop_assert_ne!(judge(&asked).expect("the input has no faults").verdict, Verdict::Promote);
    }

    #[test]
    fn no_metric_that_gates_never_promotes(ticks in vec(tick(), 0..20), step in step_time()) {
        let shown_only = Metric { weight: 0.0, ..errors(ticks) };
        for metrics in [vec![], vec![shown_only]] {
            let judgement = judge(&input(metrics, step)).expect("the input has no faults");
            prop_assert!(!matches!(judgement.verdict, Verdict::Promote | Verdict::RollBack(_)));
        }
    }

    // Of few events, or of ticks that disagree wildly, it does not hold: the halves in r̂ pull it towards 1, and it
    // pools the ticks where the bounds temper each by its own φ.
    #[test]
    fn the_interval_of_ticks_that_agree_holds_the_ratio(tick in eventful_tick(), minutes in 1..15_usize) {
        let shown = interval(&vec![tick; minutes], Harm::Increase);
        let ratio = shown.ratio.expect("both arms have events");
        prop_assert!(shown.low.is_none_or(|low| low <= ratio), "{shown:?}");
        prop_assert!(shown.high.is_none_or(|high| ratio <= high), "{shown:?}");
    }

    #[test]
    fn every_number_of_a_trace_is_finite(
        ticks in vec((counts(u64::MAX), counts(u64::MAX)), 0..10), weight in 0.0..=1.0_f64,
    ) {
        let ticks = ticks.into_iter().map(|(candidate, stable)| Tick { candidate, stable }).collect();
        let seen = traced(&Metric { weight, ..errors(ticks) });
        prop_assert!(bits_of_trace(&seen).into_iter().all(|bits| f64::from_bits(bits).is_finite()));
    }

    #[test]
    fn every_number_is_finite_and_every_input_without_faults_is_judged(
        ticks in vec((counts(u64::MAX), counts(u64::MAX)), 0..10), step in step_time(), sticky: bool,
        share in 0.0..=1.0_f64, above in 0.0..0.99_f64,
    ) {
        let ticks: Vec<_> = ticks.into_iter().map(|(candidate, stable)| Tick { candidate, stable }).collect();
        let split = ticks.iter().map(|t| SplitTick { share, candidate: t.candidate.total, stable: t.stable.total });
        let guard = Guard { name: "limit".to_owned(), metric: "errors".to_owned(), above, m: 2, n: 3 };
        let asked = Input {
            split: split.collect(),
            guards: vec![guard],
            routing: if sticky { Routing::Sticky } else { Routing::PerRequest },
            ..input(vec![errors(ticks)], step)
        };
        let judgement = judge(&asked).expect("the input has no faults");
        prop_assert!(bits(&judgement).into_iter().all(|bits| f64::from_bits(bits).is_finite()));
    }
}

/// Thirty calm minutes at 1 %, then `errors` of 300 in one minute, then five minutes at three times the rate.
fn calm_then_a_spike(errors: u64) -> Vec<Tick> {
    let minute =
        |bad| Tick { candidate: Counts { total: 300, bad }, stable: Counts { total: 5700, bad: 57 } };
    [vec![minute(3); 30], vec![minute(errors)], vec![minute(9); 5]].concat()
}

#[test]
fn an_erratic_minute_can_lower_the_evidence_of_the_minutes_after_it() {
    let (calm, erratic) = (judged(&calm_then_a_spike(15)), judged(&calm_then_a_spike(90)));
    assert!(erratic.metrics[0].phi > calm.metrics[0].phi);
    assert!(
        erratic.combined_log_e < calm.combined_log_e,
        "{} {}",
        erratic.combined_log_e,
        calm.combined_log_e
    );
}
