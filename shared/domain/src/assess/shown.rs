//! What is shown of a judgement: the evidence that a verdict carries to people.

use tidegate_judge as judge;

use crate::policy::Harm;
use crate::verdict::{Counts, Evidence, MetricEvidence};

/// So many events may have been due where none came: the rule of three.
const AT_MOST_EVENTS: f64 = 3.0;

/// The evidence of a judgement. The intervals take longer than the judgement itself, so they are found only where something is
/// to be said; whoever looks in between finds them from the ticks.
pub fn evidence(judgement: &judge::Judgement, input: &judge::Input) -> Evidence {
    let is_said = judgement.verdict != judge::Verdict::Continue;
    let metrics = judgement.metrics.iter().zip(&input.metrics).filter(|(_, given)| given.weight > 0.0);
    let metrics = metrics.map(|(shown, given)| {
        let interval =
            if is_said { judge::interval(&given.ticks, given.harm) } else { judge::Interval::default() };
        let needed = needed(shown, given, input.thresholds.alpha_slow);
        MetricEvidence {
            name: shown.name.clone(),
            harm: match given.harm {
                judge::Harm::Increase => Harm::Increase,
                judge::Harm::Decrease => Harm::Decrease,
            },
            candidate: counts(shown.candidate),
            stable: counts(shown.stable),
            ratio: shown.ratio,
            low: interval.low,
            high: interval.high,
            log_e: shown.log_e,
            log_e_pass: shown.log_e_pass,
            requests_needed: needed.map(|(requests, _)| requests),
            minutes_needed: needed.map(|(requests, per_minute)| requests / per_minute),
        }
    });
    Evidence {
        log_e: judgement.combined_log_e,
        threshold_log_e: judgement.threshold_log_e,
        culprits: judgement.culprits.clone(),
        metrics: metrics.collect(),
    }
}

/// Requests that it takes to see a doubling, and how many there are in a minute of the step. Where stable had nothing bad yet
/// its rate is at most three in the requests so far, with 95 % confidence: then it takes no less than this.
fn needed(shown: &judge::MetricJudgement, given: &judge::Metric, alpha: f64) -> Option<(f64, f64)> {
    let step = given.ticks.get(given.step_start..).filter(|ticks| !ticks.is_empty()).unwrap_or(&given.ticks);
    let total = |arm: fn(&judge::Tick) -> judge::Counts| float(step.iter().map(|tick| arm(tick).total).sum());
    let (candidate, stable) = (total(|tick| tick.candidate), total(|tick| tick.stable));
    let per_minute = (candidate + stable) / float(step.len() as u64);
    let rare = || {
        let stable_rate = AT_MOST_EVENTS / float(shown.stable.total);
        let candidate_share = candidate / (candidate + stable);
        let judge::Metric { r0: margin, weight, .. } = *given;
        judge::Effort {
            stable_rate,
            candidate_share,
            ratio: 2.0,
            margin,
            alpha: alpha * weight,
            phi: shown.phi,
            log_e: shown.log_e,
        }
        .requests()
    };
    let spotless = shown.stable.bad == 0 && shown.stable.total > 0 && candidate > 0.0;
    let requests = shown.requests_needed.or_else(|| if spotless { rare() } else { None });
    requests.filter(|requests| requests.is_finite()).map(|requests| (requests, per_minute))
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests stay far below 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}

fn counts(counts: judge::Counts) -> Counts {
    Counts { total: counts.total, bad: counts.bad }
}
