//! Envelopes and events in the shapes that AWS sends, as in `events/aws`.

use jiff::Timestamp;
use serde_json::{Value, json};
use tidegate_domain::deployment::{DeploymentId, Group};
use tidegate_domain::target::Version;
use tidegate_wire::bus::{Message, SOURCE};

use crate::world::Published;

const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";

/// Adds to an event what an envelope must have and this one lacks.
pub(crate) fn complete(event: &mut Value, id: &str, now: Timestamp) {
    let Some(members) = event.as_object_mut() else { return };
    let missing = [
        ("version", json!("0")),
        ("id", json!(id)),
        ("account", json!(ACCOUNT)),
        ("region", json!(REGION)),
        ("time", json!(seconds(now))),
        ("resources", json!([])),
        ("detail", json!({})),
    ];
    for (name, value) in missing {
        members.entry(name).or_insert(value);
    }
}

/// A message of the bus contract as the event that carries it.
pub(crate) fn message(message: &Message) -> Result<Value, serde_json::Error> {
    let detail: Value = serde_json::from_str(&message.detail()?)?;
    Ok(json!({ "source": SOURCE, "detail-type": message.detail_type(), "detail": detail }))
}

/// CloudTrail's record of `PublishVersion`, as in `events/aws/eb-cloudtrail-publishversion.json`.
pub(crate) fn version_published(
    function: &str,
    version: &Version,
    published: &Published,
    now: Timestamp,
) -> Value {
    let arn = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}:{version}");
    json!({
        "source": "aws.lambda",
        "detail-type": "AWS API Call via CloudTrail",
        "detail": {
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "AssumedRole",
                "principalId": "AROA:ci",
                "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/ci/ci"),
                "accountId": ACCOUNT,
            },
            "eventTime": seconds(now),
            "eventSource": "lambda.amazonaws.com",
            "eventName": "PublishVersion20150331",
            "awsRegion": REGION,
            "sourceIPAddress": "203.0.113.64",
            "userAgent": "aws-sdk-rust",
            "requestParameters": { "functionName": function },
            "responseElements": {
                "functionName": function,
                "functionArn": arn,
                "version": version,
                "codeSha256": published.code_sha256,
                "lastUpdateStatus": "Successful",
            },
            "readOnly": false,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": ACCOUNT,
            "eventCategory": "Management",
        },
    })
}

/// CloudWatch's event of an alarm that changed its state.
pub(crate) fn alarm_changed(name: &str, firing: bool, now: Timestamp) -> Value {
    let word = |firing: bool| if firing { "ALARM" } else { "OK" };
    let reason = if firing { "Threshold Crossed" } else { "The threshold is not crossed any more" };
    let time = now.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string();
    json!({
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "resources": [format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}")],
        "detail": {
            "alarmName": name,
            "configuration": { "metrics": [] },
            "previousState": { "value": word(!firing), "reason": "", "timestamp": time },
            "state": { "value": word(firing), "reason": reason, "reasonData": "{}", "timestamp": time },
        },
    })
}

/// CodeDeploy's event of a deployment that changed its state, as in `events/aws/eb-codedeploy-deployment-success.json`.
pub(crate) fn deployment_changed(group: &Group, id: &DeploymentId, state: &str) -> Value {
    let arn = |of: String| format!("arn:aws:codedeploy:{REGION}:{ACCOUNT}:{of}");
    json!({
        "source": "aws.codedeploy",
        "detail-type": "CodeDeploy Deployment State-change Notification",
        "resources": [
            arn(format!("application:{}", group.application)),
            arn(format!("deploymentgroup:{group}")),
        ],
        "detail": {
            "instanceGroupId": "9fd2fbef-2157-40d8-91e7-6845af69e2d2",
            "region": REGION,
            "application": group.application,
            "deploymentId": id,
            "state": state,
            "deploymentGroup": group.name,
        },
    })
}

/// `AppConfig`'s event of a deployment, as in `events/aws/eb-appconfig-complete.json`; application, environment and profile by id
/// and name.
pub(crate) fn flags_changed(
    detail_type: &str,
    kind: &str,
    named: &[(&str, String, String)],
    number: u64,
    version: u64,
) -> Value {
    let mut detail = json!({
        "InvocationId": "5tfjcig",
        "Parameters": {},
        "Type": kind,
        "DeploymentNumber": number,
        "ConfigurationVersion": version.to_string(),
    });
    for (member, id, name) in named {
        detail[*member] = json!({ "Id": id, "Name": name });
    }
    let association = format!("arn:aws:appconfig:{REGION}:{ACCOUNT}:extensionassociation/z763ff5");
    json!({
        "source": "aws.appconfig",
        "detail-type": detail_type,
        "resources": [association],
        "detail": detail,
    })
}

/// EventBridge states times in whole seconds.
fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    use crate::world::{Behaviour, History, Latency, State};
    use tidegate_wire::aws::{AwsEvent, read};

    fn read_one(mut event: Value) -> AwsEvent {
        let now = "2026-11-20T10:00:00.250Z".parse().unwrap();
        complete(&mut event, "some-id", now);
        let mut readings = read(&event);
        assert_eq!(readings.len(), 1);
        readings.remove(0).unwrap_or_else(|unreadable| panic!("{unreadable:?}"))
    }

    #[test]
    fn a_published_version_reads_as_one() {
        let latency = Latency { median_ms: 40.0, p99_ms: 300.0 };
        let behaviour =
            Behaviour { errors: 0.0, throttles: 0.0, latency, counts: BTreeMap::new(), when_flag: None };
        let published = Published {
            at: Timestamp::UNIX_EPOCH,
            state: State::Active,
            role: "role".to_owned(),
            dead_letters: None,
            code_sha256: "sha".to_owned(),
            behaviour: History::since_ever(behaviour),
        };
        let event =
            version_published("checkout", &Version("8".to_owned()), &published, Timestamp::UNIX_EPOCH);
        let AwsEvent::VersionPublished(read) = read_one(event) else { panic!("no version") };
        assert_eq!((read.function.as_str(), read.version.as_deref()), ("checkout", Some("8")));
    }

    #[test]
    fn a_deployment_reads_as_one() {
        let group = Group { application: "checkout".to_owned(), name: "live".to_owned() };
        let event = deployment_changed(&group, &DeploymentId("d-123456789".to_owned()), "START");
        let AwsEvent::CodeDeployDeployment(read) = read_one(event) else { panic!("no deployment") };
        assert_eq!((read.deployment_id.as_str(), read.group.as_str()), ("d-123456789", "live"));
        assert_eq!(read.state, tidegate_wire::aws::CodeDeployState::Start);
    }

    #[test]
    fn a_deployment_of_flags_reads_as_one() {
        let named = ["Application", "Environment", "ConfigurationProfile"];
        let named = named.map(|member| (member, "id".to_owned(), "name".to_owned()));
        let event = flags_changed("On Deployment Rollback", "OnDeploymentRolledBack", &named, 3, 2);
        let AwsEvent::AppConfigDeployment(read) = read_one(event) else { panic!("no deployment") };
        assert_eq!(read.change, tidegate_wire::aws::AppConfigChange::Rollback);
        assert_eq!(read.to_string(), "AppConfig deployment 3 of name/name/name: rolled back");
    }

    #[test]
    fn an_alarm_reads_as_one() {
        let AwsEvent::AlarmChanged(read) = read_one(alarm_changed("5xx", true, Timestamp::UNIX_EPOCH)) else {
            panic!("no alarm")
        };
        assert_eq!((read.alarm.as_str(), read.state), ("5xx", tidegate_wire::aws::AlarmState::Alarm));
    }
}
