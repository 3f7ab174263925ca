//! What is shown of a judgement: the evidence that a verdict carries to people.

use tidegate_judge as judge;

use crate::policy::Harm;
use crate::verdict::{Counts, Evidence, MetricEvidence};

/// The evidence of a judgement. The intervals take longer than the judgement itself, so they are found only where something is
/// to be said; whoever looks in between finds them from the ticks.
pub fn evidence(judgement: &judge::Judgement, input: &judge::Input) -> Evidence {
    let is_said = judgement.verdict != judge::Verdict::Continue;
    let metrics = judgement.metrics.iter().zip(&input.metrics).filter(|(_, given)| given.weight > 0.0);
    let metrics = metrics.map(|(shown, given)| {
        let interval =
            if is_said { judge::interval(&given.ticks, given.harm) } else { judge::Interval::default() };
        MetricEvidence {
            name: shown.name.clone(),
            harm: match given.harm {
                judge::Harm::Increase => Harm::Increase,
                judge::Harm::Decrease => Harm::Decrease,
            },
            candidate: counts(shown.candidate),
            stable: counts(shown.stable),
            ratio: shown.ratio,
            // An end that the ratio itself lies beyond was drawn by minutes in which it was another one: a flag, or a cache,
            // made the difference. It says nothing of now.
            low: interval.low.filter(|low| shown.ratio.is_none_or(|ratio| *low <= ratio)),
            high: interval.high.filter(|high| shown.ratio.is_none_or(|ratio| ratio <= *high)),
            log_e: shown.log_e,
            log_e_pass: shown.log_e_pass,
            requests_needed: shown.requests_needed.or(shown.least_requests),
            minutes_needed: shown.minutes_needed.or(shown.least_minutes),
        }
    });
    Evidence {
        log_e: judgement.combined_log_e,
        threshold_log_e: judgement.threshold_log_e,
        culprits: judgement.culprits.clone(),
        metrics: metrics.collect(),
    }
}

fn counts(counts: judge::Counts) -> Counts {
    Counts { total: counts.total, bad: counts.bad }
}
