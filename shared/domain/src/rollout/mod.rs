//! The rollout: one document that says where a candidate stands, what it waits for and what is still to be done.

mod flags;
mod phase;

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::deployment::{CodeDeploy, Comparison, DeploymentId, DeploymentStatus, Mover, Platform};
use crate::effect::{Effect, EffectId, Owner, Pending};
use crate::kept::Kept;
use crate::policy::{Policy, Step};
use crate::reason::Reason;
use crate::target::{Observed, Routing, Target, Version};
use crate::units::{Span, Weight};
use crate::verdict::{Baseline, HoldCause};

pub use self::flags::Switched;
pub use self::phase::{Bake, Health, PauseCause, Phase, PhaseName, Return, Shifting, Traffic};

/// The name of a rollout: the request's id, or for a version event the target and the version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RolloutId(pub String);

impl RolloutId {
    /// The identity of the rollout that follows a deployment of a target which somebody else started.
    pub fn of_deployment(target: &Target, deployment: &DeploymentId) -> Self {
        Self::joined(&format!("{}-{deployment}", target.values().join("-")))
    }

    /// The identity of the rollout that a new version of a target starts by itself.
    pub fn of_version(target: &Target, version: &Version) -> Self {
        Self::joined(&format!("{}-{version}", target.values().join("-")))
    }

    /// A version may be called what no rollout is called: `shop:42`, `s3://bundles/shop.zip`.
    fn joined(words: &str) -> Self {
        Self(words.replace(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)), "-"))
    }
}

impl fmt::Display for RolloutId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who asked for a rollout, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Who, as the caller states it: a custom bus carries no identity.
    pub by: String,
    /// Whether a new version started it by itself: then it never takes traffic from a newer version.
    #[serde(default)]
    pub automatic: bool,
    /// Whether it may start while an alarm of the policy fires.
    #[serde(default)]
    pub fix_forward: bool,
    /// The rollout that this one tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<RolloutId>,
}

/// One rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    /// Its name.
    pub id: RolloutId,
    /// Counts the commits. A verdict or an effect of an older version is stale.
    pub version: u64,
    /// Whose traffic it moves.
    pub target: Target,
    /// Who moves it.
    #[serde(default, skip_serializing_if = "Mover::is_tidegate")]
    pub mover: Mover,
    /// The version it lets in.
    pub candidate: Version,
    /// The version it is compared with; known after preflight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stable: Option<Version>,
    /// The policy as it was at the start.
    pub policy: Policy,
    /// Who asked.
    pub request: Request,
    /// Where it stands.
    pub phase: Phase,
    /// The routing that was last read back, and its fence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routed: Option<Observed>,
    /// Effects that are committed and not yet recorded as done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<Pending>,
    /// The shares that the candidate was read back to have, each with the time, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reached: Vec<Reached>,
    /// How far the policy's flags are.
    #[serde(default, skip_serializing_if = "Switched::is_untouched")]
    pub flags: Switched,
    /// The stable version before the rollout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
    /// How long a minute's counts may still change: a point carries the time of an invocation's start and comes at its end.
    #[serde(default = "default_settle")]
    pub settle: Span,
    /// Why it stands where it stands.
    pub reason: Reason,
    /// When it was asked for.
    pub created: Timestamp,
    /// When the document last changed.
    pub updated: Timestamp,
    /// When it has to be over; counted from the start of preflight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// What its document says that this release does not know.
    #[serde(skip)]
    pub kept: Kept,
}

/// A share of the traffic that the candidate was read back to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reached {
    /// When.
    pub at: Timestamp,
    /// The share.
    pub weight: Weight,
}

/// The least time after which a minute's counts are taken as final.
pub const SETTLE: Span = Span::minutes(2);

/// No minute may supply more than half of the evidence for a pass, and the prior costs a little: however good a candidate is,
/// it takes three minutes to pass. A shorter bake is decided on as many.
pub const LEAST_JUDGED: Span = Span::minutes(3);

const fn default_settle() -> Span {
    SETTLE
}

impl Rollout {
    /// A rollout that waits for its target.
    pub fn queued(
        id: RolloutId,
        target: Target,
        candidate: Version,
        policy: Policy,
        request: Request,
        now: Timestamp,
    ) -> Self {
        let reason = Reason::Requested { by: request.by.clone(), fix_forward: request.fix_forward };
        Self {
            id,
            version: 1,
            target,
            mover: Mover::Tidegate,
            candidate,
            stable: None,
            policy,
            request,
            phase: Phase::Queued,
            routed: None,
            reached: Vec::new(),
            pending: Vec::new(),
            flags: Switched::default(),
            baseline: None,
            settle: SETTLE,
            reason,
            created: now,
            updated: now,
            deadline: None,
            kept: Kept::default(),
        }
    }

    /// Whether the sweep has to look at it: it is not over, or something is still to be done.
    pub fn is_listed(&self) -> bool {
        !self.phase.is_terminal() || !self.pending.is_empty()
    }

    /// The step of the policy with this number.
    pub fn step(&self, step: usize) -> Option<&Step> {
        self.policy.strategy.steps.get(step)
    }

    /// The id of the next try where the first `taken` of the ids it could have are taken: `checkout-live-8`,
    /// `checkout-live-8.2`, `checkout-live-8.3`. Only the number of a retry counts up: an id that somebody chose may end in a
    /// number of its own, and `release-1.5` may be another rollout.
    pub fn next_try(&self, taken: u32) -> RolloutId {
        let id = self.id.0.as_str();
        let tried = self.request.retry_of.as_ref().and(id.rsplit_once('.'));
        let tried = tried.and_then(|(base, n)| Some((base, n.parse::<u32>().ok()?)));
        let (base, number) = tried.unwrap_or((id, 1));
        RolloutId(format!("{base}.{}", u64::from(number) + 1 + u64::from(taken)))
    }

    /// The candidate's share as it was last read back.
    pub fn weight(&self) -> Weight {
        self.routed.as_ref().map_or(Weight::ZERO, |observed| observed.routing.weight_of(&self.candidate))
    }

    /// Whether the candidate has all traffic, or is about to: then there is no second version beside it to compare with.
    pub fn has_all_traffic(&self) -> bool {
        matches!(self.phase, Phase::Watching { .. }) || self.weight() == Weight::FULL
    }

    /// Since when the candidate is known to have all traffic.
    pub fn all_traffic_since(&self) -> Option<Timestamp> {
        if let Phase::Shifting(_) = self.phase {
            let last = self.reached.last().filter(|reached| reached.weight == Weight::FULL);
            return last.map(|reached| reached.at);
        }
        let Traffic { pause, since, .. } = self.phase.traffic().filter(|_| self.has_all_traffic())?;
        pause.map(|(_, since)| since).or(since)
    }

    /// Whether somebody else started the deployment that moves its traffic.
    pub fn is_adopted(&self) -> bool {
        self.mover.code_deploy().is_some_and(|moves| !moves.is_driven())
    }

    /// Whether an alarm fired before its deployment began, so that it does not speak about it.
    pub fn was_red(&self, alarm: &str) -> bool {
        self.mover.code_deploy().is_some_and(|moves| moves.red.iter().any(|red| red == alarm))
    }

    /// Whether both versions had traffic side by side, so that there was something to compare.
    pub fn was_divided(&self) -> bool {
        let divides = |weight| weight > Weight::ZERO && weight < Weight::FULL;
        let counted = self.mover.code_deploy().is_none_or(CodeDeploy::counts_by_version);
        counted && self.stable.is_some() && self.reached.iter().any(|reached| divides(reached.weight))
    }

    /// What the comparison came to while CodeDeploy moved the traffic, once that was said.
    pub fn compared(&self) -> Option<&Comparison> {
        self.mover.code_deploy().and_then(|moves| moves.compared.as_ref())
    }

    /// Whether its deployment waits for traffic to be moved, and Tidegate is to have it go on.
    pub fn goes_on_when_ready(&self) -> bool {
        self.live_deployment().is_some_and(CodeDeploy::is_driven)
    }

    /// Whether the checks of its policy have to be passed now, before the deployment that waits at this status gets traffic.
    pub fn is_to_be_checked(&self, status: DeploymentStatus) -> bool {
        let waits = status == DeploymentStatus::Ready && self.goes_on_when_ready();
        let told = self.pending.iter().any(|p| matches!(p.effect, Effect::ContinueDeployment { .. }));
        waits && !told && !self.policy.checks.is_empty() && matches!(self.phase, Phase::Shifting(_))
    }

    /// Whether the version that gets no traffic yet can be asked already: it is there before any deployment.
    pub fn can_be_asked_before(&self) -> bool {
        self.mover.code_deploy().is_none_or(|moves| moves.platform == Platform::Lambda)
    }

    /// The live CodeDeploy deployment that moves its traffic, as far as is known.
    pub fn live_deployment(&self) -> Option<&CodeDeploy> {
        self.mover.code_deploy().filter(|moves| moves.status.is_none_or(|status| !status.is_over()))
    }

    /// Whether its deployment is over and nothing takes it back: neither does `CodeDeploy`, nor can Tidegate write what carries
    /// its traffic. Only another deployment helps.
    pub fn is_beyond_reach(&self) -> bool {
        let is_over = |moves: &CodeDeploy| moves.status.is_some_and(DeploymentStatus::is_over);
        let moves =
            self.mover.code_deploy().filter(|moves| moves.platform != Platform::Lambda && is_over(moves));
        moves.is_some() && matches!(self.phase, Phase::Stuck(_))
    }

    /// Whether it waits before its first step because the installation is frozen.
    pub fn waits_frozen(&self) -> bool {
        matches!(self.phase, Phase::Preflight { .. }) && self.is_held_by_freeze()
    }

    /// Whether a freeze is what it stands still for.
    pub const fn is_held_by_freeze(&self) -> bool {
        matches!(self.reason, Reason::Held(HoldCause::Frozen(_)))
    }

    /// The pending effects of one owner.
    pub fn pending_of(&self, owner: Owner) -> impl Iterator<Item = &Pending> {
        self.pending.iter().filter(move |pending| pending.effect.owner() == owner)
    }

    /// The pending effect with this id.
    pub fn pending_effect(&self, id: EffectId) -> Option<&Effect> {
        self.pending.iter().find(|pending| pending.id == id).map(|pending| &pending.effect)
    }

    /// The routing with `weight` on the candidate; `None` before preflight named the stable version.
    pub fn split(&self, weight: Weight) -> Option<Routing> {
        Some(Routing::split(self.stable.as_ref()?, &self.candidate, weight))
    }

    /// The time of a step in which it has to be decided: its bake, but no less than passing takes; doubled when it was extended.
    pub fn step_time(&self, bake: &Bake) -> Span {
        let time = self.step(bake.step).map_or(Span::ZERO, |step| step.bake).max(LEAST_JUDGED);
        if bake.extended { time * 2 } else { time }
    }
}
