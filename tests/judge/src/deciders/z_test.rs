//! A two-proportion z-test on all counts so far, one-sided at 5 %, looked at every minute: what one writes before one
//! has heard of peeking.

use super::{Decider, Family, rate, sum};
use crate::draws::float;
use crate::scenario::Minute;

/// The one-sided 5 % point of the normal distribution.
const CRITICAL: f64 = 1.644_853_626_951_472_7;

/// The test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZTest;

impl Decider for ZTest {
    fn name(&self) -> String {
        "z-test p < .05, peeking".to_owned()
    }

    fn family(&self) -> Family {
        Family::Test
    }

    fn rolls_back(&self, so_far: &[Minute]) -> bool {
        let candidate = sum(so_far.iter().map(|minute| minute.tick.candidate));
        let stable = sum(so_far.iter().map(|minute| minute.tick.stable));
        let (Some(p_c), Some(p_s), Some(pooled)) =
            (rate(candidate), rate(stable), rate(sum([candidate, stable].into_iter())))
        else {
            return false;
        };
        let spread = pooled * (1.0 - pooled) * (1.0 / float(candidate.total) + 1.0 / float(stable.total));
        spread > 0.0 && (p_c - p_s) / spread.sqrt() > CRITICAL
    }
}

#[cfg(test)]
mod tests {
    use tidegate_judge::{Counts, Tick};

    use super::*;

    fn minute(candidate_bad: u64) -> [Minute; 1] {
        let counts = |bad| Counts { total: 1000, bad };
        [Minute { tick: Tick { candidate: counts(candidate_bad), stable: counts(20) }, ..Minute::default() }]
    }

    #[test]
    fn it_rolls_back_where_the_difference_passes_1_645_standard_errors() {
        // 31 against 20 of 1000 each is z = 1.560, 32 is z = 1.687.
        assert!(!ZTest.rolls_back(&minute(31)));
        assert!(ZTest.rolls_back(&minute(32)));
    }

    #[test]
    fn it_says_nothing_without_requests_or_errors() {
        assert!(!ZTest.rolls_back(&[Minute::default()]));
        assert!(!ZTest.rolls_back(&[]));
    }
}
