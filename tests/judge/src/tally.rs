//! Counting: what became of many rollouts under each decider. Sums of whole numbers only, so that the order in which
//! threads finish changes nothing.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::draws::float;
use crate::scenario::MINUTES;

/// What became of one rollout under one decider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// The minute after which it was rolled back, counted from 1.
    pub rolled_back: Option<usize>,
    /// The candidate's failed requests until then, or until the end.
    pub failed: u64,
}

/// What became of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    rollouts: u64,
    /// Rollbacks by minute, counted from 1.
    by_minute: [u64; MINUTES + 1],
    failed: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self { rollouts: 0, by_minute: [0; MINUTES + 1], failed: 0 }
    }
}

impl Tally {
    fn add(&mut self, outcome: Outcome) {
        self.rollouts += 1;
        self.failed += outcome.failed;
        if let Some(minute) = outcome.rolled_back {
            self.by_minute[minute] += 1;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.rollouts += other.rollouts;
        self.failed += other.failed;
        for (sum, more) in self.by_minute.iter_mut().zip(other.by_minute) {
            *sum += more;
        }
    }

    fn rolled_back(&self) -> u64 {
        self.by_minute.iter().sum()
    }

    /// The share that was rolled back.
    pub fn share(&self) -> f64 {
        float(self.rolled_back()) / float(self.rollouts)
    }

    /// The share that was rolled back by this minute, counted from 1.
    pub fn share_by(&self, minute: usize) -> f64 {
        float(self.by_minute.iter().take(minute + 1).sum()) / float(self.rollouts)
    }

    /// The median minute of the rollback among those rolled back.
    pub fn median_minute(&self) -> Option<f64> {
        let found = self.rolled_back();
        if found == 0 {
            return None;
        }
        let at = |rank: u64| {
            let mut before = 0;
            (0_u64..).zip(self.by_minute).find(|(_, more)| {
                before += more;
                before > rank
            })
        };
        let (lower, upper) = (at((found - 1) / 2)?, at(found / 2)?);
        Some(f64::midpoint(float(lower.0), float(upper.0)))
    }

    /// Failed requests of the candidate until the rollback or the end, the mean over all rollouts.
    pub fn mean_failed(&self) -> f64 {
        float(self.failed) / float(self.rollouts)
    }
}

/// How many rollouts, from which seed, on how many threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runs {
    /// The seed of everything.
    pub seed: u64,
    /// Threads. What comes out does not depend on them.
    pub threads: usize,
}

impl Runs {
    /// Plays rollouts 0 to `rollouts` and tallies each decider's outcomes; `play` takes the seed and the number.
    ///
    /// # Panics
    /// When `play` does.
    pub fn tally<const N: usize>(
        self,
        rollouts: u64,
        play: impl Fn(u64, u64) -> [Outcome; N] + Sync,
    ) -> [Tally; N] {
        let next = AtomicU64::new(0);
        let work = || {
            let mut tallies = [Tally::default(); N];
            loop {
                let rollout = next.fetch_add(1, Ordering::Relaxed);
                if rollout >= rollouts {
                    return tallies;
                }
                for (tally, outcome) in tallies.iter_mut().zip(play(self.seed, rollout)) {
                    tally.add(outcome);
                }
            }
        };
        let mut sum = [Tally::default(); N];
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.threads.max(1)).map(|_| scope.spawn(work)).collect();
            for thread in threads {
                let tallies = thread.join().expect("a rollout does not panic");
                sum.iter_mut().zip(&tallies).for_each(|(sum, tally)| sum.merge(tally));
            }
        });
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(minutes: &[Option<usize>]) -> Tally {
        let mut tally = Tally::default();
        for &rolled_back in minutes {
            tally.add(Outcome { rolled_back, failed: 10 });
        }
        tally
    }

    #[test]
    fn the_median_is_that_of_the_rollouts_that_were_rolled_back() {
        assert_eq!(tally(&[Some(3), None, Some(5), None, Some(30)]).median_minute(), Some(5.0));
        assert_eq!(tally(&[Some(3), Some(4)]).median_minute(), Some(3.5));
        assert_eq!(tally(&[None]).median_minute(), None);
    }

    #[test]
    fn the_share_found_by_a_minute_is_one_of_all_rollouts() {
        let tally = tally(&[Some(3), None, Some(9), Some(10)]);
        for (minute, share) in [(2, 0.0), (3, 0.25), (9, 0.5), (10, 0.75), (MINUTES, 0.75)] {
            assert!((tally.share_by(minute) - share).abs() < f64::EPSILON, "by minute {minute}");
        }
    }

    #[test]
    fn failed_requests_are_averaged_over_all_rollouts() {
        let tally = tally(&[Some(3), None]);
        assert!((tally.mean_failed() - 10.0).abs() < f64::EPSILON);
        assert!((tally.share() - 0.5).abs() < f64::EPSILON);
    }

    #[test]
    fn the_same_seed_tallies_the_same_on_any_number_of_threads() {
        let of = |threads| {
            Runs { seed: 7, threads }.tally(1000, |seed, rollout| {
                let minute = usize::try_from((rollout * 31 + seed) % 40).unwrap_or(0);
                [Outcome { rolled_back: (1..=MINUTES).contains(&minute).then_some(minute), failed: rollout }]
            })
        };
        assert_eq!(of(1), of(2));
        assert_eq!(of(1), of(7));
    }
}
