//! The end of preflight: what was measured and learned is what the rollout goes by.

use tidegate_domain::decide::{Decision, decide};
use tidegate_domain::effect::Effect;
use tidegate_domain::policy::Policy;
use tidegate_domain::reason::Ignored;
use tidegate_domain::rollout::{Phase, PhaseName, Rollout, RolloutId};
use tidegate_domain::trigger::{Judged, Observation, Trigger};
use tidegate_domain::units::Span;
use tidegate_domain::verdict::Verdict;

use super::world::{measured, noon, observed, pending, policy, policy_with, queued, seeing, split, stable};

#[test]
fn a_deadline_that_nobody_stated_waits_for_long_requests_to_settle() {
    let deadline = |policy: Policy, longest: Span| {
        let mut asked = queued();
        asked.policy = policy;
        asked.phase = Phase::Preflight { since: noon() };
        asked.deadline = Some(asked.policy.deadline.after(noon()));
        let ready = Trigger::Judged(Judged { version: asked.version, verdict: Verdict::Ready(measured()) });
        let observation =
            Observation { longest_request: Some(longest), ..seeing(Ok(observed(stable(), "r1"))) };
        let Decision::Change { next, .. } = decide(&asked, &ready, &observation, noon()) else {
            panic!("preflight is over")
        };
        Span::between(noon(), next.deadline.expect("it stands since preflight"))
    };
    let (quick, slow) = (Span::seconds(30), Span::minutes(15));
    assert_eq!(deadline(policy(), quick), policy().deadline);
    // Sixteen minutes instead of two, in three steps, twice.
    assert_eq!(deadline(policy(), slow), policy().deadline + Span::minutes(14 * 3 * 2));
    let stated = policy_with("name: checkout\n", "name: checkout\ndeadline: 40h\n");
    assert_eq!(deadline(stated, slow), Span::hours(40));
}

#[test]
fn a_version_without_any_traffic_is_nobodys_shift() {
    let mut asked = queued();
    asked.phase = Phase::Preflight { since: noon() };
    let ready = Trigger::Judged(Judged { version: asked.version, verdict: Verdict::Ready(measured()) });
    let phase = |routing| {
        let decision = decide(&asked, &ready, &seeing(Ok(observed(routing, "r1"))), noon());
        let Decision::Change { next, .. } = decision else { panic!("preflight is over") };
        next.phase.name()
    };
    assert_eq!((phase(split(0.0)), phase(split(0.1))), (PhaseName::Baking, PhaseName::Refused));
}

#[test]
fn whoever_holds_the_target_is_asked_once_to_make_way() {
    let older = RolloutId("checkout-live-7".to_owned());
    let seen = Observation {
        target_taken: true,
        yields: Some(older.clone()),
        ..seeing(Ok(observed(stable(), "r1")))
    };
    let waits = |rollout: &Rollout| decide(rollout, &Trigger::Reconcile, &seen, noon());
    let Decision::Change { next, .. } = waits(&queued()) else { panic!("it is asked") };
    let asks = Effect::Supersede { rollout: older };
    assert_eq!(next.pending.iter().map(|pending| &pending.effect).collect::<Vec<_>>(), [&asks]);
    assert_eq!(waits(&pending(queued(), asks)), Decision::Keep(Ignored::TargetTaken.into()));
}
