//! What a scenario says of things that are not there.

use tidegate_domain::deployment::Platform;
use tidegate_domain::policy::{Fault, Policy};
use tidegate_domain::target::{Routing, Version, kinds};

use super::flags::Named;
use super::{
    Action, AnswersPlan, CodeDeployPlan, DeployFlagsPlan, DeployPlan, FunctionPlan, Happening, Place,
    Scenario, StopFlagsPlan, ToggleFlagPlan, WriteFlagsPlan,
};
use crate::world::codedeploy;

/// Everything that is wrong, each with its place.
pub(super) fn faults(scenario: &Scenario) -> Vec<Fault> {
    let mut check = Check { scenario, faults: Vec::new() };
    check.policy("policy", &scenario.policy);
    if scenario.world.is_empty() {
        check.fault("world", "has no function; at least one has to have traffic");
    }
    for (name, plan) in &scenario.world {
        check.function(name, plan);
    }
    check.app_config();
    for (name, alarm) in &scenario.alarms {
        if alarm.above.is_some() && scenario.function(alarm.on.as_deref()).is_none() {
            check.on(&format!("alarms.{name}"), alarm.on.as_deref());
        }
    }
    for (index, happening) in scenario.happens.iter().enumerate() {
        check.happening(&format!("happens[{index}]"), happening.on.as_deref(), &happening.then);
    }
    for name in scenario.expect.flags.keys() {
        check.place(&format!("expect.flags.{name}"), Named::read(name).place.as_ref());
    }
    for (name, routed) in &scenario.expect.routing {
        let at = format!("expect.routing.{name}");
        match scenario.world.get(name) {
            Some(plan) => check.routing(&at, plan, &routed.0),
            None => check.on(&at, Some(name)),
        }
    }
    check.faults
}

struct Check<'a> {
    scenario: &'a Scenario,
    faults: Vec<Fault>,
}

impl Check<'_> {
    fn fault(&mut self, path: &str, problem: impl Into<String>) {
        self.faults.push(Fault { path: path.to_owned(), problem: problem.into() });
    }

    fn policy(&mut self, at: &str, policy: &serde_json::Value) {
        let found = Policy::from_json(policy).err().into_iter().flat_map(|faults| faults.0);
        self.faults
            .extend(found.map(|Fault { path, problem }| Fault { path: format!("{at}.{path}"), problem }));
    }

    fn function(&mut self, name: &str, plan: &FunctionPlan) {
        let at = format!("world.{name}");
        self.version(&format!("{at}.stable"), plan, &plan.stable);
        let target = plan.target(name);
        if plan.target.is_some() || kinds::find(target.kind()).is_some() {
            for (path, problem) in kinds::faults(&target) {
                self.fault(&format!("{at}.target.{path}"), problem);
            }
        }
        if let Some(deploys) = &plan.code_deploy {
            self.group(&format!("{at}.codeDeploy"), deploys);
        }
        for (version, behaves) in &plan.versions {
            if let Some(when) = &behaves.when_flag {
                self.place(&format!("{at}.versions.{version}.whenFlag.in"), when.place.as_ref());
            }
            if behaves.latency.p99 <= behaves.latency.median {
                self.fault(&format!("{at}.versions.{version}.latency.p99"), "is not above the median");
            }
        }
    }

    fn group(&mut self, at: &str, deploys: &CodeDeployPlan) {
        self.config(&format!("{at}.config"), deploys, &deploys.config);
        self.alarms(&format!("{at}.alarms"), &deploys.alarms);
        for event in deploys.hooks.iter().filter(|event| !codedeploy::fits(deploys.platform, **event)) {
            let problem = format!("{} invokes no function at {event}", deploys.platform);
            self.fault(&format!("{at}.hooks"), problem);
        }
    }

    fn config(&mut self, at: &str, deploys: &CodeDeployPlan, config: &str) {
        let name = codedeploy::full_name(deploys.platform, config);
        if codedeploy::moves(deploys.platform, &name).is_none() {
            let like = match deploys.platform {
                Platform::Lambda => "AllAtOnce, Canary10Percent5Minutes, Linear10PercentEvery1Minute",
                Platform::Ecs => "AllAtOnce, Canary10Percent5Minutes, Linear10PercentEvery1Minutes",
                Platform::Server => "AllAtOnce, HalfAtATime, OneAtATime",
            };
            let problem =
                format!("no configuration for {} is called {config:?}; like {like}", deploys.platform);
            self.fault(at, problem);
        }
    }

    fn app_config(&mut self) {
        for (name, application) in &self.scenario.app_config.applications {
            for (environment, plan) in &application.environments {
                let at = format!("appConfig.applications.{name}.environments.{environment}.monitors");
                self.alarms(&at, &plan.monitors);
            }
        }
    }

    fn place(&mut self, at: &str, named: Option<&Place>) {
        let app_config = &self.scenario.app_config;
        if app_config.place(named).is_none() {
            let known = app_config.places().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            self.fault(at, format!("is in none of the places of appConfig; known: {known}"));
        }
    }

    fn alarms(&mut self, at: &str, names: &[String]) {
        for name in names {
            self.alarm(at, name);
        }
    }

    fn alarm(&mut self, at: &str, name: &str) {
        if !self.scenario.alarms.contains_key(name) {
            let known = self.scenario.alarms.keys().cloned().collect::<Vec<_>>().join(", ");
            self.fault(at, format!("no alarm is called {name:?}; known: {known}"));
        }
    }

    fn deploys(&mut self, at: &str, plan: &FunctionPlan) {
        if plan.code_deploy.is_none() {
            self.fault(at, "CodeDeploy does not deploy this function; say codeDeploy: { … } of it");
        }
    }

    fn deploy(&mut self, at: &str, plan: &FunctionPlan, deploy: &DeployPlan) {
        self.deploys(at, plan);
        self.version(at, plan, &deploy.version);
        self.alarms(&format!("{at}.alarms"), deploy.alarms.as_deref().unwrap_or_default());
        if let (Some(deploys), Some(config)) = (&plan.code_deploy, &deploy.config) {
            self.config(&format!("{at}.config"), deploys, config);
        }
    }

    fn answers(&mut self, at: &str, plan: &FunctionPlan, answers: &AnswersPlan) {
        if answers.names("").len() != 1 {
            self.fault(at, "is about exactly one of version, function and url");
        }
        if let Some(version) = &answers.version {
            self.version(&format!("{at}.version"), plan, version);
        }
    }

    fn on(&mut self, at: &str, on: Option<&str>) {
        let known = self.scenario.world.keys().cloned().collect::<Vec<_>>().join(", ");
        self.fault(
            at,
            match on {
                Some(name) => format!("no function is called {name:?}; known: {known}"),
                None => format!("there are several functions; say on: which one ({known})"),
            },
        );
    }

    fn version(&mut self, at: &str, plan: &FunctionPlan, version: &Version) {
        if !plan.versions.contains_key(version) {
            let known = plan.versions.keys().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            self.fault(at, format!("no version is called {version}; known: {known}"));
        }
    }

    fn routing(&mut self, at: &str, plan: &FunctionPlan, routing: &Routing) {
        self.version(at, plan, &routing.primary);
        if let Some(canary) = &routing.canary {
            self.version(at, plan, &canary.version);
        }
    }

    /// Something is restored only from a backup.
    fn backup(&mut self, at: &str) {
        let is_backup = |happening: &Happening| matches!(happening.then, Action::Backup(_));
        if !self.scenario.happens.iter().any(is_backup) {
            self.fault(at, "restores a table of which nothing made a backup; say backup: {} before it");
        }
    }

    fn happening(&mut self, at: &str, on: Option<&str>, action: &Action) {
        let found = self.scenario.function(on);
        let function = || found.map(|(_, plan)| plan);
        let at_then = |member: &str| format!("{at}.then.{member}");
        let needs_function = match action {
            Action::Publish(version) => {
                function().map(|plan| self.version(&at_then("publish"), plan, version))
            }
            Action::Deploy(deploy) => function().map(|plan| self.deploy(&at_then("deploy"), plan, deploy)),
            Action::StopDeployment(_) => {
                function().map(|plan| self.deploys(&at_then("stopDeployment"), plan))
            }
            Action::ContinueDeployment(_) => {
                function().map(|plan| self.deploys(&at_then("continueDeployment"), plan))
            }
            Action::Answers(answers) => {
                function().map(|plan| self.answers(&at_then("answers"), plan, answers))
            }
            Action::Start(start) => {
                function().map(|plan| self.version(&at_then("start.version"), plan, &start.version))
            }
            Action::Behaves(change) => {
                function().map(|plan| self.version(&at_then("behaves.version"), plan, &change.version))
            }
            Action::Reroute(routed) => {
                function().map(|plan| self.routing(&at_then("reroute"), plan, &routed.0))
            }
            Action::Outage(_) | Action::Traffic(_) | Action::Misroutes(_) | Action::Tagged(_) => {
                function().map(|_| ())
            }
            Action::Alarm(switch) => {
                self.alarm(&at_then("alarm.name"), &switch.name);
                Some(())
            }
            Action::WriteFlags(WriteFlagsPlan { place, .. })
            | Action::DeployFlags(DeployFlagsPlan { place, .. })
            | Action::StopFlags(StopFlagsPlan { place })
            | Action::ToggleFlag(ToggleFlagPlan { place, .. }) => {
                self.place(&at_then("in"), place.as_ref());
                Some(())
            }
            Action::Restore(_) => {
                self.backup(at);
                Some(())
            }
            Action::Policy(policy) => {
                self.policy(&at_then("policy"), policy);
                Some(())
            }
            Action::Command(_)
            | Action::Freeze(_)
            | Action::Thaw(_)
            | Action::NoSweepFor(_)
            | Action::Spoils(_)
            | Action::DeletePolicy(_)
            | Action::Skew(_)
            | Action::Update(_)
            | Action::Calm(_)
            | Action::Backup(_)
            | Action::Fault(_)
            | Action::Chances(_)
            | Action::Metrics(_)
            | Action::Event(_) => Some(()),
        };
        if needs_function.is_none() {
            self.on(&format!("{at}.on"), on);
        }
    }
}
