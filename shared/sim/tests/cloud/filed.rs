//! What the store keeps of deployments: whose each is, who guards a target, and the hooks that wait.

use serde_json::{Value, json};
use tidegate_domain::deployment::{DeploymentId, Mover};
use tidegate_domain::effect::Owner;
use tidegate_domain::reason::Reason;
use tidegate_domain::rollout::{Rollout, RolloutId};
use tidegate_engine::ports::{Commit, Committed, Filed, Hook, PolicyRecord, Store};
use tidegate_sim::Cloud;

use crate::stubs::{call, cloud, idle, rollout, target};

fn id(name: &str) -> DeploymentId {
    DeploymentId(name.to_owned())
}

fn commit(store: &dyn Store, before: Option<&Rollout>, next: &Rollout) -> Committed {
    let (reason, by) = (&Reason::TargetFree, Owner::TrafficShift);
    call(store.commit(Commit { before, next, reason, by, dedup: None })).unwrap()
}

#[test]
fn a_deployment_is_filed_with_the_commit_that_first_names_it() {
    let store = cloud(idle()).ports().store;
    let first = rollout("a");
    commit(&*store, None, &first);
    call(store.pass_over(&id("d-1"), "nobody guards it")).unwrap();
    let group = json!({ "application": "checkout", "name": "live" });
    let moves = serde_json::from_value(json!({ "group": group, "platform": "lambda", "id": "d-1" })).unwrap();
    let next = Rollout { version: 2, mover: Mover::CodeDeploy(Box::new(moves)), ..first.clone() };
    let later = Rollout { version: 3, ..next.clone() };
    assert_eq!(commit(&*store, Some(&next), &later), Committed::Conflict);
    assert_eq!(
        call(store.filed(&id("d-1"))).unwrap(),
        Some(Filed::PassedOver("nobody guards it".to_owned()))
    );
    assert_eq!(commit(&*store, Some(&first), &next), Committed::Done);
    call(store.pass_over(&id("d-1"), "too late")).unwrap();
    assert_eq!(call(store.filed(&id("d-1"))).unwrap(), Some(Filed::Followed(RolloutId("a".to_owned()))));
    assert_eq!(call(store.filed(&id("d-2"))).unwrap(), None);
}

fn put(store: &dyn Store, json: Value) {
    let name = json["name"].as_str().unwrap_or_default().to_owned();
    let (text, by) = (json.to_string(), "ana".to_owned());
    let applied = "2026-11-20T10:00:00Z".parse().unwrap();
    call(store.put_policy(&PolicyRecord { name, text, json, applied, by })).unwrap();
}

#[test]
fn the_policy_that_was_stored_last_with_a_target_guards_it() {
    let store = cloud(idle()).ports().store;
    let guard = || call(store.guard_of(&target().key())).unwrap();
    let of_target = json!({ "lambda": { "function": "checkout", "alias": "live" } });
    put(&*store, json!({ "version": 1, "name": "drives", "target": of_target, "strategy": "AllAtOnce" }));
    assert_eq!(guard(), None);
    put(&*store, json!({ "version": 1, "name": "first", "mode": "guard", "target": of_target }));
    put(&*store, json!({ "version": 1, "name": "second", "mode": "guard", "target": of_target }));
    put(&*store, json!({ "version": 1, "name": "third", "mode": "guard" }));
    assert_eq!(guard().as_deref(), Some("second"));
}

#[test]
fn a_hook_waits_from_its_first_question_until_it_is_answered_also_in_a_saved_cloud() {
    let cloud = cloud(idle());
    let hook = |execution: &str, asked: &str| Hook {
        deployment: id("d-1"),
        execution: execution.to_owned(),
        asked: asked.parse().unwrap(),
    };
    let (second, first) = (hook("b", "2026-11-20T10:05:00Z"), hook("a", "2026-11-20T10:01:00Z"));
    let again = hook("a", "2026-11-20T10:09:00Z");
    let store = cloud.ports().store;
    for hook in [&second, &first, &again] {
        call(store.ask(hook)).unwrap();
    }
    let saved = Cloud::load(&cloud.save().unwrap(), idle()).unwrap();
    let store = saved.ports().store;
    assert_eq!(call(store.asked()).unwrap(), [first, second.clone()]);
    call(store.answered(&again)).unwrap();
    assert_eq!(call(store.asked()).unwrap(), [second]);
}
