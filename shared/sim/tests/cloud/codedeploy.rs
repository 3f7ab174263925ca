//! CodeDeploy on aliases: its timetables, what ends a deployment, what it says of it, and what becomes of a saved one.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tidegate_domain::deployment::{
    Config, Content, Deployment, DeploymentId, DeploymentStatus, Group, LifecycleEvent, Order, Revision,
    Timetable,
};
use tidegate_domain::effect::Owner;
use tidegate_domain::target::Target;
use tidegate_domain::units::{Span, Weight};
use tidegate_engine::ports::FaultKind;
use tidegate_sim::world::Writer;
use tidegate_sim::{Cloud, Deploy, Scenario};
use tidegate_wire::aws::{AwsEvent, CodeDeployState};
use tidegate_wire::intake::{Incoming, read};

use crate::stubs::{call, deploy, idle, target, version};

pub const LAMBDA: &str = "platform: lambda, config: Canary10Percent10Minutes";

/// A function that CodeDeploy deploys, and what happens to it.
pub fn scenario(code_deploy: &str, happens: &str) -> Scenario {
    let text = format!(
        "
title: A deployment
story: CodeDeploy deploys version 8.
policy: {{ version: 1, name: checkout, mode: guard }}
world:
  checkout:
    codeDeploy: {{ {code_deploy} }}
    stable: 7
    traffic: {{ rps: 100 }}
    versions: {{ 7: {{}}, 8: {{}}, 9: {{}}, 10: {{ state: failed }} }}
alarms: {{ loud: {{}} }}
happens:
  - {{ at: 1m, then: {{ deploy: 8 }} }}
{happens}
limit: 4h
"
    );
    Scenario::from_yaml(&text).unwrap_or_else(|faults| panic!("{faults}"))
}

pub fn cloud_of(code_deploy: &str, happens: &str, functions: Deploy) -> Cloud {
    Cloud::new(scenario(code_deploy, happens), 1, functions).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Advances to so long after the deployment was created.
pub fn at(cloud: &mut Cloud, since: &str) {
    let until = (since.parse::<Span>().unwrap() + Span::minutes(1)).after(cloud.view().start());
    let now = cloud.now();
    cloud.advance(Span::between(now, until));
}

pub fn id(number: u32) -> DeploymentId {
    DeploymentId(format!("d-SIM{number:06}"))
}

pub fn get(cloud: &Cloud, number: u32) -> Deployment {
    call(cloud.ports().deployments.get(&id(number))).unwrap()
}

pub fn routing(cloud: &Cloud, target: &Target) -> String {
    cloud.view().routing(target).unwrap().to_string()
}

/// Who heard that which deployment came to what.
type Heard = Vec<(Owner, String, CodeDeployState)>;

/// Functions that keep which states they hear of.
fn hearing() -> (Deploy, Arc<Mutex<Heard>>) {
    let heard = Arc::new(Mutex::new(Heard::new()));
    let keeps = heard.clone();
    let functions = deploy(move |owner, _, payload| {
        for incoming in read(&payload) {
            if let Ok(Incoming::Aws(AwsEvent::CodeDeployDeployment(event))) = incoming {
                keeps.lock().unwrap().push((owner, event.deployment_id, event.state));
            }
        }
        Box::pin(async { Ok(Value::Null) })
    });
    (functions, heard)
}

/// Functions that answer every hook.
pub fn answering(passed: bool) -> Deploy {
    deploy(move |_, ports, payload| {
        Box::pin(async move {
            if let Some(Ok(Incoming::Aws(AwsEvent::CodeDeployHook(hook)))) = read(&payload).into_iter().next()
            {
                let id = DeploymentId(hook.deployment_id);
                for _ in 0..2 {
                    ports.deployments.answer_hook(&id, &hook.hook_execution_id, passed).await?;
                }
            }
            Ok(Value::Null)
        })
    })
}

#[test]
fn a_canary_gets_its_share_and_then_everything() {
    let mut cloud = cloud_of(LAMBDA, "", idle());
    at(&mut cloud, "1s");
    let created = get(&cloud, 1);
    assert_eq!((created.status, created.content, created.weight), (DeploymentStatus::Created, None, None));
    at(&mut cloud, "1m");
    let under_way = get(&cloud, 1);
    assert_eq!(under_way.status, DeploymentStatus::InProgress);
    assert_eq!(under_way.config, "CodeDeployDefault.LambdaCanary10Percent10Minutes");
    let Some(Content::Lambda { function, alias, current, target: to }) = under_way.content else {
        panic!("it brings a version")
    };
    assert_eq!((function.as_str(), alias.as_str()), ("checkout", "live"));
    assert_eq!((current, to), (Some(version("7")), version("8")));
    for (since, expected) in [("9m", "version 7 with 10 % on version 8"), ("11m", "all traffic on version 8")]
    {
        at(&mut cloud, since);
        assert_eq!(routing(&cloud, &target()), expected, "{since}");
    }
    assert_eq!(get(&cloud, 1).status, DeploymentStatus::Succeeded);
    let view = cloud.view();
    let writes = &view.world().carrier(&target()).unwrap().writes;
    assert!(writes.len() == 2 && writes.iter().all(|write| write.by == Writer::CodeDeploy), "{writes:?}");
}

#[test]
fn a_linear_deployment_takes_equal_steps() {
    let mut cloud = cloud_of("config: Linear10PercentEvery1Minute", "", idle());
    for (since, percent) in [("30s", 10.0), ("2m30s", 30.0), ("8m50s", 90.0), ("10m", 100.0)] {
        at(&mut cloud, since);
        assert!((get(&cloud, 1).weight.unwrap().percent() - percent).abs() < 1e-9, "{since}");
    }
}

#[test]
fn a_hook_that_nobody_answers_fails_its_deployment_after_an_hour() {
    let mut cloud = cloud_of(&format!("{LAMBDA}, hooks: [BeforeAllowTraffic]"), "", idle());
    at(&mut cloud, "59m");
    assert_eq!(get(&cloud, 1).waits_at, Some(LifecycleEvent::BeforeAllowTraffic));
    at(&mut cloud, "61m");
    let failed = get(&cloud, 1);
    assert_eq!((failed.status, failed.waits_at), (DeploymentStatus::Failed, None));
    assert!(
        failed.problem.is_some_and(|problem| problem.contains("BeforeAllowTraffic did not answer within 1h"))
    );
    assert_eq!(routing(&cloud, &target()), "all traffic on version 7");
}

#[test]
fn the_answer_of_a_hook_is_what_becomes_of_its_deployment() {
    let hooks = format!("{LAMBDA}, hooks: [BeforeAllowTraffic, AfterAllowTraffic]");
    let mut passing = cloud_of(&hooks, "", answering(true));
    at(&mut passing, "11m");
    assert_eq!(get(&passing, 1).status, DeploymentStatus::Succeeded);
    let mut failing = cloud_of(&hooks, "", answering(false));
    at(&mut failing, "1m");
    assert_eq!(get(&failing, 1).status, DeploymentStatus::Failed);
    assert_eq!(get(&failing, 1).taken_back_by, Some(id(2)));
    assert_eq!(routing(&failing, &target()), "all traffic on version 7");
}

#[test]
fn what_is_stopped_with_a_rollback_is_taken_back_by_a_deployment_of_its_own() {
    let mut cloud = cloud_of(LAMBDA, "", idle());
    at(&mut cloud, "3m");
    call(cloud.ports().deployments.stop(&id(1))).unwrap();
    assert_eq!(get(&cloud, 1).status, DeploymentStatus::Stopped);
    at(&mut cloud, "4m");
    let (first, back) = (get(&cloud, 1), get(&cloud, 2));
    assert_eq!((first.taken_back_by, back.takes_back), (Some(id(2)), Some(id(1))));
    assert_eq!(back.status, DeploymentStatus::Succeeded);
    assert_eq!(first.weight, Some(Weight::ZERO));
    assert_eq!(routing(&cloud, &target()), "all traffic on version 7");
    call(cloud.ports().deployments.stop(&id(1))).unwrap();
    assert!(call(cloud.ports().deployments.standing(&id(3))).is_err(), "what is over is left alone");
}

#[test]
fn what_is_stopped_without_a_rollback_stays_where_it_is() {
    let stop = "  - { at: 4m, then: { stopDeployment: { rollBack: false } } }";
    let mut cloud = cloud_of(LAMBDA, stop, idle());
    at(&mut cloud, "30m");
    let stopped = get(&cloud, 1);
    assert_eq!((stopped.status, stopped.taken_back_by), (DeploymentStatus::Stopped, None));
    assert_eq!(routing(&cloud, &target()), "version 7 with 10 % on version 8");
    assert!(cloud.view().is_at_rest());
}

fn order(to: &str, config: Option<Config>) -> Order {
    let properties =
        json!({ "Name": "checkout", "Alias": "live", "CurrentVersion": "7", "TargetVersion": to });
    let resource = json!({ "checkout": { "Type": "AWS::Lambda::Function", "Properties": properties } });
    let group = Group { application: "checkout".to_owned(), name: "checkout".to_owned() };
    let spec = json!({ "version": 0.0, "Resources": [resource] });
    Order { group, revision: Revision::AppSpec(spec.to_string()), config, alarms: None }
}

#[test]
fn a_group_has_one_live_deployment() {
    let mut cloud = cloud_of(LAMBDA, "  - { at: 2m, then: { deploy: 9 } }", idle());
    at(&mut cloud, "5m");
    let ports = cloud.ports();
    let busy = call(ports.deployments.start(&order("9", None), "tidegate x")).unwrap_err();
    assert!(matches!(&busy.kind, FaultKind::Passing(why) if why.contains("d-SIM000001")), "{busy}");
    let group = order("9", None).group;
    assert_eq!(call(ports.deployments.under_way_in(&group)).unwrap(), [id(1)]);
    let start = cloud.view().start();
    assert_eq!(call(ports.deployments.under_way(start)).unwrap(), [id(1)]);
    assert!(call(ports.deployments.under_way(cloud.now())).unwrap().is_empty());
    at(&mut cloud, "20m");
    assert!(call(ports.deployments.under_way_in(&group)).unwrap().is_empty());
}

#[test]
fn an_order_is_started_with_its_own_timetable_and_found_by_its_description() {
    let mut cloud = cloud_of(LAMBDA, "", idle());
    let timetable = Timetable::Canary { percent: 25, minutes: 3 };
    let config = Config { name: "tidegate-canary-25-3".to_owned(), creates: Some(timetable) };
    let order = order("8", Some(config));
    let ports = cloud.ports();
    let since = cloud.now();
    let started = call(ports.deployments.start(&order, "tidegate checkout-8")).unwrap();
    let found = |description: &str| call(ports.deployments.find(&order.group, description, since)).unwrap();
    assert_eq!((found("tidegate checkout-8"), found("tidegate checkout")), (Some(started), None));
    at(&mut cloud, "0s");
    assert_eq!(get(&cloud, 1).status, DeploymentStatus::Failed, "version 8 is not published yet");
    at(&mut cloud, "1m");
    assert_eq!(get(&cloud, 1).config, "tidegate-canary-25-3");
}

#[test]
fn an_alarm_of_the_group_stops_its_deployment() {
    let fires = "  - { at: 5m, then: { alarm: { name: loud, fires: true } } }";
    let alarms = format!("{LAMBDA}, alarms: [loud]");
    let mut cloud = cloud_of(&alarms, fires, idle());
    at(&mut cloud, "5m");
    let stopped = get(&cloud, 1);
    assert_eq!(stopped.status, DeploymentStatus::Stopped);
    assert!(stopped.problem.is_some_and(|problem| problem.contains("loud")));
    assert_eq!(routing(&cloud, &target()), "all traffic on version 7");
    let mut patient = cloud_of(&format!("{alarms}, autoRollback: false"), fires, idle());
    at(&mut patient, "5m");
    assert_eq!(get(&patient, 1).taken_back_by, None);
    let red = "  - { at: 30s, then: { alarm: { name: loud, fires: true } } }";
    let mut at_once = cloud_of(&alarms, red, idle());
    at(&mut at_once, "1m");
    assert_eq!(get(&at_once, 1).status, DeploymentStatus::Stopped);
}

#[test]
fn every_state_is_told_to_whom_it_concerns() {
    let (functions, heard) = hearing();
    let mut cloud =
        cloud_of(LAMBDA, "  - { at: 4m, then: { stopDeployment: { rollBack: true } } }", functions);
    at(&mut cloud, "10m");
    let told: Vec<_> = heard.lock().unwrap().clone();
    let (shift, rollback) = (Owner::TrafficShift, Owner::Rollback);
    let (first, back) = ("d-SIM000001".to_owned(), "d-SIM000002".to_owned());
    assert_eq!(
        told,
        [
            (shift, first.clone(), CodeDeployState::Start),
            (rollback, first, CodeDeployState::Stop),
            (shift, back.clone(), CodeDeployState::Start),
            (shift, back, CodeDeployState::Success),
        ]
    );
}

#[test]
fn events_can_be_lost_or_come_twice() {
    for (chances, count) in [("noDeploymentEvents: 100%", 0), ("duplicates: 100%", 4)] {
        let (functions, heard) = hearing();
        let change = format!("  - {{ at: 10s, then: {{ chances: {{ {chances} }} }} }}");
        let mut cloud = cloud_of(LAMBDA, &change, functions);
        at(&mut cloud, "12m");
        assert_eq!(get(&cloud, 1).status, DeploymentStatus::Succeeded);
        assert_eq!(heard.lock().unwrap().len(), count, "{chances}");
    }
}

#[test]
fn a_saved_cloud_goes_on_with_its_deployment() {
    let hooks = format!("{LAMBDA}, hooks: [AfterAllowTraffic]");
    let mut cloud = cloud_of(&hooks, "", answering(true));
    at(&mut cloud, "5m30s");
    let mut again = Cloud::load(&cloud.save().unwrap(), answering(true)).unwrap();
    for cloud in [&mut cloud, &mut again] {
        at(cloud, "12m");
    }
    assert_eq!(get(&again, 1), get(&cloud, 1));
    assert_eq!(get(&again, 1).status, DeploymentStatus::Succeeded);
    assert_eq!(again.view().log().last(), cloud.view().log().last());
}

#[test]
fn versions_and_urls_answer_as_the_scenario_says() {
    let says = "  - { at: 2m, then: { answers: { version: 8, status: 500, body: no } } }
  - { at: 2m, then: { answers: { url: \"https://test.example/\", status: 503, takes: 20s } } }";
    let mut cloud = cloud_of(LAMBDA, says, idle());
    let ports = cloud.ports();
    let asked = |qualifier| call(ports.probe.invoke("checkout", qualifier, &Value::Null, Span::seconds(10)));
    assert!(matches!(asked(Some("8")).unwrap_err().kind, FaultKind::Missing(_)), "it is not published");
    let answer = asked(Some("7")).unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"ok":true}"#));
    at(&mut cloud, "2m");
    assert_eq!(asked(Some("8")).unwrap().status, 500);
    let url = "https://test.example/".to_owned();
    let (method, headers) = ("GET".to_owned(), Vec::new());
    let request = tidegate_engine::ports::HttpRequest { url, method, headers, body: None };
    let http = |seconds| call(ports.probe.http(&request, Span::seconds(seconds)));
    assert_eq!(http(30).unwrap().status, 503);
    assert_eq!(http(10).unwrap().error.as_deref(), Some("no answer within 10s"));
}

#[test]
fn what_codedeploy_does_not_have_is_told_with_its_place() {
    let text = "
title: Wrong
story: Wrong.
policy: { version: 1, name: checkout, mode: guard }
world:
  checkout:
    codeDeploy: { platform: server, config: Canary10Percent5Minutes, alarms: [loud], hooks: [BeforeAllowTraffic] }
    stable: 7
    traffic: { rps: 100 }
    versions: { 7: {} }
  shop:
    stable: 7
    traffic: { rps: 100 }
    versions: { 7: {} }
happens:
  - { at: 1m, on: checkout, then: { deploy: 8 } }
  - { at: 1m, on: shop, then: { stopDeployment: { rollBack: true } } }
  - { at: 1m, on: shop, then: { answers: { status: 500 } } }
limit: 4h
";
    let told = Scenario::from_yaml(text).expect_err("something is wrong").to_string();
    for line in [
        "world.checkout.codeDeploy.config: no configuration for EC2 is called \"Canary10Percent5Minutes\"; like AllAtOnce",
        "world.checkout.codeDeploy.alarms: no alarm is called \"loud\"",
        "world.checkout.codeDeploy.hooks: EC2 invokes no function at BeforeAllowTraffic",
        "happens[0].then.deploy: no version is called 8; known: 7",
        "happens[1].then.stopDeployment: CodeDeploy does not deploy this function",
        "happens[2].then.answers: is about exactly one of version, function and url",
    ] {
        assert!(told.contains(line), "{line}\nis missing from\n{told}");
    }
}
