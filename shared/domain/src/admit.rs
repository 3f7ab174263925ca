//! Admission: what becomes of a request for a rollout, given what is under way on the same target.

use jiff::Timestamp;

use crate::deployment::{Mover, config};
use crate::effect::{Effect, EffectId, Outcome, Pending};
use crate::policy::{Mode, OutcomeKind, Policy};
use crate::reason::Reason;
use crate::rollout::{Phase, Request, Rollout, RolloutId};
use crate::target::{Target, Version};
use crate::verdict::Finding;

/// A request that could be read: everything a rollout starts from.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The rollout's name to be.
    pub id: RolloutId,
    /// Whose traffic.
    pub target: Target,
    /// Who moves it.
    pub mover: Mover,
    /// What it is compared with, where that is known before preflight.
    pub stable: Option<Version>,
    /// Which version.
    pub candidate: Version,
    /// Under which policy.
    pub policy: Policy,
    /// Who asked.
    pub request: Request,
}

/// The document that a request becomes: queued behind what is under way, and asking a candidate that is known to be older to
/// make way; or refused, with every finding at once. `others` are the rollouts of the same target that are not over.
pub fn admit(asked: Asked, others: &[Rollout], now: Timestamp) -> Rollout {
    let Asked { id, target, mover, stable, candidate, policy, request } = asked;
    let mut rollout = Rollout::queued(id, target, candidate, policy, request, now);
    (rollout.mover, rollout.stable) = (mover, stable);
    let findings = findings(&rollout, others);
    if !findings.is_empty() {
        rollout.reason = Reason::PreflightFailed(findings.clone());
        rollout.phase = Phase::Refused { findings };
        let told = Outcome::of(&rollout, OutcomeKind::Refused);
        push(&mut rollout, Effect::Announce(Box::new(told)));
        return rollout;
    }
    let make_way = others.iter().filter(|other| makes_way(other, &rollout)).map(|other| other.id.clone());
    for other in make_way.collect::<Vec<_>>() {
        push(&mut rollout, Effect::Supersede { rollout: other });
    }
    rollout
}

/// What is wrong with a request whose id a rollout of another target or version has; `None` where that rollout is the one asked
/// for: the same request again. Joined by `-`, the names of two targets can be one and the same.
pub fn taken(held: &Rollout, target: &Target, candidate: &Version) -> Option<String> {
    let asked = held.mover.code_deploy().and_then(|moves| moves.asked.as_ref());
    let same = held.target == *target || asked == Some(target);
    (!same || held.candidate != *candidate).then(|| {
        let Rollout { id, target: of, candidate: version, .. } = held;
        format!(
            "detail.id: {id} is the rollout of version {version} of {of} already, and version {candidate} of {target} is asked \
             for; it needs an id of its own: tidegate start --id NAME"
        )
    })
}

fn push(rollout: &mut Rollout, effect: Effect) {
    let index = u32::try_from(rollout.pending.len()).unwrap_or(u32::MAX);
    rollout.pending.push(Pending { id: EffectId { version: rollout.version, index }, effect });
}

/// Whether another rollout of the target has to make way: one of an older version; one that nothing takes back; and where
/// somebody else's deployment has begun, the watch after the one before it. What Tidegate moves on a target under a deployment
/// sees that for itself.
fn makes_way(other: &Rollout, newer: &Rollout) -> bool {
    yields(other, newer)
        || !newer.is_adopted() && newer.candidate.is_newer_than(&other.candidate) == Some(true)
}

/// Whether another rollout of the target is over as soon as a newer one asks it to make way.
pub fn yields(other: &Rollout, newer: &Rollout) -> bool {
    let is_through = || matches!(other.phase, Phase::Watching { .. }) && !other.mover.is_tidegate();
    other.is_beyond_reach() || newer.is_adopted() && is_through()
}

fn findings(rollout: &Rollout, others: &[Rollout]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if rollout.policy.mode == Mode::Guard && !rollout.is_adopted() {
        findings.push(Finding::Unsupported(
            "mode: guard judges the deployments that others start; to have Tidegate start one, use mode: drive".to_owned(),
        ));
    }
    if rollout.mover.is_tidegate() && rollout.policy.strategy.is_open {
        findings.push(Finding::Unsupported(
            "strategy: is left to CodeDeploy's group, and Tidegate moves this target itself; state its steps, or name the \
             group as target codeDeploy"
                .to_owned(),
        ));
    }
    if rollout.is_adopted() {
        if rollout.stable.as_ref() == Some(&rollout.candidate) {
            findings.push(Finding::AlreadyLive);
        }
        return findings;
    }
    if let Some(moves) = rollout.mover.code_deploy()
        && let Err(problems) = config(moves.platform, &rollout.policy)
    {
        findings.extend(problems.into_iter().map(Finding::DeploymentRefused));
    }
    for other in others {
        if other.candidate == rollout.candidate {
            findings.push(Finding::UnderWay(other.id.clone()));
        } else if other.candidate.is_newer_than(&rollout.candidate) == Some(true) {
            findings
                .push(Finding::NewerUnderWay { rollout: other.id.clone(), version: other.candidate.clone() });
        }
    }
    findings
}
