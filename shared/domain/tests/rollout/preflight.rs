//! The end of preflight: what was measured and learned is what the rollout goes by.

use tidegate_domain::decide::{Decision, decide};
use tidegate_domain::policy::Policy;
use tidegate_domain::rollout::Phase;
use tidegate_domain::trigger::{Judged, Observation, Trigger};
use tidegate_domain::units::Span;
use tidegate_domain::verdict::Verdict;

use super::world::{measured, noon, observed, policy, policy_with, queued, seeing, stable};

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
