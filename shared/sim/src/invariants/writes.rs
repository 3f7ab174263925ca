//! The timeline explains every routing that Tidegate wrote, and a weight rises only by an entry that says that this very step
//! was passed, or that somebody overrode it.

use std::collections::BTreeMap;

use tidegate_domain::decide::LONGEST_FUNCTION_TIMEOUT;
use tidegate_domain::effect::Owner;
use tidegate_domain::reason::{FlagReason, Reason};
use tidegate_domain::rollout::Rollout;
use tidegate_domain::target::{Routing, Target};
use tidegate_domain::units::Weight;
use tidegate_domain::verdict::Pass;
use tidegate_wire::timeline::Entry;

use super::{Broken, Checked, holds};
use crate::view::View;
use crate::world::{Write, Writer};

/// How many writes of each target were seen.
#[derive(Debug, Default)]
pub(super) struct Writes(BTreeMap<String, usize>);

impl Writes {
    pub fn check(&mut self, view: &View<'_>) -> Checked {
        for (key, carrier) in &view.world().carriers {
            let known = self.0.get(key).copied().unwrap_or_default();
            for write in carrier.writes.iter().skip(known) {
                let Writer::Function(owner) = &write.by else { continue };
                is_no_deployments(view, &carrier.target, write)?;
                is_explained(view, &carrier.target, write, *owner)?;
                is_not_frozen(view, &carrier.target, write, *owner)?;
            }
            if carrier.writes.len() > known {
                self.0.insert(key.clone(), carrier.writes.len());
            }
        }
        Ok(())
    }
}

fn is_explained(view: &View<'_>, target: &Target, write: &Write, owner: Owner) -> Checked {
    let of_target = view.rollouts().values().filter(|rollout| rollout.target == *target);
    let explained = of_target.into_iter().any(|rollout| {
        let timeline = view.timeline(&rollout.id);
        timeline.iter().any(|entry| explains(rollout, timeline, entry, &write.after, owner))
    });
    holds(explained, || {
        let found =
            format!("nothing explains {} on {target}, written by {owner} at {}", write.after, write.at);
        Broken::of(view, "the timeline explains every weight", found)
    })
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
        Owner::TrafficShift => !rises || may_rise(timeline, entry),
        Owner::HealthCheck | Owner::FeatureFlag | Owner::Notify => false,
    };
    wished && may
}
/// Whether the weight may rise by this entry: after preflight, after a pass, by somebody's word, or for one of these again
/// because the target's revision changed.
fn may_rise(timeline: &[Entry], entry: &Entry) -> bool {
    match &entry.reason {
        Reason::PreflightPassed { .. } | Reason::Overridden { .. } | Reason::ResumedBy { .. } => true,
        Reason::StepPassed(pass) => match pass {
            Pass::Evidence(evidence) | Pass::Proceed(evidence) => {
                !evidence.metrics.is_empty()
                    && evidence.metrics.iter().all(|metric| metric.candidate.total > 0)
            }
            Pass::GateOver => true,
            Pass::Checks | Pass::WatchOver => false,
        },
        Reason::FenceRenewed => timeline
            .iter()
            .rfind(|before| before.version < entry.version && before.wish.is_some())
            .is_some_and(|before| may_rise(timeline, before)),
        // The share waited for its flags since something else allowed it.
        Reason::Flags(FlagReason::Set(_)) => {
            let before = timeline.iter().rev().filter(|before| before.version < entry.version);
            before.take_while(|before| before.wish.is_none()).any(|before| may_rise(timeline, before))
        }
        _ => false,
    }
}
