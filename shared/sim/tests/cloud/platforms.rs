//! CodeDeploy on ECS services and on instances.

use serde_json::json;
use tidegate_domain::deployment::{DeploymentStatus, Group, LifecycleEvent, Platform, Wait};
use tidegate_domain::target::Target;
use tidegate_domain::units::Span;
use tidegate_engine::ports::{Measure, MetricQuery, Window};
use tidegate_sim::Cloud;

use crate::codedeploy::{at, cloud_of, get, id, routing, scenario};
use crate::stubs::{call, idle, version};

const ECS: &str = "platform: ecs, config: AllAtOnce, install: 3m, terminationWait: 1h";

#[test]
fn a_service_installs_moves_waits_and_is_through() {
    let mut cloud = cloud_of(ECS, "", idle());
    let service = Target::ecs("main", "checkout");
    at(&mut cloud, "2m");
    assert_eq!(routing(&cloud, &service), "all traffic on version 7");
    at(&mut cloud, "4m");
    assert_eq!(routing(&cloud, &service), "all traffic on version 8");
    let waiting = get(&cloud, 1);
    assert_eq!((waiting.platform, waiting.status), (Platform::Ecs, DeploymentStatus::InProgress));
    assert!(
        waiting
            .target_groups
            .is_some_and(|groups| groups.candidate.is_some_and(|name| name.contains("green")))
    );
    at(&mut cloud, "30m");
    let to = tidegate_domain::ticks::minute_of(cloud.now());
    let window = Window { from: Span::minutes(10).before(to), to, period: Span::minutes(1) };
    let of = |version| MetricQuery {
        target: service.clone(),
        version,
        target_group: None,
        measure: Measure::Requests,
    };
    let queries = [of(Some(version("8"))), of(Some(version("7")))];
    let read = call(cloud.ports().metrics.read(&queries, window)).unwrap();
    assert!(!read[0].is_empty() && read[1].is_empty(), "a target group counts at 100 % too");
    call(cloud.ports().deployments.go_on(&id(1), Wait::Termination)).unwrap();
    at(&mut cloud, "31m");
    assert_eq!(get(&cloud, 1).status, DeploymentStatus::Succeeded);
    let group = Group { application: "checkout".to_owned(), name: "checkout".to_owned() };
    let facts = call(cloud.ports().deployments.group(&group)).unwrap();
    assert_eq!(facts.current, Some(version("8")));
    assert_eq!(facts.service, Some(("main".to_owned(), "checkout".to_owned())));
}

#[test]
fn a_version_that_does_not_run_fails_before_it_gets_any_traffic() {
    let text = scenario(ECS, "");
    let mut text = serde_json::to_value(&text).unwrap();
    text["happens"] = json!([{ "at": "1m", "then": { "deploy": { "version": "10" } } }]);
    let mut cloud = Cloud::new(serde_json::from_value(text).unwrap(), 1, idle()).unwrap();
    at(&mut cloud, "10m");
    let failed = get(&cloud, 1);
    assert_eq!((failed.status, failed.taken_back_by), (DeploymentStatus::Failed, Some(id(2))));
    assert!(failed.problem.is_some_and(|problem| problem.contains("health checks")));
    assert!(cloud.view().world().carrier(&Target::ecs("main", "checkout")).unwrap().writes.is_empty());
}

#[test]
fn instances_come_one_after_another_and_nothing_counts_their_requests() {
    let mut cloud = cloud_of("platform: server, config: OneAtATime, install: 2m", "", idle());
    for (since, percent) in [("1m", 0.0), ("3m", 25.0), ("5m", 50.0), ("9m", 100.0)] {
        at(&mut cloud, since);
        assert!((get(&cloud, 1).weight.unwrap().percent() - percent).abs() < 1e-9, "{since}");
    }
    assert_eq!(get(&cloud, 1).status, DeploymentStatus::Succeeded);
    let group = Group { application: "checkout".to_owned(), name: "checkout".to_owned() };
    let to = tidegate_domain::ticks::minute_of(cloud.now());
    let window = Window { from: Span::minutes(5).before(to), to, period: Span::minutes(1) };
    let query = MetricQuery {
        target: Target::code_deploy(&group),
        version: None,
        target_group: None,
        measure: Measure::Requests,
    };
    assert_eq!(call(cloud.ports().metrics.read(&[query], window)).unwrap(), [vec![]]);
}

#[test]
fn replaced_instances_wait_to_be_told() {
    let plan = "platform: server, config: AllAtOnce, style: blueGreen, readyWait: 30m";
    let mut cloud = cloud_of(plan, "  - { at: 11m, then: { continueDeployment: ready } }", idle());
    at(&mut cloud, "9m");
    assert_eq!(get(&cloud, 1).status, DeploymentStatus::Ready);
    at(&mut cloud, "11m");
    assert_eq!(get(&cloud, 1).status, DeploymentStatus::Succeeded);
    let mut forgotten = cloud_of(plan, "", idle());
    at(&mut forgotten, "33m");
    assert_eq!(get(&forgotten, 1).status, DeploymentStatus::Stopped);
}

#[test]
fn a_service_asks_on_test_traffic_before_anybody_else_sees_the_new_version() {
    let mut cloud = cloud_of(&format!("{ECS}, hooks: [AfterAllowTestTraffic]"), "", idle());
    at(&mut cloud, "20m");
    assert_eq!(get(&cloud, 1).waits_at, Some(LifecycleEvent::AfterAllowTestTraffic));
    assert_eq!(routing(&cloud, &Target::ecs("main", "checkout")), "all traffic on version 7");
}
