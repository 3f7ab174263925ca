//! An Argo Rollouts `AnalysisRun` on the candidate's success rate.
//!
//! `assessMetricStatus` (`analysis/analysis.go`) fails the run when the count of failed measurements is **above**
//! `failureLimit`; the count is never reset. A measurement looks at the interval before it. Where nothing was served,
//! Prometheus answers `NaN`, which does not meet a `successCondition`: the measurement has failed.

use super::{Decider, Family, rate, sum};
use crate::scenario::{Minute, Percent};

/// An analysis in the background of a rollout.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Argo {
    /// The least share of good requests in an interval.
    pub success_rate: f64,
    /// Minutes between measurements, and of the window that each looks at.
    pub interval: usize,
    /// Failed measurements that are still allowed.
    pub failure_limit: usize,
}

impl Argo {
    fn fails(&self, window: &[Minute]) -> bool {
        let candidate = sum(window.iter().map(|minute| minute.tick.candidate));
        rate(candidate).is_none_or(|errors| 1.0 - errors < self.success_rate)
    }
}

impl Decider for Argo {
    fn name(&self) -> String {
        format!("Argo {} per {} min, limit {}", Percent(self.success_rate), self.interval, self.failure_limit)
    }

    fn family(&self) -> Family {
        Family::Checks
    }

    fn rolls_back(&self, so_far: &[Minute]) -> bool {
        so_far.chunks_exact(self.interval).filter(|window| self.fails(window)).count() > self.failure_limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{candidate_minutes, first_rollback};

    #[test]
    fn the_run_fails_when_failed_measurements_exceed_the_limit_and_not_before() {
        let argo = Argo { success_rate: 0.99, interval: 1, failure_limit: 3 };
        let minutes = candidate_minutes(&[(100, 2), (100, 2), (100, 0), (100, 2), (100, 0), (100, 2)]);
        assert_eq!(first_rollback(&argo, &minutes), Some(6));
    }

    #[test]
    fn a_measurement_looks_at_its_whole_interval() {
        let argo = Argo { success_rate: 0.95, interval: 5, failure_limit: 0 };
        let minutes = candidate_minutes(&[(100, 20), (100, 0), (100, 0), (100, 0), (100, 0), (100, 26)]);
        assert_eq!(first_rollback(&argo, &minutes), None);
        let worse = candidate_minutes(&[(100, 26), (100, 0), (100, 0), (100, 0), (100, 0)]);
        assert_eq!(first_rollback(&argo, &worse), Some(5));
    }
}
