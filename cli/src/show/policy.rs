//! A policy in words, or what is wrong with it.

use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;
use tidegate_domain::admit::{Asked, admit};
use tidegate_domain::check::{Asks, Check};
use tidegate_domain::deployment::{CodeDeploy, Group, Mover, Platform};
use tidegate_domain::policy::{
    AlarmAction, CloudWatchMetric, Faults, FlagChange, FlagMoment, Gate, Harm, KillSwitch, Metric,
    MetricSource, Mode, OnInconclusive, Policy,
};
use tidegate_domain::rollout::{Phase, Request, RolloutId};
use tidegate_domain::target::kinds::{code_deploy, ecs};
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
    for note in notes(policy).into_iter().chain(limits(policy)) {
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

/// What a rollout of such a policy would be refused for, in the words in which it would be.
pub fn notes(policy: &Policy) -> Vec<String> {
    let target = policy.target.clone().unwrap_or_else(|| Target::lambda("any", "live"));
    let asked = Asked {
        id: RolloutId("check".to_owned()),
        mover: mover(policy, &target),
        target,
        stable: None,
        candidate: Version("1".to_owned()),
        policy: policy.clone(),
        request: Request::default(),
    };
    let mut notes = match admit(asked, &[], Timestamp::UNIX_EPOCH).phase {
        Phase::Refused { findings } => {
            findings.iter().map(|finding| format!("would be refused: {finding}")).collect()
        }
        _ => Vec::new(),
    };
    if policy.mode == Mode::Drive && is_of(policy, ecs::KIND.name) {
        notes.push(
            "would be refused: only CodeDeploy moves the traffic of an ECS service; to have Tidegate start its deployments, name \
             their group as target codeDeploy; to have it judge those of others, write mode: guard"
                .to_owned(),
        );
    }
    notes
}

/// Who would move the traffic.
fn mover(policy: &Policy, target: &Target) -> Mover {
    if !is_moved_by_code_deploy(policy) {
        return Mover::Tidegate;
    }
    let group = Group {
        application: target.setting("application").to_owned(),
        name: target.setting("group").to_owned(),
    };
    Mover::CodeDeploy(Box::new(CodeDeploy {
        group,
        platform: code_deploy::platform(target).unwrap_or(Platform::Server),
        id: None,
        asked: (policy.mode == Mode::Drive).then(|| target.clone()),
        has_alarms: false,
        red: Vec::new(),
        status: None,
        target_groups: None,
        compared: None,
    }))
}

fn is_moved_by_code_deploy(policy: &Policy) -> bool {
    policy.mode == Mode::Guard || is_of(policy, code_deploy::KIND.name)
}

fn is_of(policy: &Policy, kind: &str) -> bool {
    policy.target.as_ref().is_some_and(|target| target.kind() == kind)
}

/// What of a policy counts for less where CodeDeploy moves the traffic.
fn limits(policy: &Policy) -> Vec<String> {
    if !is_moved_by_code_deploy(policy) {
        return Vec::new();
    }
    let analysis = &policy.analysis;
    let mut limits = vec![
        "CodeDeploy's timetable decides when the traffic moves; Tidegate can stop the deployment, and cannot hold it".to_owned(),
    ];
    if policy.mode == Mode::Guard && !policy.strategy.steps.is_empty() {
        limits.push(
            "strategy.steps: CodeDeploy moves by its own; these count for the deadline, and the first bake for when the \
             comparison has to have told"
                .to_owned(),
        );
    }
    let holding = analysis.alarms.iter().filter(|alarm| alarm.action == AlarmAction::Hold);
    let holding: Vec<&str> = holding.map(|alarm| alarm.name.as_str()).collect();
    if !holding.is_empty() {
        limits.push(format!(
            "analysis.alarms: {} would hold, and CodeDeploy goes on; for an alarm that stops it write action: rollBack",
            holding.join(", ")
        ));
    }
    if analysis.on_inconclusive == OnInconclusive::Hold {
        limits.push(
            "analysis.onInconclusive: hold holds nothing here; where the comparison could not tell, CodeDeploy goes on and on-call \
             is told"
                .to_owned(),
        );
    }
    limits.extend(policy.target.as_ref().and_then(watched).map(str::to_owned));
    limits
}

/// How far a target is watched that is no Lambda alias.
fn watched(target: &Target) -> Option<&'static str> {
    let platform = match target.kind() {
        kind if kind == ecs::KIND.name => Some(Platform::Ecs),
        kind if kind == code_deploy::KIND.name => code_deploy::platform(target).or(Some(Platform::Server)),
        _ => None,
    };
    match platform? {
        Platform::Lambda => None,
        Platform::Ecs => Some(
            "an ECS service is watched as long as the deployment waits to terminate the old task set, and no longer: then \
             nothing can be taken back; let it wait",
        ),
        Platform::Server => Some(
            "where the group deploys to instances, no metrics are counted by version: nothing is compared, and guards and alarms \
             judge",
        ),
    }
}

/// A policy in words, by topic.
pub fn reading(policy: &Policy) -> Vec<(&'static str, String)> {
    let analysis = &policy.analysis;
    let by_code_deploy = is_moved_by_code_deploy(policy);
    let mut lines = vec![("steps", steps(policy))];
    if let Some(target) = &policy.target {
        lines.push(("target", target.to_string()));
    }
    if !policy.checks.is_empty() {
        lines.push(("checks", policy.checks.iter().map(check_words).collect::<Vec<_>>().join("\n")));
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
            AlarmAction::Hold if by_code_deploy => format!("{} cannot hold CodeDeploy", alarm.name),
            AlarmAction::Hold => format!("{} holds the weight until it is quiet", alarm.name),
        });
        lines.push(("alarms", alarms.collect::<Vec<_>>().join("\n")));
    }
    lines.push(("undecided", undecided(analysis.on_inconclusive, by_code_deploy).to_owned()));
    if !policy.flags.is_empty() {
        lines.push(("flags", policy.flags.iter().map(flag_words).collect::<Vec<_>>().join("\n")));
    }
    if !policy.kill_switches.is_empty() {
        let switches = policy.kill_switches.iter().map(kill_switch_words);
        lines.push(("kill", switches.collect::<Vec<_>>().join("\n")));
    }
    let topic = policy.notify.topic.clone().unwrap_or_else(|| "the installation's topic".to_owned());
    lines.push(("tells", topic));
    lines
}

/// `5 % 10m → 25 % 10m → gate → 50 % 10m → 100 %, watch 30m; deadline 1d3h`.
pub fn steps(policy: &Policy) -> String {
    let mut parts = Vec::new();
    let strategy = &policy.strategy;
    if policy.mode == Mode::Guard || strategy.is_open {
        parts.push("CodeDeploy's own steps".to_owned());
    } else {
        for step in &strategy.steps {
            parts.push(format!("{} {}", step.weight, step.bake));
            match step.gate {
                Some(Gate::Manual) => parts.push("gate".to_owned()),
                Some(Gate::Timed(time)) => parts.push(format!("gate {time}")),
                None => {}
            }
        }
        parts.push("100 %".to_owned());
    }
    format!("{}, watch {}; deadline {}", parts.join(" → "), strategy.watch, policy.deadline)
}

/// `answers: invokes the new version with {"path":"/health"} for up to 10s: status 200, $.body.ok is true`.
fn check_words(check: &Check) -> String {
    let asks = match &check.asks {
        Asks::Invoke { payload } => format!("invokes the new version with {payload}"),
        Asks::Http { url, method, .. } => format!("{method} {url}"),
        Asks::Function { name, payload } => format!("invokes {name} with {payload}"),
    };
    let expect = &check.expect;
    let status = expect.status.map(|status| format!("status {status}"));
    let places = expect.json.iter().map(|place| format!("{} is {}", place.path, place.equals));
    let contains = expect.contains.as_ref().map(|text| format!("{text:?} is in it"));
    let limit = expect.faster_than.map(|limit| format!("below {limit} ms"));
    let wanted: Vec<String> = status.into_iter().chain(places).chain(contains).chain(limit).collect();
    let wanted = if wanted.is_empty() { "no error".to_owned() } else { wanted.join(", ") };
    format!("{}: {asks} for up to {}: {wanted}", check.name, check.timeout)
}

/// `new-basket on at 50 %, in shop/prod/flags, by AppConfig.AllAtOnce`.
fn flag_words(change: &FlagChange) -> String {
    let FlagChange { wanted, at, profile, strategy, ship_pending } = change;
    let at = moment_words(*at);
    let by = strategy.as_ref().map(|name| format!(", by {name}")).unwrap_or_default();
    let along = if *ship_pending { ", with a version that waits to be deployed" } else { "" };
    format!("{wanted} {at}, in {profile}{by}{along}")
}

/// When a flag switches.
pub fn moment_words(at: FlagMoment) -> String {
    match at {
        FlagMoment::BeforeTraffic => "before any traffic".to_owned(),
        FlagMoment::Weight(weight) => format!("at {weight}"),
        FlagMoment::Promotion => "after full promotion".to_owned(),
    }
}

/// `checkout-5xx turns off new-basket, in shop/prod/flags`.
fn kill_switch_words(switch: &KillSwitch) -> String {
    let KillSwitch { alarm, flag, variant, profile, preempt } = switch;
    let variant = variant.as_ref().map(|name| format!(" (variant {name})")).unwrap_or_default();
    let first = if *preempt { ", and stops another deployment there" } else { "" };
    format!("{alarm} turns off {flag}{variant}, in {profile}{first}")
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

const fn undecided(on: OnInconclusive, by_code_deploy: bool) -> &'static str {
    match (on, by_code_deploy) {
        (OnInconclusive::Hold, true) => "CodeDeploy goes on, and on-call is told",
        (OnInconclusive::Proceed, true) => "CodeDeploy goes on",
        (OnInconclusive::RollBack, true) => "the deployment is stopped and taken back",
        (OnInconclusive::Hold, false) => "extends the step once, then holds and tells on-call",
        (OnInconclusive::Proceed, false) => "extends the step once, then proceeds if there was data",
        (OnInconclusive::RollBack, false) => "extends the step once, then rolls back",
    }
}
