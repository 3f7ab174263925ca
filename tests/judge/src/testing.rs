//! What the tests of the deciders share.

use tidegate_judge::{Counts, Tick};

use crate::deciders::Decider;
use crate::scenario::Minute;

/// Minutes in which the candidate served `(total, bad)` and nothing else was served.
pub fn candidate_minutes(counts: &[(u64, u64)]) -> Vec<Minute> {
    let minute = |&(total, bad)| Minute {
        tick: Tick { candidate: Counts { total, bad }, stable: Counts::default() },
        ..Minute::default()
    };
    counts.iter().map(minute).collect()
}

/// The minute of the rollback, counted from 1.
pub fn first_rollback(decider: &dyn Decider, minutes: &[Minute]) -> Option<usize> {
    (1..=minutes.len()).find(|&seen| decider.rolls_back(&minutes[..seen]))
}
