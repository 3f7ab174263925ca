//! Latency, as counts of requests slower than the stable version's p50, p90 and p99 before the rollout. Latencies are
//! lognormal; both versions' median drifts together.

use std::fmt;

use tidegate_judge::{Counts, Tick};

use crate::draws::{Draws, Drift};
use crate::scenario::{MINUTES, Traffic};

/// Standard deviation of the logarithm of a latency. The median (100 ms) needs no number: only ratios to it count.
const SIGMA: f64 = 0.6;
/// How strongly the median of both versions drifts, as a standard deviation of its logarithm.
const SHARED_DRIFT: f64 = 0.1;
/// Standard normal quantiles at 50, 90 and 99 %.
const QUANTILES: [f64; 3] = [0.0, 1.281_551_565_544_600_4, 2.326_347_874_040_841];

/// What a release does to latency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Slowdown {
    /// Nothing.
    None,
    /// Every request takes longer by this factor.
    Median(f64),
    /// The median stays, the tail grows: the p99 is this factor longer.
    Tail(f64),
}

impl Slowdown {
    /// Shift of the logarithm of the median, and the candidate's sigma.
    fn shape(self) -> (f64, f64) {
        match self {
            Self::None => (0.0, SIGMA),
            Self::Median(factor) => (libm::log(factor), SIGMA),
            Self::Tail(factor) => (0.0, SIGMA + libm::log(factor) / QUANTILES[2]),
        }
    }
}

impl fmt::Display for Slowdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => write!(f, "none"),
            Self::Median(factor) => write!(f, "median ×{factor}"),
            Self::Tail(factor) => write!(f, "p99 ×{factor}"),
        }
    }
}

/// A release of a service that is watched for its latency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatencyScenario {
    /// Requests per second.
    pub rps: f64,
    /// What the release does.
    pub slowdown: Slowdown,
}

impl LatencyScenario {
    /// Plays one rollout: the requests slower than each of the three thresholds, minute by minute.
    pub fn play(&self, seed: u64, rollout: u64) -> [Vec<Tick>; 3] {
        let mut draws = Draws::of(seed, &format!("{self:?}"), rollout);
        let traffic = Traffic::new(self.rps, &mut draws);
        let mut drift = Drift::default();
        let (shift, sigma) = self.slowdown.shape();
        let mut slow = [const { Vec::new() }; 3];
        for minute in 0..MINUTES {
            let served = traffic.minute(minute, &mut draws);
            let median = SHARED_DRIFT * drift.next(&mut draws);
            let candidate = slower(served.candidate, median + shift, sigma, &mut draws);
            let stable = slower(served.stable, median, SIGMA, &mut draws);
            for ((ticks, candidate), stable) in slow.iter_mut().zip(candidate).zip(stable) {
                ticks.push(Tick { candidate, stable });
            }
        }
        slow
    }
}

/// How many requests are slower than each threshold: those above the p90 are among those above the p50, and so on.
fn slower(total: u64, median: f64, sigma: f64, draws: &mut Draws) -> [Counts; 3] {
    let (mut among, mut share) = (total, 1.0);
    QUANTILES.map(|quantile| {
        let above = upper_tail((quantile * SIGMA - median) / sigma);
        among = draws.binomial(among, above / share);
        share = above;
        Counts { total, bad: among }
    })
}

/// The chance that a standard normal number is above `z`.
fn upper_tail(z: f64) -> f64 {
    0.5 * libm::erfc(z / core::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::float;

    #[test]
    fn a_tenth_of_the_requests_is_slower_than_the_p90_where_nothing_drifts() {
        let mut draws = Draws::of(1, "latency", 0);
        let counts = slower(1_000_000, 0.0, SIGMA, &mut draws);
        for (counts, wanted) in counts.iter().zip([0.5, 0.1, 0.01]) {
            let share = float(counts.bad) / float(counts.total);
            assert!((share - wanted).abs() < 0.002, "{share} instead of {wanted}");
        }
    }

    #[test]
    fn a_longer_tail_leaves_the_median_and_moves_the_p99_to_its_factor() {
        let (shift, sigma) = Slowdown::Tail(1.2).shape();
        assert!(shift.abs() < f64::EPSILON);
        assert!((libm::exp(QUANTILES[2] * (sigma - SIGMA)) - 1.2).abs() < 1e-12);
    }
}
