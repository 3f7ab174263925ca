//! From a file of ticks to what the judge is asked: with the numbers of the file, of a policy, or of the default preset.
//!
//! Offline there is no clock, so the ticks are taken as the minutes of one step, all settled. Its time is over, unless a policy
//! says that the step takes longer than there are ticks.

use tidegate_domain::assess::{judge_guard, judge_metric};
use tidegate_domain::policy::{Metric as PolicyMetric, MetricSource, Policy};
use tidegate_domain::reason::count;
use tidegate_domain::rollout::LEAST_JUDGED;
use tidegate_judge::{
    Harm, Input, InputFault, Judgement, Kind, Metric, Preset, Routing, StepTime, Thresholds, Tick, judge,
};

use super::Found;
use super::ticks::{Stated, TickFile, at_metric};

/// A judgement with the question that it answers.
#[derive(Debug)]
pub struct Judged {
    pub input: Input,
    pub judgement: Judgement,
    /// What was not judged, and why.
    pub notes: Vec<String>,
}

/// Judges a file of ticks; every fault of it goes to `found`.
pub fn judged(file: TickFile, policy: Option<&Policy>, found: &mut Found) -> Option<Judged> {
    let mut notes = Vec::new();
    same_length(&file, found);
    let input = match policy {
        None => by_itself(file, found),
        Some(policy) => by_policy(&file, policy, found, &mut notes),
    };
    match judge(&input) {
        Ok(judgement) => Some(Judged { input, judgement, notes }),
        Err(faults) => {
            for fault in faults {
                tell(fault, found);
            }
            None
        }
    }
}

/// A fault that the judge names. It counts ticks as the file does: from 0.
fn tell(fault: InputFault, found: &mut Found) {
    let metric = fault.metric.map_or_else(String::new, |metric| at_metric(&metric));
    let tick = fault.tick.map_or_else(String::new, |tick| format!("tick {tick}, "));
    found.fault::<()>(format!("{metric}{tick}{}", fault.field), fault.problem);
}

/// Metrics are combined minute by minute, so each has a tick for every minute.
fn same_length(file: &TickFile, found: &mut Found) {
    let Some(first) = file.metrics.first().filter(|first| !first.ticks.is_empty()) else { return };
    let number = |ticks: &[Tick]| count(ticks.len() as u64);
    let others = file.metrics.iter().filter(|metric| !metric.ticks.is_empty());
    for metric in others.filter(|metric| metric.ticks.len() != first.ticks.len()) {
        found.fault::<()>(
            format!("{}ticks", at_metric(&metric.name)),
            format!(
                "{} ticks, where `{}` has {}; expected one for the same minutes in every metric, [0, 0, 0, 0] where \
                 nothing was measured",
                number(&metric.ticks),
                first.name,
                number(&first.ticks)
            ),
        );
    }
}

/// The candidate's share of all requests, of which nobody says what it was told; a half where it had none.
fn share(metrics: &[Metric]) -> f64 {
    let ticks = || metrics.iter().flat_map(|metric| &metric.ticks);
    let candidate = ticks().map(|tick| tick.candidate.total).fold(0, u64::saturating_add);
    let stable = ticks().map(|tick| tick.stable.total).fold(0, u64::saturating_add);
    #[expect(clippy::cast_precision_loss, reason = "counts of requests stay far below 2^53")]
    let share = |candidate: u64| candidate as f64 / (candidate as f64 + stable as f64);
    if candidate > 0 { share(candidate) } else { 0.5 }
}

fn input(metrics: Vec<Metric>, thresholds: Thresholds) -> Input {
    Input {
        told_share: share(&metrics),
        metrics,
        guards: Vec::new(),
        thresholds,
        routing: Routing::PerRequest,
        split: Vec::new(),
        step: StepTime::StepOver,
        minutes_left: 0,
    }
}

fn by_itself(file: TickFile, found: &mut Found) -> Input {
    let preset = Preset::default();
    if file.step.is_some() {
        found.fault::<()>("step", "only a policy has steps; name one with --policy, or leave this out");
    }
    let weights = weights(&file.metrics, found);
    let metric = |(stated, weight): (Stated, f64)| {
        let harm = stated.harm.unwrap_or(Harm::Increase);
        let kind = match harm {
            Harm::Increase => Kind::Errors,
            Harm::Decrease => Kind::Other,
        };
        Metric {
            name: stated.name,
            kind: stated.kind.unwrap_or(kind),
            harm,
            ticks: stated.ticks,
            r0: stated.r0.unwrap_or(preset.error_margin()),
            r1: stated.r1.unwrap_or(preset.pass_ratio()),
            weight,
            step_start: 0,
            unsettled: 0,
        }
    };
    let metrics = file.metrics.into_iter().zip(weights).map(metric).collect();
    let defaults = preset.thresholds();
    let thresholds = Thresholds {
        alpha_slow: file.alpha_slow.unwrap_or(defaults.alpha_slow),
        alpha_fast: file.alpha_fast.unwrap_or(defaults.alpha_fast),
    };
    Input { guards: file.guards.unwrap_or_default(), ..input(metrics, thresholds) }
}

/// The weights as stated, or equal ones where no metric states one. That they sum to 1 is the judge's to check.
fn weights(metrics: &[Stated], found: &mut Found) -> Vec<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a handful of metrics")]
    let equal = 1.0 / metrics.len().max(1) as f64;
    let stated: f64 = metrics.iter().filter_map(|metric| metric.weight).sum();
    let silent: Vec<_> = metrics.iter().filter(|metric| metric.weight.is_none()).collect();
    if silent.len() == metrics.len() {
        return vec![equal; metrics.len()];
    }
    #[expect(clippy::cast_precision_loss, reason = "a handful of metrics")]
    let rest = (1.0 - stated).max(0.0) / silent.len().max(1) as f64;
    for metric in silent {
        let problem = format!(
            "missing, and other metrics state theirs; expected one in every metric (what they leave of 1 is {}) or in none, \
             for equal shares",
            (rest * 1e6).round() / 1e6
        );
        found.fault::<()>(format!("{}weight", at_metric(&metric.name)), problem);
    }
    metrics.iter().map(|metric| metric.weight.unwrap_or(rest)).collect()
}

fn by_policy(file: &TickFile, policy: &Policy, found: &mut Found, notes: &mut Vec<String>) -> Input {
    let analysis = &policy.analysis;
    stated_twice(file, found);
    let known: Vec<&str> = analysis.metrics.iter().map(|metric| metric.name.as_str()).collect();
    for stated in file.metrics.iter().filter(|stated| !known.contains(&stated.name.as_str())) {
        let problem = format!("the policy {} has no such metric; known: {}", policy.name, known.join(", "));
        found.fault::<()>(format!("metric `{}`", stated.name), problem);
    }
    let ticks_of = |name: &str| file.metrics.iter().find(|stated| stated.name == name);
    let judged = judged_metrics(policy, |metric| ticks_of(&metric.name).is_some(), found, notes);
    let total: f64 = judged.iter().map(|metric| metric.weight).sum();
    let metric = |of: &&PolicyMetric| Metric {
        ticks: ticks_of(&of.name).map(|stated| stated.ticks.clone()).unwrap_or_default(),
        weight: of.weight / total,
        ..judge_metric(of)
    };
    let metrics: Vec<Metric> = judged.iter().map(metric).collect();
    let thresholds = Thresholds { alpha_slow: analysis.alpha_slow, alpha_fast: analysis.alpha_fast };
    let limits = |name: &String| judged.iter().any(|metric| metric.name == *name);
    let guards = analysis.guards.iter().filter(|guard| limits(&guard.metric));
    let guards = guards.map(|guard| judge_guard(guard, analysis)).collect();
    let minutes = file.metrics.first().map_or(0, |metric| metric.ticks.len());
    Input { guards, step: step_time(policy, file.step, minutes, found), ..input(metrics, thresholds) }
}

/// What the policy says, the file must not say again: one of the two would be ignored.
fn stated_twice(file: &TickFile, found: &mut Found) {
    const TWICE: &str = "the policy says it already; leave it out here, or judge without --policy";
    let overall = [
        ("alpha_slow", file.alpha_slow.is_some()),
        ("alpha_fast", file.alpha_fast.is_some()),
        ("guards", file.guards.is_some()),
    ];
    for (field, _) in overall.into_iter().filter(|(_, stated)| *stated) {
        found.fault::<()>(field, TWICE);
    }
    for stated in &file.metrics {
        let own = [
            ("kind", stated.kind.is_some()),
            ("harm", stated.harm.is_some()),
            ("r0", stated.r0.is_some()),
            ("r1", stated.r1.is_some()),
            ("weight", stated.weight.is_some()),
        ];
        for (field, _) in own.into_iter().filter(|(_, stated)| *stated) {
            found.fault::<()>(format!("{}{field}", at_metric(&stated.name)), TWICE);
        }
    }
}

/// The policy's metrics that were recorded. All that gate must be; but latency may be left out as a whole, as it is in a rollout
/// whose stable version had no traffic before: the others then share its weight.
pub fn judged_metrics<'a>(
    policy: &'a Policy,
    is_recorded: impl Fn(&PolicyMetric) -> bool,
    found: &mut Found,
    notes: &mut Vec<String>,
) -> Vec<&'a PolicyMetric> {
    let is_latency = |metric: &PolicyMetric| matches!(metric.source, MetricSource::SlowerThan { .. });
    let (gating, limited): (Vec<_>, Vec<_>) =
        policy.analysis.metrics.iter().partition(|metric| metric.weight > 0.0);
    let without_latency = !gating.iter().any(|metric| is_latency(metric) && is_recorded(metric));
    let (mut judged, left_out): (Vec<_>, Vec<_>) =
        gating.into_iter().partition(|metric| !(without_latency && is_latency(metric)));
    for metric in judged.iter().filter(|metric| !is_recorded(metric)) {
        found.fault::<()>(
            format!("metric `{}`", metric.name),
            "the policy judges it, and it is not recorded here",
        );
    }
    if !left_out.is_empty() && !judged.is_empty() {
        notes.push(
            "latency is not recorded, so it is not judged; the other metrics share its weight".to_owned(),
        );
    }
    for metric in limited {
        if is_recorded(metric) {
            judged.push(metric);
        } else {
            notes.push(format!("{} is not recorded, so its guard does not speak", metric.name));
        }
    }
    judged
}

/// Where a step of the policy stands after so many settled minutes.
fn step_time(policy: &Policy, step: Option<u64>, minutes: usize, found: &mut Found) -> StepTime {
    let steps = &policy.strategy.steps;
    let asked = step.unwrap_or(1);
    let index = usize::try_from(asked - 1).unwrap_or(usize::MAX);
    let Some(step) = steps.get(index) else {
        if step.is_some() {
            found.fault::<()>("step", format!("{asked} is not there; the policy has {} steps", steps.len()));
        }
        return StepTime::StepOver;
    };
    let minutes = u32::try_from(minutes).unwrap_or(u32::MAX);
    if minutes >= step.bake.max(LEAST_JUDGED).as_minutes() {
        StepTime::StepOver
    } else if minutes >= step.bake.as_minutes() {
        StepTime::BakeOver
    } else {
        StepTime::BeforeBake
    }
}
