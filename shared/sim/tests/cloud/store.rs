//! The store's transactions: all or nothing, each condition by its name.

use std::sync::Arc;

use tidegate_domain::effect::Owner;
use tidegate_domain::freeze::{FreezeChange, FreezeSwitch, Frozen};
use tidegate_domain::reason::Reason;
use tidegate_domain::rollout::{Phase, Rollout, RolloutId};
use tidegate_domain::units::Span;
use tidegate_engine::ports::{Claim, Commit, Committed, FaultKind, Letter, PolicyRecord, Store};

use crate::stubs::{call, cloud, idle, rollout, target};

fn store() -> Arc<dyn Store> {
    cloud(idle()).ports().store
}

fn commit(store: &dyn Store, before: Option<&Rollout>, next: &Rollout, dedup: Option<&str>) -> Committed {
    let commit = Commit { before, next, reason: &Reason::TargetFree, by: Owner::TrafficShift, dedup };
    call(store.commit(commit)).unwrap()
}

fn in_phase(before: &Rollout, phase: Phase) -> Rollout {
    Rollout { version: before.version + 1, phase, ..before.clone() }
}

fn preflight(before: &Rollout) -> Rollout {
    in_phase(before, Phase::Preflight { since: before.created })
}

#[test]
fn a_document_reads_back_as_it_was_written() {
    let store = store();
    let first = rollout("a");
    assert_eq!(call(store.load(&first.id)).unwrap(), None);
    assert_eq!(commit(&*store, None, &first, None), Committed::Done);
    assert_eq!(call(store.load(&first.id)).unwrap(), Some(first.clone()));
    assert_eq!(call(store.timeline(&first.id)).unwrap().len(), 1);
}

#[test]
fn who_loses_the_race_writes_nothing() {
    let store = store();
    let first = rollout("a");
    commit(&*store, None, &first, None);
    assert_eq!(commit(&*store, None, &first, None), Committed::Conflict, "it exists already");
    let next = preflight(&first);
    assert_eq!(commit(&*store, Some(&first), &next, Some("event 1")), Committed::Done);
    assert_eq!(commit(&*store, Some(&first), &next, Some("event 2")), Committed::Conflict);
    assert_eq!(call(store.timeline(&first.id)).unwrap().len(), 2);
    let later = in_phase(&next, Phase::Succeeded);
    assert_eq!(commit(&*store, Some(&next), &later, Some("event 1")), Committed::Duplicate);
    assert_eq!(
        commit(&*store, Some(&next), &later, Some("event 2")),
        Committed::Done,
        "a lost race used no key"
    );
}

#[test]
fn one_rollout_at_a_time_has_the_target() {
    let store = store();
    let (a, b) = (rollout("a"), rollout("b"));
    commit(&*store, None, &a, None);
    commit(&*store, None, &b, None);
    let (a2, b2) = (preflight(&a), preflight(&b));
    assert_eq!(commit(&*store, Some(&a), &a2, None), Committed::Done);
    assert_eq!(call(store.lock_holder(&target())).unwrap(), Some(a.id.clone()));
    assert_eq!(commit(&*store, Some(&b), &b2, None), Committed::Locked);
    assert_eq!(call(store.load(&b.id)).unwrap(), Some(b.clone()));
    let a3 = in_phase(&a2, Phase::Refused { findings: Vec::new() });
    assert_eq!(commit(&*store, Some(&a2), &a3, None), Committed::Done);
    assert_eq!(call(store.lock_holder(&target())).unwrap(), None);
    assert_eq!(commit(&*store, Some(&b), &b2, None), Committed::Done);
}

#[test]
fn the_index_lists_the_live_oldest_first_and_the_ended_newest_first() {
    let store = store();
    let mut rollouts = ["c", "b", "a"].map(rollout);
    for (minutes, rollout) in (0..).zip(&mut rollouts) {
        rollout.created = Span::minutes(minutes).after(rollout.created);
        commit(&*store, None, rollout, None);
    }
    let listed = call(store.listed()).unwrap().rollouts;
    let names: Vec<&str> = listed.iter().map(|listed| listed.id.0.as_str()).collect();
    assert_eq!(names, ["c", "b", "a"]);
    assert_eq!(listed[0].target, "lambda:checkout:live");
    commit(&*store, Some(&rollouts[1]), &in_phase(&rollouts[1], Phase::Succeeded), None);
    assert_eq!(call(store.listed()).unwrap().rollouts.len(), 2);
    assert_eq!(call(store.ended(5)).unwrap(), [RolloutId("b".to_owned())]);
}

#[test]
fn a_policys_alarms_are_watched_from_creation_to_end() {
    let store = store();
    let first = rollout("a");
    commit(&*store, None, &first, None);
    assert_eq!(call(store.watching("loud")).unwrap(), std::slice::from_ref(&first.id));
    commit(&*store, Some(&first), &in_phase(&first, Phase::Refused { findings: Vec::new() }), None);
    assert_eq!(call(store.watching("loud")).unwrap(), []);
}

#[test]
fn a_version_that_was_skipped_is_refused() {
    let store = store();
    let first = rollout("a");
    commit(&*store, None, &first, None);
    let skipped = Rollout { version: 3, ..first.clone() };
    let commit = Commit {
        before: Some(&first),
        next: &skipped,
        reason: &Reason::TargetFree,
        by: Owner::Rollback,
        dedup: None,
    };
    let fault = call(store.commit(commit)).unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Refused(_)), "{fault}");
}

#[test]
fn an_outcome_is_claimed_once_until_its_lease_is_over() {
    let store = store();
    let now = rollout("a").created;
    let at = |minutes| Span::minutes(minutes).after(now);
    let claim = |minutes| call(store.claim("a@4", at(minutes), at(minutes + 5))).unwrap();
    assert_eq!(claim(0), Claim::Won);
    assert_eq!(claim(4), Claim::Held);
    assert_eq!(claim(5), Claim::Won, "the lease is over");
    call(store.sent("a@4", at(6))).unwrap();
    assert_eq!(claim(60), Claim::Sent);
}

#[test]
fn letters_are_kept_once_and_policies_are_replaced() {
    let store = store();
    let now = rollout("a").created;
    let letter = |problem: &str| Letter {
        id: "event".to_owned(),
        received_by: Owner::Notify,
        problem: problem.to_owned(),
        payload: serde_json::Value::Null,
        at: now,
    };
    call(store.quarantine(&letter("first"))).unwrap();
    call(store.quarantine(&letter("second"))).unwrap();
    assert_eq!(call(store.quarantined(9)).unwrap(), [letter("first")]);
    let policy = |text: &str| PolicyRecord {
        name: "x".to_owned(),
        text: text.to_owned(),
        json: serde_json::Value::Null,
        applied: now,
        by: String::new(),
    };
    call(store.put_policy(&policy("one"))).unwrap();
    call(store.put_policy(&policy("two"))).unwrap();
    assert_eq!(call(store.policy("x")).unwrap(), Some(policy("two")));
    assert!(
        call(store.policy("checkout")).unwrap().is_some(),
        "the scenario's policy is stored from the start"
    );
}

#[test]
fn the_freeze_is_switched_by_whoever_read_it_last() {
    let store = store();
    let read = || call(store.freeze_switch()).unwrap();
    let put = |switch: &FreezeSwitch| call(store.put_freeze_switch(switch)).unwrap();
    let at = rollout("a").created;
    let change = |by: &str, to| FreezeChange { at, by: by.to_owned(), to };
    let never = read();
    assert_eq!((never.version, never.freeze()), (0, None));
    let on = never.switched(change("ana", Frozen::On { because: "the sale".to_owned() }));
    assert_eq!(put(&on), Committed::Done);
    assert_eq!(
        put(&never.switched(change("bob", Frozen::On { because: "a fair".to_owned() }))),
        Committed::Conflict
    );
    assert_eq!(read(), on);
    let off = on.switched(change("bob", Frozen::Off { because: None }));
    assert_eq!((put(&off), put(&off)), (Committed::Done, Committed::Conflict));
    assert_eq!(read().freeze(), None);
}
