//! The table on an emulator, where conditions, indexes and transactions are real. Nothing is mocked, so nothing is assumed.
//!
//!     AWS_ENDPOINT_URL=http://127.0.0.1:4566 cargo test -p tidegate-aws --test emulator -- --ignored

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use aws_types::SdkConfig;
use jiff::Timestamp;
use serde_json::json;
use tidegate_aws::Aws;
use tidegate_aws::config::Installation;
use tidegate_domain::deployment::{CodeDeploy, DeploymentId, Group, Mover, Platform};
use tidegate_domain::effect::Owner;
use tidegate_domain::flag::toggle::{AskedBy, Stage, Toggle, ToggleId};
use tidegate_domain::flag::{FlagGuard, Profile};
use tidegate_domain::freeze::{FreezeChange, Frozen};
use tidegate_domain::kept::Kept;
use tidegate_domain::policy::Policy;
use tidegate_domain::reason::Reason;
use tidegate_domain::rollout::{Phase, Request, Rollout, RolloutId};
use tidegate_domain::target::{Target, Version};
use tidegate_domain::ticks::{Arms, Tick};
use tidegate_domain::verdict::{Baseline, Counts, Verdict};
use tidegate_engine::ports::{
    Claim, Commit, Committed, Filed, Hook, Letter, Listed, PolicyRecord, Snapshot, Store,
};

fn at(time: &str) -> Timestamp {
    format!("2026-03-01T{time}Z").parse().unwrap()
}

fn rollout(id: &str, created: &str) -> Rollout {
    let policy = "{ version: 1, name: p, strategy: { steps: [ { setWeight: 5 }, { bake: 10m } ] }, \
                  analysis: { alarms: [ { name: checkout-5xx } ] } }";
    let request = Request { by: "ops".to_owned(), ..Request::default() };
    let (target, candidate) = (Target::lambda("checkout", "live"), Version("8".to_owned()));
    Rollout::queued(
        RolloutId(id.to_owned()),
        target,
        candidate,
        Policy::from_yaml(policy).unwrap(),
        request,
        at(created),
    )
}

fn moved(before: &Rollout, phase: Phase, now: &str) -> Rollout {
    Rollout { version: before.version + 1, phase, updated: at(now), ..before.clone() }
}

/// A table of its own for each test, as the infrastructure makes it.
async fn table(name: &str) -> Arc<dyn Store> {
    let name = format!("tidegate-{name}-{}", std::process::id());
    create(&name).await;
    Aws::on(Installation { table: name, bus: "tidegate".to_owned() }, &config()).store()
}

fn config() -> SdkConfig {
    let endpoint = std::env::var_os("AWS_ENDPOINT_URL").expect("AWS_ENDPOINT_URL names the emulator");
    let credentials = Credentials::new("test", "test", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint.to_str().unwrap())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

async fn create(name: &str) {
    let key = |attribute: &str, kind| {
        KeySchemaElement::builder().attribute_name(attribute).key_type(kind).build().unwrap()
    };
    let text = |attribute: &str| {
        AttributeDefinition::builder()
            .attribute_name(attribute)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap()
    };
    let carried =
        Projection::builder().projection_type(ProjectionType::Include).non_key_attributes("target").build();
    let index = GlobalSecondaryIndex::builder().index_name("shelf").projection(carried);
    let index = index
        .key_schema(key("shelf", KeyType::Hash))
        .key_schema(key("since", KeyType::Range))
        .build()
        .unwrap();
    let call = aws_sdk_dynamodb::Client::new(&config())
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest);
    let call = ["pk", "sk", "shelf", "since"]
        .into_iter()
        .fold(call, |call, name| call.attribute_definitions(text(name)));
    let call = call.key_schema(key("pk", KeyType::Hash)).key_schema(key("sk", KeyType::Range));
    call.global_secondary_indexes(index).send().await.unwrap();
}

async fn commit(
    store: &dyn Store,
    before: Option<&Rollout>,
    next: &Rollout,
    dedup: Option<&str>,
) -> Committed {
    let commit = Commit { before, next, reason: &Reason::TargetFree, by: Owner::TrafficShift, dedup };
    store.commit(commit).await.unwrap()
}

#[tokio::test]
#[ignore = "needs an emulator at AWS_ENDPOINT_URL"]
async fn a_rollout_lives_and_ends_in_the_table() {
    let store = table("life").await;
    let store = store.as_ref();
    let queued = rollout("a", "10:00:00");
    assert_eq!(store.load(&queued.id).await.unwrap(), None);
    assert_eq!(commit(store, None, &queued, Some("event-1")).await, Committed::Done);
    assert_eq!(store.load(&queued.id).await.unwrap(), Some(queued.clone()));
    assert_eq!(store.watching("checkout-5xx").await.unwrap(), std::slice::from_ref(&queued.id));
    assert_eq!(store.lock_holder(&queued.target).await.unwrap(), None);

    let started = moved(&queued, Phase::Preflight { since: at("10:01:00") }, "10:01:00");
    assert_eq!(commit(store, Some(&queued), &started, None).await, Committed::Done);
    assert_eq!(store.lock_holder(&queued.target).await.unwrap(), Some(queued.id.clone()));
    let row = Listed { id: queued.id.clone(), target: queued.target.key() };
    assert_eq!(store.listed().await.unwrap().rollouts, [row]);
    assert!(store.ended(10).await.unwrap().is_empty());

    let over = moved(&started, Phase::Succeeded, "11:00:00");
    assert_eq!(commit(store, Some(&started), &over, None).await, Committed::Done);
    assert_eq!(store.lock_holder(&queued.target).await.unwrap(), None);
    assert!(store.watching("checkout-5xx").await.unwrap().is_empty());
    assert!(store.listed().await.unwrap().rollouts.is_empty());
    assert_eq!(store.ended(10).await.unwrap(), std::slice::from_ref(&queued.id));
    let versions: Vec<_> =
        store.timeline(&queued.id).await.unwrap().into_iter().map(|entry| entry.version).collect();
    assert_eq!(versions, [1, 2, 3]);
}

#[tokio::test]
#[ignore = "needs an emulator at AWS_ENDPOINT_URL"]
async fn who_loses_a_race_writes_nothing() {
    let store = table("race").await;
    let store = store.as_ref();
    let (a, b) = (rollout("a", "10:00:00"), rollout("b", "10:00:01"));
    commit(store, None, &a, Some("event-1")).await;
    assert_eq!(commit(store, None, &a, Some("event-2")).await, Committed::Conflict, "it exists");
    assert_eq!(commit(store, None, &b, Some("event-1")).await, Committed::Duplicate, "the event was used");
    assert_eq!(store.load(&b.id).await.unwrap(), None, "what is refused is not written");
    assert_eq!(commit(store, None, &b, Some("event-2")).await, Committed::Done, "nor was its dedup key");

    let preflight = Phase::Preflight { since: at("10:01:00") };
    let a2 = moved(&a, preflight.clone(), "10:01:00");
    assert_eq!(commit(store, Some(&a), &a2, None).await, Committed::Done);
    assert_eq!(commit(store, Some(&a), &a2, None).await, Committed::Conflict, "the version is gone");
    let b2 = moved(&b, preflight, "10:01:00");
    assert_eq!(commit(store, Some(&b), &b2, None).await, Committed::Locked, "the target is taken");
    assert_eq!(store.load(&b.id).await.unwrap(), Some(b.clone()));
    commit(store, Some(&a2), &moved(&a2, Phase::Succeeded, "11:00:00"), None).await;
    assert_eq!(commit(store, Some(&b), &b2, None).await, Committed::Done, "the lock was given back");
}

#[tokio::test]
#[ignore = "needs an emulator at AWS_ENDPOINT_URL"]
async fn ticks_and_snapshots_are_read_as_they_were_written() {
    let store = table("ticks").await;
    let id = RolloutId("a".to_owned());
    let tick = |time, bad| {
        let counts = Counts { total: 100, bad };
        Tick {
            minute: at(time),
            metrics: BTreeMap::from([("errors".to_owned(), Arms { candidate: counts, stable: counts })]),
        }
    };
    let snapshot = Snapshot { at: at("11:01:00"), verdict: Verdict::Continue, evidence: None };
    store.put_ticks(&id, &[tick("10:59:00", 1), tick("11:00:00", 2)], Some(&snapshot)).await.unwrap();
    store.put_ticks(&id, &[tick("11:00:00", 3), tick("11:01:00", 4)], None).await.unwrap();
    let expected = [tick("10:59:00", 1), tick("11:00:00", 3), tick("11:01:00", 4)];
    assert_eq!(store.ticks(&id).await.unwrap(), expected, "a later count replaces an earlier one");
    assert_eq!(store.snapshot(&id).await.unwrap(), Some(snapshot));
    assert!(store.timeline(&id).await.unwrap().is_empty());
}

#[tokio::test]
#[ignore = "needs an emulator at AWS_ENDPOINT_URL"]
async fn an_outcome_is_claimed_by_one_until_its_lease_is_over_and_never_after_it_was_sent() {
    let store = table("outcomes").await;
    let claim = async |now, until| store.claim("a@3", at(now), at(until)).await.unwrap();
    assert_eq!(claim("10:00:00", "10:02:00").await, Claim::Won);
    assert_eq!(claim("10:01:00", "10:03:00").await, Claim::Held);
    assert_eq!(claim("10:02:00", "10:04:00").await, Claim::Won);
    store.sent("a@3", at("10:03:00")).await.unwrap();
    assert_eq!(claim("11:00:00", "11:02:00").await, Claim::Sent);
}

#[tokio::test]
#[ignore = "needs an emulator at AWS_ENDPOINT_URL"]
async fn letters_are_kept_once_and_policies_as_they_were_applied() {
    let store = table("letters").await;
    let letter = |id: &str, time| {
        let (id, payload, problem) = (id.to_owned(), json!({ "detail": 1 }), "no version".to_owned());
        Letter { id, received_by: Owner::Rollback, problem, payload, at: at(time) }
    };
    for (id, time) in [("a", "10:00:00"), ("b", "10:00:00.5"), ("a", "10:01:00")] {
        store.quarantine(&letter(id, time)).await.unwrap();
    }
    let kept = store.quarantined(10).await.unwrap();
    assert_eq!(kept, [letter("b", "10:00:00.5"), letter("a", "10:00:00")]);
    assert_eq!(store.quarantined(1).await.unwrap().len(), 1);

    let (name, by) = ("checkout".to_owned(), "ops".to_owned());
    let (text, json) = ("version: 1\n".to_owned(), json!({ "version": 1 }));
    let policy = PolicyRecord { name, text, json, applied: at("10:00:00"), by };
    store.put_policy(&policy).await.unwrap();
    assert_eq!(store.policy("checkout").await.unwrap(), Some(policy));
    assert_eq!(store.policy("other").await.unwrap(), None);
}

#[tokio::test]
#[ignore = "needs an emulator at AWS_ENDPOINT_URL"]
async fn a_target_is_guarded_by_the_policy_that_was_stored_last() {
    let store = table("guards").await;
    let policy = |name: &str, mode: &str| {
        let target = json!({ "lambda": { "function": "checkout", "alias": "live" } });
        let strategy = json!({ "steps": [{ "setWeight": 5 }, { "bake": "10m" }] });
        let mut json = json!({ "version": 1, "name": name, "mode": mode, "target": target });
        if mode == "drive" {
            json["strategy"] = strategy;
        }
        let (name, text, by) = (name.to_owned(), json.to_string(), "ops".to_owned());
        PolicyRecord { name, text, json, applied: at("10:00:00"), by }
    };
    let key = Target::lambda("checkout", "live").key();
    assert_eq!(store.guard_of(&key).await.unwrap(), None);
    for (name, mode, guards) in [("a", "guard", "a"), ("b", "guard", "b"), ("c", "drive", "b")] {
        let policy = policy(name, mode);
        store.put_policy(&policy).await.unwrap();
        assert_eq!(store.guard_of(&key).await.unwrap().as_deref(), Some(guards));
        assert_eq!(store.policy(name).await.unwrap(), Some(policy));
    }
}

#[tokio::test]
#[ignore = "needs an emulator at AWS_ENDPOINT_URL"]
async fn a_deployment_that_is_followed_stays_so() {
    let store = table("deployments").await;
    let store = store.as_ref();
    let (first, second) = (DeploymentId("d-1".to_owned()), DeploymentId("d-2".to_owned()));
    let moves = CodeDeploy {
        group: Group { application: "shop".to_owned(), name: "checkout".to_owned() },
        platform: Platform::Lambda,
        id: Some(first.clone()),
        asked: None,
        has_alarms: false,
        red: Vec::new(),
        status: None,
        compared: None,
        target_groups: None,
    };
    let followed = Rollout { mover: Mover::CodeDeploy(Box::new(moves)), ..rollout("a", "10:00:00") };
    assert_eq!(store.filed(&first).await.unwrap(), None);
    store.pass_over(&first, "no tag").await.unwrap();
    assert_eq!(store.filed(&first).await.unwrap(), Some(Filed::PassedOver("no tag".to_owned())));
    assert_eq!(commit(store, None, &followed, None).await, Committed::Done);
    store.pass_over(&first, "no tag").await.unwrap();
    assert_eq!(store.filed(&first).await.unwrap(), Some(Filed::Followed(followed.id)));
    store.pass_over(&second, "no tag").await.unwrap();
    store.pass_over(&second, "no policy").await.unwrap();
    assert_eq!(store.filed(&second).await.unwrap(), Some(Filed::PassedOver("no policy".to_owned())));
}

#[tokio::test]
#[ignore = "needs an emulator at AWS_ENDPOINT_URL"]
async fn hooks_wait_oldest_first_until_they_are_answered() {
    let store = table("hooks").await;
    let hook = |deployment: &str, time| {
        let (deployment, execution) = (DeploymentId(deployment.to_owned()), "token".repeat(400));
        Hook { deployment, execution, asked: at(time) }
    };
    for kept in [hook("d-2", "10:00:00"), hook("d-1", "10:01:00"), hook("d-2", "10:02:00")] {
        store.ask(&kept).await.unwrap();
    }
    assert_eq!(store.asked().await.unwrap(), [hook("d-2", "10:00:00"), hook("d-1", "10:01:00")]);
    store.answered(&hook("d-2", "10:02:00")).await.unwrap();
    store.answered(&hook("d-2", "10:02:00")).await.unwrap();
    assert_eq!(store.asked().await.unwrap(), [hook("d-1", "10:01:00")]);
}

#[tokio::test]
#[ignore = "needs an emulator at AWS_ENDPOINT_URL"]
async fn a_toggle_is_live_until_it_is_over_and_one_of_two_commits_is_kept() {
    let store = table("toggles").await;
    let [application, environment, profile] = ["shop", "prod", "flags"].map(str::to_owned);
    let profile = Profile { application, environment, profile };
    let asked = AskedBy::Person { by: "ops".to_owned(), why: None };
    let first = Toggle::asked(ToggleId("sale".to_owned()), profile, asked, Vec::new(), at("10:00:00"));
    assert_eq!(store.toggle(&first.id).await.unwrap(), None);
    assert_eq!(store.commit_toggle(None, &first).await.unwrap(), Committed::Done);
    assert_eq!(store.commit_toggle(None, &first).await.unwrap(), Committed::Conflict);
    assert_eq!(store.listed().await.unwrap().toggles, std::slice::from_ref(&first.id));

    let second = Toggle { version: 2, ship_pending: true, ..first.clone() };
    let other = Toggle { version: 2, preempt: true, ..first.clone() };
    assert_eq!(store.commit_toggle(Some(&first), &second).await.unwrap(), Committed::Done);
    assert_eq!(store.commit_toggle(Some(&first), &other).await.unwrap(), Committed::Conflict);
    assert_eq!(store.toggle(&first.id).await.unwrap(), Some(second.clone()));

    let over = Toggle { version: 3, stage: Stage::Done { left: Vec::new() }, ..second.clone() };
    assert_eq!(store.commit_toggle(Some(&first), &over).await.unwrap(), Committed::Conflict);
    assert_eq!(
        store.listed().await.unwrap().toggles,
        std::slice::from_ref(&first.id),
        "nothing of a conflict is written"
    );
    assert_eq!(store.commit_toggle(Some(&second), &over).await.unwrap(), Committed::Done);
    assert_eq!(store.listed().await.unwrap().toggles, []);
    assert_eq!(store.toggle(&first.id).await.unwrap(), Some(over));
}

#[tokio::test]
#[ignore = "needs an emulator at AWS_ENDPOINT_URL"]
async fn a_policy_is_found_by_the_alarms_of_its_kill_switches() {
    let store = table("kills").await;
    let switch = |alarm: &str| json!({ "alarm": alarm, "flag": "sale", "application": "shop", "environment": "prod", "profile": "flags" });
    for (name, alarms) in [("a", ["5xx", "slow"]), ("b", ["5xx", "5xx-old"])] {
        let json = json!({
            "version": 1, "name": name, "strategy": { "steps": [{ "setWeight": 5 }, { "bake": "10m" }] },
            "killSwitches": alarms.map(switch),
        });
        let (name, text, by) = (name.to_owned(), json.to_string(), "ops".to_owned());
        store.put_policy(&PolicyRecord { name, text, json, applied: at("10:00:00"), by }).await.unwrap();
    }
    assert_eq!(store.kill_switches("5xx").await.unwrap(), ["a", "b"]);
    assert_eq!(store.kill_switches("slow").await.unwrap(), ["a"]);
    assert_eq!(store.kill_switches("fast").await.unwrap(), <[&str; 0]>::default());
}

#[tokio::test]
#[ignore = "needs an emulator at AWS_ENDPOINT_URL"]
async fn of_two_guards_after_the_same_one_is_kept() {
    let store = table("flag-guards").await;
    let guard = |version, judged: Option<&str>| FlagGuard {
        id: "env1234#9".to_owned(),
        version,
        deployment: "shop/prod/flags deployment 9".to_owned(),
        policy: rollout("a", "10:00:00").policy,
        since: at("10:00:00"),
        red: Vec::new(),
        baseline: Baseline::default(),
        judged: judged.map(at),
        cause: None,
        kept: Kept::default(),
    };
    for (guard, committed) in [
        (guard(1, None), Committed::Done),
        (guard(1, None), Committed::Conflict),
        (guard(2, Some("10:01:00")), Committed::Done),
        (guard(2, Some("10:02:00")), Committed::Conflict),
    ] {
        assert_eq!(store.put_flag_guard(&guard).await.unwrap(), committed);
    }
    assert_eq!(store.flag_guard("env1234#9").await.unwrap(), Some(guard(2, Some("10:01:00"))));
    assert_eq!(store.flag_guard("env1234#8").await.unwrap(), None);
}

#[tokio::test]
#[ignore = "needs an emulator at AWS_ENDPOINT_URL"]
async fn the_freeze_is_switched_by_whoever_read_it_last() {
    let store = table("freeze").await;
    let never = store.freeze_switch().await.unwrap();
    let change = |by: &str, to| FreezeChange { at: at("10:00:00"), by: by.to_owned(), to };
    let on = never.switched(change("ana", Frozen::On { because: "the sale".to_owned() }));
    assert_eq!(store.put_freeze_switch(&on).await.unwrap(), Committed::Done);
    let late = never.switched(change("bob", Frozen::Off { because: None }));
    assert_eq!(store.put_freeze_switch(&late).await.unwrap(), Committed::Conflict);
    let off = on.switched(change("bob", Frozen::Off { because: None }));
    assert_eq!(store.put_freeze_switch(&off).await.unwrap(), Committed::Done);
    assert_eq!(store.freeze_switch().await.unwrap(), off);
}
