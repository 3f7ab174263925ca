//! Checks an input and names every fault in it at once. It changes nothing and judges nothing.

use std::collections::BTreeSet;
use std::fmt;

use crate::input::{Guard, Harm, Input, Kind, Metric, SplitTick};
use crate::preset::Thresholds;

/// One thing that is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFault {
    /// The metric it is about; `None` where it is about the input as a whole.
    pub metric: Option<String>,
    /// Index of the tick it is about.
    pub tick: Option<usize>,
    /// The field that is wrong.
    pub field: &'static str,
    /// What is wrong, and what would be right.
    pub problem: String,
}

impl fmt::Display for InputFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(metric) = &self.metric {
            write!(f, "metric `{metric}`, ")?;
        }
        if let Some(tick) = self.tick {
            write!(f, "tick {tick}, ")?;
        }
        write!(f, "{}: {}", self.field, self.problem)
    }
}

impl std::error::Error for InputFault {}

/// How far the weights may be from 1 in sum.
pub(crate) const WEIGHT_SLACK: f64 = 1e-9;

/// Every fault of the input, in its order.
pub(crate) fn faults(input: &Input) -> Vec<InputFault> {
    let mut found = Vec::new();
    of_thresholds(input.thresholds, &mut found);
    let mut seen = BTreeSet::new();
    for metric in &input.metrics {
        if !seen.insert(metric.name.as_str()) {
            found.push(about(metric, "name", "another metric has the same name".to_owned()));
        }
        of_metric(metric, &mut found);
    }
    of_weights(&input.metrics, &mut found);
    for guard in &input.guards {
        of_guard(guard, &input.metrics, &mut found);
    }
    of_split(&input.split, &mut found);
    found
}

fn about(metric: &Metric, field: &'static str, problem: String) -> InputFault {
    InputFault { metric: Some(metric.name.clone()), tick: None, field, problem }
}

fn overall(field: &'static str, problem: String) -> InputFault {
    InputFault { metric: None, tick: None, field, problem }
}

fn of_thresholds(thresholds: Thresholds, found: &mut Vec<InputFault>) {
    for (field, alpha) in [("alpha_slow", thresholds.alpha_slow), ("alpha_fast", thresholds.alpha_fast)] {
        if !(alpha > 0.0 && alpha < 1.0) {
            found.push(overall(field, format!("{alpha} is not between 0 and 1")));
        }
    }
}

fn of_metric(metric: &Metric, found: &mut Vec<InputFault>) {
    if !(metric.r0.is_finite() && metric.r0 > 0.0) {
        found.push(about(metric, "r0", format!("{} is not a number above 0", metric.r0)));
    }
    if !(metric.r1.is_finite() && metric.r1 > 1.0) {
        found.push(about(metric, "r1", format!("{} is not a number above 1", metric.r1)));
    }
    if !(0.0..=1.0).contains(&metric.weight) {
        found.push(about(metric, "weight", format!("{} is not between 0 and 1", metric.weight)));
    }
    let ticks = metric.ticks.len();
    for (field, index) in [("step_start", metric.step_start), ("unsettled", metric.unsettled)] {
        if index > ticks {
            found.push(about(metric, field, format!("{index} is more than the {ticks} ticks there are")));
        }
    }
    // The fast path asks whether the candidate fails more than 2 % of its requests; of a fall it makes no sense.
    if metric.kind == Kind::Errors && metric.harm == Harm::Decrease {
        found.push(about(metric, "harm", "errors do harm by increasing; expected Increase".to_owned()));
    }
    of_ticks(metric, found);
}

fn of_ticks(metric: &Metric, found: &mut Vec<InputFault>) {
    for (index, tick) in metric.ticks.iter().enumerate() {
        for (field, counts) in [("candidate.bad", tick.candidate), ("stable.bad", tick.stable)] {
            if counts.bad > counts.total {
                let problem = format!("{} is above the total of {}", counts.bad, counts.total);
                found.push(InputFault { tick: Some(index), ..about(metric, field, problem) });
            }
        }
    }
}

fn of_weights(metrics: &[Metric], found: &mut Vec<InputFault>) {
    if !metrics.iter().any(Metric::gates) {
        return;
    }
    let sum: f64 = metrics.iter().map(|metric| metric.weight).sum();
    // The negation also catches a sum that is not a number.
    let near_one = (sum - 1.0).abs() <= WEIGHT_SLACK;
    if !near_one {
        found.push(overall("weight", format!("the weights of the metrics sum to {sum}; expected 1")));
    }
}

fn of_guard(guard: &Guard, metrics: &[Metric], found: &mut Vec<InputFault>) {
    let Guard { name, metric, above, m, n } = guard;
    let mut push = |field, problem| {
        found.push(InputFault { metric: Some(metric.clone()), tick: None, field, problem });
    };
    if !metrics.iter().any(|known| &known.name == metric) {
        let known: Vec<_> = metrics.iter().map(|known| known.name.as_str()).collect();
        push("guard", format!("guard `{name}` looks at no known metric; known: {}", known.join(", ")));
    }
    if !(0.0..1.0).contains(above) {
        push("guard.above", format!("guard `{name}`: {above} is not at least 0 and below 1"));
    }
    if *m == 0 || m > n {
        push("guard.m", format!("guard `{name}`: {m} of {n}; expected at least 1 of as many or more"));
    }
}

fn of_split(split: &[SplitTick], found: &mut Vec<InputFault>) {
    for (index, tick) in split.iter().enumerate() {
        if !(0.0..=1.0).contains(&tick.share) {
            let problem = format!("{} is not between 0 and 1", tick.share);
            found.push(InputFault { tick: Some(index), ..overall("split.share", problem) });
        }
    }
}
