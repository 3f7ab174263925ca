//! What a rollout will be able to tell, and what not: said when it starts, not when it ends.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidegate_judge::Effort;

use crate::policy::{Analysis, MetricSource, Step, Strategy};
use crate::rollout::LEAST_JUDGED;
use crate::units::{Span, Weight};
use crate::verdict::{Baseline, Counts};

/// The harm that is asked for: a doubling of the failed requests.
const DOUBLED: f64 = 2.0;

/// How much more the counts scatter than independent requests would, before anything is known of it.
const DISPERSION: f64 = 1.5;

/// Longer than this is never.
const LONGEST: f64 = 365.0 * 24.0 * 60.0;

/// Whether a doubling of stable's failed requests can be seen under a policy, at the traffic before the rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outlook {
    /// Requests of the target per second.
    pub per_second: f64,
    /// The share of them that failed.
    pub rate: f64,
    /// The time that the candidate is compared in the policy's steps.
    pub within: Span,
    /// The time after which a doubling is likely to show, from the first traffic on; `None` where it never is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed: Option<Span>,
    /// The least share, from the start, with which it shows within the steps' time; `None` where none would do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<Weight>,
}

impl Outlook {
    /// The outlook of a rollout that starts from this baseline; `None` where there is nothing to compare: no steps, no errors
    /// metric, or no traffic before.
    pub fn of(strategy: &Strategy, analysis: &Analysis, baseline: &Baseline) -> Option<Self> {
        let errors = analysis.metrics.iter().find(|metric| metric.source == MetricSource::Errors)?;
        let per_minute = per_minute(baseline.errors, baseline.window)?;
        let rate = baseline.errors.rate()?;
        let requests = |share: f64| {
            Effort {
                stable_rate: rate,
                candidate_share: share,
                ratio: DOUBLED,
                margin: errors.margin,
                alpha: analysis.alpha_slow * errors.weight,
                phi: DISPERSION,
                log_e: 0.0,
            }
            .requests()
        };
        let minutes_at = |weight: Weight| requests(weight.fraction()).map(|requests| requests / per_minute);
        let within: Span = strategy.steps.iter().map(judged).sum();
        let enough =
            |weight: &Weight| minutes_at(*weight).is_some_and(|minutes| minutes <= minutes_of(within));
        (within > Span::ZERO).then(|| Self {
            per_second: per_minute / 60.0,
            rate,
            within,
            needed: needed(&strategy.steps, minutes_at),
            weight: (1..=50).filter_map(|percent| Weight::from_percent(f64::from(percent)).ok()).find(enough),
        })
    }

    /// Whether a doubling is likely to show within the steps' time.
    pub fn can_tell(&self) -> bool {
        self.needed.is_some_and(|needed| needed <= self.within)
    }
}

/// A step's time is no less than passing takes.
fn judged(step: &Step) -> Span {
    step.bake.max(LEAST_JUDGED)
}

fn minutes_of(span: Span) -> f64 {
    f64::from(span.as_minutes())
}

fn per_minute(counts: Counts, window: Span) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "counts of requests stay far below 2^53")]
    (counts.total > 0 && window > Span::ZERO).then(|| counts.total as f64 / minutes_of(window))
}

/// Step by step a part of the evidence is gathered; after the last, the rest at its share.
fn needed(steps: &[Step], minutes_at: impl Fn(Weight) -> Option<f64>) -> Option<Span> {
    let mut missing = 1.0;
    let mut gone = 0.0;
    for (index, step) in steps.iter().enumerate() {
        let all = minutes_at(step.weight)?;
        let is_last = index + 1 == steps.len();
        let spent = if is_last { missing * all } else { minutes_of(judged(step)).min(missing * all) };
        missing -= spent / all;
        gone += spent;
        if missing <= f64::EPSILON {
            break;
        }
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within a year")]
    (gone <= LONGEST).then(|| Span::minutes(gone.ceil() as u32).max(LEAST_JUDGED))
}
