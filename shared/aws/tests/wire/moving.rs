//! Going on, stopping and answering hooks, once and again.

use serde_json::{Value, json};
use tidegate_domain::deployment::Wait;
use tidegate_engine::ports::{Fault, FaultKind};

use crate::codedeploy::{deployment, error, failing, function_target, targets, told};
use crate::harness::{Answer, Wire};

const TOKEN: &str = "eyJlbmNyeXB0ZWREYXRhIjoiY3VHU2NjdkJXUTJENklOMmFoYVZ1Nm5pMCJ9";

async fn go_on(wait: Wait, answers: Vec<Answer>) -> Result<(), Fault> {
    Wire::answering(answers).aws().deployments().go_on(&deployment(), wait).await
}

#[tokio::test]
async fn a_wait_is_ended_by_its_name() {
    for (wait, name) in [(Wait::Ready, "READY_WAIT"), (Wait::Termination, "TERMINATION_WAIT")] {
        let wire = Wire::answering([Answer::Json(json!({}))]);
        wire.aws().deployments().go_on(&deployment(), wait).await.unwrap();
        assert_eq!(
            wire.only_request().body,
            json!({ "deploymentId": "d-1A2B3C4D5", "deploymentWaitType": name })
        );
    }
}

#[tokio::test]
async fn what_is_over_waits_for_nothing() {
    go_on(Wait::Ready, vec![error("DeploymentAlreadyCompletedException")]).await.unwrap();
    let over = || told(&[("status", json!("Succeeded"))]);
    go_on(Wait::Termination, vec![error("InvalidDeploymentStatusException"), over()]).await.unwrap();
}

#[tokio::test]
async fn whoever_is_past_a_wait_has_gone_on_and_whoever_has_not_come_to_it_will() {
    let not_ready = || error("DeploymentIsNotInReadyStateException");
    let lifecycle = |status: &str| {
        let function = json!({ "functionName": "checkout", "functionAlias": "live", "targetVersion": "8" });
        vec![
            not_ready(),
            told(&[]),
            targets(&["checkout:live"]),
            function_target(&function, &[("AllowTraffic", status)]),
        ]
    };
    go_on(Wait::Ready, lifecycle("InProgress")).await.unwrap();
    assert!(go_on(Wait::Ready, lifecycle("Pending")).await.unwrap_err().may_pass());
    let not_begun = vec![not_ready(), told(&[]), error("DeploymentNotStartedException")];
    assert!(go_on(Wait::Ready, not_begun).await.unwrap_err().may_pass());

    let ends = |begun: bool| {
        vec![
            error("InvalidDeploymentStatusException"),
            told(&[("instanceTerminationWaitTimeStarted", json!(begun))]),
        ]
    };
    go_on(Wait::Termination, ends(true)).await.unwrap();
    assert!(go_on(Wait::Termination, ends(false)).await.unwrap_err().may_pass());
}

#[tokio::test]
async fn a_stop_has_the_traffic_taken_back() {
    let wire = Wire::answering([Answer::Json(json!({ "status": "Pending", "statusMessage": "stopping" }))]);
    wire.aws().deployments().stop(&deployment()).await.unwrap();
    let expected = json!({ "deploymentId": "d-1A2B3C4D5", "autoRollbackEnabled": true });
    assert_eq!(wire.only_request().body, expected);
    failing("DeploymentAlreadyCompletedException").aws().deployments().stop(&deployment()).await.unwrap();
}

async fn answered(passed: bool) -> Value {
    let wire = Wire::answering([Answer::Json(json!({ "lifecycleEventHookExecutionId": TOKEN }))]);
    wire.aws().deployments().answer_hook(&deployment(), TOKEN, passed).await.unwrap();
    wire.only_request().body
}

#[tokio::test]
async fn a_hook_is_answered_yes_or_no_and_once() {
    for (passed, status) in [(true, "Succeeded"), (false, "Failed")] {
        assert_eq!(
            answered(passed).await,
            json!({ "deploymentId": "d-1A2B3C4D5", "lifecycleEventHookExecutionId": TOKEN, "status": status })
        );
    }
    let again = failing("LifecycleEventAlreadyCompletedException");
    again.aws().deployments().answer_hook(&deployment(), TOKEN, true).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_goes_wrong_is_told() {
    let kinds = async |code| {
        let wire = failing(code);
        let deployments = wire.aws().deployments();
        [
            deployments.go_on(&deployment(), Wait::Ready).await.unwrap_err().kind,
            deployments.stop(&deployment()).await.unwrap_err().kind,
            deployments.answer_hook(&deployment(), TOKEN, true).await.unwrap_err().kind,
        ]
    };
    assert!(kinds("ThrottlingException").await.iter().all(|kind| matches!(kind, FaultKind::Passing(_))));
    assert!(
        kinds("DeploymentDoesNotExistException")
            .await
            .iter()
            .all(|kind| matches!(kind, FaultKind::Missing(_)))
    );
    assert!(kinds("AccessDeniedException").await.iter().all(|kind| matches!(kind, FaultKind::Denied(_))));
    let unsupported = kinds("UnsupportedActionForDeploymentTypeException").await;
    assert!(unsupported.iter().all(|kind| matches!(kind, FaultKind::Refused(_))));
}
