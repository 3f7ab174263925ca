//! Which number goes where: each level, weight and share is one that another in its place would be noticed for.

use tidegate_judge::{
    Counts, Effort, Harm, Input, Judgement, Kind, Metric, Preset, RollBackCause, Routing, StepTime,
    Thresholds, Tick, Verdict, combined_trace, judge, trace,
};

/// A minute at 100 requests per second and 5 % weight: 300 requests to the candidate, 5700 to stable.
fn minute(candidate_bad: u64, stable_bad: u64) -> Tick {
    tick((300, candidate_bad), (5700, stable_bad))
}

fn tick(candidate: (u64, u64), stable: (u64, u64)) -> Tick {
    let counts = |(total, bad)| Counts { total, bad };
    Tick { candidate: counts(candidate), stable: counts(stable) }
}

fn metric(name: &str, kind: Kind, weight: f64, ticks: Vec<Tick>) -> Metric {
    Metric {
        name: name.to_owned(),
        kind,
        harm: Harm::Increase,
        ticks,
        r0: Preset::Balanced.error_margin(),
        r1: Preset::Balanced.pass_ratio(),
        weight,
        step_start: 0,
        unsettled: 0,
    }
}

fn judged(metrics: Vec<Metric>) -> Judgement {
    let input = Input {
        metrics,
        guards: vec![],
        thresholds: Thresholds::BALANCED,
        routing: Routing::PerRequest,
        split: vec![],
        step: StepTime::BeforeBake,
        told_share: 0.05,
        minutes_left: 10,
    };
    judge(&input).expect("the input has no faults")
}

/// Whether log evidence lies between the two levels of the preset: enough for the slow path, too little for the fast.
fn between_the_levels(log_e: f64) -> bool {
    let Thresholds { alpha_slow, alpha_fast } = Thresholds::BALANCED;
    (1.0 / alpha_slow).ln() < log_e && log_e < (1.0 / alpha_fast).ln()
}

#[test]
fn each_path_is_judged_at_its_own_level() {
    let fails = judged(vec![metric("errors", Kind::Errors, 1.0, vec![minute(20, 6)])]);
    assert!(fails.metrics[0].log_e_fast.is_some_and(between_the_levels), "{fails:?}");
    assert_eq!(fails.verdict, Verdict::Continue);
    let harms = judged(vec![metric("errors", Kind::Errors, 1.0, vec![minute(9, 57); 4])]);
    assert!(between_the_levels(harms.combined_log_e), "{harms:?}");
    assert_eq!(harms.verdict, Verdict::RollBack(RollBackCause::Harm));
}

#[test]
fn only_errors_take_the_fast_path() {
    let table = [
        (Kind::Errors, true, Verdict::RollBack(RollBackCause::FastPath)),
        (Kind::Other, false, Verdict::Continue),
    ];
    for (kind, takes_it, verdict) in table {
        let judgement = judged(vec![metric("count", kind, 1.0, vec![minute(300, 6)])]);
        assert_eq!(judgement.metrics[0].log_e_fast.is_some(), takes_it, "{kind:?}");
        assert_eq!(judgement.verdict, verdict, "{kind:?}");
    }
}

#[test]
fn culprits_are_those_of_the_path_that_fired_at_its_level_and_only_what_gates() {
    // Kind, cause, ticks of `worst` and `shown`, ticks of `worse` (between the levels), culprits.
    let table = [
        (Kind::Errors, RollBackCause::FastPath, vec![minute(300, 6)], vec![minute(21, 6)], vec!["worst"]),
        (
            Kind::Other,
            RollBackCause::Harm,
            vec![minute(9, 57); 8],
            vec![minute(9, 57); 3],
            vec!["worst", "worse"],
        ),
    ];
    for (kind, cause, most, more, culprits) in table {
        let judgement = judged(vec![
            metric("worst", kind, 0.5, most.clone()),
            metric("worse", kind, 0.5, more),
            metric("shown", kind, 0.0, most),
        ]);
        let worse = &judgement.metrics[1];
        assert!(between_the_levels(worse.log_e_fast.unwrap_or(worse.log_e)), "{worse:?}");
        assert_eq!(judgement.verdict, Verdict::RollBack(cause));
        assert_eq!(judgement.culprits, culprits);
    }
}

#[test]
fn the_traffic_needed_counts_dispersion_weight_and_the_traffic_of_the_step() {
    let at_5_percent = [minute(1, 57), minute(9, 57), minute(0, 57)];
    let at_a_quarter = [tick((1500, 15), (4500, 45)), tick((1700, 15), (4300, 45))];
    let ticks = [at_5_percent.as_slice(), &at_a_quarter].concat();
    let half = |name| Metric { step_start: 3, ..metric(name, Kind::Other, 0.5, ticks.clone()) };
    let judgement = judged(vec![half("first"), half("second")]);
    for shown in &judgement.metrics {
        assert!(shown.phi > 1.2, "{shown:?}");
        let effort = Effort {
            stable_rate: (3.0 * 57.0 + 2.0 * 45.0) / (3.0 * 5700.0 + 4500.0 + 4300.0),
            candidate_share: 3200.0 / 12_000.0,
            ratio: 2.0,
            margin: 1.10,
            alpha: 0.045 * 0.5,
            phi: shown.phi,
            log_e: shown.log_e,
        };
        let requests = effort.requests().expect("a doubling can be shown");
        let near = |got: Option<f64>, wanted: f64| got.is_some_and(|got| (got / wanted - 1.0).abs() < 1e-12);
        assert!(near(shown.requests_needed, requests), "{shown:?}, wanted {requests}");
        assert!(near(shown.minutes_needed, requests / 6000.0), "{shown:?}");
    }
}

#[test]
fn the_events_expected_on_the_candidate_are_its_share_of_all() {
    let table = [
        (tick((1000, 10), (3000, 30)), 10.0),
        (tick((1000, 0), (3000, 40)), 10.0),
        (tick((3000, 40), (1000, 0)), 30.0),
        (tick((0, 0), (3000, 40)), 0.0),
        (tick((3000, 40), (0, 0)), 0.0),
    ];
    for (tick, wanted) in table {
        let judgement = judged(vec![metric("errors", Kind::Errors, 1.0, vec![tick])]);
        let got = judgement.metrics[0].expected_events;
        assert!((got - wanted).abs() < 1e-12, "{tick:?}: {got}");
    }
}

#[test]
fn a_combined_trace_weights_both_paths_by_the_metrics_weights() {
    let parts = [
        (0.2, Kind::Errors, vec![minute(12, 57), minute(20, 6)]),
        (0.3, Kind::Errors, vec![minute(3, 57), minute(9, 40)]),
        (0.5, Kind::Other, vec![minute(15, 57), minute(18, 60)]),
    ];
    let seen = parts.map(|(weight, kind, ticks)| {
        (weight, trace(&metric("count", kind, weight, ticks), &Thresholds::BALANCED))
    });
    let combined = combined_trace(&seen.each_ref().map(|(weight, seen)| (*weight, seen.as_slice())));
    assert_eq!(combined.len(), 2);
    for (at, both) in combined.into_iter().enumerate() {
        let slow: f64 = seen.iter().map(|(weight, seen)| weight * seen[at].log_e.exp()).sum();
        let fast = seen.iter().filter_map(|(weight, seen)| Some(weight * seen[at].log_e_fast?.exp()));
        let fast: f64 = fast.sum();
        assert!((both.log_e - slow.ln()).abs() < 1e-12, "{both:?} at {at}, wanted {}", slow.ln());
        assert!((both.log_e_fast - fast.ln()).abs() < 1e-12, "{both:?} at {at}, wanted {}", fast.ln());
    }
}
