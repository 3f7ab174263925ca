//! The judge itself: weighs every metric, combines them, and hands the findings to the verdict.

use crate::combine::{cap, combined, rejected};
use crate::dispersion::{PHI_0, dispersion, ratio};
use crate::effort::Effort;
use crate::fast::Fast;
use crate::fault::{InputFault, faults};
use crate::guard;
use crate::input::{Counts, Input, Kind, Metric, StepTime, Tick};
use crate::judgement::{Judgement, MetricJudgement, RollBackCause, Verdict};
use crate::kernel::{Arms, Grid, Kernel, arms, fires, float, log_threshold};
use crate::pass::Passing;
use crate::split;
use crate::verdict::{Findings, no_data};

/// The ratio for which the traffic still needed is told: a doubling.
const TO_DETECT: f64 = 2.0;

/// So many events may have been due where none came, with 95 % confidence: the rule of three.
const AT_MOST_EVENTS: f64 = 3.0;

/// A metric with everything it shows.
struct Weighed<'a> {
    metric: &'a Metric,
    passing: Passing,
    shown: MetricJudgement,
}

/// Judges a rollout by all its ticks so far. May be asked every minute without inflating false rollbacks.
///
/// Rules, the first that applies:
/// 1. the fast path or a guard fires: roll back;
/// 2. the combined evidence `Σ w_i·E_i` reaches `1/α_slow`: roll back;
/// 3. the router is shown to be off its split: hold;
/// 4. the candidate had no data for three ticks in which stable had some, though some were due: hold;
/// 5. the minimum bake is over and every gating metric passes with the cautious dispersion (φ0 = 3, sticky 5):
///    promote;
/// 6. the step's time is over: promote where every gating metric passes by rule 5, or every one with the dispersion
///    of the confidence sequence (φ0 = 1.5); else inconclusive;
/// 7. continue.
///
/// A metric **passes** when the settled ticks of the current step hold at least 20 events expected on the candidate
/// and evidence of at least `ln 40` that its ratio is below `r1`, no tick supplying more than half. With no gating
/// metric nothing passes. So where neither version has any bad event, however many requests they served, there is
/// no evidence, and the step ends inconclusive: a ratio of nothing to nothing is unknown. What happens then is the
/// policy's choice.
///
/// # Errors
/// Every fault of the input at once; nothing is judged then.
pub fn judge(input: &Input) -> Result<Judgement, Vec<InputFault>> {
    let found = faults(input);
    if !found.is_empty() {
        return Err(found);
    }
    let grid = Grid::new();
    let weighed: Vec<_> = input.metrics.iter().map(|metric| weigh(metric, input, &grid)).collect();
    let combined_log_e = combined(weighed.iter().map(|w| (w.metric.weight, w.shown.log_e)));
    let fast_log_e = combined(weighed.iter().filter_map(|w| Some((w.metric.weight, w.shown.log_e_fast?))));
    let gating = || weighed.iter().filter(|w| w.metric.gates());
    let findings = Findings {
        fails_outright: fires(fast_log_e, input.thresholds.alpha_fast),
        guard: guard::firing(input).map(|guard| guard.name.clone()),
        harms: fires(combined_log_e, input.thresholds.alpha_slow),
        route_mismatch: split::mismatch(&input.split, &grid),
        no_data: no_data(input),
        passes_early: gating().count() > 0 && gating().all(|w| w.passing.passes_early()),
        passes_at_the_end: gating().count() > 0 && gating().all(|w| w.passing.passes_at_the_end()),
    };
    let verdict = findings.verdict(input.step);
    Ok(Judgement {
        culprits: culprits(&verdict, &weighed, input),
        undetectable: undetectable(&weighed, input.minutes_left),
        verdict,
        metrics: weighed.into_iter().map(|w| w.shown).collect(),
        combined_log_e,
        fast_log_e,
        threshold_log_e: log_threshold(input.thresholds.alpha_slow),
    })
}

fn weigh<'a>(metric: &'a Metric, input: &Input, grid: &Grid) -> Weighed<'a> {
    let arms = arms(&metric.ticks, metric.harm);
    let phis = dispersion(&arms, PHI_0);
    let alpha = input.thresholds.alpha_slow;
    let kernel = Kernel { grid, margin: metric.r0, cap: cap(alpha, metric.weight) };
    let log_e = kernel.mixed_over_starts(&arms, &phis);
    let phi = phis.last().copied().unwrap_or(PHI_0);
    let passing = Passing::of(metric, input.routing, grid);
    let traffic = Traffic::of(metric);
    let rate = Rate::of(&arms);
    let needed = |stable_rate| {
        let effort = Effort {
            stable_rate,
            candidate_share: traffic.share,
            ratio: TO_DETECT,
            margin: metric.r0,
            alpha: alpha * metric.weight,
            phi,
            log_e,
        };
        effort.requests().filter(|requests| requests.is_finite())
    };
    let requests_needed = rate.seen.and_then(needed);
    let least_requests = rate.at_most.and_then(needed);
    let minutes = |requests| requests / traffic.per_minute;
    let shown = MetricJudgement {
        name: metric.name.clone(),
        log_e,
        log_e_fast: (metric.kind == Kind::Errors).then(|| Fast::of(&arms, grid).log_e()),
        log_e_pass: if input.step == StepTime::StepOver { passing.at_the_end } else { passing.early },
        expected_events: passing.expected_events,
        phi,
        ratio: ratio(&arms),
        candidate: sum(&metric.ticks, |tick| tick.candidate),
        stable: sum(&metric.ticks, |tick| tick.stable),
        requests_needed,
        minutes_needed: requests_needed.map(minutes),
        least_requests,
        least_minutes: least_requests.map(minutes),
    };
    Weighed { metric, passing, shown }
}

/// Bad events per request of the arm that is compared with, over the whole rollout.
struct Rate {
    /// Where it had some.
    seen: Option<f64>,
    /// Where it had none in its requests so far: no more than this.
    at_most: Option<f64>,
}

impl Rate {
    fn of(arms: &[Arms]) -> Self {
        let (events, requests) = arms.iter().fold((0.0, 0.0), |(x, n), tick| (x + tick.x_s, n + tick.n_s));
        Self {
            seen: (events > 0.0).then(|| events / requests),
            at_most: (events == 0.0 && requests > 0.0).then(|| (AT_MOST_EVENTS / requests).min(1.0)),
        }
    }
}

/// Today's traffic: that of the current step, or of all ticks before the step has any.
struct Traffic {
    /// Share of the suspected arm.
    share: f64,
    /// Requests to both versions.
    per_minute: f64,
}

impl Traffic {
    fn of(metric: &Metric) -> Self {
        let step = metric.ticks.get(metric.step_start..).filter(|ticks| !ticks.is_empty());
        let ticks = arms(step.unwrap_or(&metric.ticks), metric.harm);
        let (n_c, n) = ticks.iter().fold((0.0, 0.0), |(n_c, n), t| (n_c + t.n_c, n + t.n_c + t.n_s));
        let share = if n > 0.0 { n_c / n } else { 0.0 };
        Self { share, per_minute: n / float(ticks.len() as u64) }
    }
}

fn sum(ticks: &[Tick], of: impl Fn(&Tick) -> Counts) -> Counts {
    ticks.iter().map(of).fold(Counts::default(), |sum, counts| Counts {
        total: sum.total.saturating_add(counts.total),
        bad: sum.bad.saturating_add(counts.bad),
    })
}

/// The metrics that e-BH rejects in the test that rolled back: the fast path's among the error metrics, else the
/// slow path's among all that gate.
fn culprits(verdict: &Verdict, weighed: &[Weighed], input: &Input) -> Vec<String> {
    let fast = *verdict == Verdict::RollBack(RollBackCause::FastPath);
    let log_e = |w: &Weighed| if fast { w.shown.log_e_fast } else { Some(w.shown.log_e) };
    let alpha = if fast { input.thresholds.alpha_fast } else { input.thresholds.alpha_slow };
    let suspects = weighed.iter().filter(|w| w.metric.gates());
    let (names, log_es): (Vec<_>, Vec<_>) =
        suspects.filter_map(|w| Some((&w.metric.name, log_e(w)?))).unzip();
    rejected(&log_es, alpha).into_iter().map(|index| names[index].clone()).collect()
}

fn undetectable(weighed: &[Weighed], minutes_left: u32) -> Vec<String> {
    let too_slow =
        |w: &&Weighed| w.shown.minutes_needed.is_some_and(|minutes| minutes > f64::from(minutes_left));
    weighed.iter().filter(too_slow).map(|w| w.metric.name.clone()).collect()
}
