//! What a scenario makes of CodeDeploy: groups at the start, deployments of somebody's pipeline, and what becomes of them.

use tidegate_domain::deployment::{DeploymentId, Platform, Wait};
use tidegate_domain::policy::Policy;
use tidegate_domain::target::Version;

use crate::dice::whole;
use crate::scenario::{AnswersPlan, CodeDeployPlan, DeployPlan, FunctionPlan, Scenario, StopPlan};
use crate::state::State;
use crate::world::codedeploy::{Creation, full_name};
use crate::world::{Answers, DeploymentGroup};

/// The group as it stands at the start.
pub(super) fn group(
    name: &str,
    plan: &FunctionPlan,
    deploys: &CodeDeployPlan,
    policy: &Policy,
) -> DeploymentGroup {
    let tags = deploys.tagged.then(|| ("tidegate:policy".to_owned(), policy.name.clone()));
    DeploymentGroup {
        group: deploys.group(name),
        platform: deploys.platform,
        target: plan.target(name),
        config: full_name(deploys.platform, &deploys.config),
        alarms: deploys.alarms.clone(),
        rolls_back: deploys.auto_rollback,
        hooks: deploys.hooks.clone(),
        style: deploys.style,
        instances: deploys.instances,
        install: deploys.install,
        ready_wait: deploys.ready_wait,
        termination_wait: deploys.termination_wait,
        tags: tags.into_iter().collect(),
        current: (!deploys.first).then(|| plan.stable.clone()),
        blue_is_live: true,
    }
}

/// Somebody's pipeline deploys, as SAM does it: a version of a function is published, and a deployment of it created.
pub(super) fn deploy(
    state: &mut State,
    scenario: &Scenario,
    name: &str,
    plan: &FunctionPlan,
    deploy: &DeployPlan,
) {
    let Some(deploys) = &plan.code_deploy else { return };
    let DeployPlan { version, config, alarms } = deploy.clone();
    if !is_published(state, name, &version) {
        match deploys.platform {
            Platform::Lambda => super::publish(state, scenario, name, plan, &version),
            Platform::Ecs | Platform::Server => super::exists(state, scenario, name, plan, &version),
        }
    }
    let creation = Creation {
        group: deploys.group(name),
        description: String::new(),
        config: config.map(|config| full_name(deploys.platform, &config)),
        alarms,
        current: None,
        target: version,
        hooks: None,
    };
    if let Err(refused) = state.create_deployment(creation) {
        state.note(format!("CodeDeploy refuses what the pipeline of {name} asks for: {refused}"));
    }
}

fn is_published(state: &State, name: &str, version: &Version) -> bool {
    state.world.functions.get(name).is_some_and(|function| function.versions.contains_key(version))
}

/// Somebody stops the deployment that goes on.
pub(super) fn stop(state: &mut State, name: &str, plan: &FunctionPlan, stop: StopPlan) {
    if let Some(id) = live(state, name, plan) {
        state.note(format!("somebody stops CodeDeploy {id}"));
        state.stop_deployment(&id, Some("stopped by a person".to_owned()), stop.roll_back);
    }
}

/// Somebody continues the deployment that waits.
pub(super) fn go_on(state: &mut State, name: &str, plan: &FunctionPlan, wait: Wait) {
    if let Some(id) = live(state, name, plan) {
        state.note(format!("somebody continues CodeDeploy {id}"));
        state.end_wait(&id, wait);
    }
}

fn live(state: &State, name: &str, plan: &FunctionPlan) -> Option<DeploymentId> {
    let group = plan.code_deploy.as_ref()?.group(name);
    state.world.code_deploy.live_in(&group).map(|live| live.id.clone())
}

/// Something answers otherwise from now on.
pub(super) fn answers(state: &mut State, name: &str, plan: &AnswersPlan) {
    let AnswersPlan { status, body, error, takes, .. } = plan.clone();
    for whose in plan.names(name) {
        let takes = whole(takes.0);
        let answers = Answers { status, body: body.clone(), error: error.clone(), takes, since: state.now };
        state.note(format!("{whose} answers {status} from now on: {body}"));
        state.world.answers.insert(whose, answers);
    }
}
