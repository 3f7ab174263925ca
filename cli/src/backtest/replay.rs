//! One rollout at virtual time: a minute goes by, is judged, and what was decided becomes fact.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tidegate_domain::admit::{Asked, admit};
use tidegate_domain::assess::{Assessment, assess};
use tidegate_domain::attention::is_news;
use tidegate_domain::decide::{Decision, decide};
use tidegate_domain::deployment::Mover;
use tidegate_domain::effect::Performed;
use tidegate_domain::policy::{Gate, Policy};
use tidegate_domain::reason::Reason;
use tidegate_domain::rollout::{PauseCause, Phase, Request, Rollout, RolloutId};
use tidegate_domain::target::{Fence, Observed, Routing, Target, Version};
use tidegate_domain::ticks::{Arms, Tick};
use tidegate_domain::trigger::{Command, Judged, Observation, Trigger, Verb};
use tidegate_domain::units::Weight;
use tidegate_domain::verdict::{Baseline, Evidence, Preflight, Verdict};

use super::MINUTE;

/// Who answers at manual gates.
const SOMEBODY: &str = "the backtest";

/// A minute that went by.
#[derive(Debug, Clone)]
pub struct Minute {
    /// When it began.
    pub at: Timestamp,
    /// The candidate's share during it.
    pub weight: Weight,
    /// What was found when it was over.
    pub verdict: Verdict,
    /// What the judge knew then.
    pub evidence: Option<Evidence>,
    /// What was decided then, if anything.
    pub decided: Vec<Reason>,
    /// Where that led.
    pub phase: Phase,
    /// The share that was set then.
    pub then: Weight,
}

/// A policy whose rollouts do not start, with the reason in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unstarted(pub String);

/// A rollout under way.
pub struct Replay {
    rollout: Rollout,
    routing: Routing,
    revision: u64,
    ticks: Vec<Tick>,
    decided: Vec<Reason>,
}

impl Replay {
    /// A rollout whose first step begins at this moment.
    pub fn begin(policy: &Policy, baseline: Baseline, at: Timestamp) -> Result<Self, Unstarted> {
        let target = policy.target.clone().unwrap_or_else(|| Target::lambda("any", "live"));
        let (stable, candidate) = (Version("stable".to_owned()), Version("candidate".to_owned()));
        let id = RolloutId("backtest".to_owned());
        let (policy, request) = (policy.clone(), Request::default());
        let asked = Asked { id, target, mover: Mover::Tidegate, stable: None, candidate, policy, request };
        let rollout = admit(asked, &[], at);
        let routing = Routing::all(&stable);
        let mut replay = Self { rollout, routing, revision: 1, ticks: Vec::new(), decided: Vec::new() };
        replay.decide(&Trigger::Reconcile, at);
        replay.judged(Verdict::Ready(Preflight { baseline, firing: Vec::new(), failed: Vec::new() }), at);
        replay.decided.clear();
        if replay.rollout.phase.is_terminal() {
            return Err(Unstarted(replay.rollout.reason.to_string()));
        }
        Ok(replay)
    }

    /// Lets a minute go by in which this was measured; nothing at all where it is empty.
    pub fn minute(&mut self, at: Timestamp, metrics: BTreeMap<String, Arms>) -> Minute {
        let now = MINUTE.after(at);
        let weight = self.rollout.weight();
        if !metrics.is_empty() {
            self.ticks.push(Tick { minute: at, metrics });
        }
        // What the judge could find fault with was parsed or clamped before.
        let Assessment { verdict, evidence } = assess(&self.rollout, &self.ticks, &[], now)
            .expect("a parsed policy and clamped counts have no faults");
        if is_news(&self.rollout, &verdict) {
            self.judged(verdict.clone(), now);
        }
        Minute {
            at,
            weight,
            verdict,
            evidence,
            decided: std::mem::take(&mut self.decided),
            phase: self.rollout.phase.clone(),
            then: self.rollout.weight(),
        }
    }

    /// Whether nothing can happen to it any more.
    pub const fn is_over(&self) -> bool {
        self.rollout.phase.is_terminal()
    }

    /// Whether the candidate has all traffic.
    pub const fn is_promoted(&self) -> bool {
        matches!(self.rollout.phase, Phase::Watching { .. } | Phase::Succeeded)
    }

    /// The rollout as it stands.
    pub const fn rollout(&self) -> &Rollout {
        &self.rollout
    }

    pub fn into_rollout(self) -> Rollout {
        self.rollout
    }

    fn observed(&self) -> Observed {
        Observed { routing: self.routing.clone(), fence: Fence(self.revision.to_string()) }
    }

    fn judged(&mut self, verdict: Verdict, now: Timestamp) {
        let judged = Judged { version: self.rollout.version, verdict };
        self.decide(&Trigger::Judged(judged), now);
        if matches!(self.rollout.phase, Phase::Paused { cause: PauseCause::Gate(Gate::Manual), .. }) {
            let command = Command { verb: Verb::Resume, by: SOMEBODY.to_owned(), why: None };
            self.decide(&Trigger::Commanded(command), now);
        }
    }

    /// Decides, and does what comes of it at once.
    fn decide(&mut self, trigger: &Trigger, now: Timestamp) {
        let observation = Observation::of(Ok(self.observed()));
        let Decision::Change { next, reason } = decide(&self.rollout, trigger, &observation, now) else {
            return;
        };
        self.rollout = *next;
        if !matches!(trigger, Trigger::Performed { .. }) {
            self.decided.push(reason);
        }
        while let Some(pending) = self.rollout.pending.first().cloned() {
            let result = match pending.effect.wish() {
                Some((wish, _)) => {
                    self.routing = wish.clone();
                    self.revision += 1;
                    Performed::Routed { observed: self.observed(), fence_moved: true }
                }
                None => Performed::Done,
            };
            let before = self.rollout.version;
            self.decide(&Trigger::Performed { effect: pending.id, result }, now);
            if self.rollout.version == before {
                break;
            }
        }
    }
}
