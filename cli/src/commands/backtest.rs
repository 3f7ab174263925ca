//! `tidegate backtest`: a policy over recorded series: what it would have done, or how often it would have been wrong.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use tidegate_domain::policy::Policy;
use tidegate_domain::rollout::{Phase, PhaseName, Rollout};
use tidegate_domain::units::Weight;
use tidegate_domain::verdict::Verdict;

use crate::args;
use crate::backtest::null::{Ended, Try, tries, wilson};
use crate::backtest::{self, Minute, Played, Unstarted, promoted_at};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::recorded::names::{Of, Recording, recording};
use crate::recorded::series::read;
use crate::recorded::{self, Found};
use crate::show;

/// What `backtest --output json` prints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Timeline {
    pub policy: String,
    /// The phase in which the recording left the rollout.
    pub phase: PhaseName,
    /// Why it stood there.
    pub why: String,
    pub began: Option<Timestamp>,
    /// The minute with which it was promoted to all traffic.
    pub promoted: Option<Timestamp>,
    pub notes: Vec<String>,
    pub minutes: Vec<MinuteReport>,
}

/// A minute and what was found when it was over.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MinuteReport {
    pub minute: Timestamp,
    /// The candidate's share during it, in percent.
    pub weight: Weight,
    /// `continue`, `promote`, `rollBack`, `hold` or `inconclusive`.
    pub verdict: &'static str,
    /// The evidence for harm, as a natural logarithm.
    pub log_e: Option<f64>,
    /// What was decided, in words.
    pub decided: Vec<String>,
    /// The phase after that.
    pub phase: PhaseName,
    /// The share after that.
    pub then: Weight,
}

/// What `backtest --null --output json` prints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NullReport {
    pub policy: String,
    pub times: u32,
    pub seed: u64,
    /// How many rollouts the policy may take back for nothing, as a share.
    pub promised: f64,
    pub rolled_back: Portion,
    /// The rollbacks by what they rested on.
    pub because: BTreeMap<&'static str, u32>,
    pub promoted: Portion,
    pub inconclusive: Portion,
    pub held: Portion,
    pub unfinished: Portion,
    pub notes: Vec<String>,
}

/// A part of the tries.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Portion {
    pub count: u32,
    pub share: f64,
    /// Wilson's 95 % interval.
    pub low: f64,
    pub high: f64,
    /// The median time that these took, in minutes.
    pub median_minutes: Option<u32>,
}

/// Carries the command out.
pub fn run(args: &args::Backtest, out: &mut Out) -> Result<Exit, Failure> {
    let policy = recorded::policy(&args.policy)?;
    let mut found = Found::default();
    let of = if args.null { Of::One } else { Of::Both };
    let series = read(&recorded::text(&args.series)?, &mut found);
    let recording = series.map(|series| recording(series, &policy, of, &mut found));
    found.or_failure(&args.series)?;
    let Some(recording) = recording.filter(|recording| recording.span().is_some()) else {
        return Err(Failure::Data(format!("{}: not a single point was recorded", args.series.display())));
    };
    if args.null { null(args, &policy, &recording, out) } else { timeline(args, &policy, &recording, out) }
}

fn refused(policy: &Policy, why: &Unstarted) -> Failure {
    Failure::Data(format!("no rollout of policy {} would start: {}", policy.name, why.0))
}

fn timeline(
    args: &args::Backtest,
    policy: &Policy,
    recording: &Recording,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let Some(played) = backtest::play(policy, recording) else {
        let words = "the candidate has no requests at all, so there is nothing to judge";
        return Err(Failure::Data(format!("{}: {words}", args.series.display())));
    };
    let Played { minutes, rollout } = played.map_err(|why| refused(policy, &why))?;
    let mut notes = recording.notes.clone();
    if !policy.analysis.alarms.is_empty() {
        notes.push("alarms are not recorded, so none fires".to_owned());
    }
    let report = Timeline {
        policy: policy.name.clone(),
        phase: rollout.phase.name(),
        why: rollout.reason.to_string(),
        began: minutes.first().map(|minute| minute.at),
        promoted: promoted_at(&minutes),
        notes,
        minutes: minutes.iter().map(minute_report).collect(),
    };
    out.say(&show::backtest::timeline(&report, &minutes, policy))?;
    out.give(&report)?;
    Ok(exit(&rollout))
}

/// A rollout that was promoted came out well; one that the recording left on its way did not come out.
const fn exit(rollout: &Rollout) -> Exit {
    match &rollout.phase {
        Phase::Watching { .. } | Phase::Succeeded => Exit::Good,
        Phase::RollingBack(_)
        | Phase::Stuck(_)
        | Phase::RolledBack { .. }
        | Phase::Superseded { .. }
        | Phase::TakenOver { .. }
        | Phase::Refused { .. } => Exit::Bad,
        Phase::Queued
        | Phase::Preflight { .. }
        | Phase::Baking(_)
        | Phase::Paused { .. }
        | Phase::Shifting(_) => Exit::Undecided,
    }
}

fn minute_report(minute: &Minute) -> MinuteReport {
    MinuteReport {
        minute: minute.at,
        weight: minute.weight,
        verdict: match &minute.verdict {
            Verdict::Ready(_) | Verdict::Continue => "continue",
            Verdict::Promote(_) => "promote",
            Verdict::RollBack(_) => "rollBack",
            Verdict::Hold(_) => "hold",
            Verdict::Inconclusive(_) => "inconclusive",
        },
        log_e: minute.evidence.as_ref().map(|evidence| evidence.log_e),
        decided: minute.decided.iter().map(ToString::to_string).collect(),
        phase: minute.phase.name(),
        then: minute.then,
    }
}

fn null(
    args: &args::Backtest,
    policy: &Policy,
    recording: &Recording,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let tries = tries(policy, recording, args.times, args.seed).map_err(|why| refused(policy, &why))?;
    let mut because = BTreeMap::new();
    for one in &tries {
        if let Ended::RolledBack(why) = one.ended {
            *because.entry(why.words()).or_insert(0) += 1;
        }
    }
    let part = |is: fn(Ended) -> bool| portion(&tries, is);
    let report = NullReport {
        policy: policy.name.clone(),
        times: args.times,
        seed: args.seed,
        promised: policy.analysis.alpha_slow + policy.analysis.alpha_fast,
        rolled_back: part(|ended| matches!(ended, Ended::RolledBack(_))),
        because,
        promoted: part(|ended| ended == Ended::Promoted),
        inconclusive: part(|ended| ended == Ended::Inconclusive),
        held: part(|ended| ended == Ended::Held),
        unfinished: part(|ended| ended == Ended::Unfinished),
        notes: recording.notes.clone(),
    };
    out.say(&show::backtest::null(&report))?;
    out.give(&report)?;
    Ok(if report.rolled_back.low > report.promised { Exit::Bad } else { Exit::Good })
}

fn portion(tries: &[Try], is: fn(Ended) -> bool) -> Portion {
    let mut minutes: Vec<u32> = tries.iter().filter(|one| is(one.ended)).map(|one| one.minutes).collect();
    minutes.sort_unstable();
    let whole = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let count = whole(minutes.len());
    let (share, low, high) = wilson(count, whole(tries.len()));
    Portion { count, share, low, high, median_minutes: minutes.get(minutes.len() / 2).copied() }
}
