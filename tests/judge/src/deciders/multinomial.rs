//! The plain multinomial test: the likelihood ratio of Lindon & Malek over the same prior as the judge's, against
//! "no worse at all" (r0 = 1), neither tempered nor capped, at 5 %. It is what the judge would be without its
//! guards against rates that scatter.

use super::{Decider, Family};
use crate::draws::float;
use crate::scenario::Minute;

/// Points of the prior, `u` log-spaced from 0.05 to ln 1000 with weights `∝ u·exp(−u)`.
const POINTS: u32 = 24;
const LEAST: f64 = 0.05;
const LARGEST_RATIO: f64 = 1000.0;
/// The level of the test.
const ALPHA: f64 = 0.05;

/// The test with its prior.
#[derive(Debug, Clone, PartialEq)]
pub struct Multinomial {
    /// `(u, weight)`.
    prior: Vec<(f64, f64)>,
}

impl Multinomial {
    /// The test.
    pub fn new() -> Self {
        let (first, last) = (libm::log(LEAST), libm::log(libm::log(LARGEST_RATIO)));
        let at = |k| libm::exp(first + f64::from(k) * (last - first) / f64::from(POINTS - 1));
        let density = |u: f64| u * libm::exp(-u);
        let total: f64 = (0..POINTS).map(|k| density(at(k))).sum();
        Self { prior: (0..POINTS).map(|k| (at(k), density(at(k)) / total)).collect() }
    }

    fn log_e(&self, so_far: &[Minute]) -> f64 {
        let log_ratio = |u: f64| {
            let of_tick = |minute: &Minute| {
                let (candidate, stable) = (minute.tick.candidate, minute.tick.stable);
                if candidate.total == 0 || stable.total == 0 {
                    return 0.0;
                }
                let share = float(candidate.total) / (float(candidate.total) + float(stable.total));
                float(candidate.bad) * u
                    - float(candidate.bad + stable.bad) * libm::log1p(share * libm::expm1(u))
            };
            so_far.iter().map(of_tick).sum::<f64>()
        };
        let logs: Vec<_> = self.prior.iter().map(|&(u, weight)| log_ratio(u) + libm::log(weight)).collect();
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        largest + libm::log(logs.iter().map(|log| libm::exp(log - largest)).sum())
    }
}

impl Default for Multinomial {
    fn default() -> Self {
        Self::new()
    }
}

impl Decider for Multinomial {
    fn name(&self) -> String {
        "plain multinomial".to_owned()
    }

    fn family(&self) -> Family {
        Family::Test
    }

    fn rolls_back(&self, so_far: &[Minute]) -> bool {
        self.log_e(so_far) >= -libm::log(ALPHA)
    }
}

#[cfg(test)]
mod tests {
    use tidegate_judge::{Counts, Tick};

    use super::*;

    #[test]
    fn its_evidence_under_the_null_has_a_mean_of_one() {
        // Ten errors fall on either of two equal versions: the mean over all outcomes, by their binomial chances.
        let mut choose = 1.0;
        let mut mean = 0.0;
        for bad in 0..=10_u64 {
            let counts = |bad| Counts { total: 1000, bad };
            let tick = Tick { candidate: counts(bad), stable: counts(10 - bad) };
            let minute = Minute { tick, ..Minute::default() };
            mean += choose / 1024.0 * libm::exp(Multinomial::new().log_e(&[minute]));
            choose *= float(10 - bad) / float(bad + 1);
        }
        assert!((mean - 1.0).abs() < 1e-12, "{mean}");
    }
}
