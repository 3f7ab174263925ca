//! Flagger's analysis: a minimum success rate, checked every minute.
//!
//! Its scheduler (`pkg/controller/scheduler.go`) adds to `failedChecks` and resets it only when a new revision comes.
//! It compares the number with the threshold at the beginning of the next run, so the rollback comes a tick later.
//! A query without values is a failed check.

use super::{Decider, Family, rate};
use crate::scenario::{Minute, Percent};

/// Flagger with its built-in success rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flagger {
    /// The least share of good requests.
    pub success_rate: f64,
    /// Failed checks, over the whole rollout, that roll back.
    pub threshold: usize,
}

impl Flagger {
    fn fails(&self, minute: &Minute) -> bool {
        rate(minute.tick.candidate).is_none_or(|errors| 1.0 - errors < self.success_rate)
    }
}

impl Decider for Flagger {
    fn name(&self) -> String {
        format!("Flagger {}, threshold {}", Percent(self.success_rate), self.threshold)
    }

    fn family(&self) -> Family {
        Family::Checks
    }

    fn rolls_back(&self, so_far: &[Minute]) -> bool {
        let Some((_this_run, before)) = so_far.split_last() else { return false };
        before.iter().filter(|minute| self.fails(minute)).count() >= self.threshold
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{candidate_minutes, first_rollback};

    const FLAGGER: Flagger = Flagger { success_rate: 0.99, threshold: 3 };

    #[test]
    fn failed_checks_are_never_reset_and_the_rollback_comes_a_tick_later() {
        let minutes =
            candidate_minutes(&[(100, 2), (100, 0), (100, 2), (100, 0), (100, 2), (100, 0), (100, 0)]);
        assert_eq!(first_rollback(&FLAGGER, &minutes), Some(6));
    }

    #[test]
    fn a_success_rate_at_the_limit_is_good() {
        assert_eq!(first_rollback(&FLAGGER, &candidate_minutes(&[(100, 1); 10])), None);
    }

    #[test]
    fn no_data_counts_as_failed() {
        assert_eq!(first_rollback(&FLAGGER, &candidate_minutes(&[(0, 0); 5])), Some(4));
    }
}
