//! Assessment: from ticks, alarms and the clock to a verdict. The judge speaks about evidence; this adds what a policy and a
//! clock have to say: alarms, deadlines, gates, the watch.

mod given;
mod shown;

use jiff::Timestamp;
use tidegate_judge as judge;

use self::given::{RIGHT_MINUTES, first_minute, judge_input};
use crate::policy::{AlarmAction, Gate, Metric, MetricSource, OnInconclusive};
use crate::rollout::{Bake, PauseCause, Phase, Rollout, Traffic};
use crate::ticks::Tick;
use crate::units::Span;
use crate::verdict::{Cause, Counts, Evidence, HoldCause, Pass, Verdict};

pub use self::given::{judge_guard, judge_metric, judged_metrics};
pub use self::shown::evidence;

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
    let Some(Traffic { bake, pause, .. }) = rollout.phase.traffic() else {
        let late = matches!(rollout.phase, Phase::Preflight { .. }) && is_past_deadline(rollout, now);
        let verdict = if late { deadline_verdict(rollout, now) } else { Verdict::Continue };
        return Ok(Assessment { verdict, evidence: None });
    };
    let input = judge_input(rollout, bake, ticks, now);
    let judgement = match judge::judge(&input) {
        Ok(judgement) => judgement,
        // A deadline holds also where nothing can be judged.
        Err(_) if is_past_deadline(rollout, now) => {
            return Ok(Assessment { verdict: deadline_verdict(rollout, now), evidence: None });
        }
        Err(faults) => return Err(faults),
    };
    let evidence = evidence(&judgement, &input);
    let known =
        Known { split: &input.split, rollout, judgement: &judgement, evidence: &evidence, firing, now };
    let verdict = known
        .rolls_back(ticks)
        .or_else(|| known.holds(&judgement.verdict))
        .unwrap_or_else(|| known.goes_on(&judgement.verdict, bake, pause, ticks));
    Ok(Assessment { verdict, evidence: Some(evidence) })
}

struct Known<'a> {
    split: &'a [judge::SplitTick],
    rollout: &'a Rollout,
    judgement: &'a judge::Judgement,
    evidence: &'a Evidence,
    firing: &'a [String],
    now: Timestamp,
}

impl Known<'_> {
    fn rolls_back(&self, ticks: &[Tick]) -> Option<Verdict> {
        let judged = cause_of(self.judgement, self.evidence, self.rollout.policy.analysis.alpha_fast);
        let alarm = || Some(Cause::AlarmFired { alarm: self.firing(AlarmAction::RollBack)? });
        let late =
            || is_past_deadline(self.rollout, self.now).then(|| deadline_verdict(self.rollout, self.now));
        judged.or_else(alarm).or_else(|| self.worse_than_baseline(ticks)).map(Verdict::RollBack).or_else(late)
    }

    /// What keeps the weight where it is. After promotion there is no weight left to hold, and CodeDeploy's cannot be held.
    fn holds(&self, verdict: &judge::Verdict) -> Option<Verdict> {
        if matches!(self.rollout.phase, Phase::Shifting(_) | Phase::Watching { .. }) {
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
        let still = || self.is_not_shown_right().then_some(HoldCause::RouteMismatch);
        let alarm = || Some(HoldCause::Alarm { alarm: self.firing(AlarmAction::Hold)? });
        judged.or_else(still).or_else(alarm).map(Verdict::Hold)
    }

    /// A router that went astray is right again once so many minutes say so: no mismatch in fewer says nothing.
    fn is_not_shown_right(&self) -> bool {
        let pause = self.rollout.phase.traffic().and_then(|traffic| traffic.pause);
        let went_astray = matches!(pause, Some((PauseCause::Hold(HoldCause::RouteMismatch), _)));
        went_astray && self.split.len() < RIGHT_MINUTES
    }

    fn goes_on(
        &self,
        verdict: &judge::Verdict,
        bake: Option<&Bake>,
        paused: Option<(&PauseCause, Timestamp)>,
        ticks: &[Tick],
    ) -> Verdict {
        match (&self.rollout.phase, paused, verdict) {
            (Phase::Shifting(_), _, verdict) => self.shifting(verdict),
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

    /// CodeDeploy moves the traffic: that the candidate is as good as stable is said when it is known, that it could not be told
    /// once there is nothing to compare with any more. Where nothing ever was, `rollBack` asks for nothing.
    fn shifting(&self, verdict: &judge::Verdict) -> Verdict {
        let moved = self.rollout.all_traffic_since();
        let is_settled =
            moved.is_some_and(|at| self.now >= (Span::minutes(1) + self.rollout.settle).after(at));
        let evidence = || self.evidence.clone();
        match verdict {
            judge::Verdict::Promote => Verdict::Promote(Pass::Evidence(evidence())),
            _ if !is_settled => Verdict::Continue,
            judge::Verdict::Inconclusive
            | judge::Verdict::Continue
            | judge::Verdict::Hold(_)
            | judge::Verdict::RollBack(_) => match self.rollout.policy.analysis.on_inconclusive {
                OnInconclusive::RollBack if self.rollout.was_divided() => {
                    Verdict::RollBack(Cause::Undecided(evidence()))
                }
                OnInconclusive::RollBack | OnInconclusive::Hold | OnInconclusive::Proceed => {
                    Verdict::Inconclusive(evidence())
                }
            },
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
            .find(|rule| {
                rule.action == action && self.firing.contains(&rule.name) && !self.rollout.was_red(&rule.name)
            })
            .map(|rule| rule.name.clone())
    }

    fn worse_than_baseline(&self, ticks: &[Tick]) -> Option<Cause> {
        let since = self.rollout.all_traffic_since()?;
        let errors =
            self.rollout.policy.analysis.metrics.iter().find(|m| m.source == MetricSource::Errors)?;
        let before = self.rollout.baseline.as_ref()?.errors;
        let beside = || ticks.iter().filter_map(|tick| Some(tick.metrics.get(&errors.name)?.stable)).sum();
        let baseline = if before.total > 0 { before } else { beside() };
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

/// Why the judge takes the candidate back, with the evidence of its judgement; `None` where it does not.
pub fn cause_of(judgement: &judge::Judgement, evidence: &Evidence, alpha_fast: f64) -> Option<Cause> {
    let evidence = evidence.clone();
    match &judgement.verdict {
        judge::Verdict::RollBack(judge::RollBackCause::Guard(guard)) => {
            Some(Cause::GuardBroken { guard: guard.clone(), evidence })
        }
        judge::Verdict::RollBack(judge::RollBackCause::Harm) => Some(Cause::HarmShown(evidence)),
        // The evidence of the fast path is another than that of the comparison over all ticks.
        judge::Verdict::RollBack(judge::RollBackCause::FastPath) => {
            let threshold_log_e = -alpha_fast.ln();
            Some(Cause::FailsOutright(Evidence { log_e: judgement.fast_log_e, threshold_log_e, ..evidence }))
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
            .any(|tick| of_metric(tick) > 0)
    };
    let mut gating = judged_metrics(rollout).filter(|metric| metric.weight > 0.0).peekable();
    gating.peek().is_some() && gating.all(counted)
}
