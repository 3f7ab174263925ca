//! CodeDeploy's answers, as it gives them; `changes` over what is usual.

use serde_json::{Value, json};
use tidegate_domain::deployment::{DeploymentId, Group};

use crate::harness::{Answer, Request, Wire};
use crate::samples::at;

pub const ACCOUNT: &str = "123456789012";

pub fn deployment() -> DeploymentId {
    DeploymentId("d-1A2B3C4D5".to_owned())
}

pub fn group() -> Group {
    Group { application: "shop".to_owned(), name: "checkout-live".to_owned() }
}

fn with(mut usual: Value, changes: &[(&str, Value)]) -> Value {
    for (name, value) in changes {
        usual[*name] = value.clone();
    }
    usual
}

/// A deployment to Lambda that is under way.
pub fn info(changes: &[(&str, Value)]) -> Value {
    let usual = json!({
        "applicationName": "shop", "deploymentGroupName": "checkout-live",
        "deploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes", "deploymentId": "d-1A2B3C4D5",
        "revision": { "revisionType": "AppSpecContent", "appSpecContent": { "sha256": "5d41402abc4b2a76b9719d911017c592" } },
        "status": "InProgress", "createTime": at("10:00:00").as_second(), "startTime": at("10:00:02").as_second(),
        "deploymentOverview": { "Pending": 0, "InProgress": 1, "Succeeded": 0, "Failed": 0, "Skipped": 0, "Ready": 0 },
        "description": "release 8", "creator": "user", "ignoreApplicationStopFailures": false,
        "autoRollbackConfiguration": { "enabled": true, "events": ["DEPLOYMENT_FAILURE"] },
        "updateOutdatedInstancesOnly": false, "rollbackInfo": {},
        "deploymentStyle": { "deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL" },
        "instanceTerminationWaitTimeStarted": false, "fileExistsBehavior": "DISALLOW",
        "deploymentStatusMessages": [], "computePlatform": "Lambda",
    });
    with(usual, changes)
}

/// The answer of `GetDeployment`.
pub fn told(changes: &[(&str, Value)]) -> Answer {
    Answer::Json(json!({ "deploymentInfo": info(changes) }))
}

/// The answer of `GetDeploymentGroup`.
pub fn group_told(changes: &[(&str, Value)]) -> Answer {
    let usual = json!({
        "applicationName": "shop", "deploymentGroupId": "1f3c7c2e-1c1d-4a3b-9a55-0d5f2a6f1b11",
        "deploymentGroupName": "checkout-live", "deploymentConfigName": "CodeDeployDefault.LambdaAllAtOnce",
        "serviceRoleArn": format!("arn:aws:iam::{ACCOUNT}:role/service-role/codedeploy"), "computePlatform": "Lambda",
        "alarmConfiguration": { "enabled": false, "ignorePollAlarmFailure": false, "alarms": [] },
    });
    Answer::Json(json!({ "deploymentGroupInfo": with(usual, changes) }))
}

/// The answer of `ListDeploymentTargets`.
pub fn targets(ids: &[&str]) -> Answer {
    Answer::Json(json!({ "targetIds": ids }))
}

/// Lifecycle events by name and status.
pub fn events(events: &[(&str, &str)]) -> Value {
    events.iter().map(|(name, status)| json!({ "lifecycleEventName": name, "status": status })).collect()
}

/// The answer of `BatchGetDeploymentTargets` for a Lambda function.
pub fn function_target(function: &Value, lifecycle: &[(&str, &str)]) -> Answer {
    let target = json!({
        "deploymentId": "d-1A2B3C4D5", "targetId": "checkout:live", "status": "InProgress",
        "targetArn": format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:checkout:live"),
        "lastUpdatedAt": at("10:00:30").as_second(), "lifecycleEvents": events(lifecycle), "lambdaFunctionInfo": function,
    });
    Answer::Json(
        json!({ "deploymentTargets": [{ "deploymentTargetType": "LambdaTarget", "lambdaTarget": target }] }),
    )
}

/// An error of CodeDeploy, which are all of status 400.
pub fn error(code: &'static str) -> Answer {
    Answer::Error(400, code, json!({ "message": "no" }))
}

/// A wire on which every call is answered with this error.
pub fn failing(code: &'static str) -> Wire {
    Wire::serving(move |_: &Request| error(code))
}
