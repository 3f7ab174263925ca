//! `tidegate judge`: judges a file of ticks offline, and shows the evidence at every tick.

use serde::Serialize;
use tidegate_domain::assess::{cause_of, evidence};
use tidegate_domain::reason::count;
use tidegate_domain::verdict::{HoldCause, Pass};
use tidegate_judge::{
    self as judge, Input, Interval, Judgement, TickEvidence, combined_trace, interval, trace,
};

use crate::args;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::recorded::judged::{Judged, judged};
use crate::recorded::ticks::TickFile;
use crate::recorded::{self, Found};
use crate::show;
use crate::show::numbers::plural;

/// What `judge --output json` prints. Logarithms are natural; ticks are counted from 0.
#[derive(Debug, Serialize)]
pub struct Report {
    /// `rollBack`, `promote`, `hold`, `inconclusive` or `continue`.
    pub verdict: &'static str,
    /// The verdict in words. Where an earlier minute had enough evidence to roll back, they begin with it.
    pub reason: String,
    /// The first tick with which the combined evidence, or that of the fast path, would have rolled back.
    pub fired_at_tick: Option<usize>,
    /// Where the combined evidence rolls back.
    pub threshold_log_e: f64,
    /// The combined evidence at each tick.
    pub combined_log_e: Vec<f64>,
    /// The metrics that e-BH names.
    pub culprits: Vec<String>,
    /// What was not judged, and why.
    pub notes: Vec<String>,
    pub metrics: Vec<MetricReport>,
}

/// One metric, over all ticks and at each of them.
#[derive(Debug, Serialize)]
pub struct MetricReport {
    pub name: String,
    pub weight: f64,
    pub candidate: CountsReport,
    pub stable: CountsReport,
    /// The candidate's rate over stable's; for a fall that is the harm, the other way round. `null` without events.
    pub ratio: Option<f64>,
    /// The lower bound of the confidence sequence; 0 where there is none.
    pub ratio_low: f64,
    /// The upper bound; `null` where there is none.
    pub ratio_high: Option<f64>,
    /// Requests to both versions still needed to see a doubling; `null` where no number of them would do.
    pub requests_needed: Option<f64>,
    /// The same in minutes of the traffic in the file.
    pub minutes_needed: Option<f64>,
    /// Where there is nothing bad to compare with yet: requests that it takes at the least. `null` elsewhere.
    pub least_requests: Option<f64>,
    /// The same in minutes of the traffic in the file.
    pub least_minutes: Option<f64>,
    /// The evidence for a pass that the verdict rests on; it passes at ln 40 …
    pub log_e_pass: f64,
    /// … with 20 events that the candidate would have if it were like stable.
    pub expected_events: f64,
    pub ticks: Vec<TickReport>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct CountsReport {
    pub total: u64,
    pub bad: u64,
}

/// The evidence of one metric at one tick; see `tidegate_judge::TickEvidence`.
#[derive(Debug, Serialize)]
pub struct TickReport {
    pub log_e: f64,
    pub phi: f64,
    /// `null` for a metric that does not take the fast path.
    pub log_e_fast: Option<f64>,
    pub log_e_pass: f64,
}

/// Carries the command out.
pub fn run(args: &args::Judge, out: &mut Out) -> Result<Exit, Failure> {
    let policy = args.policy.as_deref().map(recorded::policy).transpose()?;
    let mut found = Found::default();
    let file = TickFile::read(&recorded::text(&args.file)?, &mut found);
    let judged = file.and_then(|file| judged(file, policy.as_ref(), &mut found));
    found.or_failure(&args.file)?;
    let Some(judged) = judged else {
        return Err(Failure::Data(format!("{}: nothing to judge", args.file.display())));
    };
    let report = report(&judged);
    out.say(&show::judged::report(&report, &judged.input))?;
    out.give(&report)?;
    Ok(exit(&judged.judgement, report.fired_at_tick))
}

/// A rollout ends with the first minute that brings enough evidence, whatever the minutes after it would have said.
const fn exit(judgement: &Judgement, fired: Option<usize>) -> Exit {
    match judgement.verdict {
        _ if fired.is_some() => Exit::Bad,
        judge::Verdict::Promote | judge::Verdict::Continue => Exit::Good,
        judge::Verdict::RollBack(_) => Exit::Bad,
        judge::Verdict::Hold(_) | judge::Verdict::Inconclusive => Exit::Undecided,
    }
}

/// What is shown of a judgement.
pub fn report(judged: &Judged) -> Report {
    let Judged { input, judgement, notes } = judged;
    let traces: Vec<_> = input.metrics.iter().map(|metric| trace(metric, &input.thresholds)).collect();
    let weights = input.metrics.iter().map(|metric| metric.weight);
    let weighted: Vec<_> = weights.zip(traces.iter().map(Vec::as_slice)).collect();
    let combined = combined_trace(&weighted);
    let fired_at_tick = combined.iter().position(|at| at.fires(&input.thresholds));
    let (verdict, reason) = match fired_at_tick {
        Some(tick) => words_after(tick, combined.len(), judgement, input),
        None => words(judgement, input),
    };
    let metrics = input.metrics.iter().zip(&judgement.metrics).zip(&traces);
    Report {
        verdict,
        reason,
        fired_at_tick,
        threshold_log_e: judgement.threshold_log_e,
        combined_log_e: combined.iter().map(|at| at.log_e).collect(),
        culprits: judgement.culprits.clone(),
        notes: notes.clone(),
        metrics: metrics.map(|((metric, shown), trace)| metric_report(metric, shown, trace)).collect(),
    }
}

fn metric_report(
    metric: &judge::Metric,
    shown: &judge::MetricJudgement,
    trace: &[TickEvidence],
) -> MetricReport {
    let Interval { ratio, low, high } = interval(&metric.ticks, metric.harm);
    let counts = |counts: judge::Counts| CountsReport { total: counts.total, bad: counts.bad };
    let tick = |seen: &TickEvidence| TickReport {
        log_e: seen.log_e,
        phi: seen.phi,
        log_e_fast: seen.log_e_fast,
        log_e_pass: seen.log_e_pass,
    };
    MetricReport {
        name: metric.name.clone(),
        weight: metric.weight,
        candidate: counts(shown.candidate),
        stable: counts(shown.stable),
        ratio,
        ratio_low: low.unwrap_or(0.0),
        ratio_high: high,
        requests_needed: shown.requests_needed,
        minutes_needed: shown.minutes_needed,
        least_requests: shown.least_requests,
        least_minutes: shown.least_minutes,
        log_e_pass: shown.log_e_pass,
        expected_events: shown.expected_events,
        ticks: trace.iter().map(tick).collect(),
    }
}

/// The verdict's name and its reason, in the words of a rollout.
fn words(judgement: &Judgement, input: &Input) -> (&'static str, String) {
    let evidence = evidence(judgement, input);
    match &judgement.verdict {
        judge::Verdict::RollBack(_) => {
            let cause =
                cause_of(judgement, &evidence, input.thresholds.alpha_fast).map(|cause| cause.to_string());
            ("rollBack", cause.unwrap_or_default())
        }
        judge::Verdict::Promote => ("promote", Pass::Evidence(evidence).to_string()),
        judge::Verdict::Hold(judge::HoldCause::NoData) => ("hold", HoldCause::NoData.to_string()),
        judge::Verdict::Hold(judge::HoldCause::RouteMismatch) => {
            ("hold", HoldCause::RouteMismatch.to_string())
        }
        judge::Verdict::Inconclusive => {
            ("inconclusive", format!("the step's time is over and nothing is shown: {evidence}"))
        }
        judge::Verdict::Continue => ("continue", format!("the step's time is not over: {evidence}")),
    }
}

/// The same where this tick would have rolled a rollout back, which never sees the minutes after it.
fn words_after(tick: usize, ticks: usize, judgement: &Judgement, input: &Input) -> (&'static str, String) {
    let (verdict, reason) = words(judgement, input);
    let over = match &judgement.verdict {
        judge::Verdict::RollBack(_) => return (verdict, reason),
        judge::Verdict::Promote => format!("it {reason}"),
        judge::Verdict::Hold(_) => format!("it would be held: {reason}"),
        judge::Verdict::Inconclusive | judge::Verdict::Continue => {
            format!("the evidence is not enough: {}", evidence(judgement, input))
        }
    };
    let (minute, minutes) = (count(tick as u64 + 1), plural(ticks as u64, "minute"));
    let reason =
        format!("a rollout would have been rolled back at minute {minute}; over all {minutes} {over}");
    (verdict, reason)
}
