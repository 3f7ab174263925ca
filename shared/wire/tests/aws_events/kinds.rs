//! Kind by kind: what is taken from a payload, and what is refused.

use serde_json::{Value, json};
use tidegate_wire::aws::{
    AppConfigChange, Asks, AwsEvent, CodeDeployState, EcsHookState, IgnoredBecause, LifecycleStage,
    VersionPublished, asks,
};

use super::{event, ignored, sample, unreadable, with};

fn published(payload: &Value) -> VersionPublished {
    let AwsEvent::VersionPublished(published) = event(payload) else { panic!("a version: {payload}") };
    published
}

#[test]
fn a_published_version_says_which_function_which_version_and_who() {
    assert_eq!(
        published(&sample("eb-cloudtrail-publishversion.json")),
        VersionPublished {
            event_id: "c071bfbf-83c4-49ca-a6ff-3df053957145".into(),
            function: "checkout".into(),
            version: Some("8".into()),
            code_sha256: Some("x".into()),
            by: "arn:aws:sts::123456789012:assumed-role/ci/ci".into(),
            at: "2026-11-20T10:00:00Z".parse().expect("time"),
        }
    );
}

#[test]
fn every_form_of_a_function_name_comes_down_to_the_name() {
    let name = "eb-cloudtrail-publishversion-full-arn.json";
    for form in [
        "checkout",
        "checkout:live",
        "checkout:$LATEST",
        "123456789012:function:checkout",
        "123456789012:function:checkout:8",
        "123456789012:checkout",
        "us-east-1:123456789012:function:checkout",
        "function:checkout",
        "arn:aws:lambda:us-east-1:123456789012:function:checkout",
        "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:checkout:live",
    ] {
        let payload = with(name, "/detail/requestParameters/functionName", json!(form));
        assert_eq!(published(&payload).function, "checkout", "{form}");
    }
    for form in
        ["", ":", "arn", "a:b:c", "check out", "arn:aws:s3:::bucket", "arn:aws:lambda:us-east-1:1:layer:x"]
    {
        let payload = with(name, "/detail/requestParameters/functionName", json!(form));
        let expected = format!(
            "cannot read AWS API Call via CloudTrail: detail.requestParameters.functionName: \
             expected a function's name or ARN, found {form:?}"
        );
        assert_eq!(unreadable(&payload), expected);
    }
}

#[test]
fn a_function_of_another_account_is_passed_over_however_it_is_named() {
    let name = "eb-cloudtrail-publishversion-full-arn.json";
    for form in ["999999999999:checkout", "arn:aws:lambda:us-east-1:999999999999:function:checkout"] {
        for (part, member) in [("requestParameters", "functionName"), ("responseElements", "functionArn")] {
            let mut payload = sample(name);
            payload["detail"][part][member] = json!(form);
            let other = IgnoredBecause::OtherAccount {
                call: "PublishVersion20150331".into(),
                account: "999999999999".into(),
            };
            assert_eq!(ignored(&payload), other, "{member}: {form}");
        }
    }
}

#[test]
fn a_version_that_cannot_be_told_is_quarantined_and_not_guessed() {
    let name = "eb-cloudtrail-updatefunctioncode-no-version.json";
    assert_eq!(published(&sample(name)).version, None);
    let payload = with(name, "/detail/responseElements", json!(null));
    assert_eq!(
        unreadable(&payload),
        "cannot read AWS API Call via CloudTrail: detail.responseElements: expected an object, found null"
    );
}

#[test]
fn what_is_no_published_version_becomes_no_rollout() {
    let name = "eb-cloudtrail-publishversion.json";
    let long = "9".repeat(400);
    for version in
        [json!("abc"), json!("008"), json!("0"), json!(9.0), json!(-1), json!("8#LOCK/../"), json!(long)]
    {
        let problem = unreadable(&with(name, "/detail/responseElements/version", version.clone()));
        let place = "detail.responseElements.version: expected a published version, like 8, found ";
        assert!(problem.contains(place), "{version}: {problem}");
    }
    let number = published(&with(name, "/detail/responseElements/version", json!(9)));
    assert_eq!(number.version.as_deref(), Some("9"));
}

#[test]
fn an_odd_switch_of_anybodys_deployment_pages_nobody() {
    let name = "eb-cloudtrail-updatefunctioncode-latest.json";
    for odd in [json!("yes"), json!(1), json!({})] {
        let publish = with(name, "/detail/requestParameters/publish", odd);
        assert_eq!(ignored(&publish), IgnoredBecause::NotPublished { function: "checkout".into() });
        let version = |mut payload: Value| {
            *payload.pointer_mut("/detail/responseElements/version").expect("a version") = json!("8");
            payload
        };
        assert_eq!(published(&version(publish)).version.as_deref(), Some("8"), "it plainly is a version");
    }
}

#[test]
fn calls_that_moved_nothing_are_ignored_for_their_own_reason() {
    let call = || "UpdateFunctionCode20150331v2".to_owned();
    let function = || "checkout".to_owned();
    for (name, why) in [
        (
            "eb-cloudtrail-publishversion-failed.json",
            IgnoredBecause::CallFailed {
                call: "PublishVersion20150331".into(),
                code: "ResourceConflictException".into(),
            },
        ),
        ("eb-cloudtrail-updatefunctioncode-dry-run.json", IgnoredBecause::DryRun { call: call() }),
        (
            "eb-cloudtrail-updatefunctioncode-unpublished.json",
            IgnoredBecause::NotPublished { function: function() },
        ),
        (
            "eb-cloudtrail-updatefunctioncode-latest.json",
            IgnoredBecause::LatestIsNoVersion { function: function() },
        ),
        (
            "eb-cloudtrail-tagresource.json",
            IgnoredBecause::OtherCall { call: "TagResource20170331v2".into() },
        ),
    ] {
        assert_eq!(ignored(&sample(name)), why, "{name}");
    }
}

#[test]
fn a_call_is_known_by_its_name_in_any_api_version_but_not_by_a_longer_name() {
    let name = "eb-cloudtrail-publishversion.json";
    for call in ["PublishVersion", "PublishVersion20300101v9"] {
        published(&with(name, "/detail/eventName", json!(call)));
    }
    let payload = with(name, "/detail/eventName", json!("PublishVersionSet20300101"));
    assert_eq!(ignored(&payload), IgnoredBecause::OtherCall { call: "PublishVersionSet20300101".into() });
}

#[test]
fn a_state_that_code_deploy_invents_is_kept_as_it_stands() {
    let payload = with("eb-codedeploy-deployment-stop.json", "/detail/state", json!("PAUSED"));
    let AwsEvent::CodeDeployDeployment(deployment) = event(&payload) else { panic!("a deployment") };
    assert_eq!(deployment.state, CodeDeployState::Unknown("PAUSED".into()));
    assert_eq!(deployment.state.to_string(), "PAUSED");
}

#[test]
fn half_a_code_deploy_hook_is_quarantined() {
    assert_eq!(
        unreadable(&json!({ "DeploymentId": "d-1" })),
        "cannot read CodeDeploy lifecycle hook: LifecycleEventHookExecutionId: missing, expected text"
    );
}

#[test]
fn an_ecs_hook_reads_the_same_nested_and_flat() {
    let AwsEvent::EcsHook(nested) = event(&sample("lambda-ecs-hook-production_traffic_shift.json")) else {
        panic!("a hook")
    };
    let AwsEvent::EcsHook(flat) = event(&sample("lambda-ecs-hook-flat.json")) else { panic!("a hook") };
    assert_eq!(nested.lifecycle_stage, Some(LifecycleStage::ProductionTrafficShift));
    let revision = nested.target_revision.as_ref().expect("a revision");
    assert_eq!(nested.production_weights[revision].to_string(), "100");
    assert_eq!(nested.details, json!({ "bucket": "b" }));
    assert_eq!((flat.lifecycle_stage, flat.execution_id, flat.details), (None, None, Value::Null));
    assert_eq!(
        (flat.service_arn, flat.target_revision, flat.production_weights),
        (nested.service_arn, nested.target_revision, nested.production_weights)
    );
}

#[test]
fn an_ecs_hook_is_read_whatever_it_holds_because_silence_rolls_its_deployment_back() {
    for weights in
        [json!({ "rev": null }), json!({ "rev": -1 }), json!({ "rev": "half" }), json!([1]), json!(7)]
    {
        let payload = with("lambda-ecs-hook-flat.json", "/productionTrafficWeights", weights);
        let AwsEvent::EcsHook(hook) = event(&payload) else { panic!("a hook: {payload}") };
        assert!(hook.production_weights.is_empty() && hook.service_arn.is_some(), "{payload}");
    }
    for payload in [
        json!({ "executionDetails": null }),
        json!({ "executionDetails": [] }),
        json!({ "executionDetails": { "testTrafficWeights": {} } }),
        json!({ "lifecycleStage": "BAKE_TIME" }),
        json!({ "targetServiceRevisionArn": 7 }),
    ] {
        assert!(matches!(event(&payload), AwsEvent::EcsHook(_)), "{payload}");
        assert_eq!(asks(&payload), Some(Asks::Ecs));
    }
}

#[test]
fn an_app_config_tick_is_read_whatever_it_holds_because_silence_rolls_its_deployment_back() {
    let name = "lambda-appconfig-tick.json";
    for (pointer, value) in [
        ("/DeploymentNumber", json!(null)),
        ("/DeploymentNumber", json!("two")),
        ("/Application", json!(null)),
        ("/Environment", json!("prod")),
        ("/Parameters", json!("none")),
    ] {
        let payload = with(name, pointer, value);
        assert!(matches!(event(&payload), AwsEvent::AppConfigTick(_)), "{payload}");
    }
    let AwsEvent::AppConfigTick(tick) = event(&with(name, "/Environment", json!("prod"))) else {
        panic!("a tick")
    };
    assert_eq!(tick.deployment.environment.map(|environment| environment.id).as_deref(), Some("prod"));
    let untyped = with(name, "/Type", json!(7));
    assert!(unreadable(&untyped).contains("Type: expected text, found 7"));
    assert_eq!(asks(&untyped), Some(Asks::AppConfig));
}

#[test]
fn nobody_waits_for_an_answer_to_an_event() {
    for name in
        ["eb-cloudwatch-alarm-metric.json", "lambda-alarm-action-metric.json", "eb-appconfig-start.json"]
    {
        assert_eq!(asks(&sample(name)), None, "{name}");
    }
}

#[test]
fn a_pause_hook_carries_what_it_takes_to_continue() {
    let AwsEvent::EcsHookChanged(hook) = event(&sample("eb-ecs-hook-awaiting-step.json")) else {
        panic!("a hook")
    };
    assert_eq!(hook.state, EcsHookState::AwaitingAction);
    assert_eq!(hook.lifecycle_stage, LifecycleStage::PreProductionTrafficShift);
    assert_eq!(hook.hook_id, "ecs-pause-e7tK9G_WRJqNF_EOMjztDXfKenlJuEUVjsNStf4WLKw");
    assert!(hook.service_deployment_arn.ends_with("/0EYSiB0qap8xf0N76FsbE"));
    assert_eq!(hook.expires_at, Some("2026-03-05T16:04:41Z".parse().expect("time")));
}

#[test]
fn an_app_config_tick_takes_its_numbers_as_numbers_or_as_text() {
    for (name, percentage) in
        [("lambda-appconfig-tick.json", "0"), ("lambda-appconfig-tick-other-types.json", "20")]
    {
        let AwsEvent::AppConfigTick(tick) = event(&sample(name)) else { panic!("a tick") };
        assert_eq!(tick.deployment.number, Some(2));
        assert_eq!(tick.percentage_complete.map(|number| number.to_string()).as_deref(), Some(percentage));
        assert_eq!(tick.deployment.parameters["ROLLOUT"], "checkout");
    }
    let payload = with("lambda-appconfig-tick.json", "/PercentageComplete", json!("NaN"));
    let AwsEvent::AppConfigTick(tick) = event(&payload) else { panic!("a tick") };
    assert_eq!(tick.percentage_complete, None);
}

#[test]
fn the_detail_type_of_an_app_config_event_says_what_happened() {
    for (word, change) in [
        ("start", AppConfigChange::Start),
        ("step", AppConfigChange::Step),
        ("baking", AppConfigChange::Baking),
        ("complete", AppConfigChange::Complete),
        ("rollback", AppConfigChange::Rollback),
    ] {
        let AwsEvent::AppConfigDeployment(moved) = event(&sample(&format!("eb-appconfig-{word}.json")))
        else {
            panic!("a deployment")
        };
        let application = moved.deployment.application.expect("an application");
        assert_eq!((moved.change, application.id.as_str()), (change, "ba8toh7"));
    }
}

#[test]
fn a_sweep_is_never_lost_to_a_member_that_it_does_not_need() {
    let bare = event(&json!({ "tidegate": "sweep", "time": "<aws.scheduler.scheduled-time>" }));
    assert!(matches!(bare, AwsEvent::Sweep(sweep) if sweep.at.is_none()));
    let from_scheduler = event(&sample("eb-scheduler-default.json"));
    let at = "2025-02-20T16:03:00Z".parse().expect("time");
    assert!(matches!(from_scheduler, AwsEvent::Sweep(sweep) if sweep.at == Some(at)));
    assert!(unreadable(&json!({ "tidegate": "sweeep" })).contains("expected \"sweep\", found \"sweeep\""));
}

#[test]
fn a_failed_invocation_keeps_what_it_was_invoked_with_under_either_dash() {
    for dash in ["-", "\u{2013}"] {
        let detail_type = json!(format!("Lambda Function Invocation Result {dash} Failure"));
        let payload = with("eb-lambda-destination-failure.json", "/detail-type", detail_type);
        let AwsEvent::LambdaDestinationFailure(failure) = event(&payload) else { panic!("a failure") };
        assert_eq!((failure.function.as_str(), failure.attempts), ("my-function", Some(3)));
        assert_eq!(failure.request, json!({ "ORDER_IDS": ["9e07"] }));
    }
}

#[test]
fn our_kind_of_event_from_somebody_else_is_not_ours_and_without_a_source_is_quarantined() {
    let name = "eb-cloudwatch-alarm-metric.json";
    let not_ours = IgnoredBecause::NotOurs {
        source: "my.app".into(),
        detail_type: "CloudWatch Alarm State Change".into(),
    };
    assert_eq!(ignored(&with(name, "/source", json!("my.app"))), not_ours);
    assert!(unreadable(&with(name, "/source", json!(null))).contains("source: expected text, found null"));
}
