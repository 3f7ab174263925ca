//! How much more the counts scatter than independent requests would: φ, by which evidence is tempered, and the
//! ratio r̂ of the rates that it is measured around. Both treat the arms alike, so swapping them changes nothing.

use crate::kernel::{Arms, float};

/// φ0 of the slow path and of the confidence sequence.
pub(crate) const PHI_0: f64 = 1.5;
/// How many ticks φ0 weighs as much as.
const PRIOR_TICKS: f64 = 5.0;

/// The pooled ratio of rates, after Mantel & Haenszel: `(Σ x_c·n_s/n + ½) / (Σ x_s·n_c/n + ½)`.
#[derive(Debug, Clone, Copy, Default)]
struct Pooled {
    suspected: f64,
    compared: f64,
}

impl Pooled {
    fn add(&mut self, tick: &Arms) {
        let n = tick.n_c + tick.n_s;
        self.suspected += tick.x_c * tick.n_s / n;
        self.compared += tick.x_s * tick.n_c / n;
    }

    fn ratio(self) -> f64 {
        (self.suspected + 0.5) / (self.compared + 0.5)
    }
}

/// r̂ over all ticks; `None` where no tick compares anything.
pub(crate) fn ratio(ticks: &[Arms]) -> Option<f64> {
    let mut pooled = None;
    for tick in ticks.iter().filter(|tick| tick.usable()) {
        pooled.get_or_insert_with(Pooled::default).add(tick);
    }
    pooled.map(Pooled::ratio)
}

/// φ for every tick and, last, for the one to come. Each is made of the ticks before it only: that keeps it
/// predictable, and the evidence valid.
///
/// `φ_t = max(1, (5·φ0 + f·ΣP) / (5 + g))` with `f = g/(g−1)` from `g = 2` usable past ticks on. P is Pearson's
/// statistic around the r̂ of the same ticks, so each φ looks at the whole past anew.
pub(crate) fn dispersion(ticks: &[Arms], phi_0: f64) -> Vec<f64> {
    let mut past: Vec<Arms> = Vec::with_capacity(ticks.len());
    let mut pooled = Pooled::default();
    let mut phi = estimate(&past, 1.0, phi_0);
    let mut phis = vec![phi];
    for tick in ticks {
        if tick.usable() {
            past.push(*tick);
            pooled.add(tick);
            phi = estimate(&past, pooled.ratio(), phi_0);
        }
        phis.push(phi);
    }
    phis
}

fn estimate(past: &[Arms], ratio: f64, phi_0: f64) -> f64 {
    let scatter: f64 = past.iter().map(|tick| pearson(tick, ratio)).sum();
    let g = float(past.len() as u64);
    let fitted = if g >= 2.0 { g / (g - 1.0) } else { 1.0 };
    ((PRIOR_TICKS * phi_0 + fitted * scatter) / (PRIOR_TICKS + g)).max(1.0)
}

/// `P = (x_c − mθ)² / (mθ(1−θ))`, θ the suspected arm's share of the events at this ratio.
fn pearson(tick: &Arms, ratio: f64) -> f64 {
    let suspected = ratio * tick.n_c;
    let both = suspected + tick.n_s;
    let (theta, rest) = (suspected / both, tick.n_s / both);
    let off = tick.x_c - tick.events() * theta;
    off * off / (tick.events() * theta * rest)
}
