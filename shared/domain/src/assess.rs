//! Assessment: from ticks, alarms and the clock to a verdict. The judge speaks about evidence; this adds what a policy and a
//! clock have to say: alarms, deadlines, gates, the watch.

use jiff::Timestamp;
use tidegate_judge as judge;

use crate::policy::{AlarmAction, Gate, Guard, Harm, Metric, MetricSource, OnInconclusive};
use crate::rollout::{Bake, PauseCause, Phase, Rollout};
use crate::ticks::{Arms, Tick, minute_of};
use crate::units::Span;
use crate::verdict::{Baseline, Cause, Counts, Evidence, HoldCause, MetricEvidence, Pass, Verdict};

/// Minutes without candidate data that hold a rollout may only be asked for once it had time to show them.
const TIME_TO_SHOW_DATA: Span = Span::minutes(4);

/// The watch after promotion compares with a frozen baseline, in so many minutes in a row.
const WATCH_MINUTES: usize = 3;

/// In the watch a failure rate is too far from the baseline above three times its rate and one point more: there is no
/// comparison any more that could tell a bad release from a bad hour.
const WATCH_FACTOR: f64 = 3.0;
const WATCH_MARGIN: f64 = 0.01;

/// What was found, and what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// The verdict.
    pub verdict: Verdict,
    /// What the judge knew; `None` where there is nothing to judge.
    pub evidence: Option<Evidence>,
}

/// Assesses a rollout that carries traffic. `ticks` are all of the rollout's, oldest first; `firing` are the names of its
/// policy's alarms in state ALARM. In a phase without judged traffic the verdict is [`Verdict::Continue`].
pub fn assess(
    rollout: &Rollout,
    ticks: &[Tick],
    firing: &[String],
    now: Timestamp,
) -> Result<Assessment, Vec<judge::InputFault>> {
    let (bake, cause) = match &rollout.phase {
        Phase::Baking(bake) => (Some(bake), None),
        Phase::Paused { bake, cause, since } => (Some(bake), Some((cause, *since))),
        Phase::Watching { .. } => (None, None),
        Phase::Preflight { .. } if is_past_deadline(rollout, now) => {
            return Ok(Assessment { verdict: deadline_verdict(rollout, now), evidence: None });
        }
        Phase::Queued
        | Phase::Preflight { .. }
        | Phase::RollingBack(_)
        | Phase::Stuck(_)
        | Phase::Succeeded
        | Phase::RolledBack { .. }
        | Phase::Superseded { .. }
        | Phase::TakenOver { .. }
        | Phase::Refused { .. } => return Ok(Assessment { verdict: Verdict::Continue, evidence: None }),
    };
    let judgement = judge::judge(&judge_input(rollout, bake, ticks, now))?;
    let evidence = Evidence::from(&judgement);
    let known = Known { rollout, judgement: &judgement, evidence: &evidence, firing, now };
    let verdict = known
        .rolls_back(ticks)
        .or_else(|| known.holds(&judgement.verdict))
        .unwrap_or_else(|| known.goes_on(&judgement.verdict, bake, cause, ticks));
    Ok(Assessment { verdict, evidence: Some(evidence) })
}

struct Known<'a> {
    rollout: &'a Rollout,
    judgement: &'a judge::Judgement,
    evidence: &'a Evidence,
    firing: &'a [String],
    now: Timestamp,
}

impl Known<'_> {
    fn rolls_back(&self, ticks: &[Tick]) -> Option<Verdict> {
        let judged = cause_of(self.judgement, self.rollout.policy.analysis.alpha_fast);
        let alarm = || Some(Cause::AlarmFired { alarm: self.firing(AlarmAction::RollBack)? });
        let late =
            || is_past_deadline(self.rollout, self.now).then(|| deadline_verdict(self.rollout, self.now));
        judged.or_else(alarm).or_else(|| self.worse_than_baseline(ticks)).map(Verdict::RollBack).or_else(late)
    }

    /// What keeps the weight where it is. After promotion there is no weight left to hold.
    fn holds(&self, verdict: &judge::Verdict) -> Option<Verdict> {
        if matches!(self.rollout.phase, Phase::Watching { .. }) {
            return None;
        }
        let judged = match verdict {
            judge::Verdict::Hold(judge::HoldCause::NoData) => Some(HoldCause::NoData),
            judge::Verdict::Hold(judge::HoldCause::RouteMismatch) => Some(HoldCause::RouteMismatch),
            judge::Verdict::RollBack(_)
            | judge::Verdict::Promote
            | judge::Verdict::Inconclusive
            | judge::Verdict::Continue => None,
        };
        let alarm = || Some(HoldCause::Alarm { alarm: self.firing(AlarmAction::Hold)? });
        judged.or_else(alarm).map(Verdict::Hold)
    }

    fn goes_on(
        &self,
        verdict: &judge::Verdict,
        bake: Option<&Bake>,
        paused: Option<(&PauseCause, Timestamp)>,
        ticks: &[Tick],
    ) -> Verdict {
        match (&self.rollout.phase, paused, verdict) {
            (Phase::Watching { since: Some(since) }, _, _) => self.watched(*since),
            (_, Some((PauseCause::Gate(Gate::Timed(time)), since)), _) if self.now >= time.after(since) => {
                Verdict::Promote(Pass::GateOver)
            }
            (_, _, judge::Verdict::Promote) => Verdict::Promote(Pass::Evidence(self.evidence.clone())),
            (_, None, judge::Verdict::Inconclusive) => self.undecided(bake, ticks),
            // A step's clock does not run while it is paused: at a gate it is passed, after a hold it begins anew.
            (_, Some(_), judge::Verdict::Inconclusive)
            | (_, _, judge::Verdict::Continue | judge::Verdict::Hold(_) | judge::Verdict::RollBack(_)) => {
                Verdict::Continue
            }
        }
    }

    fn undecided(&self, bake: Option<&Bake>, ticks: &[Tick]) -> Verdict {
        let evidence = self.evidence.clone();
        let extended = bake.is_some_and(|bake| bake.extended);
        let has_data = bake.is_some_and(|bake| has_data_in_step(self.rollout, bake, ticks));
        match self.rollout.policy.analysis.on_inconclusive {
            OnInconclusive::Proceed if extended && has_data => Verdict::Promote(Pass::Proceed(evidence)),
            OnInconclusive::RollBack if extended => Verdict::RollBack(Cause::Undecided(evidence)),
            OnInconclusive::Hold | OnInconclusive::Proceed | OnInconclusive::RollBack => {
                Verdict::Inconclusive(evidence)
            }
        }
    }

    fn watched(&self, since: Timestamp) -> Verdict {
        let over = self.now >= self.rollout.policy.strategy.watch.after(since);
        if over { Verdict::Promote(Pass::WatchOver) } else { Verdict::Continue }
    }

    /// A firing alarm of the policy with this action. A fix is deployed while alarms are red, so they do not speak in it.
    fn firing(&self, action: AlarmAction) -> Option<String> {
        if self.rollout.request.fix_forward {
            return None;
        }
        let mut rules = self.rollout.policy.analysis.alarms.iter();
        rules
            .find(|rule| rule.action == action && self.firing.contains(&rule.name))
            .map(|rule| rule.name.clone())
    }

    fn worse_than_baseline(&self, ticks: &[Tick]) -> Option<Cause> {
        let Phase::Watching { since: Some(since) } = self.rollout.phase else { return None };
        let errors =
            self.rollout.policy.analysis.metrics.iter().find(|m| m.source == MetricSource::Errors)?;
        let baseline = self.rollout.baseline.as_ref()?.errors;
        let limit = baseline.rate()? * WATCH_FACTOR + WATCH_MARGIN;
        let watched: Vec<Counts> = ticks
            .iter()
            .filter(|tick| tick.minute >= since)
            .filter_map(|tick| tick.metrics.get(&errors.name).map(|arms| arms.candidate))
            .filter(|counts| counts.total > 0)
            .collect();
        let last = watched.last_chunk::<WATCH_MINUTES>()?;
        let above = last.iter().all(|counts| counts.rate().is_some_and(|rate| rate > limit));
        above.then(|| Cause::WorseThanBaseline { candidate: last.iter().copied().sum(), baseline })
    }
}

/// Why the judge takes the candidate back; `None` where it does not.
pub fn cause_of(judgement: &judge::Judgement, alpha_fast: f64) -> Option<Cause> {
    let evidence = Evidence::from(judgement);
    match &judgement.verdict {
        judge::Verdict::RollBack(judge::RollBackCause::Guard(guard)) => {
            Some(Cause::GuardBroken { guard: guard.clone(), evidence })
        }
        judge::Verdict::RollBack(judge::RollBackCause::Harm) => Some(Cause::HarmShown(evidence)),
        // The evidence of the fast path is another than that of the comparison over all ticks.
        judge::Verdict::RollBack(judge::RollBackCause::FastPath) => {
            let fast = judgement.metrics.iter().filter_map(|m| m.log_e_fast).fold(f64::MIN, f64::max);
            Some(Cause::HarmShown(Evidence { log_e: fast, threshold_log_e: -alpha_fast.ln(), ..evidence }))
        }
        judge::Verdict::Promote
        | judge::Verdict::Hold(_)
        | judge::Verdict::Inconclusive
        | judge::Verdict::Continue => None,
    }
}

fn is_past_deadline(rollout: &Rollout, now: Timestamp) -> bool {
    rollout.deadline.is_some_and(|deadline| now > deadline)
}

fn deadline_verdict(rollout: &Rollout, now: Timestamp) -> Verdict {
    Verdict::RollBack(Cause::DeadlinePassed { deadline: rollout.deadline.unwrap_or(now) })
}

fn has_data_in_step(rollout: &Rollout, bake: &Bake, ticks: &[Tick]) -> bool {
    let start = first_minute(bake);
    let counted = |metric: &Metric| {
        let of_metric = |tick: &Tick| tick.metrics.get(&metric.name).map_or(0, |arms| arms.candidate.total);
        ticks
            .iter()
            .filter(|tick| start.is_some_and(|start| tick.minute >= start))
            .map(of_metric)
            .sum::<u64>()
            > 0
    };
    let mut gating = judged_metrics(rollout).peekable();
    gating.peek().is_some() && gating.all(counted)
}

/// The first whole minute of a step.
fn first_minute(bake: &Bake) -> Option<Timestamp> {
    let since = bake.since?;
    let minute = minute_of(since);
    Some(if minute == since { minute } else { Span::minutes(1).after(minute) })
}

/// The metrics that can be counted: latency needs the stable version's quantiles, which a target without traffic lacks.
pub fn judged_metrics(rollout: &Rollout) -> impl Iterator<Item = &Metric> {
    let latency = rollout.baseline.as_ref().and_then(|baseline| baseline.latency);
    rollout.policy.analysis.metrics.iter().filter(move |metric| match metric.source {
        MetricSource::SlowerThan { .. } => latency.is_some(),
        MetricSource::Errors | MetricSource::CloudWatch(_) => true,
    })
}

fn judge_input(rollout: &Rollout, bake: Option<&Bake>, ticks: &[Tick], now: Timestamp) -> judge::Input {
    let step_start =
        bake.and_then(first_minute).map_or(ticks.len(), |start| ticks.partition_point(|t| t.minute < start));
    let settled_from = rollout.settle.before(Span::minutes(1).before(now));
    let unsettled = ticks.iter().rev().take_while(|tick| tick.minute > settled_from).count();
    let total_weight: f64 = judged_metrics(rollout).map(|metric| metric.weight).sum();
    let metrics: Vec<judge::Metric> = judged_metrics(rollout)
        .map(|metric| judge::Metric {
            ticks: ticks.iter().map(|tick| judge_tick(tick.metrics.get(&metric.name))).collect(),
            weight: metric.weight / total_weight,
            step_start,
            unsettled,
            ..judge_metric(metric)
        })
        .collect();
    let known: Vec<&str> = metrics.iter().map(|metric| metric.name.as_str()).collect();
    let analysis = &rollout.policy.analysis;
    judge::Input {
        guards: analysis
            .guards
            .iter()
            .filter(|g| known.contains(&g.metric.as_str()))
            .map(judge_guard)
            .collect(),
        thresholds: judge::Thresholds { alpha_slow: analysis.alpha_slow, alpha_fast: analysis.alpha_fast },
        routing: judge::Routing::PerRequest,
        split: Vec::new(),
        step: bake.map_or(judge::StepTime::BeforeBake, |bake| step_time(rollout, bake, now)),
        expecting_candidate: bake.is_some_and(|bake| expects_candidate(bake, now)),
        minutes_left: bake.map_or(0, |bake| minutes_left(rollout, bake, now)),
        metrics,
    }
}

/// A metric of a policy as the judge takes it, without any ticks yet.
pub fn judge_metric(metric: &Metric) -> judge::Metric {
    judge::Metric {
        name: metric.name.clone(),
        kind: match metric.source {
            MetricSource::Errors => judge::Kind::Errors,
            MetricSource::SlowerThan { .. } | MetricSource::CloudWatch(_) => judge::Kind::Other,
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

/// A guard of a policy as the judge takes it; its name says what it looks at.
pub fn judge_guard(guard: &Guard) -> judge::Guard {
    judge::Guard {
        // In hundredths of a percent: 0.07 * 100 is 7.000000000000001.
        name: format!(
            "{} above {} % in {} of {} minutes",
            guard.metric,
            (guard.above * 10_000.0).round() / 100.0,
            guard.m,
            guard.n
        ),
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

fn expects_candidate(bake: &Bake, now: Timestamp) -> bool {
    bake.since.is_some_and(|since| bake.step > 0 || now >= TIME_TO_SHOW_DATA.after(since))
}

impl From<&judge::Judgement> for Evidence {
    fn from(judgement: &judge::Judgement) -> Self {
        let counts = |counts: judge::Counts| Counts { total: counts.total, bad: counts.bad };
        let metrics = judgement.metrics.iter().map(|metric| MetricEvidence {
            name: metric.name.clone(),
            candidate: counts(metric.candidate),
            stable: counts(metric.stable),
            ratio: metric.ratio,
            log_e: metric.log_e,
            log_e_pass: metric.log_e_pass,
            requests_needed: metric.requests_needed,
        });
        Self {
            log_e: judgement.combined_log_e,
            threshold_log_e: judgement.threshold_log_e,
            metrics: metrics.collect(),
        }
    }
}

impl Baseline {
    /// The latency threshold in milliseconds of a metric that counts slow requests.
    pub fn threshold(&self, source: &MetricSource) -> Option<f64> {
        match source {
            MetricSource::SlowerThan { quantile } => self.latency?.quantile(*quantile),
            MetricSource::Errors | MetricSource::CloudWatch(_) => None,
        }
    }
}
