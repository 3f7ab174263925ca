//! The answer to a lifecycle hook: what a deployment that asks whether it may go on is told, and when.

use jiff::Timestamp;

use super::LifecycleEvent;
use crate::rollout::{Phase, Rollout};
use crate::units::Span;

/// After so long a hook is answered whatever is known: CodeDeploy waits for an hour, and the answer needs its time.
pub const ANSWERED_WITHIN: Span = Span::minutes(50);

/// CodeDeploy says which lifecycle event a hook belongs to within this time, or it does not.
pub const NAMED_WITHIN: Span = Span::minutes(2);

/// What a hook is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookAnswer {
    /// The deployment goes on.
    GoOn,
    /// The deployment fails.
    Fail,
    /// The checks say it.
    AsChecked,
    /// Nothing yet: the comparison is not over.
    Later,
}

/// The answer of a rollout to the hook of a lifecycle event that was asked at this time. `event` is `None` where CodeDeploy does
/// not say which it is: then it is before or after traffic by the share that the candidate has.
pub fn answer(
    rollout: &Rollout,
    event: Option<LifecycleEvent>,
    asked: Timestamp,
    now: Timestamp,
) -> HookAnswer {
    let Some(event) = event.or_else(|| (now >= NAMED_WITHIN.after(asked)).then(|| guessed(rollout))) else {
        return HookAnswer::Later;
    };
    match &rollout.phase {
        Phase::RollingBack(_)
        | Phase::Stuck(_)
        | Phase::RolledBack { .. }
        | Phase::Superseded { .. }
        | Phase::TakenOver { .. } => HookAnswer::Fail,
        Phase::Succeeded | Phase::Refused { .. } | Phase::Watching { .. } => HookAnswer::GoOn,
        Phase::Queued
        | Phase::Preflight { .. }
        | Phase::Baking(_)
        | Phase::Paused { .. }
        | Phase::Shifting(_) => under_way(rollout, event, asked, now),
    }
}

fn under_way(rollout: &Rollout, event: LifecycleEvent, asked: Timestamp, now: Timestamp) -> HookAnswer {
    match event {
        LifecycleEvent::BeforeInstall | LifecycleEvent::AfterInstall => HookAnswer::GoOn,
        LifecycleEvent::AfterAllowTestTraffic | LifecycleEvent::BeforeAllowTraffic => HookAnswer::AsChecked,
        LifecycleEvent::AfterAllowTraffic => {
            if rollout.compared().is_some() || now >= ANSWERED_WITHIN.after(asked) {
                HookAnswer::GoOn
            } else {
                HookAnswer::Later
            }
        }
    }
}

fn guessed(rollout: &Rollout) -> LifecycleEvent {
    if rollout.reached.is_empty() {
        LifecycleEvent::BeforeAllowTraffic
    } else {
        LifecycleEvent::AfterAllowTraffic
    }
}
