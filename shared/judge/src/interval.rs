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
/// confidence sequences, by inverting the test). Both are monotone in the ratio, so each is one root. It
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
///
/// By Chandrupatla's method ("A new hybrid quadratic/bisection algorithm for finding the zero of a nonlinear function",
/// Advances in Engineering Software 28, 1997): inverse quadratic interpolation through the last three points where these
/// allow it, and halves where they do not. It takes about a quarter of the steps of bisection.
fn root(falling: impl Fn(f64) -> f64) -> Option<f64> {
    let at = |x: f64| Point { x, y: falling(x) };
    let (mut newest, mut other) = (at(-FARTHEST), at(FARTHEST));
    if newest.y < 0.0 {
        return None;
    }
    let mut part = 0.5;
    loop {
        let tried = at(newest.x + part * (other.x - newest.x));
        let before =
            if (tried.y < 0.0) == (newest.y < 0.0) { newest } else { std::mem::replace(&mut other, newest) };
        newest = tried;
        let width = libm::fabs(other.x - newest.x);
        if width <= NEAR || newest.y == 0.0 {
            let nearer = if libm::fabs(newest.y) < libm::fabs(other.y) { newest } else { other };
            return Some(nearer.x);
        }
        let least = NEAR / 2.0 / width;
        part = between(newest, other, before).unwrap_or(0.5).clamp(least, 1.0 - least);
    }
}

#[derive(Debug, Clone, Copy)]
struct Point {
    x: f64,
    y: f64,
}

/// At which part of the way from `a` to `b` the inverse quadratic through these points and `c` is 0, where it is monotone there.
fn between(a: Point, b: Point, c: Point) -> Option<f64> {
    let xi = (a.x - b.x) / (c.x - b.x);
    let phi = (a.y - b.y) / (c.y - b.y);
    let is_monotone = phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi;
    is_monotone.then(|| {
        a.y / (b.y - a.y) * c.y / (b.y - c.y)
            + (c.x - a.x) / (b.x - a.x) * a.y / (c.y - a.y) * b.y / (c.y - b.y)
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// The root, and how often the function was asked.
    fn counted(falling: impl Fn(f64) -> f64) -> (Option<f64>, u32) {
        let asked = Cell::new(0);
        let root = root(|x| {
            asked.set(asked.get() + 1);
            falling(x)
        });
        (root, asked.get())
    }

    #[test]
    fn a_root_is_found_in_far_fewer_steps_than_halves_where_the_function_is_smooth() {
        type Falling = fn(f64) -> f64;
        let halves = 46;
        let smooth: [(f64, Falling); 3] = [
            (0.7, |x| 0.7 - x),
            (1.25, |x| 900.0 * (libm::log1p(libm::exp(1.25 - x)) - libm::log(2.0))),
            (-3.0, |x| libm::fmin(1e6, (-3.0 - x) * 1e3)),
        ];
        for (wanted, falling) in smooth {
            let (root, asked) = counted(falling);
            assert!(libm::fabs(root.unwrap() - wanted) <= NEAR, "{root:?}, wanted {wanted}");
            assert!(asked < halves / 2, "{asked} for {wanted}");
        }
        let (root, asked) = counted(|x| if x < 2.0 { 1.0 } else { -1e9 });
        assert!(libm::fabs(root.unwrap() - 2.0) <= NEAR && asked <= 2 * halves, "{root:?} after {asked}");
        assert_eq!(counted(|x| -31.0 - x), (None, 2));
    }
}
