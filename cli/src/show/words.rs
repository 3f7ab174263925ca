//! A reason in fewer words, for where one stands under the other. The full words are in messages and in `get`.

use tidegate_domain::reason::Reason;
use tidegate_domain::verdict::{Evidence, MetricEvidence};

use super::numbers::ratio;
use crate::evidence::evidence_of;

/// A reason with the loudest metric's counts and the other metrics' ratios; what the line before said is not said again.
pub fn short(reason: &Reason, before: Option<&Reason>) -> String {
    let mut words = reason.to_string();
    if let Some(repeated) = before.map(ToString::to_string)
        && let Some(news) = words.strip_suffix(&format!("; {repeated}"))
    {
        words.truncate(news.len());
    }
    match evidence_of(reason) {
        Some(evidence) => words.replace(&evidence.to_string(), &shorter(evidence)),
        None => words,
    }
}

fn shorter(evidence: &Evidence) -> String {
    let mut metrics: Vec<&MetricEvidence> = evidence.metrics.iter().collect();
    metrics.sort_by(|a, b| b.log_e.total_cmp(&a.log_e));
    let Some((loudest, others)) = metrics.split_first() else { return evidence.to_string() };
    let others = others.iter().filter_map(|metric| Some(format!("{} {}", metric.name, ratio(metric.ratio?))));
    let others: Vec<String> = others.collect();
    let only = Evidence { metrics: vec![(*loudest).clone()], ..evidence.clone() }.to_string();
    if others.is_empty() {
        return only;
    }
    // The odds belong to all of them and stay at the end.
    let (first, odds) = only.split_once("; evidence ").map_or((only.as_str(), None), |(a, b)| (a, Some(b)));
    let odds = odds.map(|odds| format!("; evidence {odds}")).unwrap_or_default();
    format!("{first}; {}{odds}", others.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidegate_domain::verdict::{Cause, Counts};

    fn harm() -> Cause {
        let metric = |name: &str, log_e, bad| MetricEvidence {
            name: name.to_owned(),
            candidate: Counts { total: 1_000, bad },
            stable: Counts { total: 1_000, bad: 10 },
            ratio: Some(4.0),
            log_e,
            log_e_pass: 0.0,
            requests_needed: None,
        };
        let metrics = vec![metric("latency", 0.0, 10), metric("errors", 5.0, 40)];
        Cause::HarmShown(Evidence { log_e: f64::ln(60.0), threshold_log_e: 3.1, metrics })
    }

    #[test]
    fn a_rollback_names_its_loudest_metric_with_counts_and_the_others_without() {
        assert_eq!(
            short(&Reason::TakingBack(harm()), None),
            "errors 4.0× stable, 40 of 1,000 against 10 of 1,000; latency 4.0×; evidence 60 to 1"
        );
    }

    #[test]
    fn a_cause_is_not_told_twice_in_a_row() {
        let before = Reason::TakingBack(harm());
        assert_eq!(short(&Reason::BackOnStable(harm()), Some(&before)), "all traffic is back on stable");
    }
}
