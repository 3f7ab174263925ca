//! The traffic-split test: does the router do what it was told? A mismatch holds the rollout; it never rolls back
//! by itself.

use crate::input::SplitTick;
use crate::kernel::{Arms, Grid, Kernel, LN_40, float, log_sum_exp, reaches};

/// How far the router may be off before it counts, as a ratio of odds.
const MARGIN: f64 = 1.1;
/// Requests the candidate must have been due before the test speaks.
const LEAST_EXPECTED_REQUESTS: f64 = 50.0;

/// Whether the router is shown to send more or less than its share to the candidate. The level is 2.5 %, as wherever
/// nothing is rolled back (README, "Why 40").
pub(crate) fn mismatch(split: &[SplitTick], grid: &Grid) -> bool {
    let expected: f64 =
        split.iter().map(|tick| tick.share * (float(tick.candidate) + float(tick.stable))).sum();
    expected >= LEAST_EXPECTED_REQUESTS && reaches(log_e_split(split, grid), LN_40)
}

/// Log evidence that the split is off: the kernel with the shares as exposure and requests as events, half of it
/// for too much and half for too little.
pub(crate) fn log_e_split(split: &[SplitTick], grid: &Grid) -> f64 {
    let dealt: Vec<_> = split.iter().map(dealt).collect();
    let mirrored: Vec<_> = dealt.iter().map(|tick| tick.swapped()).collect();
    let kernel = Kernel { grid, margin: MARGIN, cap: f64::INFINITY };
    let phis = vec![1.0; split.len()];
    log_sum_exp([dealt, mirrored].iter().map(|ticks| kernel.plain(ticks, &phis) - core::f64::consts::LN_2))
}

fn dealt(tick: &SplitTick) -> Arms {
    Arms { n_c: tick.share, n_s: 1.0 - tick.share, x_c: float(tick.candidate), x_s: float(tick.stable) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_router_is_off_at_forty_to_one_and_not_before() {
        let grid = Grid::new();
        // Candidate requests where 3000 are due, the evidence to one, and whether it suffices.
        for (candidate, evidence, off) in [(3522, 18.5, false), (3533, 38.2, false), (3534, 40.8, true)] {
            let split = [SplitTick { share: 0.05, candidate, stable: 57_000 }];
            let found = libm::exp(log_e_split(&split, &grid));
            assert!((found - evidence).abs() < 0.1, "{candidate}: {found}");
            assert_eq!(mismatch(&split, &grid), off, "{candidate}");
        }
    }
}
