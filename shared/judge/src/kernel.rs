//! Kernel A: the evidence that events fall on one arm more often than a margin allows. It works on exposures and
//! events of two arms and knows nothing of metrics, steps or verdicts.
//!
//! The likelihood ratio is that of multinomial counts given their sum, mixed over a grid of effects (Lindon & Malek,
//! "Anytime-Valid Inference for Multinomial Count Data"; Lindon, Sanden & Shirikian, arXiv 2205.14762). The crate's
//! README holds every formula.
//!
//! `θ0 = r0·n_c/(r0·n_c + n_s)` is the suspected arm's share of the events at the margin, and
//! `θ1 = θ0·e^u/(1 + θ0·(e^u − 1))` that share tilted by the effect u. An event on the suspected arm multiplies the
//! likelihood ratio by θ1/θ0, one on the other by (1−θ1)/(1−θ0). For independent requests, by 1 + y <= e^y, its mean at
//! `p_c = r0·p_s` is
//!
//! `E[LR] <= exp{p_s·(r0·n_c + n_s)·[(θ1−θ0) + (θ0−θ1)]} = 1`,
//!
//! whatever `p_s` does from tick to tick; a lower `p_c` only lowers it, since θ1 > θ0. Tempering by φ >= 1, known
//! before the tick, keeps that (Jensen), the cap lowers it, a mixture is convex, and Ville's inequality bounds the
//! chance that it ever reaches 1/α, however often one looks.

use crate::input::{Counts, Harm, Tick};

/// Points of the grid of effects, which is the prior.
const GRID: usize = 24;
/// Gaps between them.
const GAPS: f64 = 23.0;
/// The smallest effect on the grid, as `u = ln(ratio over the margin)`.
const LEAST_EFFECT: f64 = 0.05;
/// The largest effect of the slow grid: a ratio of 1000 over the margin.
const LARGEST_RATIO: f64 = 1000.0;
/// Prior chance that harm begins with the first tick.
const STARTS_AT_ONCE: f64 = 0.5;
/// Chance per tick that it begins later, η: after an hour in the mean.
const STARTS_LATER: f64 = 1.0 / 60.0;

/// Log evidence at which the confidence sequence is cut and a step passes: `ln 40`, 2.5 % a side.
pub(crate) const LN_40: f64 = 3.688_879_454_113_936;
/// A sum of logs may fall short of its threshold by rounding alone.
const ROUNDING: f64 = 1e-9;

/// Whether the evidence reaches level `alpha`: `logE >= ln(1/α) − 1e-9`.
pub(crate) fn fires(log_e: f64, alpha: f64) -> bool {
    reaches(log_e, log_threshold(alpha))
}

/// Whether the evidence reaches a threshold, rounding aside.
pub(crate) fn reaches(log_e: f64, threshold: f64) -> bool {
    log_e >= threshold - ROUNDING
}

/// `ln(1/α)`.
pub(crate) fn log_threshold(alpha: f64) -> f64 {
    -libm::log(alpha)
}

/// A count as a float, exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "2^53 requests in a minute are out of reach")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

/// One tick as the kernel sees it: `c` is the arm under suspicion, `s` the one it is compared with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arms {
    pub n_c: f64,
    pub n_s: f64,
    pub x_c: f64,
    pub x_s: f64,
}

impl Arms {
    /// The arms of a tick, swapped where fewer events are the harm.
    pub(crate) fn of(tick: &Tick, harm: Harm) -> Self {
        let Tick { candidate, stable } = tick;
        let of = |c: &Counts, s: &Counts| Self {
            n_c: float(c.total),
            n_s: float(s.total),
            x_c: float(c.bad),
            x_s: float(s.bad),
        };
        match harm {
            Harm::Increase => of(candidate, stable),
            Harm::Decrease => of(stable, candidate),
        }
    }

    pub(crate) fn swapped(self) -> Self {
        Self { n_c: self.n_s, n_s: self.n_c, x_c: self.x_s, x_s: self.x_c }
    }

    /// Events of both arms, `m`.
    pub(crate) fn events(&self) -> f64 {
        self.x_c + self.x_s
    }

    /// Whether the tick compares anything: both arms served, and something happened.
    pub(crate) fn usable(&self) -> bool {
        self.n_c > 0.0 && self.n_s > 0.0 && self.events() > 0.0
    }
}

/// The arms of many ticks.
pub(crate) fn arms(ticks: &[Tick], harm: Harm) -> Vec<Arms> {
    ticks.iter().map(|tick| Arms::of(tick, harm)).collect()
}

/// A point of the prior.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effect {
    pub u: f64,
    pub expm1_u: f64,
    pub ln_weight: f64,
}

/// The prior over effects: `u_k` log-spaced, `w_k ∝ u_k·exp(−u_k)`, normalised.
#[derive(Debug, Clone)]
pub(crate) struct Grid([Effect; GRID]);

impl Grid {
    /// The grid of all but the floor process, `u` from 0.05 to ln 1000 (README, "Kernel A").
    pub(crate) fn new() -> Self {
        Self::up_to(libm::log(LARGEST_RATIO))
    }

    /// The same form with another largest effect.
    pub(crate) fn up_to(largest: f64) -> Self {
        let (first, last) = (libm::log(LEAST_EFFECT), libm::log(largest));
        let gap = (last - first) / GAPS;
        let mut effects = [Effect { u: 0.0, expm1_u: 0.0, ln_weight: 0.0 }; GRID];
        for (effect, k) in effects.iter_mut().zip(0_u32..) {
            let ln_u = first + f64::from(k) * gap;
            let u = libm::exp(ln_u);
            *effect = Effect { u, expm1_u: libm::expm1(u), ln_weight: ln_u - u };
        }
        let total = log_sum_exp(effects.iter().map(|effect| effect.ln_weight));
        for effect in &mut effects {
            effect.ln_weight -= total;
        }
        Self(effects)
    }

    pub(crate) fn effects(&self) -> &[Effect; GRID] {
        &self.0
    }
}

/// Kernel A at one margin and cap.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kernel<'a> {
    pub grid: &'a Grid,
    /// `r0`.
    pub margin: f64,
    /// The most log evidence one tick may supply, `c`; infinite for none.
    pub cap: f64,
}

impl Kernel<'_> {
    /// Log evidence if harm begins with the first tick: `logsumexp_k(Σ X_k + ln w_k)`. `phis` temper tick by tick.
    pub(crate) fn plain(&self, ticks: &[Arms], phis: &[f64]) -> f64 {
        let mut sums = Plain::default();
        for (tick, &phi) in ticks.iter().zip(phis) {
            sums.add(self, tick, phi);
        }
        sums.log_e(self)
    }

    /// Log evidence mixed over the tick at which harm begins, so that evidence for the null gathered before a leak
    /// shows does not drown it: `E = Σ_k w_k·A_k + (1 − Σ π)`.
    pub(crate) fn mixed_over_starts(&self, ticks: &[Arms], phis: &[f64]) -> f64 {
        let mut mixture = StartMixture::default();
        for (tick, &phi) in ticks.iter().zip(phis) {
            mixture.add(self, tick, phi);
        }
        mixture.log_e(self)
    }

    /// θ0, the suspected arm's share of the events at the margin.
    fn share(&self, tick: &Arms) -> f64 {
        let suspected = self.margin * tick.n_c;
        suspected / (suspected + tick.n_s)
    }

    /// `X_k = min((x_c·u_k − m·ln(1 + θ0·expm1(u_k))) / φ, c)`.
    fn tempered(&self, tick: &Arms, share: f64, phi: f64, effect: &Effect) -> f64 {
        let log_ratio = tick.x_c * effect.u - tick.events() * libm::log1p(share * effect.expm1_u);
        (log_ratio / phi).min(self.cap)
    }
}

/// The plain form, tick by tick: the running sums `L_k = Σ X_k`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plain {
    sums: [f64; GRID],
    /// Whether any tick compared something. Before that there is no evidence, not even by rounding.
    compared: bool,
}

impl Plain {
    /// Adds a tick; one that compares nothing adds nothing.
    pub(crate) fn add(&mut self, kernel: &Kernel<'_>, tick: &Arms, phi: f64) {
        if tick.usable() {
            let share = kernel.share(tick);
            self.compared = true;
            for (sum, effect) in self.sums.iter_mut().zip(kernel.grid.effects()) {
                *sum += kernel.tempered(tick, share, phi, effect);
            }
        }
    }

    /// Log evidence of the ticks so far.
    pub(crate) fn log_e(&self, kernel: &Kernel<'_>) -> f64 {
        if !self.compared {
            return 0.0;
        }
        log_sum_exp(self.sums.iter().zip(kernel.grid.effects()).map(|(sum, effect)| sum + effect.ln_weight))
    }
}

/// The mixture over starts, tick by tick: `ln A_k`, and the prior of a harm that has not begun.
#[derive(Debug, Clone)]
pub(crate) struct StartMixture {
    ln_started: [f64; GRID],
    /// `ln π` of the tick to come.
    ln_start: f64,
    /// `ln (1 − Σ π)` of the ticks so far.
    ln_not_started: f64,
    begun: bool,
    /// As in [`Plain`].
    compared: bool,
}

impl Default for StartMixture {
    fn default() -> Self {
        let ln_started = [f64::NEG_INFINITY; GRID];
        Self {
            ln_started,
            ln_start: libm::log(STARTS_AT_ONCE),
            ln_not_started: 0.0,
            begun: false,
            compared: false,
        }
    }
}

impl StartMixture {
    /// Adds a tick. Every tick counts for π, also one that adds no evidence.
    pub(crate) fn add(&mut self, kernel: &Kernel<'_>, tick: &Arms, phi: f64) {
        let share = tick.usable().then(|| kernel.share(tick));
        self.compared |= share.is_some();
        for (log_a, effect) in self.ln_started.iter_mut().zip(kernel.grid.effects()) {
            *log_a = log_add_exp(*log_a, self.ln_start);
            if let Some(share) = share {
                *log_a += kernel.tempered(tick, share, phi, effect);
            }
        }
        // What is left after tick t is ½·(1−η)^(t−1), and tick t+1 takes the share η of it.
        let started = if self.begun { STARTS_LATER } else { STARTS_AT_ONCE };
        self.ln_not_started += libm::log1p(-started);
        self.ln_start = self.ln_not_started + libm::log(STARTS_LATER);
        self.begun = true;
    }

    /// Log evidence of the ticks so far.
    pub(crate) fn log_e(&self, kernel: &Kernel<'_>) -> f64 {
        if !self.compared {
            return 0.0;
        }
        let started =
            self.ln_started.iter().zip(kernel.grid.effects()).map(|(log_a, effect)| log_a + effect.ln_weight);
        log_sum_exp(started.chain([self.ln_not_started]))
    }
}

/// `ln(Σ exp(x))`, with the maximum subtracted. Of nothing it is −∞.
pub(crate) fn log_sum_exp(logs: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = logs.clone().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    largest + libm::log(logs.map(|log| libm::exp(log - largest)).sum())
}

/// `ln(exp(a) + exp(b))`.
fn log_add_exp(a: f64, b: f64) -> f64 {
    let (larger, smaller) = if a >= b { (a, b) } else { (b, a) };
    larger + libm::log1p(libm::exp(smaller - larger))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_reached_but_for_rounding() {
        for (short, reached) in [(-1.0, true), (0.0, true), (1e-10, true), (1e-8, false), (0.2, false)] {
            assert_eq!(reaches(LN_40 - short, LN_40), reached, "{short} short");
            assert_eq!(fires(LN_40 - short, 1.0 / 40.0), reached, "{short} short");
        }
    }
}
