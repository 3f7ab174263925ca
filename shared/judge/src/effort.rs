//! How much traffic it takes to detect harm: said at the start of a rollout, not at its end.

use crate::kernel::log_threshold;

/// Evidence beyond the threshold that makes detection likely rather than even.
const TO_SPARE: f64 = 2.0;

/// A question: how many requests would show that the candidate is `ratio` times worse?
///
/// ```
/// let doubling = tidegate_judge::Effort {
///     stable_rate: 0.001, candidate_share: 0.05, ratio: 2.0, margin: 1.1, alpha: 0.045, phi: 1.5, log_e: 0.0,
/// };
/// assert_eq!(doubling.requests().map(f64::round), Some(554_831.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effort {
    /// Bad events per request of stable, `p_s`.
    pub stable_rate: f64,
    /// The candidate's share of the traffic, `w`, between 0 and 1.
    pub candidate_share: f64,
    /// The ratio to detect.
    pub ratio: f64,
    /// The margin `r0`.
    pub margin: f64,
    /// The level at which the metric rolls back on its own: α times its weight.
    pub alpha: f64,
    /// Overdispersion, at least 1.
    pub phi: f64,
    /// Log evidence gathered already.
    pub log_e: f64,
}

impl Effort {
    /// Requests to both versions that are still needed:
    /// `φ·max(0, ln(1/α) + 2 − logE) / [p_s·(w·r + 1 − w)·KL(θ(r) ‖ θ(r0))]`, `θ(r) = r·w/(r·w + 1 − w)`.
    ///
    /// `None` where no traffic would do: no event ever happens, one arm has no traffic, or the ratio is within the
    /// margin.
    pub fn requests(&self) -> Option<f64> {
        let Self { stable_rate, candidate_share: w, ratio, .. } = *self;
        let missing = self.phi * (log_threshold(self.alpha) + TO_SPARE - self.log_e).max(0.0);
        let events_per_request = stable_rate * (w * ratio + 1.0 - w);
        let per_request =
            events_per_request * divergence(self.share_of_events(ratio), self.share_of_events(self.margin));
        (ratio > self.margin && per_request > 0.0).then(|| missing / per_request)
    }

    /// θ(r), the candidate's share of the events if it is `ratio` times worse.
    fn share_of_events(&self, ratio: f64) -> f64 {
        let candidate = ratio * self.candidate_share;
        candidate / (candidate + 1.0 - self.candidate_share)
    }
}

/// Kullback and Leibler's divergence of two coins.
fn divergence(p: f64, q: f64) -> f64 {
    p * libm::log(p / q) + (1.0 - p) * (libm::log1p(-p) - libm::log1p(-q))
}
