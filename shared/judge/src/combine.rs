//! Many metrics, one decision: the weighted mean of their E-values, valid however they depend on each other, and
//! e-BH, which names the culprits and decides nothing.

use crate::kernel::{float, log_sum_exp, log_threshold, reaches};

/// `ln Σ w_i·E_i`, of pairs `(w_i, ln E_i)`. Of nothing it is 0, no evidence.
pub(crate) fn combined(weighted: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let log_e = log_sum_exp(weighted.map(|(weight, log_e)| libm::log(weight) + log_e));
    if log_e == f64::NEG_INFINITY { 0.0 } else { log_e }
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
