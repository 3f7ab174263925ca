//! One line per decision.

use tidegate_domain::decide::Decision;
use tidegate_domain::effect::{Effect, Pending};
use tidegate_domain::rollout::{Bake, PauseCause, Phase, Rollout};

pub fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Shift { wish, fence } => format!("shift to [{wish}] if {}", fence.0),
        Effect::TakeBack { wish, fence } => format!("take back to [{wish}] if {}", fence.0),
        Effect::StartDeployment { order } => format!("start a deployment of {}", order.group),
        Effect::ContinueDeployment { deployment, wait } => format!("go on with {deployment} ({wait:?})"),
        Effect::StopDeployment { deployment } => format!("stop {deployment}"),
        Effect::ExamineFlags => "examine flags".to_owned(),
        Effect::SetFlags { flags } => format!("set flags {flags:?}"),
        Effect::RestoreFlags => "restore flags".to_owned(),
        Effect::Supersede { rollout } => format!("supersede {rollout}"),
        Effect::Measure => "measure".to_owned(),
        Effect::StartNext => "start next".to_owned(),
        Effect::Restart { id, by, fix_forward } => {
            format!("restart as {id} for {by}{}", if *fix_forward { " to fix forward" } else { "" })
        }
        Effect::Announce(outcome) => format!("tell {:?}", outcome.kind),
    }
}

fn bake(bake: &Bake) -> String {
    let set = if bake.since.is_some() { "" } else { ", being set" };
    let extended = if bake.extended { ", extended" } else { "" };
    format!("step {}{set}{extended}", bake.step)
}

pub fn phase(phase: &Phase) -> String {
    let name = phase.name();
    match phase {
        Phase::Baking(step) => format!("{name} ({})", bake(step)),
        Phase::Paused { bake: step, cause, .. } => {
            let cause = match cause {
                PauseCause::Gate(gate) => format!("{gate:?} gate"),
                PauseCause::Operator { by } => format!("by {by}"),
                PauseCause::Inconclusive => "inconclusive".to_owned(),
                PauseCause::Hold(hold) => format!("hold, {hold}"),
                PauseCause::Drift { found } => format!("drift, {found}"),
                PauseCause::RouterDenied(why) => format!("denied, {why}"),
                PauseCause::FlagsDenied(why) => format!("flags denied, {why}"),
            };
            format!("{name} ({}; {cause})", bake(step))
        }
        Phase::Shifting(shifting) => format!("{name} ({})", bake(&shifting.bake)),
        Phase::Watching { since: None } => format!("{name} (being set)"),
        Phase::RolledBack { cause } => format!("{name} ({cause})"),
        Phase::Superseded { by } => format!("{name} ({by})"),
        Phase::TakenOver { found } => format!("{name} ({found})"),
        Phase::Refused { findings } => format!("{name} ({} findings)", findings.len()),
        Phase::Queued
        | Phase::Preflight { .. }
        | Phase::Watching { since: Some(_) }
        | Phase::RollingBack(_)
        | Phase::Stuck(_)
        | Phase::Succeeded => name.to_string(),
    }
}

/// What is new among the effects, and what was dropped.
fn effects(before: &Rollout, next: &Rollout) -> String {
    let added = next.pending.iter().filter(|pending| pending.id.version == next.version);
    let gone = |pending: &&Pending| !next.pending.contains(pending);
    let dropped = before.pending.iter().filter(gone).map(|pending| format!("no more {}", pending.id));
    let all: Vec<String> = added.map(|pending| effect(&pending.effect)).chain(dropped).collect();
    if all.is_empty() { "-".to_owned() } else { all.join(", ") }
}

pub fn decision(before: &Rollout, decision: &Decision) -> String {
    match decision {
        Decision::Keep(reason) => format!("stays | {reason}"),
        Decision::Change { next, reason } => {
            format!("{} | {} | {reason}", phase(&next.phase), effects(before, next))
        }
    }
}
