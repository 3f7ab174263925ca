//! That the evidence is evidence: under the null its mean is at most 1, by adding up every outcome there is. This
//! is what Ville's inequality needs, and it is tested against the binomial law, not against the code.

use crate::dispersion::{PHI_0, dispersion};
use crate::fast::Fast;
use crate::input::{Counts, Harm, Tick};
use crate::kernel::{Arms, Grid, Kernel, arms};
use crate::pass::{PASS_CAP, log_e_pass};

/// Requests of the candidate and of stable in each of two ticks.
const TRAFFIC: [(u64, u64); 2] = [(3, 6), (5, 4)];
const RATES: [f64; 5] = [0.01, 0.1, 0.3, 0.5, 0.66];

fn chance(total: u64, bad: u64, rate: f64) -> f64 {
    let ways: f64 = (0..bad).map(|i| as_float(total - i) / as_float(i + 1)).product();
    ways * libm::pow(rate, as_float(bad)) * libm::pow(1.0 - rate, as_float(total - bad))
}

fn as_float(count: u64) -> f64 {
    f64::from(u32::try_from(count).expect("a small count"))
}

/// Every outcome of one tick with its chance.
fn outcomes((n_c, n_s): (u64, u64), p_c: f64, p_s: f64) -> impl Iterator<Item = (Tick, f64)> {
    (0..=n_c).flat_map(move |x_c| {
        (0..=n_s).map(move |x_s| {
            let candidate = Counts { total: n_c, bad: x_c };
            let stable = Counts { total: n_s, bad: x_s };
            (Tick { candidate, stable }, chance(n_c, x_c, p_c) * chance(n_s, x_s, p_s))
        })
    })
}

/// The mean of `exp(evidence)` over both ticks, at the candidate's and stable's rate.
fn mean(p_c: f64, p_s: f64, evidence: impl Fn(&[Arms]) -> f64) -> f64 {
    let firsts = outcomes(TRAFFIC[0], p_c, p_s);
    let means = firsts.map(|(first, chance)| {
        let seconds = outcomes(TRAFFIC[1], p_c, p_s);
        let weighted = seconds
            .map(|(second, chance)| chance * libm::exp(evidence(&arms(&[first, second], Harm::Increase))));
        chance * weighted.sum::<f64>()
    });
    means.sum()
}

#[track_caller]
fn assert_valid(mean: f64) {
    assert!(mean <= 1.0 + 1e-12, "the mean is {mean}");
}

#[test]
fn the_chances_of_all_outcomes_sum_to_one() {
    assert!((mean(0.2, 0.3, |_| 0.0) - 1.0).abs() < 1e-12);
}

#[test]
fn evidence_for_harm_has_a_mean_of_at_most_one_at_the_margin_and_below() {
    let grid = Grid::new();
    for (rate, margin) in RATES.iter().flat_map(|rate| [1.0, 1.1, 1.5].map(|margin| (*rate, margin))) {
        let kernel = Kernel { grid: &grid, margin, cap: f64::INFINITY };
        for candidate in [rate * margin, rate * 0.5] {
            assert_valid(mean(candidate, rate, |ticks| kernel.plain(ticks, &[1.0, 1.0])));
            assert_valid(mean(candidate, rate, |ticks| kernel.plain(ticks, &dispersion(ticks, PHI_0))));
            assert_valid(mean(candidate, rate, |ticks| {
                kernel.mixed_over_starts(ticks, &dispersion(ticks, PHI_0))
            }));
        }
    }
}

#[test]
fn evidence_for_passing_has_a_mean_of_at_most_one_at_the_pass_ratio() {
    for rate in RATES {
        let evidence =
            |ticks: &[Arms]| log_e_pass(ticks, &dispersion(ticks, PHI_0), 1.5, PASS_CAP, &Grid::new());
        assert_valid(mean(rate * 1.5, rate, evidence));
    }
}

#[test]
fn fast_evidence_has_a_mean_of_at_most_one_when_either_process_has_no_case() {
    let grid = Grid::new();
    let fast = |ticks: &[Arms]| Fast::of(ticks, &grid);
    for rate in [0.01, 0.1, 0.2] {
        assert_valid(mean(rate * 5.0, rate, |ticks| fast(ticks).ratio));
        assert_valid(mean(0.02, rate, |ticks| fast(ticks).floor));
    }
}
