//! Flags: writing versions, starting and stopping deployments.

use serde_json::{Value, json};
use tidegate_aws::Settings;
use tidegate_engine::ports::{Fault, FaultKind, Numbered};

use crate::appconfig::{content, error, failing, missing, page, place, strategy, told};
use crate::harness::{Answer, Request, Wire, settings};

const TEXT: &str = r#"{"version":"1","flags":{},"values":{}}"#;
const SIGNATURE: &str = "Tidegate checkout-8@shop/prod/flags 3";

/// What is sent to write a version after this one.
async fn writing(after: Option<u64>, description: &str) -> Request {
    let wire = Wire::answering([content(8, TEXT.as_bytes())]);
    let written = wire.aws().flags().write(&place(), TEXT, after, description).await.unwrap();
    assert_eq!(written, Numbered::Number(8));
    wire.only_request()
}

#[tokio::test]
async fn a_version_is_written_on_condition_of_the_newest_one() {
    let sent = writing(Some(7), SIGNATURE).await;
    let path = "/applications/app1234/configurationprofiles/pro1234/hostedconfigurationversions";
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("POST", path));
    let header = |name: &str| sent.headers.get(name).map(String::as_str);
    assert_eq!(header("content-type"), Some("application/json"));
    assert_eq!(header("latest-version-number"), Some("7"));
    assert_eq!(header("description"), Some(SIGNATURE));
    assert_eq!(sent.body, serde_json::from_str::<Value>(TEXT).unwrap());
    assert_eq!(writing(None, SIGNATURE).await.headers.get("latest-version-number"), None);
}

#[tokio::test]
async fn a_description_that_no_header_takes_is_written_in_ascii() {
    let sent = writing(Some(7), "Tidegate größe 3").await;
    assert_eq!(sent.headers["description"], "Tidegate gr%C3%B6%C3%9Fe 3");
}

fn started(number: u64) -> Answer {
    told(number, "DEPLOYING", &[])
}

/// What is sent to start a deployment after this one.
async fn starting(after: Option<u64>, strategy: Option<&str>) -> Request {
    let wire = Wire::answering([started(10)]);
    let started = wire.aws().flags().start(&place(), 8, strategy, after, SIGNATURE).await.unwrap();
    assert_eq!(started, Numbered::Number(10));
    wire.only_request()
}

#[tokio::test]
async fn a_deployment_is_started_on_condition_of_the_newest_one() {
    let sent = starting(Some(9), None).await;
    let path = "/applications/app1234/environments/env1234/deployments";
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("POST", path));
    let expected = json!({
        "ConfigurationProfileId": "pro1234", "ConfigurationVersion": "8", "LatestDeploymentNumber": 9,
        "DeploymentStrategyId": "AppConfig.AllAtOnce", "Description": SIGNATURE,
    });
    assert_eq!(sent.body, expected);
    assert_eq!(starting(None, None).await.body["LatestDeploymentNumber"], Value::Null);
    let slow = "AppConfig.Canary10Percent20Minutes";
    assert_eq!(starting(Some(9), Some(slow)).await.body["DeploymentStrategyId"], slow);
}

#[tokio::test]
async fn at_once_is_what_the_installation_says() {
    let wire = Wire::answering([started(10)]);
    let settings = Settings { flag_strategy: Some("now1234".to_owned()), ..settings() };
    let flags = wire.installed(settings).flags();
    flags.start(&place(), 8, None, Some(9), SIGNATURE).await.unwrap();
    assert_eq!(wire.only_request().body["DeploymentStrategyId"], "now1234");
}

#[tokio::test]
async fn a_strategy_is_found_by_its_name_or_its_id_and_looked_up_once() {
    let wire = Wire::serving(|request| match request.operation.as_str() {
        "ListDeploymentStrategies" if request.path.contains("next_token") => {
            page(&[strategy("slo1234", "slowly")], None)
        }
        "ListDeploymentStrategies" => page(&[strategy("now1234", "at-once")], Some("more")),
        _ => started(10),
    });
    let flags = wire.aws().flags();
    for wanted in ["slowly", "slo1234", "slowly"] {
        flags.start(&place(), 8, Some(wanted), Some(9), SIGNATURE).await.unwrap();
    }
    let sent = wire.requests();
    let strategies = sent.iter().filter_map(|request| request.body["DeploymentStrategyId"].as_str());
    assert_eq!(strategies.collect::<Vec<_>>(), ["slo1234"; 3]);
    assert_eq!(sent.len(), 2 + 1 + 2 + 1 + 1);
    assert_eq!(sent[0].path, "/deploymentstrategies?max_results=50");

    let fault = flags.start(&place(), 8, Some("quickly"), Some(9), SIGNATURE).await.unwrap_err();
    assert_eq!(
        fault.to_string(),
        "deployment strategy quickly: refused (no deployment strategy is called so; known: at-once, slowly)"
    );
}

#[tokio::test]
async fn a_fence_that_does_not_hold_is_overtaken_and_no_fault() {
    let wire = failing(409, "ConflictException");
    let flags = wire.aws().flags();
    assert_eq!(flags.write(&place(), TEXT, Some(7), SIGNATURE).await.unwrap(), Numbered::Overtaken);
    assert_eq!(flags.start(&place(), 8, None, Some(9), SIGNATURE).await.unwrap(), Numbered::Overtaken);
    assert_eq!(wire.requests().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_creates_something_is_tried_once() {
    for answer in
        [|| Answer::Broken, || error(429, "ThrottlingException"), || error(500, "InternalServerException")]
    {
        let wire = Wire::serving(move |_| answer());
        let flags = wire.aws().flags();
        let written = flags.write(&place(), TEXT, Some(7), SIGNATURE).await.unwrap_err();
        let started = flags.start(&place(), 8, None, Some(9), SIGNATURE).await.unwrap_err();
        assert!(written.may_pass() && started.may_pass(), "{written}, {started}");
        assert_eq!(wire.requests().len(), 2, "its answer may be lost and the thing created");
    }
}

/// What comes of writing, starting and stopping where AppConfig answers like this.
async fn faults(wire: &Wire) -> [Fault; 3] {
    let flags = wire.aws().flags();
    [
        flags.write(&place(), TEXT, Some(7), SIGNATURE).await.unwrap_err(),
        flags.start(&place(), 8, None, Some(9), SIGNATURE).await.unwrap_err(),
        flags.stop(&place(), 9).await.unwrap_err(),
    ]
}

#[tokio::test]
async fn faults_say_what_helps() {
    for fault in faults(&failing(403, "AccessDeniedException")).await {
        assert!(matches!(fault.kind, FaultKind::Denied(_)), "{fault}");
    }
    for fault in faults(&Wire::serving(|_| missing())).await {
        assert!(matches!(fault.kind, FaultKind::Missing(_)), "{fault}");
    }
    let full = failing(402, "ServiceQuotaExceededException");
    for fault in faults(&full).await {
        assert!(matches!(fault.kind, FaultKind::Refused(_)), "{fault}");
    }
    let large = failing(413, "PayloadTooLargeException");
    let fault = large.aws().flags().write(&place(), TEXT, Some(7), SIGNATURE).await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Refused(_)), "{fault}");
}

#[tokio::test(start_paused = true)]
async fn stopping_allows_a_revert_and_may_be_said_twice() {
    let wire = Wire::answering([Answer::Broken, told(9, "REVERTED", &[])]);
    wire.aws().flags().stop(&place(), 9).await.unwrap();
    let sent = &wire.requests()[0];
    let path = "/applications/app1234/environments/env1234/deployments/9";
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("DELETE", path));
    assert_eq!(sent.headers["allow-revert"], "true");
}

#[tokio::test]
async fn a_deployment_that_is_not_to_be_stopped_any_more_is_looked_at() {
    for (state, is_fine) in [
        ("ROLLING_BACK", true),
        ("ROLLED_BACK", true),
        ("REVERTED", true),
        ("COMPLETE", false),
        ("DEPLOYING", false),
    ] {
        let wire = Wire::answering([error(400, "BadRequestException"), told(9, state, &[])]);
        match wire.aws().flags().stop(&place(), 9).await {
            Ok(()) => assert!(is_fine, "{state}"),
            Err(Fault { kind: FaultKind::Refused(_), .. }) => assert!(!is_fine, "{state}"),
            Err(fault) => panic!("{state}: {fault}"),
        }
        assert_eq!(wire.operations(), ["StopDeployment", "GetDeployment"]);
    }
}
