//! The order in which findings become a verdict. Nothing is computed here, so the whole order is one table.

use crate::input::{Input, StepTime, Tick};
use crate::judgement::{HoldCause, RollBackCause, Verdict};
use crate::kernel::float;

/// Minutes without candidate data that hold a rollout ...
const SILENT_MINUTES: usize = 3;
/// ... where so many requests were due in them: by chance alone none of seven comes once in a thousand times.
const LEAST_DUE: f64 = 7.0;

/// What the verdict rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "one per rule; any combination may occur")]
pub(crate) struct Findings {
    /// The fast path fires.
    pub fails_outright: bool,
    /// The guard that fires.
    pub guard: Option<String>,
    /// The combined evidence fires.
    pub harms: bool,
    /// The router does not do what it was told.
    pub route_mismatch: bool,
    /// The candidate is silent while stable is not.
    pub no_data: bool,
    /// Every gating metric, and at least one, passes by the early rule.
    pub passes_early: bool,
    /// The same by the rule for the end of the step.
    pub passes_at_the_end: bool,
}

impl Findings {
    /// The verdict: rules 1 to 7 of [`judge`](crate::judge), the first that applies. What harms goes back whatever else
    /// is wrong; what cannot be observed never advances, whatever was seen before.
    pub(crate) fn verdict(self, step: StepTime) -> Verdict {
        if self.fails_outright {
            return Verdict::RollBack(RollBackCause::FastPath);
        }
        if let Some(guard) = self.guard {
            return Verdict::RollBack(RollBackCause::Guard(guard));
        }
        if self.harms {
            return Verdict::RollBack(RollBackCause::Harm);
        }
        if self.route_mismatch {
            return Verdict::Hold(HoldCause::RouteMismatch);
        }
        if self.no_data {
            return Verdict::Hold(HoldCause::NoData);
        }
        match step {
            StepTime::BakeOver if self.passes_early => Verdict::Promote,
            StepTime::BeforeBake | StepTime::BakeOver => Verdict::Continue,
            StepTime::StepOver if self.passes_early || self.passes_at_the_end => Verdict::Promote,
            StepTime::StepOver => Verdict::Inconclusive,
        }
    }
}

/// Whether the candidate is silent in a gating metric: it has no requests in the latest ticks, three of which have some of
/// stable's, and with its share so many were due in them that this is no chance.
pub(crate) fn no_data(input: &Input) -> bool {
    let gating = input.metrics.iter().filter(|metric| metric.gates());
    gating.map(|metric| silence(&metric.ticks)).any(|silence| {
        let stable: u64 = silence.iter().map(|tick| tick.stable.total).sum();
        let due = float(stable) * input.told_share;
        let minutes = silence.iter().filter(|tick| tick.stable.total > 0).count();
        minutes >= SILENT_MINUTES && due >= LEAST_DUE * (1.0 - input.told_share) && due > 0.0
    })
}

/// The ticks at the end in which the candidate has no requests.
fn silence(ticks: &[Tick]) -> &[Tick] {
    let heard = ticks.iter().rposition(|tick| tick.candidate.total > 0);
    &ticks[heard.map_or(0, |last| last + 1)..]
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP_TIMES: [StepTime; 3] = [StepTime::BeforeBake, StepTime::BakeOver, StepTime::StepOver];

    /// Findings from the bits of `bits`, rule by rule; 128 of them are all there are.
    fn findings(bits: u8) -> Findings {
        let bit = |index: u8| bits & (1 << index) != 0;
        Findings {
            fails_outright: bit(0),
            guard: bit(1).then(|| "limit".to_owned()),
            harms: bit(2),
            route_mismatch: bit(3),
            no_data: bit(4),
            passes_early: bit(5),
            passes_at_the_end: bit(6),
        }
    }

    #[test]
    fn the_first_rule_that_applies_decides_in_every_combination() {
        for (bits, step) in (0..128_u8).flat_map(|bits| STEP_TIMES.map(|step| (bits, step))) {
            let (early, at_the_end) = (bits & 32 != 0, bits & 64 != 0);
            // The lowest of the five bits that roll back or hold.
            let wanted = match (bits & 31).trailing_zeros() {
                0 => Verdict::RollBack(RollBackCause::FastPath),
                1 => Verdict::RollBack(RollBackCause::Guard("limit".to_owned())),
                2 => Verdict::RollBack(RollBackCause::Harm),
                3 => Verdict::Hold(HoldCause::RouteMismatch),
                4 => Verdict::Hold(HoldCause::NoData),
                _ if step == StepTime::BakeOver && early => Verdict::Promote,
                _ if step == StepTime::StepOver && (early || at_the_end) => Verdict::Promote,
                _ if step == StepTime::StepOver => Verdict::Inconclusive,
                _ => Verdict::Continue,
            };
            assert_eq!(findings(bits).verdict(step), wanted, "{:?} at {step:?}", findings(bits));
        }
    }
}
