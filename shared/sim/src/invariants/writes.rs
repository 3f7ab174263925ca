//! The timeline explains every routing that Tidegate wrote, and a weight rises only by an entry that says that this very step
//! was passed, or that somebody overrode it.

use std::collections::BTreeMap;

use tidegate_domain::decide::LONGEST_FUNCTION_TIMEOUT;
use tidegate_domain::effect::Owner;
use tidegate_domain::reason::{FlagReason, Reason};
use tidegate_domain::rollout::Rollout;
use tidegate_domain::target::{Routing, Target, Version};
use tidegate_domain::units::{Span, Weight};
use tidegate_domain::verdict::Pass;
use tidegate_wire::timeline::Entry;

use super::{Broken, Checked, holds};
use crate::view::View;
use crate::world::{Write, Writer};

/// So much may the clocks of two functions differ.
const CLOCKS: Span = Span::seconds(15);

/// How many writes of each target were seen.
#[derive(Debug, Default)]
pub(super) struct Writes(BTreeMap<String, usize>);

impl Writes {
    pub fn check(&mut self, view: &View<'_>) -> Checked {
        for (key, carrier) in &view.world().carriers {
            let known = self.0.get(key).copied().unwrap_or_default();
            for (place, write) in carrier.writes.iter().enumerate().skip(known) {
                let Writer::Function(owner) = &write.by else { continue };
                is_no_deployments(view, &carrier.target, write)?;
                let somebodys = changed_by_somebody(&carrier.writes[..place]);
                is_explained(view, &carrier.target, write, *owner, somebodys)?;
                is_not_frozen(view, &carrier.target, write, *owner)?;
            }
            if carrier.writes.len() > known {
                self.0.insert(key.clone(), carrier.writes.len());
            }
        }
        Ok(())
    }
}

fn is_explained(
    view: &View<'_>,
    target: &Target,
    write: &Write,
    owner: Owner,
    somebodys: Option<&Write>,
) -> Checked {
    let of_target = view.rollouts().values().filter(|rollout| rollout.target == *target);
    let mut explaining = of_target.filter(|rollout| {
        let timeline = view.timeline(&rollout.id);
        timeline.iter().any(|entry| explains(rollout, timeline, entry, &write.after, owner))
    });
    let overwrites = |rollout: &Rollout| {
        let timeline = view.timeline(&rollout.id);
        somebodys.is_some_and(|somebodys| !may_overwrite(rollout, timeline, somebodys, owner))
    };
    let explained = explaining.clone().next();
    holds(explained.is_some(), || {
        let found =
            format!("nothing explains {} on {target}, written by {owner} at {}", write.after, write.at);
        Broken::of(view, "the timeline explains every weight", found)
    })?;
    let changes_nothing = write.after.sends_as(&write.before);
    holds(changes_nothing || explaining.any(|rollout| !overwrites(rollout)), || {
        let found = format!("{owner} wrote {} over {} at {}", write.after, write.before, write.at);
        Broken::of(view, "what somebody else changed is not overwritten silently", found)
    })
}

/// What somebody made of a routing that others had set, as the last of these writes.
fn changed_by_somebody(writes: &[Write]) -> Option<&Write> {
    let last = writes.last().filter(|last| last.by == Writer::Somebody)?;
    let others = writes.iter().rfind(|write| write.by != Writer::Somebody).map(|write| &write.after);
    let before = others.or_else(|| writes.first().map(|first| &first.before))?;
    (!before.sends_as(&last.after)).then_some(last)
}

/// Whether a rollout may write over what somebody did: what was so before its first step, or was noted since; on the way
/// back also another share, but never a third version.
fn may_overwrite(rollout: &Rollout, timeline: &[Entry], somebodys: &Write, owner: Owner) -> bool {
    let ours = |version: &Version| *version == rollout.candidate || rollout.stable.as_ref() == Some(version);
    let Routing { primary, canary } = &somebodys.after;
    let is_share = ours(primary) && canary.as_ref().is_none_or(|canary| ours(&canary.version));
    let known = |entry: &&Entry| entry.at >= CLOCKS.before(somebodys.at);
    let was_before = timeline.iter().find(|entry| entry.wish.is_some()).is_some_and(|first| known(&first));
    let is_noted = timeline
        .iter()
        .filter(known)
        .any(|entry| matches!(entry.reason, Reason::Drifted { .. } | Reason::FenceRenewed));
    is_share && (owner == Owner::Rollback || was_before || is_noted)
}

/// What a live deployment of CodeDeploy moves is written by CodeDeploy alone, as far as a rollout that follows it is concerned.
fn is_no_deployments(view: &View<'_>, target: &Target, write: &Write) -> Checked {
    let of_target = view.rollouts().values().filter(|rollout| rollout.target == *target);
    for followed in of_target.filter_map(|rollout| rollout.mover.code_deploy()?.id.as_ref()) {
        let live = view.world().deployment(followed).filter(|deployment| !deployment.status.is_over());
        holds(live.is_none(), || {
            let found = format!("{} was written at {} while {followed} moved it", write.after, write.at);
            Broken::of(view, "what a deployment moves is not written", found)
        })?;
    }
    Ok(())
}

/// No weight rises while frozen, but by a function that was past its check when the freeze came.
fn is_not_frozen(view: &View<'_>, target: &Target, write: &Write, owner: Owner) -> Checked {
    let since = view.freeze().map(|freeze| LONGEST_FUNCTION_TIMEOUT.after(freeze.since));
    let late = owner == Owner::TrafficShift && since.is_some_and(|since| write.at > since);
    let mut of_target = view.rollouts().values().filter(|rollout| late && rollout.target == *target);
    let share = |routing: &Routing, rollout: &Rollout| routing.weight_of(&rollout.candidate);
    let rises = of_target.any(|rollout| share(&write.after, rollout) > share(&write.before, rollout));
    holds(!rises, || {
        let found = format!("{} was written on {target} at {}", write.after, write.at);
        Broken::of(view, "no weight rises while frozen", found)
    })
}

/// Whether an entry wished this routing, and was allowed to.
fn explains(rollout: &Rollout, timeline: &[Entry], entry: &Entry, after: &Routing, owner: Owner) -> bool {
    let wished = entry.wish.as_ref().is_some_and(|wish| wish.sends_as(after));
    let rises = after.weight_of(&rollout.candidate) > entry.weight;
    let may = match owner {
        Owner::Rollback => after.weight_of(&rollout.candidate) == Weight::ZERO,
        Owner::TrafficShift => !rises || may_rise(rollout, timeline, entry),
        Owner::HealthCheck | Owner::FeatureFlag | Owner::Notify => false,
    };
    wished && may
}

/// Whether the weight may rise by this entry: after preflight, after a pass, by somebody's word, or for one of these again
/// because the target's revision changed, or a freeze is over.
fn may_rise(rollout: &Rollout, timeline: &[Entry], entry: &Entry) -> bool {
    let before = || timeline.iter().rev().filter(|before| before.version < entry.version);
    match &entry.reason {
        Reason::PreflightPassed { .. } | Reason::Overridden { .. } | Reason::ResumedBy { .. } => true,
        Reason::StepPassed(pass) => match pass {
            Pass::Evidence(evidence) | Pass::Proceed(evidence) => {
                !evidence.metrics.is_empty()
                    && evidence.metrics.iter().all(|metric| metric.candidate.total > 0)
                    && !is_held_by_somebody(before())
                    && is_step_over(rollout, before(), entry)
            }
            Pass::GateOver => !is_held_by_somebody(before()),
            Pass::Checks | Pass::WatchOver => false,
        },
        Reason::FenceRenewed | Reason::HoldOver => before()
            .find(|before| before.wish.is_some())
            .is_some_and(|before| may_rise(rollout, timeline, before)),
        // The share waited for its flags since something else allowed it.
        Reason::Flags(FlagReason::Set(_)) => before()
            .take_while(|before| before.wish.is_none())
            .any(|before| may_rise(rollout, timeline, before)),
        _ => false,
    }
}

/// Whether somebody's `pause` is the last word that people said.
fn is_held_by_somebody<'a>(mut before: impl Iterator<Item = &'a Entry>) -> bool {
    let last = before.find(|entry| {
        matches!(entry.reason, Reason::PausedBy { .. } | Reason::ResumedBy { .. } | Reason::Overridden { .. })
    });
    last.is_some_and(|last| matches!(last.reason, Reason::PausedBy { .. }))
}

/// Whether the step with this share took its time, and has no gate that asks for more. Who took a share that somebody else had
/// given is in no step that can be told by it.
fn is_step_over<'a>(
    rollout: &Rollout,
    before: impl Iterator<Item = &'a Entry> + Clone,
    entry: &Entry,
) -> bool {
    let step = rollout.policy.strategy.steps.iter().find(|step| step.weight == entry.weight);
    let drifted = before.clone().any(|entry| matches!(entry.reason, Reason::Drifted { .. }));
    let Some(step) = step.filter(|_| !drifted) else { return true };
    let mut begins = before.filter(|entry| {
        matches!(
            entry.reason,
            Reason::WeightReached(_)
                | Reason::HoldOver
                | Reason::ResumedBy { .. }
                | Reason::Flags(FlagReason::Set(_) | FlagReason::Due { .. })
        )
    });
    let baked = |begun: &Entry| entry.at >= CLOCKS.before(step.bake.after(begun.at));
    step.gate.is_none() && begins.next().is_none_or(baked)
}
