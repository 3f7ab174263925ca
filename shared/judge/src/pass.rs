//! Pass evidence: that the candidate's ratio is below `r1`. The kernel with the arms swapped and the margin `1/r1`,
//! over the settled ticks of the current step. It says nothing about the bake; the verdict does.

use crate::dispersion::{PHI_0, dispersion};
use crate::input::{Metric, Routing, Tick};
use crate::kernel::{Arms, Grid, Kernel, LN_40, arms, float, reaches};

/// φ0 for ending a step early (rule 5) …
pub(crate) const EARLY_PHI_0: f64 = 3.0;
/// … and where one user's requests stay together.
const EARLY_STICKY_PHI_0: f64 = 5.0;
/// Events the candidate must have had the chance of before the absence of harm means anything.
pub const LEAST_EXPECTED_EVENTS: f64 = 20.0;

/// The log evidence at which a metric passes, `ln 40`.
pub const PASSES_AT: f64 = LN_40;

/// The most log evidence one tick may supply for passing: half of what is asked for, so that no tick passes a step by
/// itself. What is asked for, `ln 40`, is one side of a 95 % confidence sequence, and [`interval`] has this cap too:
/// then passing at the end of a step and "the upper bound over the same ticks is below `r1`" are one statement.
///
/// [`interval`]: crate::interval()
pub(crate) const PASS_CAP: f64 = LN_40 / 2.0;

/// What speaks for passing one metric.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Passing {
    /// Log evidence with the φ0 of rule 5, while the step runs.
    pub early: f64,
    /// Log evidence with the φ0 of the confidence sequence (rule 6), when its time is over. At `ln 40` the upper
    /// bound of the sequence over the same ticks is below `r1`.
    pub at_the_end: f64,
    /// Events expected on the candidate if it were like stable.
    pub expected_events: f64,
}

impl Passing {
    pub(crate) fn of(metric: &Metric, routing: Routing, grid: &Grid) -> Self {
        let ticks = metric.settled_of_step();
        let arms = arms(ticks, metric.harm);
        let early_phi_0 = match routing {
            Routing::PerRequest => EARLY_PHI_0,
            Routing::Sticky => EARLY_STICKY_PHI_0,
        };
        let evidence = |phi_0| log_e_pass(&arms, &dispersion(&arms, phi_0), metric.r1, PASS_CAP, grid);
        Self {
            early: evidence(early_phi_0),
            at_the_end: evidence(PHI_0),
            expected_events: ticks.iter().map(expected_events).fold(0.0, |sum, events| sum + events),
        }
    }

    pub(crate) fn passes_early(&self) -> bool {
        self.enough_events() && reaches(self.early, PASSES_AT)
    }

    pub(crate) fn passes_at_the_end(&self) -> bool {
        self.enough_events() && reaches(self.at_the_end, PASSES_AT)
    }

    fn enough_events(&self) -> bool {
        self.expected_events >= LEAST_EXPECTED_EVENTS
    }
}

/// Log evidence for "the ratio is below `ratio`": the plain form with the arms swapped and the margin inverted.
/// φ is the same with the arms swapped, so it is passed in.
pub(crate) fn log_e_pass(ticks: &[Arms], phis: &[f64], ratio: f64, cap: f64, grid: &Grid) -> f64 {
    let swapped: Vec<_> = ticks.iter().map(|tick| tick.swapped()).collect();
    pass_kernel(grid, ratio, cap).plain(&swapped, phis)
}

/// The kernel that pass evidence is made with; it is fed swapped arms.
pub(crate) fn pass_kernel(grid: &Grid, ratio: f64, cap: f64) -> Kernel<'_> {
    Kernel { grid, margin: 1.0 / ratio, cap }
}

/// The candidate's share of the tick's events by its share of the requests, where both arms served.
fn expected_events(tick: &Tick) -> f64 {
    let (candidate, stable) = (float(tick.candidate.total), float(tick.stable.total));
    if candidate == 0.0 || stable == 0.0 {
        return 0.0;
    }
    (float(tick.candidate.bad) + float(tick.stable.bad)) * candidate / (candidate + stable)
}
