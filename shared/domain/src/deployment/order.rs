//! From a rollout to the deployment that it has CodeDeploy start.

mod config;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use super::{CodeDeploy, Group, LifecycleEvent, Order, Platform, Revision};
use crate::policy::AlarmAction;
use crate::rollout::Rollout;
use crate::target::Target;
use crate::target::kinds::code_deploy::check_version_of;

pub use self::config::config;

/// `CreateDeployment` takes so many alarms.
const ALARMS: usize = 10;

/// What a rollout has CodeDeploy start; `None` where it starts nothing. Everything that is in the way is told at once.
pub fn order(rollout: &Rollout) -> Result<Option<Order>, Vec<String>> {
    let Some((moves, asked)) =
        rollout.mover.code_deploy().and_then(|moves| Some((moves, moves.asked.as_ref()?)))
    else {
        return Ok(None);
    };
    let config = config(moves.platform, &rollout.policy);
    let version = check_version_of(moves.platform, &rollout.candidate.0).map_err(|problem| {
        vec![format!("group {} deploys to {}: version {problem}", moves.group, moves.platform)]
    });
    let revision = revision(rollout, &moves.group, moves.platform, asked);
    match (config, version, revision) {
        (Ok(config), Ok(()), Ok(revision)) => {
            Ok(Some(Order { group: moves.group.clone(), revision, config, alarms: alarms(rollout, moves) }))
        }
        (config, version, revision) => {
            Err([config.err(), version.err(), revision.err()].into_iter().flatten().flatten().collect())
        }
    }
}

fn revision(
    rollout: &Rollout,
    group: &Group,
    platform: Platform,
    asked: &Target,
) -> Result<Revision, Vec<String>> {
    match platform {
        Platform::Lambda => lambda(rollout, group, asked).map(|spec| Revision::AppSpec(spec.to_string())),
        Platform::Ecs => ecs(rollout, group, asked).map(|spec| Revision::AppSpec(spec.to_string())),
        Platform::Server => Ok(Revision::Bundle(rollout.candidate.clone())),
    }
}

fn lambda(rollout: &Rollout, group: &Group, asked: &Target) -> Result<Value, Vec<String>> {
    let (function, alias) = (asked.setting("function"), asked.setting("alias"));
    let mut problems = missing(group, Platform::Lambda, asked, &["function", "alias"]);
    if rollout.stable.is_none() {
        problems.push(format!(
            "alias {alias} of {function} has no version that is known, and CodeDeploy asks from which one to go on"
        ));
    }
    let (Some(stable), true) = (&rollout.stable, problems.is_empty()) else { return Err(problems) };
    let properties = json!({
        "Name": function, "Alias": alias, "CurrentVersion": stable, "TargetVersion": rollout.candidate
    });
    let resource = json!({ function: { "Type": "AWS::Lambda::Function", "Properties": properties } });
    let events = [LifecycleEvent::BeforeAllowTraffic, LifecycleEvent::AfterAllowTraffic];
    Ok(app_spec(&resource, asked, &events))
}

fn ecs(rollout: &Rollout, group: &Group, asked: &Target) -> Result<Value, Vec<String>> {
    let problems = missing(group, Platform::Ecs, asked, &["container", "port"]);
    let port: Option<u16> = asked.setting("port").parse().ok();
    let (Some(port), true) = (port, problems.is_empty()) else { return Err(problems) };
    let task_definition = match asked.setting("taskDefinition") {
        "" => rollout.candidate.0.as_str(),
        arn => arn,
    };
    let properties = json!({
        "TaskDefinition": task_definition,
        "LoadBalancerInfo": { "ContainerName": asked.setting("container"), "ContainerPort": port }
    });
    let resource = json!({ "TargetService": { "Type": "AWS::ECS::Service", "Properties": properties } });
    let events = [
        LifecycleEvent::AfterAllowTestTraffic,
        LifecycleEvent::BeforeAllowTraffic,
        LifecycleEvent::AfterAllowTraffic,
    ];
    Ok(app_spec(&resource, asked, &events))
}

/// What a target does not say of a group, and has to for a deployment to be made.
fn missing(group: &Group, platform: Platform, asked: &Target, settings: &[&str]) -> Vec<String> {
    let missing = settings.iter().filter(|name| asked.setting(name).is_empty());
    let told = missing.map(|name| {
        format!("target.codeDeploy.{name}: is missing; group {group} deploys to {platform}, whose AppSpec names it")
    });
    told.collect()
}

/// The `AppSpec` of one resource, whose hooks the function of the target's setting answers.
fn app_spec(resource: &Value, asked: &Target, events: &[LifecycleEvent]) -> Value {
    let mut spec = json!({ "version": 0.0, "Resources": [resource] });
    let hook = asked.setting("hook");
    if !hook.is_empty() {
        spec["Hooks"] = events.iter().map(|event| json!({ event.name(): hook })).collect();
    }
    spec
}

/// Which alarms CodeDeploy looks at. None in a fix, which begins while they are red; where the group has none of its own, those
/// that take traffic back.
fn alarms(rollout: &Rollout, moves: &CodeDeploy) -> Option<Vec<String>> {
    if rollout.request.fix_forward {
        return Some(Vec::new());
    }
    let rules = rollout.policy.analysis.alarms.iter().filter(|rule| rule.action == AlarmAction::RollBack);
    let names: Vec<String> = rules.map(|rule| rule.name.clone()).take(ALARMS).collect();
    (!moves.has_alarms && !names.is_empty()).then_some(names)
}
