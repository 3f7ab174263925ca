//! The evidence as it stood at every tick: for looking at afterwards, on paper or against another implementation.
//! It decides nothing, and has no formula of its own: it feeds the processes that [`judge`](crate::judge) feeds.

use crate::combine::{cap, combined};
use crate::dispersion::{PHI_0, dispersion};
use crate::fast::FastPath;
use crate::input::{Kind, Metric};
use crate::kernel::{Grid, Kernel, Plain, StartMixture, arms, fires};
use crate::pass::{EARLY_PHI_0, pass_kernel};
use crate::preset::Thresholds;

/// The level by which pass evidence is capped where it is shown tick by tick: 5 %, so that it can be laid beside the
/// vectors G7b and G7c (`vectors.json`, `alpha`). A tick supplies at most ½·ln 20 = 1.50 here and ½·ln 40 = 1.84 in a
/// verdict, so with the same φ0 a trace never shows more of a pass than the judge finds.
const PASS_ALPHA: f64 = 0.05;

/// What one metric showed when this tick was its latest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TickEvidence {
    /// Log evidence for harm: the slow path with the start mixture (module `kernel`).
    pub log_e: f64,
    /// φ that this tick was tempered by on the slow path, estimated from the ticks before it; 1.5 at the first.
    pub phi: f64,
    /// Log evidence of the fast path, the smaller of its two processes; `None` where the metric does not take it.
    pub log_e_fast: Option<f64>,
    /// Log evidence that the ratio is below `r1`, with φ0 = 3 and capped at ½·ln 20 a tick, from the first tick of the
    /// list on: as if the list were one step whose minutes have all settled. A verdict of the same φ0 caps at
    /// ½·ln 40, so it never finds less.
    pub log_e_pass: f64,
}

/// The evidence of a metric at each of its ticks, in one pass: `trace(m, a)[t]` is what [`judge`](crate::judge)
/// finds from the ticks up to `t` alone (but for the cap of pass evidence, see [`TickEvidence`]). It expects ticks
/// with `bad <= total` and parameters in their ranges, as [`judge`](crate::judge) checks them; `step_start` and
/// `unsettled` are not looked at.
///
/// | field | formula |
/// |---|---|
/// | `log_e` | `ln(Σ_k w_k·A_k + 1 − Σ π)`, tick by tick `A_k ← (A_k + π_t)·exp min(ℓ_k/φ_t, ½·ln(1/(α_slow·w)))`; the likelihood ratio `ℓ_k` after Lindon & Malek |
/// | `phi` | `max(1, (5·φ0 + f·ΣP)/(5 + g))` over the `g` usable ticks before, φ0 = 1.5, P Pearson's statistic |
/// | `log_e_fast` | the same kernel with `r0 = 5`, φ = 2, no cap and no mixture; and a binomial likelihood ratio against 2 % |
/// | `log_e_pass` | the same kernel with the arms swapped, `r0 = 1/r1`, φ0 = 3, cap `½·ln(1/0.05)`, no mixture |
///
/// ```
/// use tidegate_judge::{Counts, Harm, Kind, Metric, Preset, Thresholds, Tick, trace};
///
/// let tick = |n_c, n_s, x_c, x_s| Tick {
///     candidate: Counts { total: n_c, bad: x_c },
///     stable: Counts { total: n_s, bad: x_s },
/// };
/// let errors = Metric {
///     name: "errors".to_owned(),
///     kind: Kind::Errors,
///     harm: Harm::Increase,
///     ticks: vec![tick(300, 5700, 4, 55), tick(310, 5600, 7, 49)],
///     r0: Preset::Balanced.error_margin(),
///     r1: Preset::Balanced.pass_ratio(),
///     weight: 1.0,
///     step_start: 0,
///     unsettled: 0,
/// };
/// let seen = trace(&errors, &Thresholds::BALANCED);
/// assert_eq!(seen[0].phi, 1.5);
/// assert!((seen[1].log_e - 0.260_473_676_782_193).abs() < 1e-12);
/// ```
pub fn trace(metric: &Metric, thresholds: &Thresholds) -> Vec<TickEvidence> {
    let grid = Grid::new();
    let arms = arms(&metric.ticks, metric.harm);
    let harm = Kernel { grid: &grid, margin: metric.r0, cap: cap(thresholds.alpha_slow, metric.weight) };
    let pass = pass_kernel(&grid, metric.r1, cap(PASS_ALPHA, 1.0));
    let (phis, early_phis) = (dispersion(&arms, PHI_0), dispersion(&arms, EARLY_PHI_0));
    let (mut harmed, mut passed) = (StartMixture::default(), Plain::default());
    let mut fast = (metric.kind == Kind::Errors).then(|| FastPath::new(&grid));
    let tempered = arms.iter().zip(phis.into_iter().zip(early_phis));
    let seen = tempered.map(|(tick, (phi, early_phi))| {
        harmed.add(&harm, tick, phi);
        passed.add(&pass, &tick.swapped(), early_phi);
        let log_e_fast = fast.as_mut().map(|fast| {
            fast.add(tick);
            fast.evidence().log_e()
        });
        TickEvidence { log_e: harmed.log_e(&harm), phi, log_e_fast, log_e_pass: passed.log_e(&pass) }
    });
    seen.collect()
}

/// What all metrics together showed at a tick: the weighted means `ln Σ w_i·E_i`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CombinedEvidence {
    /// Log evidence for harm, slow path; 0 without gating metrics.
    pub log_e: f64,
    /// Log evidence of the fast path, of the metrics that take it; 0 where none does.
    pub log_e_fast: f64,
}

impl CombinedEvidence {
    /// Whether either reaches its level: rolling back is due.
    pub fn fires(&self, thresholds: &Thresholds) -> bool {
        fires(self.log_e, thresholds.alpha_slow) || fires(self.log_e_fast, thresholds.alpha_fast)
    }
}

/// The combined evidence at each tick: of metrics by their weights, each with its [`trace`]. It is as long as the
/// shortest of them.
pub fn combined_trace(weighted: &[(f64, &[TickEvidence])]) -> Vec<CombinedEvidence> {
    let ticks = weighted.iter().map(|(_, seen)| seen.len()).min().unwrap_or(0);
    let at = |tick: usize| {
        let seen = weighted.iter().map(move |(weight, seen)| (*weight, seen[tick]));
        CombinedEvidence {
            log_e: combined(seen.clone().map(|(weight, seen)| (weight, seen.log_e))),
            log_e_fast: combined(seen.filter_map(|(weight, seen)| Some((weight, seen.log_e_fast?)))),
        }
    };
    (0..ticks).map(at).collect()
}
