//! What the judge is given: a rollout's ticks as its policy weighs them, and where its step stands.

use jiff::Timestamp;
use tidegate_judge as judge;

use crate::deployment::{CodeDeploy, Platform};
use crate::policy::{Analysis, Guard, Harm, Metric, MetricSource};
use crate::rollout::{Bake, PauseCause, Reached, Rollout};
use crate::ticks::{Arms, Tick, minute_of};
use crate::units::Span;
use crate::verdict::{Baseline, Counts, HoldCause};

/// The first whole minute of a step.
pub(super) fn first_minute(bake: &Bake) -> Option<Timestamp> {
    let since = bake.since?;
    let minute = minute_of(since);
    Some(if minute == since { minute } else { Span::minutes(1).after(minute) })
}

/// Minutes without candidate data that hold a rollout may only be asked for once it had time to show them.
const TIME_TO_SHOW_DATA: Span = Span::minutes(4);

/// The metrics that can be counted: latency needs the stable version's quantiles, which a target without traffic lacks, and
/// instances count no requests for each version; only Lambda throttles.
pub fn judged_metrics(rollout: &Rollout) -> impl Iterator<Item = &Metric> {
    let latency = rollout.baseline.as_ref().and_then(|baseline| baseline.latency);
    let moves = rollout.mover.code_deploy();
    let counted = moves.is_none_or(CodeDeploy::counts_by_version);
    let throttled = moves.is_none_or(|moves| moves.platform == Platform::Lambda);
    rollout.policy.analysis.metrics.iter().filter(move |metric| match metric.source {
        MetricSource::SlowerThan { .. } => counted && latency.is_some(),
        MetricSource::Errors
        | MetricSource::SlowerThanLimit { .. }
        | MetricSource::CloudWatch { of: None, .. } => counted,
        MetricSource::Throttles => throttled,
        MetricSource::CloudWatch { of: Some(_), .. } => true,
    })
}

pub(super) fn judge_input(
    rollout: &Rollout,
    bake: Option<&Bake>,
    ticks: &[Tick],
    now: Timestamp,
) -> judge::Input {
    let all = ticks;
    let ticks: Vec<&Tick> = all.iter().filter(|tick| !is_cold(rollout, tick)).collect();
    let step_start =
        bake.and_then(first_minute).map_or(ticks.len(), |start| ticks.partition_point(|t| t.minute < start));
    let settled_from = rollout.settle.before(Span::minutes(1).before(now));
    let unsettled = ticks.iter().rev().take_while(|tick| tick.minute > settled_from).count();
    let settled_of_step = ticks.get(step_start..ticks.len() - unsettled).unwrap_or_default();
    let total_weight: f64 = judged_metrics(rollout).map(|metric| metric.weight).sum();
    let metrics: Vec<judge::Metric> = judged_metrics(rollout)
        .map(|metric| judge::Metric {
            ticks: ticks.iter().map(|tick| judge_tick(tick.metrics.get(&metric.name))).collect(),
            weight: if total_weight > 0.0 { metric.weight / total_weight } else { 0.0 },
            step_start,
            unsettled,
            ..judge_metric(metric)
        })
        .collect();
    let analysis = &rollout.policy.analysis;
    let guarded =
        judged_metrics(rollout).filter(|metric| analysis.guards.iter().any(|g| g.metric == metric.name));
    let guarded: Vec<judge::Metric> = guarded
        .map(|metric| judge::Metric {
            name: in_every_minute(&metric.name),
            ticks: all.iter().map(|tick| judge_tick(tick.metrics.get(&metric.name))).collect(),
            weight: 0.0,
            ..judge_metric(metric)
        })
        .collect();
    let guards = analysis.guards.iter().map(|guard| {
        let guard = judge_guard(guard, analysis);
        judge::Guard { metric: in_every_minute(&guard.metric), ..guard }
    });
    let guards = guards.filter(|guard| guarded.iter().any(|metric| metric.name == guard.metric)).collect();
    judge::Input {
        guards,
        thresholds: judge::Thresholds { alpha_slow: analysis.alpha_slow, alpha_fast: analysis.alpha_fast },
        routing: judge::Routing::PerRequest,
        split: if bake.is_some() && analysis.traffic_split {
            split(rollout, settled_of_step)
        } else {
            Vec::new()
        },
        step: bake.map_or(judge::StepTime::BeforeBake, |bake| step_time(rollout, bake, now)),
        told_share: bake
            .filter(|bake| rollout.mover.is_tidegate() && had_time(bake, now))
            .map_or(0.0, |_| rollout.weight().fraction()),
        minutes_left: bake.map_or(0, |bake| minutes_left(rollout, bake, now)),
        metrics: metrics.into_iter().chain(guarded).collect(),
    }
}

/// The name under which a guard looks at a metric: an absolute limit holds in cold minutes too.
fn in_every_minute(name: &str) -> String {
    format!("{name}, in every minute")
}

/// A metric of a policy as the judge takes it, without any ticks yet.
pub fn judge_metric(metric: &Metric) -> judge::Metric {
    judge::Metric {
        name: metric.name.clone(),
        kind: match metric.source {
            MetricSource::Errors | MetricSource::Throttles => judge::Kind::Errors,
            MetricSource::SlowerThan { .. }
            | MetricSource::SlowerThanLimit { .. }
            | MetricSource::CloudWatch { .. } => judge::Kind::Other,
        },
        harm: match metric.harm {
            Harm::Increase => judge::Harm::Increase,
            Harm::Decrease => judge::Harm::Decrease,
        },
        ticks: Vec::new(),
        r0: metric.margin,
        r1: metric.pass,
        weight: metric.weight,
        step_start: 0,
        unsettled: 0,
    }
}

fn judge_tick(arms: Option<&Arms>) -> judge::Tick {
    let counts = |counts: Counts| judge::Counts { total: counts.total, bad: counts.bad };
    arms.map(|arms| judge::Tick { candidate: counts(arms.candidate), stable: counts(arms.stable) })
        .unwrap_or_default()
}

/// Minutes in which the candidate may be cold, after each rise of its weight.
fn is_cold(rollout: &Rollout, tick: &Tick) -> bool {
    let warm_up = rollout.policy.analysis.warm_up;
    let cold = |rise: &Reached| minute_of(rise.at) <= tick.minute && tick.minute < warm_up.after(rise.at);
    warm_up > Span::ZERO && rollout.reached.iter().any(cold)
}

/// A router that went astray is judged by its latest minutes alone, so that it can be right again.
pub(super) const RIGHT_MINUTES: usize = 5;

fn latest<'a>(ticks: &'a [&'a Tick], since: Timestamp) -> &'a [&'a Tick] {
    let held = &ticks[ticks.partition_point(|tick| tick.minute < since)..];
    &held[held.len().saturating_sub(RIGHT_MINUTES)..]
}

/// What the router did with this step's share (what CodeDeploy does is not told by Tidegate), in minutes that are whole and settled: a request that still runs is not
/// counted yet, and where the candidate hangs that would look like too little traffic. A candidate without any request may
/// as well be one without metrics, which has a rule of its own.
fn split(rollout: &Rollout, settled_of_step: &[&Tick]) -> Vec<judge::SplitTick> {
    if !rollout.mover.is_tidegate() {
        return Vec::new();
    }
    let share = rollout.weight().fraction();
    let Some(requests) = judged_metrics(rollout).find(|metric| metric.source.is_per_request()) else {
        return Vec::new();
    };
    let held = rollout.phase.traffic().and_then(|traffic| traffic.pause);
    let settled_of_step = match held {
        Some((PauseCause::Hold(HoldCause::RouteMismatch), since)) => latest(settled_of_step, since),
        Some(_) | None => settled_of_step,
    };
    let arms = settled_of_step.iter().filter_map(|tick| tick.metrics.get(&requests.name));
    let dealt: Vec<judge::SplitTick> = arms
        .map(|Arms { candidate, stable }| judge::SplitTick {
            share,
            candidate: candidate.total,
            stable: stable.total,
        })
        .collect();
    if dealt.iter().all(|tick| tick.candidate == 0) { Vec::new() } else { dealt }
}

/// A guard of a policy as the judge takes it; its name says what it looks at.
pub fn judge_guard(guard: &Guard, analysis: &Analysis) -> judge::Guard {
    judge::Guard {
        name: analysis.in_words(guard),
        metric: guard.metric.clone(),
        above: guard.above,
        m: guard.m,
        n: guard.n,
    }
}

/// A step's time is over when its minutes have settled: passing rests on settled minutes alone, so a step that ended with its
/// bake would lose its last minutes, and a one-minute step all of them.
fn step_time(rollout: &Rollout, bake: &Bake, now: Timestamp) -> judge::StepTime {
    let Some(start) = first_minute(bake) else { return judge::StepTime::BeforeBake };
    let minimum = rollout.step(bake.step).map_or(Span::ZERO, |step| step.bake);
    if now >= step_over_at(rollout, bake, start) {
        judge::StepTime::StepOver
    } else if now >= minimum.after(start) {
        judge::StepTime::BakeOver
    } else {
        judge::StepTime::BeforeBake
    }
}

fn step_over_at(rollout: &Rollout, bake: &Bake, start: Timestamp) -> Timestamp {
    (rollout.step_time(bake) + rollout.settle).after(start)
}

fn minutes_left(rollout: &Rollout, bake: &Bake, now: Timestamp) -> u32 {
    first_minute(bake).map_or(0, |start| Span::between(now, step_over_at(rollout, bake, start)).as_minutes())
}

fn had_time(bake: &Bake, now: Timestamp) -> bool {
    bake.since.is_some_and(|since| bake.step > 0 || now >= TIME_TO_SHOW_DATA.after(since))
}

impl Baseline {
    /// The latency threshold in milliseconds of a metric that counts slow requests.
    pub fn threshold(&self, source: &MetricSource) -> Option<f64> {
        match source {
            MetricSource::SlowerThan { quantile } => self.latency?.quantile(*quantile),
            MetricSource::Errors
            | MetricSource::Throttles
            | MetricSource::SlowerThanLimit { .. }
            | MetricSource::CloudWatch { .. } => None,
        }
    }
}
