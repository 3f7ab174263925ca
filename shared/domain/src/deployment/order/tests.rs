//! What CodeDeploy is asked to start, and what it cannot do.

use jiff::Timestamp;

use super::*;
use crate::deployment::{Config, Mover, Timetable};
use crate::policy::Policy;
use crate::rollout::{Request, RolloutId};
use crate::target::Version;

fn policy(lines: &str) -> Policy {
    let target = "target: { codeDeploy: { application: shop, group: checkout } }";
    let text = format!("version: 1\nname: p\n{target}\n{lines}");
    Policy::from_yaml(&text).unwrap_or_else(|faults| panic!("{faults}"))
}

fn configured(platform: Platform, strategy: &str) -> Option<Config> {
    let policy = policy(&format!("strategy: {strategy}"));
    config(platform, &policy).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// The name of CodeDeploy's own configuration.
fn default(platform: Platform, strategy: &str) -> String {
    let config = configured(platform, strategy).unwrap();
    assert_eq!(config.creates, None, "{strategy}");
    config.name
}

fn refused(platform: Platform, lines: &str) -> String {
    config(platform, &policy(lines)).unwrap_err().join("\n")
}

#[test]
fn what_code_deploy_has_a_name_for_is_asked_for_by_it() {
    for plain in
        ["Canary10Percent5Minutes", "Canary10Percent30Minutes", "Linear10PercentEvery1Minute", "AllAtOnce"]
    {
        let name = format!("CodeDeployDefault.Lambda{plain}");
        assert_eq!(default(Platform::Lambda, plain), name);
        assert_eq!(default(Platform::Lambda, &name), name);
    }
    for plain in
        ["Canary10Percent5Minutes", "Canary10Percent15Minutes", "Linear10PercentEvery1Minutes", "AllAtOnce"]
    {
        let name = format!("CodeDeployDefault.ECS{plain}");
        assert_eq!(default(Platform::Ecs, plain), name);
        assert_eq!(default(Platform::Ecs, &name), name);
    }
    let steps = "{ steps: [{ setWeight: 10 }, { bake: 5m }] }";
    assert_eq!(default(Platform::Ecs, steps), "CodeDeployDefault.ECSCanary10Percent5Minutes");
    assert_eq!(default(Platform::Server, "AllAtOnce"), "CodeDeployDefault.AllAtOnce");
}

#[test]
fn other_numbers_make_a_configuration_of_our_own() {
    let own = |name: &str, timetable| Some(Config { name: name.to_owned(), creates: Some(timetable) });
    assert_eq!(
        configured(Platform::Lambda, "Canary15Percent7Minutes"),
        own("TidegateCanary15Percent7Minutes", Timetable::Canary { percent: 15, minutes: 7 })
    );
    assert_eq!(
        configured(Platform::Ecs, "Canary10Percent10Minutes"),
        own("TidegateEcsCanary10Percent10Minutes", Timetable::Canary { percent: 10, minutes: 10 })
    );
    assert_eq!(
        configured(Platform::Lambda, "Linear30PercentEvery1Minute"),
        own("TidegateLinear30PercentEvery1Minute", Timetable::Linear { percent: 30, minutes: 1 })
    );
    assert_eq!(
        configured(Platform::Ecs, "Linear10PercentEvery2Minutes"),
        own("TidegateEcsLinear10PercentEvery2Minutes", Timetable::Linear { percent: 10, minutes: 2 })
    );
}

#[test]
fn a_strategy_that_is_not_stated_is_the_groups_own() {
    for platform in [Platform::Lambda, Platform::Ecs, Platform::Server] {
        assert_eq!(config(platform, &policy("")), Ok(None));
    }
}

#[test]
fn what_code_deploy_cannot_do_is_refused_with_what_can() {
    let steps = |steps: &str| format!("strategy: {{ steps: [{steps}] }}");
    let uneven = steps(
        "{ setWeight: 5 }, { bake: 5m }, { setWeight: 25 }, { bake: 5m }, { setWeight: 50 }, { bake: 5m }",
    );
    assert_eq!(
        refused(Platform::Lambda, &uneven),
        "strategy.steps: CodeDeploy has two steps (canary) or equal ones (linear); for 5, 25, 50 %, use target lambda, whose \
         weights Tidegate moves itself, or write equal steps with equal bakes up to 100 %, like Linear10PercentEvery5Minutes"
    );
    assert_eq!(
        refused(Platform::Ecs, &uneven),
        "strategy.steps: CodeDeploy has two steps (canary) or equal ones (linear); for 5, 25, 50 %, write equal steps with \
         equal bakes up to 100 %, like Linear10PercentEvery5Minutes"
    );
    let stops_early = steps("{ setWeight: 10 }, { bake: 5m }, { setWeight: 20 }, { bake: 5m }");
    let other_bakes = steps("{ setWeight: 40 }, { bake: 5m }, { setWeight: 80 }, { bake: 6m }");
    for lines in [stops_early, other_bakes] {
        assert!(
            refused(Platform::Ecs, &lines).contains("two steps (canary) or equal ones (linear)"),
            "{lines}"
        );
    }
    let all = "strategy: { steps: [{ setWeight: 2.5 }, { bake: 90s }, { pause: {} }, { setWeight: 5 }, { bake: 3d }] }\n\
               flags: [{ flag: f, at: 5%, application: a, environment: e, profile: p }]";
    let expected = "\
flags: CodeDeploy does not wait at a step for a flag; switch it at beforeTraffic or promotion
strategy.steps: CodeDeploy moves by a timetable and has no pause; leave the pauses out
strategy.steps: 2.5 % is no whole percentage, and CodeDeploy knows no others; write whole ones
strategy.steps: 1m30s is no whole number of minutes, and CodeDeploy counts in those; write one like 5m
strategy.steps: CodeDeploy has two steps (canary) or equal ones (linear); for 2.5, 5 %, write equal steps with equal bakes up to 100 %, like Linear10PercentEvery5Minutes";
    assert_eq!(refused(Platform::Ecs, all), expected);
    assert_eq!(
        refused(Platform::Lambda, "strategy: Canary10Percent2881Minutes"),
        "strategy.steps: the bakes add up to 2d1m, and CodeDeploy takes at most 2d; use target lambda, whose weights Tidegate \
         moves itself, or shorten them"
    );
    assert_eq!(
        refused(Platform::Server, "strategy: Canary10Percent5Minutes"),
        "strategy: on instances CodeDeploy divides no traffic between versions; leave strategy out, so that the group's own \
         configuration counts, or write strategy: AllAtOnce"
    );
}

fn rollout(platform: Platform, settings: &[(&str, &str)], candidate: &str, lines: &str) -> Rollout {
    let group = Group { application: "shop".to_owned(), name: "checkout".to_owned() };
    let all = [("application", "shop"), ("group", "checkout")].iter().chain(settings);
    let asked =
        Target::new("codeDeploy", all.map(|(name, value)| ((*name).into(), (*value).into())).collect());
    let mut rollout = Rollout::queued(
        RolloutId("checkout-9".to_owned()),
        Target::code_deploy(&group),
        Version(candidate.to_owned()),
        policy(lines),
        Request::default(),
        Timestamp::UNIX_EPOCH,
    );
    rollout.mover = Mover::CodeDeploy(Box::new(CodeDeploy {
        group,
        platform,
        id: None,
        asked: Some(asked),
        has_alarms: false,
        red: Vec::new(),
        status: None,
        target_groups: None,
        compared: None,
    }));
    rollout
}

fn ordered(rollout: &Rollout) -> Order {
    order(rollout).unwrap_or_else(|problems| panic!("{problems:?}")).unwrap()
}

fn spec(rollout: &Rollout) -> Value {
    match ordered(rollout).revision {
        Revision::AppSpec(text) => serde_json::from_str(&text).unwrap(),
        Revision::Bundle(version) => panic!("{version} is no AppSpec"),
    }
}

const LAMBDA: [(&str, &str); 2] = [("function", "checkout"), ("alias", "live")];
const ECS: [(&str, &str); 2] = [("container", "web"), ("port", "8080")];

fn of_lambda(settings: &[(&str, &str)], lines: &str) -> Rollout {
    let stable = Some(Version("8".to_owned()));
    Rollout { stable, ..rollout(Platform::Lambda, &[&LAMBDA, settings].concat(), "9", lines) }
}

#[test]
fn an_alias_is_deployed_from_its_version_to_the_candidate() {
    let resource = json!({ "checkout": { "Type": "AWS::Lambda::Function", "Properties": {
        "Name": "checkout", "Alias": "live", "CurrentVersion": "8", "TargetVersion": "9"
    } } });
    assert_eq!(spec(&of_lambda(&[], "")), json!({ "version": 0.0, "Resources": [resource] }));
    let hook = "CodeDeployHook_tidegate";
    let hooks = json!([{ "BeforeAllowTraffic": hook }, { "AfterAllowTraffic": hook }]);
    let hooked = spec(&of_lambda(&[("hook", hook)], ""));
    assert_eq!(hooked, json!({ "version": 0.0, "Resources": [resource], "Hooks": hooks }));
    let order = ordered(&of_lambda(&[], "strategy: Canary10Percent5Minutes"));
    assert_eq!(order.group.to_string(), "shop/checkout");
    assert_eq!(order.config.unwrap().name, "CodeDeployDefault.LambdaCanary10Percent5Minutes");
}

#[test]
fn a_service_is_deployed_with_its_container_and_port() {
    let with = |more: &[(&str, &str)]| spec(&rollout(Platform::Ecs, &[&ECS, more].concat(), "web:42", ""));
    let resource = |definition: &str| {
        json!({ "TargetService": { "Type": "AWS::ECS::Service", "Properties": {
            "TaskDefinition": definition, "LoadBalancerInfo": { "ContainerName": "web", "ContainerPort": 8080 }
        } } })
    };
    assert_eq!(with(&[]), json!({ "version": 0.0, "Resources": [resource("web:42")] }));
    let arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:42";
    let hooks = json!([{ "AfterAllowTestTraffic": "h" }, { "BeforeAllowTraffic": "h" }, { "AfterAllowTraffic": "h" }]);
    let whole = with(&[("taskDefinition", arn), ("hook", "h")]);
    assert_eq!(whole, json!({ "version": 0.0, "Resources": [resource(arn)], "Hooks": hooks }));
}

#[test]
fn instances_are_deployed_a_bundle_in_the_way_of_their_group() {
    let order = ordered(&rollout(Platform::Server, &[], "s3://bucket/app.zip", ""));
    assert_eq!(order.revision, Revision::Bundle(Version("s3://bucket/app.zip".to_owned())));
    assert_eq!(order.config, None);
}

#[test]
fn what_a_deployment_lacks_is_told_at_once() {
    let problems = |rollout: &Rollout| order(rollout).unwrap_err().join("\n");
    let expected = "\
strategy.steps: CodeDeploy moves by a timetable and has no pause; leave the pauses out
group shop/checkout deploys to ECS: version \"8\" is no revision of a task definition; its family and its number, like web:42, or its ARN
target.codeDeploy.container: is missing; group shop/checkout deploys to ECS, whose AppSpec names it
target.codeDeploy.port: is missing; group shop/checkout deploys to ECS, whose AppSpec names it";
    let paused = "strategy: { steps: [{ setWeight: 10 }, { bake: 5m }, { pause: {} }] }";
    assert_eq!(problems(&rollout(Platform::Ecs, &[], "8", paused)), expected);
    assert_eq!(
        problems(&rollout(Platform::Lambda, &LAMBDA, "9", "")),
        "alias live of checkout has no version that is known, and CodeDeploy asks from which one to go on"
    );
}

#[test]
fn what_somebody_else_started_or_tidegate_moves_is_not_started() {
    let mut rollout = of_lambda(&[], "");
    if let Mover::CodeDeploy(moves) = &mut rollout.mover {
        moves.asked = None;
    }
    assert_eq!(order(&rollout), Ok(None));
    rollout.mover = Mover::Tidegate;
    assert_eq!(order(&rollout), Ok(None));
}

#[test]
fn code_deploy_looks_at_the_policys_alarms_where_the_group_has_none() {
    let named = |count: u32| {
        let alarm = |i| format!("{{ name: alarm-{i} }}");
        let alarms: Vec<String> = (0..count).map(alarm).collect();
        format!("analysis: {{ alarms: [{{ name: held, action: hold }}, {}] }}", alarms.join(", "))
    };
    assert_eq!(ordered(&of_lambda(&[], "")).alarms, None);
    assert_eq!(
        ordered(&of_lambda(&[], &named(2))).alarms,
        Some(vec!["alarm-0".to_owned(), "alarm-1".to_owned()])
    );
    assert_eq!(ordered(&of_lambda(&[], &named(12))).alarms.map(|alarms| alarms.len()), Some(10));
    let mut rollout = of_lambda(&[], &named(2));
    if let Mover::CodeDeploy(moves) = &mut rollout.mover {
        moves.has_alarms = true;
    }
    assert_eq!(ordered(&rollout).alarms, None);
    rollout.request.fix_forward = true;
    assert_eq!(ordered(&rollout).alarms, Some(Vec::new()), "red alarms must not stop the fix");
}
