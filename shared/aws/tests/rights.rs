//! infra/rights.json is what the adapters state: the infrastructure's tests hold every role against it.

use std::path::PathBuf;

use aws_types::SdkConfig;
use serde_json::{Map, Value, json};
use tidegate_aws::Aws;
use tidegate_aws::config::Settings;
use tidegate_aws::deployments;
use tidegate_aws::rights;

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:on-call";

fn stated() -> Value {
    let mut all: Map<String, Value> = rights::all()
        .into_iter()
        .map(|(port, rights)| (port.to_owned(), rights.iter().map(|right| right.action).collect()))
        .collect();
    let deployments = deployments::RIGHTS.iter().map(|(what, rights)| {
        ((*what).to_owned(), rights.iter().map(|right| right.action).collect::<Value>())
    });
    all.insert("deployments".to_owned(), Value::Object(deployments.collect()));
    let named = |name: &str| Some(if name == "TIDEGATE_TOPIC" { TOPIC } else { "tidegate" }.to_owned());
    let settings =
        Settings::read(|name| named(name).filter(|_| name != "TIDEGATE_LOG")).expect("whole settings");
    let aws = Aws::on(settings, &SdkConfig::builder().build());
    let routers = aws.routers();
    let routers = routers.iter().map(|router| {
        let can = router.capabilities();
        (
            can.kind.to_owned(),
            json!({ "observe": can.observes, "examine": can.examines, "route": can.routes }),
        )
    });
    all.insert("routers".to_owned(), Value::Object(routers.collect()));
    Value::Object(all)
}

#[test]
fn the_committed_rights_are_what_the_adapters_state() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../infra/rights.json");
    let stated = serde_json::to_string_pretty(&stated()).expect("JSON") + "\n";
    if std::env::var_os("UPDATE_RIGHTS").is_some() {
        std::fs::write(&path, &stated).expect("infra/rights.json can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == stated, "infra/rights.json is old; UPDATE_RIGHTS=1 writes it anew");
}
