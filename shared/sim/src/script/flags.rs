//! What a scenario makes of AppConfig: what stands there at the start, and what people do with it.

use jiff::Timestamp;
use serde_json::Value;
use tidegate_domain::flag::Profile;
use tidegate_domain::target::Version;
use tidegate_domain::units::Span;
use tidegate_wire::bus::{FlagToggleRequested, Message};

use super::{START, put};
use crate::scenario::{
    AppConfigPlan, ApplicationPlan, DeployFlagsPlan, EnvironmentPlan, Scenario, StopFlagsPlan, StrategyPlan,
    ToggleFlagPlan, VersionPlan, WhenFlagPlan, WriteFlagsPlan,
};
use crate::state::State;
use crate::world::appconfig::{
    AppConfig, Application, Environment, Growth, Hosted, Release, Released, STOPPED_BY_HAND, Stopped,
    Strategy, Where,
};
use crate::world::{Behaviour, Latency, WhenFlag};

/// Everything was deployed so long before the start.
const BEFORE: Span = Span::hours(24 * 30);

/// AppConfig as it stands at the start.
pub(super) fn staged(plan: &AppConfigPlan) -> AppConfig {
    let strategies = plan.strategies.iter().map(|(name, plan)| (name.clone(), strategy(plan)));
    let applications = plan.applications.iter().map(|(name, plan)| (name.clone(), application(plan)));
    AppConfig { applications: applications.collect(), strategies: strategies.collect() }
}

fn strategy(plan: &StrategyPlan) -> Strategy {
    let StrategyPlan { duration, growth, bake } = *plan;
    Strategy { duration, growth: Growth::Linear(growth.fraction() * 100.0), bake }
}

fn application(plan: &ApplicationPlan) -> Application {
    let hosted =
        |document: &Value| vec![Hosted { description: "the first".to_owned(), text: text(document) }];
    Application {
        environments: plan
            .environments
            .iter()
            .map(|(name, environment)| (name.clone(), deployed(environment, plan)))
            .collect(),
        profiles: plan.profiles.iter().map(|(name, document)| (name.clone(), hosted(document))).collect(),
    }
}

/// The text of a document: as it is written, or as JSON where it is written as YAML.
fn text(document: &Value) -> String {
    document.as_str().map_or_else(|| format!("{document:#}"), str::to_owned)
}

fn deployed(plan: &EnvironmentPlan, application: &ApplicationPlan) -> Environment {
    let mut environment = Environment {
        monitors: plan.monitors.clone(),
        guard: plan.guard.clone(),
        deployments: Vec::new(),
        serving: std::collections::BTreeMap::new(),
    };
    for (number, profile) in (1..).zip(application.profiles.keys()) {
        environment.deployments.push(Released::before(number, profile, BEFORE.before(START)));
        environment.serve(profile, Timestamp::MIN);
    }
    environment
}

/// How a version behaves with its flag.
pub(super) fn when_flag(
    scenario: &Scenario,
    version: &Version,
    plan: &VersionPlan,
    without: &Behaviour,
) -> Option<Box<WhenFlag>> {
    let when = plan.when_flag.as_ref()?;
    let WhenFlagPlan { flag, place, .. } = when;
    let profile = scenario.app_config.place(place.as_ref())?;
    let mut behaviour = without.clone();
    super::change(&mut behaviour, &when.change(version));
    Some(Box::new(WhenFlag { profile, flag: flag.clone(), behaviour }))
}

/// How long requests take.
pub(super) fn latency(plan: crate::scenario::LatencyPlan) -> Latency {
    Latency { median_ms: plan.median.0, p99_ms: plan.p99.0 }
}

/// Somebody writes a version: the newest one with a flag changed.
pub(super) fn write(state: &mut State, scenario: &Scenario, plan: &WriteFlagsPlan) {
    let Some(profile) = scenario.app_config.place(plan.place.as_ref()) else { return };
    let app_config = &mut state.world.app_config;
    let latest = app_config.latest(&profile).map(|latest| latest.number);
    let newest = latest.and_then(|number| app_config.text(&profile, number)).unwrap_or("{}");
    let changed = changed(newest, plan);
    let hosted = Hosted { description: "by hand".to_owned(), text: changed };
    if let Some(number) = app_config.write(&profile, latest, hosted) {
        state.note(format!("somebody writes version {number} of {profile}: {}", plan.flag));
    }
}

fn changed(text: &str, plan: &WriteFlagsPlan) -> String {
    let mut document: Value = serde_json::from_str(text).unwrap_or_default();
    let flag = &mut document["values"][&plan.flag];
    if let Some(enabled) = plan.enabled {
        flag["enabled"] = Value::from(enabled);
    }
    for (name, value) in &plan.attributes {
        flag[name] = value.clone();
    }
    format!("{document:#}")
}

/// Somebody deploys the newest version. Where the environment is busy, they learn of it and give up.
pub(super) fn deploy(state: &mut State, scenario: &Scenario, plan: &DeployFlagsPlan) {
    let Some(profile) = scenario.app_config.place(plan.place.as_ref()) else { return };
    let app_config = &state.world.app_config;
    let busy = app_config.environment(&Where::from(&profile)).and_then(Environment::under_way);
    let refused = match (app_config.latest(&profile), busy) {
        (_, Some(other)) => Err(format!("deployment {} is under way", other.number)),
        (None, None) => Err("there is no version".to_owned()),
        (Some(latest), None) => {
            state.note(format!("somebody deploys version {} of {profile}", latest.number));
            let (version, strategy) = (latest.number, plan.strategy.as_deref());
            state.release(&Release { profile: &profile, version, strategy, description: "by hand" }).map(drop)
        }
    };
    if let Err(why) = refused {
        state.note(format!("AppConfig refuses what somebody wants to deploy: {why}"));
    }
}

/// Somebody stops the deployment that is under way, or reverts the newest one.
pub(super) fn stop(state: &mut State, scenario: &Scenario, plan: &StopFlagsPlan) {
    let Some(profile) = scenario.app_config.place(plan.place.as_ref()) else { return };
    let at = Where::from(&profile);
    let Some(number) = state.world.app_config.environment(&at).and_then(Environment::last_number) else {
        return;
    };
    state.note(format!("somebody stops deployment {number} of {profile}"));
    match state.stop_flags(&at, number, STOPPED_BY_HAND) {
        Stopped::Done => {}
        Stopped::Missing => state.note(format!("there is no deployment {number}")),
        Stopped::Refused(why) => state.note(format!("AppConfig refuses to: {why}")),
    }
}

/// Somebody asks Tidegate for a flag to be toggled.
pub(super) fn toggle(state: &mut State, scenario: &Scenario, plan: &ToggleFlagPlan) {
    let Some(profile) = scenario.app_config.place(plan.place.as_ref()) else { return };
    let Profile { application, environment, profile } = profile;
    let ToggleFlagPlan { flag, id, variant, enabled, attributes, strategy, .. } = plan.clone();
    let ToggleFlagPlan { ship_pending, preempt, by, why, .. } = plan.clone();
    state.note(format!("{by} asks for flag {flag} to be toggled"));
    let requested = FlagToggleRequested {
        id,
        application,
        environment,
        profile,
        flag,
        variant,
        enabled,
        attributes,
        strategy,
        ship_pending,
        preempt,
        by,
        why,
    };
    put(state, &Message::FlagToggleRequested(requested));
}
