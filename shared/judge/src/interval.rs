//! The confidence sequence for the ratio of the rates, for display. It is no part of judging: its level (2.5 % a
//! side) is not the rollback level, so the test can fire while the interval still reaches below the margin.

use crate::dispersion::{PHI_0, dispersion, ratio};
use crate::input::{Harm, Tick};
use crate::judgement::Interval;
use crate::kernel::{Grid, Kernel, LN_40, arms};
use crate::pass::{PASS_CAP, log_e_pass};

/// Where roots are looked for, in `ln r`: ratios of 1e-13 to 1e13.
const FARTHEST: f64 = 30.0;
/// How near a root is found, in `ln r`.
const NEAR: f64 = 1e-12;

/// The confidence sequence for the ratio (for [`Harm::Decrease`] of stable over candidate), from all `ticks`.
///
/// The bounds are the ratios at which the evidence for more, or for less, is `ln 40` (Howard & Ramdas, time-uniform
/// confidence sequences, by inverting the test). Both are monotone in the ratio, so each is found by bisection. It
/// expects ticks with `bad <= total`, as [`judge`](crate::judge) checks them; label it "assuming independent
/// requests". The ratio shown is drawn towards 1 where events are few, and pools the ticks where the bounds temper
/// each by its own φ; so with few events, or ticks that disagree wildly, it can lie outside the bounds.
///
/// ```
/// use tidegate_judge::{Counts, Harm, Tick, interval};
///
/// let tick = |total, bad| Counts { total, bad };
/// let shown = interval(&[Tick { candidate: tick(3000, 60), stable: tick(57_000, 570) }; 5], Harm::Increase);
/// assert!(shown.low > Some(1.5) && shown.high < Some(2.7));
/// ```
pub fn interval(ticks: &[Tick], harm: Harm) -> Interval {
    let grid = Grid::new();
    let arms = arms(ticks, harm);
    let phis = dispersion(&arms, PHI_0);
    // Log evidence short of ln 40; each falls as its argument rises, so the bounds are mirror images.
    let worse_than = |ln_r: f64| {
        Kernel { grid: &grid, margin: libm::exp(ln_r), cap: PASS_CAP }.plain(&arms, &phis) - LN_40
    };
    let better_than =
        |minus_ln_r: f64| log_e_pass(&arms, &phis, libm::exp(-minus_ln_r), PASS_CAP, &grid) - LN_40;
    Interval {
        ratio: ratio(&arms),
        low: root(worse_than).map(libm::exp),
        high: root(better_than).map(|minus_ln_r| libm::exp(-minus_ln_r)),
    }
}

/// Where a falling function crosses 0, or `None` where it starts below 0 already. At the far end it is always
/// below: evidence against a boundless margin is at most 0.
fn root(falling: impl Fn(f64) -> f64) -> Option<f64> {
    let (mut above, mut below) = (-FARTHEST, FARTHEST);
    if falling(above) < 0.0 {
        return None;
    }
    while below - above > NEAR {
        let middle = f64::midpoint(above, below);
        if falling(middle) >= 0.0 {
            above = middle;
        } else {
            below = middle;
        }
    }
    Some(f64::midpoint(above, below))
}
