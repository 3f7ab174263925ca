//! The fast path: a candidate that fails outright is gone within a tick. It demands much (five times stable's rate,
//! and more than 2 % of the candidate's requests), so it needs neither the cap nor an estimated φ.

use crate::kernel::{Arms, Grid, Kernel, log_sum_exp};

/// The margin of the ratio process.
const MARGIN: f64 = 5.0;
/// The tempering of both processes.
const PHI: f64 = 2.0;
/// The error rate that the floor process tests against.
const FLOOR: f64 = 0.02;

/// Log evidence of the two processes of the fast path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fast {
    /// For "the candidate's rate is more than five times stable's".
    pub ratio: f64,
    /// For "the candidate's rate is above 2 %".
    pub floor: f64,
}

impl Fast {
    pub(crate) fn of(ticks: &[Arms], grid: &Grid) -> Self {
        let kernel = Kernel { grid, margin: MARGIN, cap: f64::INFINITY };
        Self { ratio: kernel.plain(ticks, &vec![PHI; ticks.len()]), floor: floor(ticks) }
    }

    /// Both must hold, so the evidence is the smaller of the two.
    pub(crate) fn log_e(self) -> f64 {
        self.ratio.min(self.floor)
    }
}

/// The floor process: per effect `(x_c·u + (n_c−x_c)·ln((1−q)/(1−0.02)))/2` with `q = 0.02·e^u`, a binomial
/// likelihood ratio over all ticks at once. Ticks without any error count here too: leaving out what speaks for the
/// null would break its validity.
fn floor(ticks: &[Arms]) -> f64 {
    let (bad, good) = ticks.iter().fold((0.0, 0.0), |(bad, good), t| (bad + t.x_c, good + (t.n_c - t.x_c)));
    let grid = Grid::up_to(libm::log((1.0 - FLOOR) / FLOOR));
    log_sum_exp(grid.effects().iter().map(|effect| {
        let q = FLOOR * libm::exp(effect.u);
        let spared = libm::log1p(-q) - libm::log1p(-FLOOR);
        (bad * effect.u + good * spared) / PHI + effect.ln_weight
    }))
}
