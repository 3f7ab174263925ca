//! The shift between two samples by the Mann-Whitney test, as R's `wilcox.test(conf.int = TRUE, exact = FALSE)` and,
//! after it, Kayenta's `MannWhitney.scala` find it: the roots of the standardised statistic in the shift, by Brent's
//! method. The statistic is a step function; where its roots come out depends on the method, so it is the same.
//! As in Kayenta, and unlike in R, the estimate too is found with the correction for continuity.

use crate::draws::float;

/// The upper 1 % point of the normal distribution: an interval of 98 %.
const UPPER_1_PERCENT: f64 = 2.326_347_874_040_841;
/// How near a root is found. R's default is 1e-4; Kayenta's own solver (`KayentaBrentSolver.java`) takes 1e-6.
const NEAR: f64 = 1e-6;
/// Steps of Brent's method at most, as in R.
const STEPS: usize = 1000;

/// How far the first sample lies above the second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// Lower end of the 98 % interval.
    pub low: f64,
    /// The estimate.
    pub estimate: f64,
}

/// The shift of `x` over `y`, both sorted and not empty. `None` where every observation is tied.
pub fn shift(x: &[f64], y: &[f64]) -> Option<Shift> {
    Some(Shift { low: root(x, y, UPPER_1_PERCENT)?, estimate: root(x, y, 0.0)? })
}

/// The shift at which the statistic falls to a quantile; the least or the greatest there is where it never does.
fn root(x: &[f64], y: &[f64], quantile: f64) -> Option<f64> {
    let (least, greatest) = (x.first()? - y.last()?, x.last()? - y.first()?);
    let above = |shift: f64| standardised(x, y, shift) - quantile;
    let (low, high) =
        (Place { at: least, value: above(least) }, Place { at: greatest, value: above(greatest) });
    if low.value.is_nan() || high.value.is_nan() {
        return None;
    }
    if low.value <= 0.0 {
        return Some(least);
    }
    if high.value >= 0.0 {
        return Some(greatest);
    }
    Some(brent(above, low, high))
}

/// The statistic of `x − shift` against `y`, standardised with the correction for continuity and for ties; not a
/// number where all are tied.
fn standardised(x: &[f64], y: &[f64], shift: f64) -> f64 {
    let (n_x, n_y) = (float(x.len() as u64), float(y.len() as u64));
    let (mut x, mut y) = (x.iter().map(|x| x - shift).peekable(), y.iter().copied().peekable());
    let (mut wins, mut ties, mut y_below) = (0.0, 0.0, 0.0);
    loop {
        // The next smallest value, and how often it stands in either sample.
        let value = match (x.peek(), y.peek()) {
            (Some(x), Some(y)) => x.min(*y),
            (Some(value), None) | (None, Some(value)) => *value,
            (None, None) => break,
        };
        let (mut of_x, mut of_y) = (0.0, 0.0);
        while x.next_if(|x| *x <= value).is_some() {
            of_x += 1.0;
        }
        while y.next_if(|y| *y <= value).is_some() {
            of_y += 1.0;
        }
        wins += of_x * (y_below + of_y / 2.0);
        y_below += of_y;
        let equal: f64 = of_x + of_y;
        ties += equal * equal * equal - equal;
    }
    let n = n_x + n_y;
    let off = wins - n_x * n_y / 2.0;
    let correction = if off == 0.0 { 0.0 } else { 0.5_f64.copysign(off) };
    let variance = n_x * n_y / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)));
    if variance > 0.0 { (off - correction) / variance.sqrt() } else { f64::NAN }
}

/// A place and the function's value there.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    at: f64,
    value: f64,
}

/// Brent's root finder, step by step as R's `zeroin` does it. The two ends must lie on either side of 0.
fn brent(f: impl Fn(f64) -> f64, low: Place, high: Place) -> f64 {
    // The best place so far, the one before it, and one on the other side of the root.
    let (mut best, mut before, mut beyond) = (high, low, low);
    for _ in 0..=STEPS {
        let step_before = best.at - before.at;
        if beyond.value.abs() < best.value.abs() {
            (before, best, beyond) = (best, beyond, best);
        }
        let tolerance = 2.0 * f64::EPSILON * best.at.abs() + NEAR / 2.0;
        let half = (beyond.at - best.at) / 2.0;
        if half.abs() <= tolerance || best.value == 0.0 {
            break;
        }
        let mut step = half;
        if step_before.abs() >= tolerance && before.value.abs() > best.value.abs() {
            step = interpolated(before, best, beyond, step_before, tolerance).unwrap_or(half);
        }
        if step.abs() < tolerance {
            step = tolerance.copysign(step);
        }
        before = best;
        best.at += step;
        best.value = f(best.at);
        if best.value * beyond.value > 0.0 {
            beyond = before;
        }
    }
    best.at
}

/// A step by interpolation, linear or inverse quadratic; `None` where it would leave the bracket or be too large.
fn interpolated(before: Place, best: Place, beyond: Place, step_before: f64, tolerance: f64) -> Option<f64> {
    let span = beyond.at - best.at;
    let last = best.value / before.value;
    let (above, below) = if before == beyond {
        (span * last, 1.0 - last)
    } else {
        let (ends, far) = (before.value / beyond.value, best.value / beyond.value);
        let above = last * (span * ends * (ends - far) - (best.at - before.at) * (far - 1.0));
        (above, (ends - 1.0) * (far - 1.0) * (last - 1.0))
    };
    let (above, below) = if above > 0.0 { (above, -below) } else { (-above, below) };
    let inside = above < 0.75 * span * below - (tolerance * below).abs() / 2.0;
    (inside && above < (step_before * below / 2.0).abs()).then(|| above / below)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R's data set `sleep`, sorted: extra hours under the first drug and the second. It has ties.
    const FIRST: [f64; 10] = [-1.6, -1.2, -0.2, -0.1, 0.0, 0.7, 0.8, 2.0, 3.4, 3.7];
    const SECOND: [f64; 10] = [-0.1, 0.1, 0.8, 1.1, 1.6, 1.9, 3.4, 4.4, 4.6, 5.5];
    const UPPER_2_5_PERCENT: f64 = 1.959_963_984_540_054;

    fn p_value(x: &[f64], y: &[f64]) -> f64 {
        libm::erfc(standardised(x, y, 0.0).abs() / core::f64::consts::SQRT_2)
    }

    #[test]
    fn it_gives_the_p_values_of_r() {
        // wilcox.test(extra ~ group, data = sleep, exact = FALSE)
        assert!((p_value(&FIRST, &SECOND) - 0.06933).abs() < 5e-6);
        // wilcox.test(1:5, 6:10, exact = FALSE)
        assert!((p_value(&[1.0, 2.0, 3.0, 4.0, 5.0], &[6.0, 7.0, 8.0, 9.0, 10.0]) - 0.01219).abs() < 5e-6);
    }

    #[test]
    fn it_gives_the_interval_and_the_estimate_of_r() {
        // wilcox.test(extra ~ group, data = sleep, conf.int = TRUE, exact = FALSE): -1.35, [-3.60, 0.10]
        let off = |quantile, wanted: f64| root(&FIRST, &SECOND, quantile).map(|root| (root - wanted).abs());
        assert!(off(UPPER_2_5_PERCENT, -3.6) < Some(0.005));
        assert!(off(-UPPER_2_5_PERCENT, 0.1) < Some(0.005));
        // The correction for continuity, which Kayenta keeps here and R drops, makes the estimate a little vague.
        assert!(off(0.0, -1.35) < Some(0.1));
    }

    #[test]
    fn five_values_against_five_lie_apart_at_the_least_shift() {
        let (x, y) = ([6.0, 7.0, 8.0, 9.0, 10.0], [1.0, 2.0, 3.0, 4.0, 5.0]);
        let shift = shift(&x, &y).expect("not all are tied");
        assert!((shift.low - 1.0).abs() < 1e-5 && (shift.estimate - 5.0).abs() < 0.5, "{shift:?}");
    }

    #[test]
    fn all_tied_has_no_shift() {
        assert_eq!(shift(&[1.0; 3], &[1.0; 3]), None);
    }
}
