//! A policy in words, or what is wrong with it.

use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;
use tidegate_domain::admit::{Asked, admit};
use tidegate_domain::policy::{
    AlarmAction, CloudWatchMetric, Faults, FlagMoment, Gate, Harm, Metric, MetricSource, Mode,
    OnInconclusive, Policy,
};
use tidegate_domain::rollout::{Phase, Request, RolloutId};
use tidegate_domain::target::{Target, Version};
use tidegate_domain::units::Span;

use super::numbers::percent;
use super::style::{BAD, BOLD, CARE, DIM, GOOD, hang, in_style};

const LABEL: usize = 14;

/// A faultless policy, read out.
pub fn policy(file: &Path, policy: &Policy) -> String {
    let mut text = format!(
        "{} {}  {}\n",
        in_style(GOOD, "✓"),
        in_style(BOLD, file.display()),
        in_style(DIM, format!("policy {}", policy.name))
    );
    for (label, words) in reading(policy) {
        line(&mut text, label, &words);
    }
    for note in notes(policy) {
        let _ = writeln!(text, "    {}{}", in_style(CARE, format!("{:10}", "note")), hang(&note, LABEL));
    }
    text
}

/// A faulty policy: every fault, with its place.
pub fn faults(file: &Path, faults: &Faults) -> String {
    let many = if faults.0.len() == 1 { "1 fault".to_owned() } else { format!("{} faults", faults.0.len()) };
    let mut text =
        format!("{} {}  {}\n", in_style(BAD, "✗"), in_style(BOLD, file.display()), in_style(BAD, many));
    for fault in &faults.0 {
        let _ = writeln!(text, "    {}", hang(&fault.to_string(), 6));
    }
    text
}

fn line(text: &mut String, label: &str, words: &str) {
    let _ = writeln!(text, "    {}{}", in_style(DIM, format!("{label:10}")), hang(words, LABEL));
}

/// What this release does not do for such a policy: in the words in which it would refuse a rollout.
pub fn notes(policy: &Policy) -> Vec<String> {
    let target = policy.target.clone().unwrap_or_else(|| Target::lambda("any", "live"));
    let asked = Asked {
        id: RolloutId("check".to_owned()),
        target,
        candidate: Version("1".to_owned()),
        policy: policy.clone(),
        request: Request::default(),
    };
    match admit(asked, &[], Timestamp::UNIX_EPOCH).phase {
        Phase::Refused { findings } => {
            findings.iter().map(|finding| format!("refused in this release: {finding}")).collect()
        }
        _ => Vec::new(),
    }
}

/// A policy in words, by topic.
pub fn reading(policy: &Policy) -> Vec<(&'static str, String)> {
    let analysis = &policy.analysis;
    let mut lines = vec![("steps", steps(policy))];
    if let Some(target) = &policy.target {
        lines.push(("target", target.to_string()));
    }
    let gating = analysis.metrics.iter().filter(|metric| metric.weight > 0.0);
    lines.push(("judges", gating.map(metric_words).collect::<Vec<_>>().join("\n")));
    if analysis.warm_up > Span::ZERO {
        let warm_up = analysis.warm_up;
        lines.push(("warms up", format!("the first {warm_up} after each rise of the weight are not judged")));
    }
    let alpha = percent(analysis.alpha_slow + analysis.alpha_fast);
    let errs = format!(
        "the comparison may take back {alpha} of harmless versions; one that drifts by itself, guards and alarms come on top"
    );
    lines.push(("errs", errs));
    if !analysis.guards.is_empty() {
        let guards = analysis.guards.iter().map(|guard| analysis.in_words(guard));
        lines.push(("guards", guards.collect::<Vec<_>>().join("\n")));
    }
    if !analysis.alarms.is_empty() {
        let alarms = analysis.alarms.iter().map(|alarm| match alarm.action {
            AlarmAction::RollBack => format!("{} rolls back", alarm.name),
            AlarmAction::Hold => format!("{} holds the weight until it is quiet", alarm.name),
        });
        lines.push(("alarms", alarms.collect::<Vec<_>>().join("\n")));
    }
    lines.push(("undecided", undecided(analysis.on_inconclusive).to_owned()));
    if !policy.flags.is_empty() {
        let flags = policy.flags.iter().map(|flag| {
            let at = match flag.at {
                FlagMoment::BeforeTraffic => "before any traffic".to_owned(),
                FlagMoment::Weight(weight) => format!("at {weight}"),
                FlagMoment::Promotion => "after full promotion".to_owned(),
            };
            format!("{} on {at}", flag.flag)
        });
        lines.push(("flags", flags.collect::<Vec<_>>().join("\n")));
    }
    let topic = policy.notify.topic.clone().unwrap_or_else(|| "the installation's topic".to_owned());
    lines.push(("tells", topic));
    lines
}

/// `5 % 10m → 25 % 10m → gate → 50 % 10m → 100 %, watch 30m; deadline 1d3h`.
pub fn steps(policy: &Policy) -> String {
    let mut parts = Vec::new();
    for step in &policy.strategy.steps {
        parts.push(format!("{} {}", step.weight, step.bake));
        match step.gate {
            Some(Gate::Manual) => parts.push("gate".to_owned()),
            Some(Gate::Timed(time)) => parts.push(format!("gate {time}")),
            None => {}
        }
    }
    let by_aws = policy.mode == Mode::Guard && parts.is_empty();
    parts.push(if by_aws { "AWS's own steps".to_owned() } else { "100 %".to_owned() });
    format!("{}, watch {}; deadline {}", parts.join(" → "), policy.strategy.watch, policy.deadline)
}

fn named(metric: &CloudWatchMetric) -> String {
    format!("{}/{}", metric.namespace, metric.metric)
}

fn metric_words(metric: &Metric) -> String {
    let source = match &metric.source {
        MetricSource::Errors => "failed requests".to_owned(),
        MetricSource::SlowerThan { quantile } => format!("requests slower than stable's p{quantile}"),
        MetricSource::Throttles => "throttled requests, out of all that were tried".to_owned(),
        MetricSource::SlowerThanLimit { milliseconds } => format!("requests slower than {milliseconds} ms"),
        MetricSource::CloudWatch { events, of: None } => named(events),
        MetricSource::CloudWatch { events, of: Some(of) } => {
            format!("{} out of {}", named(events), named(of))
        }
    };
    let Metric { name, margin, pass, weight, .. } = metric;
    let worse = match metric.harm {
        Harm::Increase => format!("worse above {margin}× stable, passes below {pass}×"),
        Harm::Decrease => format!("fewer are worse: by more than {margin}×, passes within {pass}×"),
    };
    format!("{name}: {source}, {worse}; weighs {}", percent(*weight))
}

const fn undecided(on: OnInconclusive) -> &'static str {
    match on {
        OnInconclusive::Hold => "extends the step once, then holds and tells on-call",
        OnInconclusive::Proceed => "extends the step once, then proceeds if there was data",
        OnInconclusive::RollBack => "extends the step once, then rolls back",
    }
}
