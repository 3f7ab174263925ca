//! AppConfig's answers, as it gives them.

use serde_json::{Value, json};
use tidegate_domain::flag::Profile;
use tidegate_engine::ports::FlagPlace;

use crate::harness::{Answer, Wire};

pub fn profile() -> Profile {
    let [application, environment, profile] = ["shop", "prod", "flags"].map(str::to_owned);
    Profile { application, environment, profile }
}

pub fn place() -> FlagPlace {
    let [application, environment, profile] = ["app1234", "env1234", "pro1234"].map(str::to_owned);
    FlagPlace { application, environment, profile }
}

/// A page of a list, and the token of the next one.
pub fn page(items: &[Value], next: Option<&str>) -> Answer {
    let mut page = json!({ "Items": items });
    if let Some(next) = next {
        page["NextToken"] = json!(next);
    }
    Answer::Json(page)
}

pub fn application(id: &str, name: &str) -> Value {
    json!({ "Id": id, "Name": name, "Description": "" })
}

pub fn environment(id: &str, name: &str) -> Value {
    json!({ "ApplicationId": "app1234", "Id": id, "Name": name, "State": "READY_FOR_DEPLOYMENT", "Monitors": [] })
}

pub fn of_flags(id: &str, name: &str) -> Value {
    json!({
        "ApplicationId": "app1234", "Id": id, "Name": name, "LocationUri": "hosted",
        "Type": "AWS.AppConfig.FeatureFlags", "ValidatorTypes": [],
    })
}

pub fn strategy(id: &str, name: &str) -> Value {
    json!({
        "Id": id, "Name": name, "DeploymentDurationInMinutes": 0, "GrowthType": "LINEAR", "GrowthFactor": 100.0,
        "FinalBakeTimeInMinutes": 0, "ReplicateTo": "NONE",
    })
}

/// A deployment of the profile as the list has it.
pub fn deployment(number: u64, version: &str, state: &str) -> Value {
    json!({
        "DeploymentNumber": number, "ConfigurationProfileId": "pro1234", "ConfigurationName": "flags",
        "ConfigurationVersion": version, "DeploymentDurationInMinutes": 0, "GrowthType": "LINEAR",
        "GrowthFactor": 100.0, "FinalBakeTimeInMinutes": 0, "State": state, "PercentageComplete": 100.0,
        "StartedAt": "2026-03-01T10:00:00.120Z", "CompletedAt": "2026-03-01T10:00:01.250Z",
    })
}

/// A deployment as it is told alone: as in the list, and what happened, newest first.
pub fn told(number: u64, state: &str, events: &[Value]) -> Answer {
    let mut told = deployment(number, "7", state);
    for (name, value) in [
        ("ApplicationId", json!("app1234")),
        ("EnvironmentId", json!("env1234")),
        ("DeploymentStrategyId", json!("now1234")),
        ("ConfigurationLocationUri", json!("hosted")),
        ("EventLog", json!(events)),
    ] {
        told[name] = value;
    }
    Answer::Json(told)
}

pub fn event(kind: &str, by: &str, description: &str) -> Value {
    json!({
        "EventType": kind, "TriggeredBy": by, "Description": description, "ActionInvocations": [],
        "OccurredAt": "2026-03-01T10:00:01.250Z",
    })
}

/// A version as the list has it.
pub fn version(number: u64, description: &str) -> Value {
    json!({
        "ApplicationId": "app1234", "ConfigurationProfileId": "pro1234", "VersionNumber": number,
        "Description": description, "ContentType": "application/json",
    })
}

/// A version as it is told alone, or when it was written: the text is the body.
pub fn content(number: u64, text: &'static [u8]) -> Answer {
    let headers = [
        ("application-id", "app1234".to_owned()),
        ("configuration-profile-id", "pro1234".to_owned()),
        ("version-number", number.to_string()),
        ("content-type", "application/json".to_owned()),
    ];
    Answer::Bytes(text, headers.into())
}

/// An error of AppConfig.
pub fn error(status: u16, code: &'static str) -> Answer {
    Answer::Error(status, code, json!({ "Message": "no" }))
}

pub fn missing() -> Answer {
    error(404, "ResourceNotFoundException")
}

/// A wire on which every call is answered with this error.
pub fn failing(status: u16, code: &'static str) -> Wire {
    Wire::serving(move |_| error(status, code))
}
