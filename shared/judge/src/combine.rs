//! Many metrics, one decision: the weighted mean of their E-values, valid however they depend on each other, and
//! e-BH, which names the culprits and decides nothing.

use crate::fault::WEIGHT_SLACK;
use crate::kernel::{float, log_threshold, reaches};

/// `ln Σ w_i·E_i`, of pairs `(w_i, ln E_i)`. Of nothing it is 0, no evidence.
///
/// Weights that sum to 1 but for rounding are taken to do so: the mean of metrics without data is then 0 to the bit.
pub(crate) fn combined(weighted: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let gating = weighted.filter(|(weight, _)| *weight > 0.0);
    let largest = gating.clone().map(|(_, log_e)| log_e).fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return 0.0;
    }
    let whole: f64 = gating.clone().map(|(weight, _)| weight).sum();
    let sum: f64 = gating.map(|(weight, log_e)| weight * libm::exp(log_e - largest)).sum();
    let ln_whole = if (whole - 1.0).abs() <= WEIGHT_SLACK { 0.0 } else { libm::log(whole) };
    largest + libm::log(sum / whole) + ln_whole
}

/// The most log evidence one tick of a metric may supply: half of what it needs to fire the combination alone,
/// `½·ln(1/(α·w))`. A metric without weight is shown as if it stood alone.
pub(crate) fn cap(alpha: f64, weight: f64) -> f64 {
    let weight = if weight > 0.0 { weight } else { 1.0 };
    log_threshold(alpha * weight) / 2.0
}

/// Indices that e-BH rejects at `alpha`, ascending: the k largest E-values, with the largest k for which the k-th is
/// at least `K/(k·α)` (Wang & Ramdas, "False discovery rate control with e-values").
pub(crate) fn rejected(log_es: &[f64], alpha: f64) -> Vec<usize> {
    let mut order: Vec<_> = (0..log_es.len()).collect();
    order.sort_by(|&a, &b| log_es[b].total_cmp(&log_es[a]));
    let all = libm::log(float(log_es.len() as u64));
    let enough = |rank: usize| log_threshold(alpha) + all - libm::log(float(rank as u64));
    let ranks = (1..=order.len()).rev();
    let count = ranks.into_iter().find(|&rank| reaches(log_es[order[rank - 1]], enough(rank))).unwrap_or(0);
    order.truncate(count);
    order.sort_unstable();
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_evidence_of_many_metrics_is_no_evidence_to_the_bit() {
        let third = 0.4 / 3.0;
        for weights in
            [&[1.0][..], &[0.6, third, third, third], &[0.1; 10], &[0.7, 0.2, 0.1], &[1.0, 0.0], &[]]
        {
            let log_e = combined(weights.iter().map(|weight| (*weight, 0.0)));
            assert_eq!(log_e.to_bits(), 0.0_f64.to_bits(), "{weights:?}: {log_e}");
        }
    }

    #[test]
    fn the_mean_is_weighted_also_where_the_weights_are_a_part() {
        let table: [(&[(f64, f64)], f64); 4] = [
            (&[(0.6, 0.0)], 0.6),
            (&[(0.25, 3.0), (0.75, 1.0)], 0.25 * 3.0_f64.exp() + 0.75 * 1.0_f64.exp()),
            (&[(0.3, 2.0), (0.2, -1.0)], 0.3 * 2.0_f64.exp() + 0.2 * (-1.0_f64).exp()),
            (&[(0.0, 500.0), (1.0, 2.0)], 2.0_f64.exp()),
        ];
        for (weighted, mean) in table {
            let log_e = combined(weighted.iter().copied());
            assert!((log_e - mean.ln()).abs() < 1e-12, "{weighted:?}: {log_e}");
        }
    }

    #[test]
    fn the_cap_of_a_metric_is_half_of_what_it_needs_to_fire_alone() {
        // ½·ln(1/(α·w)); without weight as if it stood alone.
        let table = [(0.045, 1.0, 22.2), (0.045, 0.5, 44.4), (0.009, 0.2, 555.5), (0.05, 0.0, 20.0)];
        for (alpha, weight, needed) in table {
            let cap = cap(alpha, weight);
            assert!((cap - f64::ln(needed) / 2.0).abs() < 2e-3, "α {alpha}, weight {weight}: {cap}");
        }
    }
}
