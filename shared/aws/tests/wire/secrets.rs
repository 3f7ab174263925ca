//! No secret is printed, however much is logged: neither what signs a call, nor a header of a check.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};
use tidegate_aws::Aws;
use tidegate_aws::config::Settings;
use tidegate_domain::check::Asks;
use tidegate_domain::effect::Owner;
use tidegate_domain::policy::Policy;
use tidegate_domain::rollout::{Phase, Rollout};
use tidegate_engine::ports::{Function, Ports};
use tidegate_feature_flag::FeatureFlag;
use tidegate_health_check::HealthCheck;
use tidegate_notify::Notify;
use tidegate_rollback::Rollback;
use tidegate_traffic_shift::TrafficShift;
use tidegate_wire::document;
use tracing::level_filters::LevelFilter;
use tracing::{info, subscriber};

use crate::harness::{Answer, Request, SECRET_KEY, SESSION_TOKEN, Wire, settings};
use crate::samples::{at, id, item, queued};
use crate::watched::Out;

const OF_THE_CHECK: &str = "secret-of-the-check";

/// What must not be printed; a signature gives no key away, and belongs to nobody but AWS all the same.
const SECRETS: [&str; 5] = [SECRET_KEY, SESSION_TOKEN, OF_THE_CHECK, "AWS4-HMAC-SHA256", "Signature="];

fn ports(aws: &Aws) -> Ports {
    Ports {
        store: aws.store(),
        routers: aws.routers(),
        metrics: aws.metrics(),
        alarms: aws.alarms(),
        functions: aws.functions(),
        deployments: aws.deployments(),
        probe: aws.probe(),
        flags: aws.flags(),
        bus: aws.bus(),
        notifier: aws.notifier(),
        clock: aws.clock(),
    }
}

fn function(owner: Owner, ports: &Ports) -> Box<dyn Function> {
    match owner {
        Owner::TrafficShift => Box::new(TrafficShift::new(ports)),
        Owner::HealthCheck => Box::new(HealthCheck::new(ports)),
        Owner::FeatureFlag => Box::new(FeatureFlag::new(ports)),
        Owner::Rollback => Box::new(Rollback::new(ports)),
        Owner::Notify => Box::new(Notify::new(ports)),
    }
}

/// What a function prints while it handles these payloads, and what it called.
async fn printed(owner: Owner, wire: &Wire, payloads: &[Value]) -> (String, Vec<String>) {
    let aws = wire.installed(Settings { log: LevelFilter::TRACE, ..settings() });
    let out = Out::default();
    let writer = out.clone();
    let watched =
        tidegate_aws::runtime::watched(aws.settings(), None, Arc::default(), move || writer.clone());
    let _default = subscriber::set_default(watched);
    let function = function(owner, &ports(&aws));
    for payload in payloads {
        match function.invoke(payload).await {
            Ok(answer) => info!("answered {answer}"),
            Err(fault) => info!("failed: {fault}: {fault:?}"),
        }
    }
    (out.text(), wire.operations())
}

fn has_no_secret(owner: Owner, printed: &str) {
    for secret in SECRETS {
        let line = printed.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{owner} printed {secret:?}: {line:?}");
    }
}

/// Every sample of an event.
fn samples() -> Vec<Value> {
    let events = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../events");
    let folders = ["aws", "bus"].map(|folder| std::fs::read_dir(events.join(folder)).unwrap());
    let files = folders.into_iter().flatten().map(|file| file.unwrap().path());
    let samples = files.filter(|path| path.extension().is_some_and(|kind| kind == "json"));
    samples.map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn no_function_prints_what_signs_its_calls_whatever_it_handles_and_however_they_fail() {
    let answers: [fn(&Request) -> Answer; 3] = [
        |_| Answer::Error(403, "AccessDeniedException", json!({ "Message": "no" })),
        |_| Answer::Json(json!({})),
        |_| Answer::Broken,
    ];
    for owner in Owner::ALL {
        for answer in answers {
            let (text, called) = printed(owner, &Wire::serving(answer), &samples()).await;
            assert!(!called.is_empty() && text.contains("answered"), "{owner} had nothing to say: {text}");
            has_no_secret(owner, &text);
        }
    }
}

/// A rollout whose version is about to be asked, with a secret, by somebody who is not there.
fn asking() -> Rollout {
    let policy = "{ version: 1, name: checkout, strategy: { steps: [ { setWeight: 5 }, { bake: 10m } ] }, \
                  checks: [ { name: health, http: { url: 'https://checkout.example/', \
                  headers: { Authorization: secret-of-the-check } }, expect: { status: 200 } } ] }";
    let mut policy = Policy::from_yaml(policy).unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for check in &mut policy.checks {
        if let Asks::Http { url, .. } = &mut check.asks {
            *url = format!("http://{nobody}/");
        }
    }
    Rollout { policy, phase: Phase::Preflight { since: at("10:00:00") }, ..queued() }
}

/// A table with this rollout alone, and metrics without a point.
fn answer(rollout: &Rollout, request: &Request) -> Answer {
    match request.operation.as_str() {
        "GetItem" => {
            let doc = document::encode(rollout).unwrap();
            Answer::Json(json!({ "Item": item(&[("doc", doc)]) }))
        }
        "Query" => Answer::Json(json!({ "Items": [], "Count": 0 })),
        "GetMetricData" => {
            let empty = |query: &Value| json!({ "Id": query["Id"], "StatusCode": "Complete", "Timestamps": [], "Values": [] });
            let asked = request.body["MetricDataQueries"].as_array().unwrap();
            Answer::Cbor(json!({ "MetricDataResults": asked.iter().map(empty).collect::<Vec<_>>() }))
        }
        "PutEvents" => Answer::Json(json!({ "FailedEntryCount": 0, "Entries": [{ "EventId": "1" }] })),
        _ => Answer::Json(json!({})),
    }
}

#[tokio::test]
async fn a_check_that_fails_is_told_without_its_headers() {
    let rollout = asking();
    let due = json!({
        "id": "b5f5d0a6-0000-4000-8000-000000000001", "source": "tidegate", "detail-type": "Ticks Due",
        "detail": { "rollouts": [id()], "swept": at("10:01:00") },
    });
    let wire = Wire::serving(move |request| answer(&rollout, request));
    let (text, called) = printed(Owner::HealthCheck, &wire, &[due]).await;
    assert!(called.contains(&"PutEvents".to_owned()), "no verdict was reached: {called:?}\n{text}");
    let verdict = wire.requests().pop().unwrap().body.to_string();
    assert!(!verdict.contains(OF_THE_CHECK), "{verdict}");
    has_no_secret(Owner::HealthCheck, &text);
}
