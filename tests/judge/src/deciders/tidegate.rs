//! The judge itself, fed as the product feeds it: every complete minute counts for rolling back, and at every minute
//! it is given all of them.

use tidegate_judge::{
    Harm, Input, Kind, LATENCY_MARGINS, Metric, Preset, Routing, StepTime, Tick, Verdict, judge,
};

use super::{Decider, Family};
use crate::scenario::{MINUTES, Minute, STEP_MINUTES};

/// Minutes that may still change and therefore do not count for passing.
const UNSETTLED: usize = 2;

/// The judge with a preset, watching errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tidegate(pub Preset);

impl Tidegate {
    /// Whether the judge rolls back over these three counts of slow requests, each with all its minutes so far.
    pub fn rolls_back_over_latency(self, slow: &[Vec<Tick>; 3], minutes: usize) -> bool {
        let metrics = slow.iter().zip(LATENCY_MARGINS).zip(["p50", "p90", "p99"]);
        let metrics = metrics.map(|((ticks, r0), name)| Metric {
            kind: Kind::Other,
            r0,
            weight: 1.0 / 3.0,
            ..self.metric(name, ticks[..minutes].to_vec())
        });
        self.rolls_back_over(metrics.collect())
    }

    fn metric(self, name: &str, ticks: Vec<Tick>) -> Metric {
        Metric {
            name: name.to_owned(),
            kind: Kind::Errors,
            harm: Harm::Increase,
            r0: self.0.error_margin(),
            r1: self.0.pass_ratio(),
            weight: 1.0,
            step_start: step_start(ticks.len()),
            unsettled: UNSETTLED.min(ticks.len()),
            ticks,
        }
    }

    fn rolls_back_over(self, metrics: Vec<Metric>) -> bool {
        let minutes = metrics.first().map_or(0, |metric| metric.ticks.len());
        let judgement = judge(&Input {
            metrics,
            guards: vec![],
            thresholds: self.0.thresholds(),
            routing: Routing::PerRequest,
            split: vec![],
            step: StepTime::BeforeBake,
            told_share: 0.05,
            minutes_left: u32::try_from(MINUTES - minutes).unwrap_or(0),
        });
        match judgement.expect("simulated counts have no faults").verdict {
            Verdict::RollBack(_) => true,
            Verdict::Promote | Verdict::Hold(_) | Verdict::Inconclusive | Verdict::Continue => false,
        }
    }
}

/// The first minute of the step that the latest of so many minutes belongs to.
fn step_start(minutes: usize) -> usize {
    minutes.saturating_sub(1) / STEP_MINUTES * STEP_MINUTES
}

impl Decider for Tidegate {
    fn name(&self) -> String {
        match self.0 {
            Preset::Balanced => "Tidegate, balanced".to_owned(),
            Preset::Tolerant => "Tidegate, tolerant".to_owned(),
        }
    }

    fn family(&self) -> Family {
        Family::Judge
    }

    fn rolls_back(&self, so_far: &[Minute]) -> bool {
        let ticks = so_far.iter().map(|minute| minute.tick).collect();
        self.rolls_back_over(vec![self.metric("errors", ticks)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{candidate_minutes, first_rollback};
    use tidegate_judge::Counts;

    #[test]
    fn a_candidate_that_fails_outright_is_rolled_back_in_the_first_minute() {
        let mut minutes = candidate_minutes(&[(300, 300); 3]);
        for minute in &mut minutes {
            minute.tick.stable = Counts { total: 5700, bad: 6 };
        }
        assert_eq!(first_rollback(&Tidegate(Preset::Balanced), &minutes), Some(1));
    }

    #[test]
    fn a_step_starts_with_its_first_minute() {
        assert_eq!([1, 10, 11, 20, 21, 30].map(step_start), [0, 0, 10, 10, 20, 20]);
    }
}
