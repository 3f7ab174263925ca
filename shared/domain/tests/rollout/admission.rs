//! Admission: what becomes of a request, given what is under way on the same target.

use tidegate_domain::admit::{Asked, admit, taken};
use tidegate_domain::decide::{Decision, decide};
use tidegate_domain::deployment::Mover;
use tidegate_domain::effect::Effect;
use tidegate_domain::policy::OutcomeKind;
use tidegate_domain::rollout::{Phase, Request, Rollout, RolloutId};
use tidegate_domain::target::{Target, Version};
use tidegate_domain::trigger::{Observation, Trigger, Verb};
use tidegate_domain::verdict::Finding;

use super::render;
use super::world::{
    baking, command, minutes, policy, policy_with, queued, seeing, split, standing, target, version,
};

fn asked(candidate: &Version) -> Asked {
    Asked {
        mover: Mover::Tidegate,
        stable: None,
        id: RolloutId::of_version(&target(), candidate),
        target: target(),
        candidate: candidate.clone(),
        policy: policy(),
        request: Request { by: "ana".to_owned(), ..Request::default() },
    }
}

fn under_way() -> Rollout {
    standing(Phase::Baking(baking(0)), split(5.0))
}

fn told(rollout: &Rollout) -> String {
    let effects: Vec<String> =
        rollout.pending.iter().map(|pending| render::effect(&pending.effect)).collect();
    format!("{} | {} | {}", render::phase(&rollout.phase), effects.join(", "), rollout.reason)
}

#[test]
fn a_request_for_a_free_target_is_queued() {
    let rollout = admit(asked(&version(8)), &[], minutes(0));
    assert_eq!(told(&rollout), "queued |  | requested by ana");
    assert_eq!(rollout.version, 1);
    assert_eq!(rollout.id.0, "checkout-live-8");
}

#[test]
fn the_same_version_again_is_refused_while_it_is_under_way() {
    let rollout = admit(asked(&version(8)), &[under_way()], minutes(0));
    assert_eq!(
        told(&rollout),
        "refused (1 findings) | tell Refused | preflight failed: checkout-live-8 rolls out the same version"
    );
}

#[test]
fn an_older_version_never_takes_the_place_of_a_newer_one() {
    let rollout = admit(asked(&version(7)), &[under_way()], minutes(0));
    let newer = Finding::NewerUnderWay { rollout: under_way().id, version: version(8) };
    assert_eq!(rollout.phase, Phase::Refused { findings: vec![newer] });
}

#[test]
fn a_newer_version_asks_every_older_one_to_make_way() {
    let mut waiting = queued();
    waiting.id = RolloutId("checkout-live-9".to_owned());
    waiting.candidate = version(9);
    let rollout = admit(asked(&version(10)), &[under_way(), waiting], minutes(0));
    assert_eq!(
        told(&rollout),
        "queued | supersede checkout-live-8, supersede checkout-live-9 | requested by ana"
    );
    let ids: Vec<String> = rollout.pending.iter().map(|pending| pending.id.to_string()).collect();
    assert_eq!(ids, ["1.0", "1.1"]);
}

#[test]
fn a_version_that_has_no_order_asks_nobody_to_make_way() {
    let rollout = admit(asked(&Version("abc".to_owned())), &[under_way()], minutes(0));
    assert_eq!(told(&rollout), "queued |  | requested by ana");
}

#[test]
fn versions_are_compared_as_numbers() {
    let mut nine = under_way();
    nine.candidate = version(9);
    assert_eq!(admit(asked(&version(10)), &[nine], minutes(0)).phase, Phase::Queued);
}

#[test]
fn what_this_release_cannot_do_is_refused_with_every_finding_at_once() {
    let mut unsupported = asked(&version(8));
    unsupported.policy = policy_with(
        "name: checkout",
        "name: checkout\nmode: guard\nflags: [{ flag: f, application: a, environment: e, profile: p }]",
    );
    let rollout = admit(unsupported, &[under_way()], minutes(0));
    let Phase::Refused { findings } = &rollout.phase else { panic!("{:?}", rollout.phase) };
    let words: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            "mode: guard judges the deployments that others start; to have Tidegate start one, use mode: drive",
            "checkout-live-8 rolls out the same version",
        ]
    );
    let [pending] = &rollout.pending[..] else { panic!("one effect") };
    let Effect::Announce(outcome) = &pending.effect else { panic!("a message") };
    assert_eq!((outcome.kind, outcome.outcome_id.as_str()), (OutcomeKind::Refused, "checkout-live-8@1"));
}

#[test]
fn only_the_number_of_a_retry_counts_up() {
    let named = |id: &str, retry: bool| {
        let mut rollout = queued();
        rollout.id = RolloutId(id.to_owned());
        rollout.request.retry_of = retry.then(|| RolloutId("release-1".to_owned()));
        rollout.next_try(0).0
    };
    assert_eq!(named("checkout-live-8", false), "checkout-live-8.2");
    assert_eq!(named("checkout-live-8.2", true), "checkout-live-8.3");
    assert_eq!(named("release-1.4", false), "release-1.4.2");
    assert_eq!(named("release-1.4.2", true), "release-1.4.3");
    assert_eq!(named("release", true), "release.2");
}

#[test]
fn a_try_whose_name_is_taken_gets_the_next_one() {
    let mut rollout = queued();
    assert_eq!(rollout.next_try(1).0, "checkout-live-8.3");
    rollout.request.retry_of = Some(rollout.id.clone());
    rollout.id = RolloutId("checkout-live-8.2".to_owned());
    assert_eq!(rollout.next_try(2).0, "checkout-live-8.5");
}

/// What a command to a rollout that is over leads to, where so many of its next names are taken.
fn tried_again(rollout: &Rollout, verb: Verb, tries_taken: u32) -> String {
    let seen = Observation { tries_taken, ..seeing(Err("not read".to_owned())) };
    let trigger = Trigger::Commanded(command(verb));
    let Decision::Change { next, .. } = decide(rollout, &trigger, &seen, minutes(1)) else {
        panic!("{verb} changes nothing")
    };
    told(&next)
}

#[test]
fn an_ended_rollout_is_tried_again_under_the_first_name_that_is_free() {
    let mut over = standing(Phase::Succeeded, split(100.0));
    assert!(tried_again(&over, Verb::Retry, 0).contains("restart as checkout-live-8.2 for ana |"));
    assert!(tried_again(&over, Verb::Retry, 2).contains("restart as checkout-live-8.4 for ana |"));
    let forward = "restart as checkout-live-8.3 for ana to fix forward |";
    assert!(tried_again(&over, Verb::RetryFixForward, 1).contains(forward));
    over.request.fix_forward = true;
    assert!(tried_again(&over, Verb::Retry, 1).contains(forward), "what fixed forward still does");
}

#[test]
fn a_name_that_two_targets_share_belongs_to_the_one_that_has_it() {
    let (one, other) = (Target::lambda("shop", "api-live"), Target::lambda("shop-api", "live"));
    let eight = version(8);
    let id = RolloutId::of_version(&one, &eight);
    assert_eq!(id, RolloutId::of_version(&other, &eight));
    let held = admit(Asked { id, target: one.clone(), ..asked(&eight) }, &[], minutes(0));
    assert_eq!(taken(&held, &one, &eight), None);
    assert_eq!(
        taken(&held, &other, &eight).unwrap(),
        "detail.id: shop-api-live-8 is the rollout of version 8 of lambda:shop:api-live already, and version 8 of \
         lambda:shop-api:live is asked for; it needs an id of its own: tidegate start --id NAME"
    );
    assert!(taken(&held, &one, &version(9)).is_some());
}
