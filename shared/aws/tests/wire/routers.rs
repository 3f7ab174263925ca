//! The Lambda alias router: what it sends, and the contract that every router keeps.

use serde_json::json;
use tidegate_domain::target::{Fence, Routing, Target, Version};
use tidegate_domain::units::{Span, Weight};
use tidegate_domain::verdict::Finding;
use tidegate_engine::ports::{Examination, FaultKind, Routed, Routers, TrafficRouter};

use crate::harness::{Answer, Wire};
use crate::lambda::{configuration, service};
use crate::samples::{target, version};

fn percent(percent: f64) -> Weight {
    Weight::from_percent(percent).unwrap()
}

fn written(routed: Routed) -> (Routing, Fence) {
    match routed {
        Routed::Written(observed) => (observed.routing, observed.fence),
        Routed::FenceLost => panic!("the fence was lost"),
    }
}

/// What every router does: sets, reads back, repeats, and refuses a stale fence. The target starts with all traffic on `stable`.
async fn keeps_the_contract(
    router: &dyn TrafficRouter,
    target: &Target,
    stable: &Version,
    candidate: &Version,
) {
    let start = router.observe(target).await.unwrap();
    assert_eq!(start.routing, Routing::all(stable));

    let split = Routing::split(stable, candidate, percent(5.0));
    let (routing, fence) = written(router.route(target, &split, &start.fence).await.unwrap());
    assert_eq!(routing, split, "a write answers with the state that it led to");
    assert_ne!(fence, start.fence, "a write moves the fence");
    let read = router.observe(target).await.unwrap();
    assert_eq!((read.routing, read.fence.clone()), (split.clone(), fence), "what is written is read back");

    let full = Routing::all(candidate);
    assert_eq!(
        router.route(target, &full, &start.fence).await.unwrap(),
        Routed::FenceLost,
        "a stale fence is refused"
    );
    assert_eq!(router.observe(target).await.unwrap().routing, split, "what is refused changes nothing");

    let (routing, fence) = written(router.route(target, &split, &read.fence).await.unwrap());
    assert_eq!(routing, split, "the same again is no fault");

    let (_, fence) = written(router.route(target, &full, &fence).await.unwrap());
    assert_eq!(
        router.observe(target).await.unwrap().routing,
        full,
        "full promotion leaves no weights behind"
    );
    written(router.route(target, &Routing::all(stable), &fence).await.unwrap());
    assert_eq!(
        router.observe(target).await.unwrap().routing,
        Routing::all(stable),
        "the way back leaves none either"
    );
}

#[tokio::test]
async fn a_lambda_alias_keeps_the_contract_of_routers() {
    let wire = service();
    let routers = wire.aws().routers();
    keeps_the_contract(routers.of(&target()).unwrap(), &target(), &version(7), &version(8)).await;
}

#[tokio::test]
async fn a_split_names_the_stable_version_the_weights_and_the_fence() {
    let wire = service();
    let wish = Routing::split(&version(7), &version(8), percent(2.5));
    router(&wire).of(&target()).unwrap().route(&target(), &wish, &Fence("r1".to_owned())).await.unwrap();
    let request = wire.only_request();
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("PUT", "/2015-03-31/functions/checkout/aliases/live")
    );
    let weights = json!({ "AdditionalVersionWeights": { "8": 0.025 } });
    assert_eq!(request.body, json!({ "FunctionVersion": "7", "RoutingConfig": weights, "RevisionId": "r1" }));
}

#[tokio::test]
async fn all_traffic_on_one_version_is_one_call_that_empties_the_weights() {
    let wire = service();
    let zero = Routing::split(&version(8), &version(7), Weight::ZERO);
    for (n, wish) in [(1, Routing::all(&version(8))), (2, zero)] {
        let fence = Fence(format!("r{n}"));
        router(&wire).of(&target()).unwrap().route(&target(), &wish, &fence).await.unwrap();
    }
    for request in wire.requests() {
        assert_eq!(request.body["FunctionVersion"], "8");
        assert_eq!(request.body["RoutingConfig"], json!({ "AdditionalVersionWeights": {} }));
    }
}

#[tokio::test]
async fn an_alias_that_does_not_exist_is_missing() {
    let wire = Wire::answering([Answer::Error(
        404,
        "ResourceNotFoundException",
        json!({ "Message": "Cannot find alias" }),
    )]);
    let fault = router(&wire).of(&target()).unwrap().observe(&target()).await.unwrap_err();
    assert_eq!(
        fault.to_string(),
        "GetAlias checkout:live: not found (ResourceNotFoundException: Cannot find alias)"
    );
}

#[tokio::test(start_paused = true)]
async fn an_update_in_progress_passes_by_itself() {
    let conflict = || Answer::Error(409, "ResourceConflictException", json!({ "Message": "in progress" }));
    let wire = Wire::serving(move |_| conflict());
    let wish = Routing::all(&version(8));
    let fault = router(&wire)
        .of(&target())
        .unwrap()
        .route(&target(), &wish, &Fence("r1".to_owned()))
        .await
        .unwrap_err();
    assert!(fault.may_pass(), "{fault}");
}

#[tokio::test]
async fn two_fit_versions_pass_and_the_longest_timeout_is_told() {
    let wire = Wire::answering([configuration("7", &[]), configuration("8", &[("Timeout", json!(45))])]);
    let examination = examine(&wire, &version(8)).await;
    assert_eq!(examination, Examination { findings: vec![], longest_request: Some(Span::seconds(45)) });
    let paths: Vec<_> = wire.requests().into_iter().map(|request| request.path).collect();
    let path = |version| format!("/2015-03-31/functions/checkout/configuration?Qualifier={version}");
    assert_eq!(paths, [path(7), path(8)]);
}

#[tokio::test]
async fn a_version_that_is_still_being_prepared_is_not_refused() {
    for change in [("State", json!("Pending")), ("LastUpdateStatus", json!("InProgress"))] {
        let wire = Wire::answering([configuration("7", &[]), configuration("8", &[change])]);
        let findings = examine(&wire, &version(8)).await.findings;
        assert_eq!(findings, [Finding::NotYet("version 8 is being prepared".to_owned())]);
    }
}

#[tokio::test]
async fn everything_that_stands_against_a_candidate_is_found_at_once() {
    let changes = [
        ("State", json!("Failed")),
        ("StateReason", json!("the image is gone")),
        ("LastUpdateStatus", json!("InProgress")),
        ("Role", json!("arn:aws:iam::123456789012:role/other")),
        ("DeadLetterConfig", json!({ "TargetArn": "arn:aws:sqs:eu-west-1:123456789012:dead" })),
        ("SnapStart", json!({ "ApplyOn": "PublishedVersions", "OptimizationStatus": "Off" })),
    ];
    let wire = Wire::answering([configuration("7", &[]), configuration("8", &changes)]);
    let unfit = |problem: &str| Finding::CandidateUnfit(problem.to_owned());
    let differs = |problem: &str| Finding::Incompatible(problem.to_owned());
    assert_eq!(
        examine(&wire, &version(8)).await.findings,
        [
            unfit("version 8 is Failed, not Active (the image is gone)"),
            unfit("the last update of version 8 is InProgress, not Successful"),
            unfit("version 8 asks for SnapStart and has no snapshot"),
            differs(
                "the execution role differs: stable arn:aws:iam::123456789012:role/checkout, \
                 candidate arn:aws:iam::123456789012:role/other"
            ),
            differs(
                "the dead-letter queue differs: stable none, candidate arn:aws:sqs:eu-west-1:123456789012:dead"
            ),
        ]
    );
}

#[tokio::test]
async fn a_candidate_that_is_not_there_or_not_published_is_unfit() {
    let gone = Answer::Error(404, "ResourceNotFoundException", json!({ "Message": "Function not found" }));
    let wire = Wire::answering([configuration("7", &[]), gone]);
    let unfit = |problem: &str| Finding::CandidateUnfit(problem.to_owned());
    assert_eq!(examine(&wire, &version(8)).await.findings, [unfit("version 8 does not exist")]);

    let wire = Wire::answering([configuration("7", &[])]);
    let latest = Version("$LATEST".to_owned());
    let problem = "$LATEST is no published version; an alias with weights takes no other";
    assert_eq!(examine(&wire, &latest).await.findings, [unfit(problem)]);
}

#[tokio::test]
async fn an_alias_with_a_third_version_is_not_guessed_at() {
    let weights = json!({ "AdditionalVersionWeights": { "8": 0.1, "9": 0.1 } });
    let alias = json!({ "FunctionVersion": "7", "RevisionId": "r1", "RoutingConfig": weights });
    let wire = Wire::answering([Answer::Json(alias)]);
    let fault = router(&wire).of(&target()).unwrap().observe(&target()).await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Unreadable(_)), "{fault}");
}

fn router(wire: &Wire) -> Routers {
    wire.aws().routers()
}

async fn examine(wire: &Wire, candidate: &Version) -> Examination {
    router(wire).of(&target()).unwrap().examine(&target(), &version(7), candidate).await.unwrap()
}
