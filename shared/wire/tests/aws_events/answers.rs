//! What goes back to the services that ask.

use std::time::Duration;

use serde_json::{Map, json, to_value};
use tidegate_wire::aws::{AppConfigDirective, AwsEvent, CodeDeployHookStatus, EcsHookAnswer};

use super::{event, sample};

#[test]
fn a_code_deploy_hook_is_answered_with_its_own_ids() {
    let AwsEvent::CodeDeployHook(hook) = event(&sample("lambda-codedeploy-hook.json")) else {
        panic!("a hook")
    };
    let token = hook.hook_execution_id.clone();
    assert_eq!(
        to_value(hook.clone().answer(CodeDeployHookStatus::Succeeded)).expect("JSON"),
        json!({
            "deploymentId": "d-deploymentId",
            "lifecycleEventHookExecutionId": token,
            "status": "Succeeded",
        })
    );
    let refused = to_value(hook.answer(CodeDeployHookStatus::Failed)).expect("JSON");
    assert_eq!(refused["status"], "Failed");
}

#[test]
fn amazon_ecs_is_told_a_status_and_when_to_ask_again() {
    let answer = |answer: EcsHookAnswer| to_value(answer).expect("JSON");
    assert_eq!(answer(EcsHookAnswer::Succeeded), json!({ "hookStatus": "SUCCEEDED" }));
    assert_eq!(answer(EcsHookAnswer::Failed), json!({ "hookStatus": "FAILED" }));
    let details = Map::from_iter([("asked".to_owned(), json!(3))]);
    let again = EcsHookAnswer::InProgress { call_back_after: Duration::from_mins(1), details };
    assert_eq!(
        answer(again),
        json!({ "hookStatus": "IN_PROGRESS", "callBackDelay": 60, "hookDetails": { "asked": 3 } })
    );
    let soon = EcsHookAnswer::InProgress { call_back_after: Duration::from_millis(200), details: Map::new() };
    assert_eq!(answer(soon), json!({ "hookStatus": "IN_PROGRESS", "callBackDelay": 1 }));
}

#[test]
fn app_config_is_told_to_continue_or_to_roll_back_and_why() {
    let answer = |answer: AppConfigDirective| to_value(answer).expect("JSON");
    assert_eq!(answer(AppConfigDirective::Continue), json!({ "Directive": "CONTINUE" }));
    let back = AppConfigDirective::RollBack { description: "errors rose".to_owned() };
    assert_eq!(answer(back), json!({ "Directive": "ROLL_BACK", "Description": "errors rose" }));
}
