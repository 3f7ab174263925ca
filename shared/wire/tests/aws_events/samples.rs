//! Every sample against its row in the README, and what damage to a sample can do.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use aws_lambda_events::codedeploy::{CodeDeployEvent, CodeDeployLifecycleEvent};
use aws_lambda_events::eventbridge::EventBridgeEvent;
use serde_json::{Value, json};
use tidegate_wire::aws::{AwsEvent, IgnoredBecause, read};

use super::{event, folder, sample, told};

fn names() -> BTreeSet<String> {
    fs::read_dir(folder())
        .expect("events/aws")
        .map(|entry| entry.expect("entry").file_name().into_string().expect("UTF-8"))
        .filter(|name| name != "README.md")
        .collect()
}

/// The README's table: file name to what Tidegate makes of it.
fn rows() -> BTreeMap<String, String> {
    let readme = fs::read_to_string(folder().join("README.md")).expect("README.md");
    readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | "))
        .map(|(name, rest)| {
            let (_, made) = rest.rsplit_once(" | ").expect("three columns");
            (name.to_owned(), made.to_owned())
        })
        .collect()
}

#[test]
fn every_sample_has_a_row_in_the_readme_and_is_read_as_the_row_says() {
    let made: BTreeMap<String, String> =
        names().into_iter().map(|name| (name.clone(), told(&sample(&name)))).collect();
    let rows = rows();
    for (name, told) in &made {
        assert_eq!(rows.get(name), Some(told), "the README's row of {name}");
    }
    assert_eq!(rows.keys().collect::<Vec<_>>(), made.keys().collect::<Vec<_>>(), "a row without a sample");
}

#[test]
fn every_kind_of_event_has_a_sample() {
    let read: Vec<AwsEvent> =
        names().iter().flat_map(|name| read(&sample(name))).filter_map(Result::ok).collect();
    let kinds: BTreeSet<&str> = read
        .iter()
        .map(|event| match event {
            AwsEvent::VersionPublished(_) => "version published",
            AwsEvent::AliasChanged(_) => "alias changed",
            AwsEvent::AlarmChanged(_) => "alarm changed",
            AwsEvent::CodeDeployDeployment(_) => "CodeDeploy deployment",
            AwsEvent::CodeDeployHook(_) => "CodeDeploy hook",
            AwsEvent::EcsHook(_) => "ECS hook",
            AwsEvent::EcsHookChanged(_) => "ECS hook changed",
            AwsEvent::EcsDeployment(_) => "ECS deployment",
            AwsEvent::AppConfigTick(_) => "AppConfig tick",
            AwsEvent::AppConfigDeployment(_) => "AppConfig deployment",
            AwsEvent::Sweep(_) => "sweep",
            AwsEvent::LambdaDestinationFailure(_) => "destination failure",
            AwsEvent::Ignored { .. } => "ignored",
        })
        .collect();
    assert_eq!(kinds.len(), 13, "{kinds:?}");
}

#[test]
fn aws_lambda_events_agrees_on_the_envelopes_and_on_code_deploy() {
    for name in names() {
        let payload = sample(&name);
        if payload.get("detail-type").is_some() {
            serde_json::from_value::<EventBridgeEvent<Value>>(payload).expect(&name);
        }
    }
    let payload = sample("eb-codedeploy-deployment-failure.json");
    let theirs: CodeDeployEvent = serde_json::from_value(payload.clone()).expect("CodeDeployEvent");
    let AwsEvent::CodeDeployDeployment(ours) = event(&payload) else { panic!("a deployment") };
    assert_eq!(theirs.id.as_deref(), Some(&*ours.event_id));
    assert_eq!(theirs.detail.application.as_deref(), Some(&*ours.application));
    assert_eq!(theirs.detail.deployment_group.as_deref(), Some(&*ours.group));
    assert_eq!(theirs.detail.deployment_id.as_deref(), Some(&*ours.deployment_id));
    assert_eq!(theirs.detail.state, ours.state.to_string());
    assert_eq!(theirs.time.timestamp(), ours.at.as_second());

    let payload = sample("lambda-codedeploy-hook.json");
    let theirs: CodeDeployLifecycleEvent =
        serde_json::from_value(payload.clone()).expect("CodeDeployLifecycleEvent");
    let AwsEvent::CodeDeployHook(ours) = event(&payload) else { panic!("a hook") };
    assert_eq!(theirs.deployment_id, ours.deployment_id);
    assert_eq!(theirs.lifecycle_event_hook_execution_id, ours.hook_execution_id);
}

/// A way to a member: keys and indices.
type Way = Vec<Value>;

fn ways(value: &Value, here: &Way, found: &mut Vec<Way>) {
    let members: Vec<(Value, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(key, value)| (json!(key), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, value)| (json!(index), value)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return,
    };
    for (key, value) in members {
        let way = [here.as_slice(), &[key]].concat();
        ways(value, &way, found);
        found.push(way);
    }
}

fn written(way: &Way) -> String {
    way.iter().fold(String::new(), |path, step| match step {
        Value::String(key) if path.is_empty() => key.clone(),
        Value::String(key) => format!("{path}.{key}"),
        index => format!("{path}[{index}]"),
    })
}

fn at<'a>(payload: &'a mut Value, way: &[Value]) -> &'a mut Value {
    way.iter().fold(payload, |value, step| match step {
        Value::String(key) => &mut value[key],
        index => &mut value[usize::try_from(index.as_u64().expect("index")).expect("index")],
    })
}

/// The sample with one member deleted, or replaced by each of many other values.
fn damaged(payload: &Value, way: &Way) -> Vec<Value> {
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    let values = [
        json!(null),
        json!(true),
        json!(7),
        json!(-1.5),
        json!(""),
        json!("x"),
        json!("é".repeat(300)),
        json!([]),
        json!([null]),
        json!({}),
        deep,
    ];
    let replaced = values.into_iter().map(|value| {
        let mut copy = payload.clone();
        *at(&mut copy, way) = value;
        copy
    });
    let mut deleted = payload.clone();
    let (last, parent) = way.split_last().expect("a member");
    match (at(&mut deleted, parent), last) {
        (Value::Object(members), Value::String(key)) => drop(members.remove(key)),
        (Value::Array(items), _) => drop(items.pop()),
        (other, _) => panic!("{other} has no members"),
    }
    replaced.chain([deleted]).collect()
}

/// Every reading of a damaged payload is an event, an ignored one, or an error that points at the damage.
fn check(name: &str, way: &str, payload: &Value) {
    let readings = read(payload);
    assert!(!readings.is_empty(), "{name}, {way}: no answer");
    for error in readings.into_iter().filter_map(Result::err) {
        let text = error.to_string();
        let (_, problem) = text.split_once(&format!("{}: ", error.what)).expect("the kind");
        let path = problem.split(": ").next().expect("a path");
        let path = path.split("[\"").next().expect("a path");
        let points_at_it = way.starts_with(path) || path.starts_with(way);
        // Of two members that can stand for each other, the error names the better one.
        let instead = way.ends_with("codeSha256");
        // Samples that are broken by themselves, or are once their call no longer counts as failed.
        let broken_before = name == "eb-cloudwatch-alarm-unknown-state.json"
            || (name == "eb-cloudtrail-publishversion-failed.json" && way == "detail.errorCode")
            || text.contains("Records[1].Sns.Message.AlarmArn");
        assert!(points_at_it || instead || broken_before, "{name}, {way} damaged, but: {text}");
        assert!(text.chars().count() < 300, "too long for a page: {text}");
    }
}

#[test]
fn no_single_damage_to_a_sample_panics_or_hides_where_it_is() {
    for name in names() {
        let payload = sample(&name);
        let mut found = Vec::new();
        ways(&payload, &Way::new(), &mut found);
        for way in found {
            for copy in damaged(&payload, &way) {
                check(&name, &written(&way), &copy);
            }
        }
    }
}

#[test]
fn damage_inside_an_sns_message_is_named_by_its_path_through_the_record() {
    let payload = sample("sns-cloudwatch-alarm.json");
    let message = payload["Records"][0]["Sns"]["Message"].as_str().expect("a message");
    let message: Value = serde_json::from_str(message).expect("JSON");
    let mut found = Vec::new();
    ways(&message, &Way::new(), &mut found);
    for way in found {
        for copy in damaged(&message, &way) {
            let mut payload = payload.clone();
            payload["Records"][0]["Sns"]["Message"] = json!(copy.to_string());
            check("sns", &format!("Records[0].Sns.Message.{}", written(&way)), &payload);
        }
    }
}

#[test]
fn a_member_that_aws_adds_anywhere_changes_nothing() {
    const OPEN: [&str; 5] = ["TrafficWeights", "hookDetails", "requestPayload", "Parameters", "ORDER_IDS"];
    for name in names() {
        let payload = sample(&name);
        let mut found = vec![Way::new()];
        ways(&payload, &Way::new(), &mut found);
        for way in found.iter().filter(|way| !OPEN.iter().any(|open| written(way).ends_with(open))) {
            let mut copy = payload.clone();
            if let Value::Object(members) = at(&mut copy, way) {
                members.insert("addedByAws".to_owned(), json!({ "since": 2027 }));
                assert_eq!(read(&copy), read(&payload), "{name}, added at {:?}", written(way));
            }
        }
    }
}

#[test]
fn any_json_has_an_answer() {
    let odd = [json!(null), json!(1), json!(-0.5), json!("{}"), json!([]), json!([[{}]]), json!({})];
    for payload in &odd {
        assert_eq!(read(payload), [Ok(AwsEvent::Ignored { why: IgnoredBecause::NotAnEvent })], "{payload}");
    }
    let deep = (0..100).fold(json!(1), |inner, _| json!({ "detail": inner, "source": [] }));
    assert_eq!(read(&deep).len(), 1);
    let markers = [
        "tidegate",
        "alarmData",
        "alarmArn",
        "detail-type",
        "source",
        "detail",
        "DeploymentId",
        "executionId",
        "LifecycleEventHookExecutionId",
        "executionDetails",
        "targetServiceRevisionArn",
        "lifecycleStage",
        "InvocationId",
        "Application",
        "Type",
        "Records",
        "resources",
    ];
    for first in markers {
        for second in markers {
            for value in &odd {
                for other in &odd {
                    assert!(!read(&json!({ first: value, second: other })).is_empty());
                }
            }
        }
    }
}
