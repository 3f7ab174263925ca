//! The simulated world is what the document says it is: means, shares and scatter, from fixed seeds.

use tidegate_judge::Counts;
use tidegate_tests_judge::draws::{Draws, Drift, float};
use tidegate_tests_judge::scenario::{
    Cell, Effect, MINUTES, Minute, Noise, Release, STEP_MINUTES, Scenario, WEIGHTS, Who,
};

const SEED: u64 = 1;

fn busy(release: Release) -> Scenario {
    Scenario { cell: Cell { rps: 1000.0, base_rate: 0.01 }, release }
}

fn rollouts(scenario: &Scenario, n: u64) -> Vec<Minute> {
    (0..n).flat_map(|rollout| scenario.play(SEED, rollout)).collect()
}

fn rate(counts: impl Iterator<Item = Counts>) -> f64 {
    let (total, bad) = counts.fold((0, 0), |(total, bad), c| (total + c.total, bad + c.bad));
    float(bad) / float(total)
}

fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let n = float(values.len() as u64);
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / n).sqrt())
}

#[track_caller]
fn near(value: f64, wanted: f64, tolerance: f64) {
    assert!((value - wanted).abs() <= tolerance, "{value} instead of {wanted} ± {tolerance}");
}

#[test]
fn traffic_has_its_mean_and_is_dealt_out_by_the_weights() {
    let minutes = rollouts(&busy(Release::Harmless(Noise::Independent)), 200);
    let all: Vec<_> = minutes.iter().map(|m| float(m.tick.candidate.total + m.tick.stable.total)).collect();
    // The noise is lognormal around the wave: a mean of exp(0.1² / 2) times 60 000.
    near(mean_and_deviation(&all).0 / 60_000.0, 1.005, 0.02);
    for (step, weight) in WEIGHTS.into_iter().enumerate() {
        let of_step = || minutes.chunks(STEP_MINUTES).skip(step).step_by(WEIGHTS.len()).flatten();
        let requests = |of: fn(&Minute) -> u64| float(of_step().map(of).sum());
        let both = requests(|m| m.tick.candidate.total + m.tick.stable.total);
        near(requests(|m| m.tick.candidate.total) / both, weight, 0.001);
        near(requests(|m| m.baseline.total) / both, weight, 0.001);
    }
}

#[test]
fn a_harmless_release_fails_as_often_as_the_stable_version() {
    for noise in Noise::ALL.into_iter().filter(|noise| !matches!(noise, Noise::Outage | Noise::ColdStart)) {
        let minutes = rollouts(&busy(Release::Harmless(noise)), 300);
        near(rate(minutes.iter().map(|m| m.tick.candidate)), 0.01, 0.0005);
        near(rate(minutes.iter().map(|m| m.tick.stable)), 0.01, 0.0005);
        near(rate(minutes.iter().map(|m| m.baseline)), 0.01, 0.0005);
    }
}

#[test]
fn each_version_scatters_with_its_coefficient_of_variation() {
    let minutes = rollouts(&busy(Release::Harmless(Noise::Scatter(0.5))), 200);
    let last = minutes.iter().filter(|m| m.tick.candidate.total > 20_000);
    // The drift that both share cancels in the ratio of the two.
    let logs: Vec<_> = last
        .map(|m| (rate([m.tick.candidate].into_iter()) / rate([m.tick.stable].into_iter())).ln())
        .collect();
    // The logarithm of a gamma of shape 4 has the variance ψ₁(4) = 0.2838; two of them, and 1/300 each from counting.
    near(mean_and_deviation(&logs).1, (2.0 * 0.2838 + 2.0 / 300.0_f64).sqrt(), 0.03);
}

#[test]
fn bursts_are_clusters_of_four() {
    let mut draws = Draws::of(SEED, "clusters", 0);
    let sizes: Vec<_> = (0..100_000).map(|_| float(draws.cluster(4.0))).collect();
    let (mean, deviation) = mean_and_deviation(&sizes);
    near(mean, 4.0, 0.05);
    near(deviation, 12.0_f64.sqrt(), 0.1);
}

#[test]
fn a_drift_remembers_eight_tenths_and_tends_to_a_deviation_of_one() {
    let mut draws = Draws::of(SEED, "drift", 0);
    let mut drift = Drift::default();
    let values: Vec<_> = (0..200_000).map(|_| drift.next(&mut draws)).collect();
    let (mean, deviation) = mean_and_deviation(&values);
    near(mean, 0.0, 0.03);
    near(deviation, 1.0, 0.02);
    let products: Vec<_> = values.windows(2).map(|pair| pair[0] * pair[1]).collect();
    near(mean_and_deviation(&products).0, 0.8, 0.03);
}

#[test]
fn an_outage_hits_both_versions_for_three_to_five_minutes() {
    for rollout in 0..100 {
        let minutes = busy(Release::Harmless(Noise::Outage)).play(SEED, rollout);
        let out = |counts: Counts| rate([counts].into_iter()) > 0.2;
        let candidate: Vec<_> = minutes.iter().map(|m| out(m.tick.candidate)).collect();
        assert_eq!(candidate, minutes.iter().map(|m| out(m.tick.stable)).collect::<Vec<_>>());
        assert!((3..=5).contains(&candidate.iter().filter(|out| **out).count()), "{candidate:?}");
    }
}

#[test]
fn a_cold_candidate_fails_three_times_as_often_in_the_first_minute_of_a_step() {
    let minutes = rollouts(&busy(Release::Harmless(Noise::ColdStart)), 300);
    let of = |first: bool| {
        let minutes = minutes.iter().enumerate().filter(move |(m, _)| (m % STEP_MINUTES == 0) == first);
        let of = |of: fn(&Minute) -> Counts| rate(minutes.clone().map(|(_, minute)| of(minute)));
        of(|m| m.tick.candidate) / of(|m| m.tick.stable)
    };
    near(of(true), 3.0, 0.1);
    near(of(false), 1.0, 0.02);
}

#[test]
fn late_harm_begins_after_its_minute() {
    let minutes = rollouts(&busy(Release::Harmful { effect: Effect::Times(5.0), after: 20 }), 200);
    let ratio = |late: bool| {
        let minutes = minutes.iter().enumerate().filter(|(m, _)| (m % MINUTES >= 20) == late);
        let (candidate, stable): (Vec<_>, Vec<_>) =
            minutes.map(|(_, m)| (m.tick.candidate, m.tick.stable)).unzip();
        rate(candidate.into_iter()) / rate(stable.into_iter())
    };
    near(ratio(false), 1.0, 0.02);
    near(ratio(true), 5.0, 0.1);
}

#[test]
fn the_same_seed_plays_the_same_rollout_and_another_number_another_one() {
    let scenario = busy(Release::Drifting(Who::Each));
    assert_eq!(scenario.play(SEED, 3), scenario.play(SEED, 3));
    assert_ne!(scenario.play(SEED, 3), scenario.play(SEED, 4));
    assert_ne!(scenario.play(SEED, 3), scenario.play(SEED + 1, 3));
}
