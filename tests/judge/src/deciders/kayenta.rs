//! Kayenta's `NetflixACAJudge`: the candidate's error rates by minute against those of an equally large baseline
//! fleet, by the Mann-Whitney test, on a window that grows.
//!
//! `MannWhitneyClassifier`: a metric is High where the lower end of the 98 % interval of the shift is above a quarter
//! of the estimated shift and the ratio of the means is at least 1. A minute without requests is `NaN`, which the
//! default strategy replaces by 0. Equal samples pass; where both are constant, noise breaks the ties; means of 0
//! leave the ratio at 1 (baseline) or undefined (candidate).

use super::{Decider, Family, rate, wilcoxon};
use crate::draws::float;
use crate::scenario::Minute;

/// The share of the estimated shift that is tolerated.
const TOLERANCE: f64 = 0.25;
/// Kayenta's noise for constant samples, as a share of their value.
const NOISE: f64 = 1e-5;

/// Kayenta, judging every `interval` minutes all minutes since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kayenta {
    /// Minutes between judgements.
    pub interval: usize,
}

impl Decider for Kayenta {
    fn name(&self) -> String {
        format!("Kayenta {} min, growing", self.interval)
    }

    fn family(&self) -> Family {
        Family::Fleets
    }

    fn rolls_back(&self, so_far: &[Minute]) -> bool {
        if so_far.is_empty() || !so_far.len().is_multiple_of(self.interval) {
            return false;
        }
        let experiment: Vec<_> =
            so_far.iter().map(|minute| rate(minute.tick.candidate).unwrap_or(0.0)).collect();
        let control: Vec<_> = so_far.iter().map(|minute| rate(minute.baseline).unwrap_or(0.0)).collect();
        is_high(experiment, control)
    }
}

/// The classifier.
fn is_high(mut experiment: Vec<f64>, mut control: Vec<f64>) -> bool {
    experiment.sort_unstable_by(f64::total_cmp);
    control.sort_unstable_by(f64::total_cmp);
    if experiment == control {
        return false;
    }
    if constant(&experiment) && constant(&control) {
        spread(&mut experiment);
        spread(&mut control);
    }
    let Some(shift) = wilcoxon::shift(&experiment, &control) else { return false };
    shift.low > TOLERANCE * shift.estimate.abs() && mean_ratio(&experiment, &control) >= 1.0
}

fn constant(sorted: &[f64]) -> bool {
    sorted.first() == sorted.last()
}

/// Breaks ties, evenly where Kayenta draws from a normal distribution: only the order matters, and the draws of a
/// decider must not depend on chance.
fn spread(values: &mut [f64]) {
    for (value, rank) in values.iter_mut().zip(0_u64..) {
        *value += *value * NOISE * float(rank);
    }
}

fn mean_ratio(experiment: &[f64], control: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / float(values.len() as u64);
    match (mean(experiment), mean(control)) {
        (_, 0.0) => 1.0,
        (0.0, _) => f64::NAN,
        (experiment, control) => experiment / control,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_looks_only_when_its_interval_is_over() {
        let counts = |bad| tidegate_judge::Counts { total: 1000, bad };
        let minute = |bad| Minute {
            tick: tidegate_judge::Tick { candidate: counts(500 + bad), stable: counts(bad) },
            baseline: counts(bad),
        };
        let minutes: Vec<_> = (1..=6).map(minute).collect();
        let kayenta = Kayenta { interval: 5 };
        let fires: Vec<_> = (1..=6).map(|n| kayenta.rolls_back(&minutes[..n])).collect();
        assert_eq!(fires, [false, false, false, false, true, false]);
    }

    #[test]
    fn samples_that_are_equal_pass() {
        assert!(!is_high(vec![0.1, 0.2, 0.3], vec![0.3, 0.1, 0.2]));
    }

    #[test]
    fn constant_samples_that_lie_apart_are_high() {
        assert!(is_high(vec![1.0; 5], vec![0.0; 5]));
        assert!(!is_high(vec![0.0; 5], vec![1.0; 5]));
    }

    #[test]
    fn a_shift_that_the_interval_does_not_exclude_passes() {
        assert!(!is_high(vec![0.01, 0.03, 0.02, 0.05, 0.04], vec![0.02, 0.01, 0.04, 0.03, 0.025]));
    }
}
