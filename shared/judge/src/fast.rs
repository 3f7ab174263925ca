//! The fast path: a candidate that fails outright is gone within a tick. It demands much (five times stable's rate,
//! and more than 2 % of the candidate's requests), so it needs neither the cap nor an estimated φ.

use crate::kernel::{Arms, Grid, Kernel, Plain, log_sum_exp};

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
        let mut path = FastPath::new(grid);
        for tick in ticks {
            path.add(tick);
        }
        path.evidence()
    }

    /// Both must hold, so the evidence is the smaller of the two.
    pub(crate) fn log_e(self) -> f64 {
        self.ratio.min(self.floor)
    }
}

/// Both processes, tick by tick.
#[derive(Debug, Clone)]
pub(crate) struct FastPath<'a> {
    kernel: Kernel<'a>,
    ratio: Plain,
    floor: Floor,
}

impl<'a> FastPath<'a> {
    pub(crate) fn new(grid: &'a Grid) -> Self {
        let kernel = Kernel { grid, margin: MARGIN, cap: f64::INFINITY };
        Self { kernel, ratio: Plain::default(), floor: Floor::new() }
    }

    pub(crate) fn add(&mut self, tick: &Arms) {
        self.ratio.add(&self.kernel, tick, PHI);
        self.floor.bad += tick.x_c;
        self.floor.good += tick.n_c - tick.x_c;
    }

    pub(crate) fn evidence(&self) -> Fast {
        Fast { ratio: self.ratio.log_e(&self.kernel), floor: self.floor.log_e() }
    }
}

/// The floor process: per effect `(x_c·u + (n_c−x_c)·ln((1−q)/(1−0.02)))/2` with `q = 0.02·e^u`, a binomial
/// likelihood ratio over all ticks at once. Ticks without any error count here too: leaving out what speaks for the
/// null would break its validity.
#[derive(Debug, Clone)]
struct Floor {
    grid: Grid,
    bad: f64,
    good: f64,
}

impl Floor {
    fn new() -> Self {
        Self { grid: Grid::up_to(libm::log((1.0 - FLOOR) / FLOOR)), bad: 0.0, good: 0.0 }
    }

    fn log_e(&self) -> f64 {
        if self.bad + self.good == 0.0 {
            return 0.0;
        }
        log_sum_exp(self.grid.effects().iter().map(|effect| {
            let q = FLOOR * libm::exp(effect.u);
            let spared = libm::log1p(-q) - libm::log1p(-FLOOR);
            (self.bad * effect.u + self.good * spared) / PHI + effect.ln_weight
        }))
    }
}
