//! The small world of these tests: stable is version 7, the candidate 8, and 9 is somebody else's.

use jiff::Timestamp;
use tidegate_domain::effect::{Effect, EffectId, Pending};
use tidegate_domain::policy::{Harm, Policy};
use tidegate_domain::rollout::{Bake, PauseCause, Phase, Request, Rollout, RolloutId};
use tidegate_domain::target::{Fence, Observed, Routing, Target, Version};
use tidegate_domain::trigger::{Command, Observation, Verb};
use tidegate_domain::units::{Span, Weight};
use tidegate_domain::verdict::{
    Baseline, Cause, Counts, Evidence, LatencyBaseline, MetricEvidence, Preflight,
};

/// Three steps, one of each kind: without a gate, with a manual gate, with a timed gate.
pub const POLICY: &str = "
version: 1
name: checkout
strategy:
  steps:
    - setWeight: 5
    - bake: 10m
    - setWeight: 25
    - bake: 10m
    - pause: {}
    - setWeight: 50
    - bake: 10m
    - pause: { duration: 20m }
  watch: 30m
analysis:
  metrics:
    - errors: {}
  guards:
    - errorRate: { above: 7%, for: 3 of 3 }
  alarms:
    - { name: red, action: rollBack }
    - { name: amber, action: hold }
";

pub fn policy() -> Policy {
    Policy::from_yaml(POLICY).expect("a valid policy")
}

/// The same with a flag before any traffic, one with the second step and one after promotion.
pub fn flag_policy() -> Policy {
    let flag = |name: &str, at: &str| {
        format!("  - {{ flag: {name}, at: {at}, application: shop, environment: prod, profile: flags }}\n")
    };
    let flags = [flag("early", "beforeTraffic"), flag("basket", "25%"), flag("late", "promotion")];
    Policy::from_yaml(&format!("{POLICY}flags:\n{}", flags.concat())).expect("a valid policy")
}

/// The same with other words in it.
pub fn policy_with(from: &str, to: &str) -> Policy {
    assert!(POLICY.contains(from), "the policy has {from:?}");
    Policy::from_yaml(&POLICY.replace(from, to)).expect("a valid policy")
}

pub fn version(number: u32) -> Version {
    Version(number.to_string())
}

pub fn percent(percent: f64) -> Weight {
    Weight::from_percent(percent).expect("a weight")
}

pub fn stable() -> Routing {
    Routing::all(&version(7))
}

pub fn candidate() -> Routing {
    Routing::all(&version(8))
}

pub fn third() -> Routing {
    Routing::all(&version(9))
}

pub fn split(share: f64) -> Routing {
    Routing::split(&version(7), &version(8), percent(share))
}

pub fn observed(routing: Routing, fence: &str) -> Observed {
    Observed { routing, fence: Fence(fence.to_owned()) }
}

pub fn seeing(routing: Result<Observed, String>) -> Observation {
    Observation::of(routing)
}

/// Every test's clock starts here.
pub fn noon() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().expect("a time")
}

pub fn minutes(count: i64) -> Timestamp {
    noon() + jiff::SignedDuration::from_mins(count)
}

pub fn target() -> Target {
    Target::lambda("checkout", "live")
}

pub fn queued() -> Rollout {
    let request = Request { by: "ana".to_owned(), ..Request::default() };
    let id = RolloutId::of_version(&target(), &version(8));
    Rollout::queued(id, target(), version(8), policy(), request, noon())
}

pub fn baseline() -> Baseline {
    Baseline {
        errors: Counts { total: 1_000_000, bad: 10_000 },
        latency: Some(LatencyBaseline { p50: 20.0, p90: 80.0, p99: 400.0 }),
        window: Span::hours(24),
    }
}

/// A rollout in a phase, version 10, with what preflight made known; `routed` was last read back.
pub fn standing(phase: Phase, routed: Routing) -> Rollout {
    let mut rollout = queued();
    rollout.version = 10;
    rollout.phase = phase;
    rollout.stable = Some(version(7));
    rollout.baseline = Some(baseline());
    rollout.routed = Some(observed(routed, "f1"));
    rollout.deadline = Some(Span::hours(48).after(noon()));
    rollout
}

/// The same with an effect pending since its last commit.
pub fn pending(mut rollout: Rollout, effect: Effect) -> Rollout {
    let index = u32::try_from(rollout.pending.len()).expect("few");
    rollout.pending.push(Pending { id: EffectId { version: 10, index }, effect });
    rollout
}

pub fn baking(step: usize) -> Bake {
    Bake { step, since: Some(noon()), extended: false }
}

pub fn paused(bake: Bake, cause: PauseCause) -> Phase {
    Phase::Paused { bake, cause, since: noon() }
}

pub fn command(verb: Verb) -> Command {
    Command { verb, by: "ana".to_owned(), why: None }
}

pub fn evidence() -> Evidence {
    Evidence {
        log_e: f64::ln(212.0),
        threshold_log_e: 3.1,
        culprits: vec!["errors".to_owned()],
        metrics: vec![MetricEvidence {
            name: "errors".to_owned(),
            harm: Harm::Increase,
            candidate: Counts { total: 7_600, bad: 312 },
            stable: Counts { total: 7_610, bad: 76 },
            ratio: Some(4.1),
            low: Some(3.2),
            high: Some(5.3),
            log_e: f64::ln(212.0),
            log_e_pass: 0.0,
            requests_needed: None,
            minutes_needed: None,
        }],
    }
}

pub fn harm() -> Cause {
    Cause::HarmShown(evidence())
}

pub fn measured() -> Preflight {
    Preflight { baseline: baseline(), firing: Vec::new(), failed: Vec::new() }
}
