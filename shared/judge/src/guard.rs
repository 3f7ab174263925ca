//! Absolute guards, M of N. They look at the candidate alone and compare it with nothing.

use crate::input::{Counts, Guard, Input};
use crate::kernel::float;

/// The first guard of the input that fires.
pub(crate) fn firing(input: &Input) -> Option<&Guard> {
    input.guards.iter().find(|guard| {
        let looked_at = input.metrics.iter().find(|metric| metric.name == guard.metric);
        looked_at.is_some_and(|metric| fires(guard, metric.ticks.iter().map(|tick| tick.candidate)))
    })
}

/// Whether `m` of the last `n` minutes with candidate requests exceed the limit. A minute without requests says
/// nothing and is passed over. With fewer than `n` such minutes the guard fires as soon as `m` exceed.
fn fires(guard: &Guard, minutes: impl DoubleEndedIterator<Item = Counts>) -> bool {
    let served = minutes.rev().filter(|counts| counts.total > 0);
    let window = served.take(usize::try_from(guard.n).unwrap_or(usize::MAX));
    let over = window.filter(|counts| float(counts.bad) / float(counts.total) > guard.above).count();
    over >= usize::try_from(guard.m).unwrap_or(usize::MAX)
}
