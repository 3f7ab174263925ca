//! New deployments: those that somebody creates, and those that CodeDeploy creates to take one back.

use std::collections::BTreeSet;

use tidegate_domain::deployment::{
    DeploymentId, DeploymentStatus, Group, LifecycleEvent, Platform, TargetGroups, Timetable,
};
use tidegate_domain::target::Version;
use tidegate_domain::units::Weight;
use tidegate_engine::ports::FaultKind;

use super::running::Move;
use super::{Deployed, DeploymentGroup, stages};
use crate::queue::Due;
use crate::state::State as Cloud;
use crate::world::traffic::later;

/// What a deployment is created from.
pub(crate) struct Creation {
    pub group: Group,
    pub description: String,
    /// The full name of its configuration; the group's own where absent.
    pub config: Option<String>,
    /// The alarms that stop it; the group's own where absent.
    pub alarms: Option<Vec<String>>,
    /// The version that has to have the traffic; whatever has it where absent.
    pub current: Option<Version>,
    pub target: Version,
    /// The lifecycle events at which it asks; the group's own where absent.
    pub hooks: Option<Vec<LifecycleEvent>>,
}

impl Cloud {
    /// Somebody creates a deployment.
    pub(crate) fn create_deployment(&mut self, creation: Creation) -> Result<DeploymentId, FaultKind> {
        let Creation { group, description, config, alarms, current, target, hooks } = creation;
        let code_deploy = &self.world.code_deploy;
        let missing = || FaultKind::Missing(format!("no deployment group is called {group}"));
        let found = code_deploy.group(&group).ok_or_else(missing)?.clone();
        if let Some(live) = code_deploy.live_in(&group) {
            let (id, status) = (&live.id, live.status);
            return Err(FaultKind::Passing(format!(
                "{group} has an active deployment already: {id}, {status}"
            )));
        }
        let config = config.unwrap_or_else(|| found.config.clone());
        let unknown =
            || FaultKind::Refused(format!("no configuration for {} is called {config}", found.platform));
        let moves = code_deploy.moves(found.platform, &config).ok_or_else(unknown)?;
        let hooks = hooks.unwrap_or_else(|| found.hooks.clone());
        let deployed = Deployed {
            current: current.or_else(|| self.deployed_in(&found)),
            alarms: alarms.unwrap_or_else(|| found.alarms.clone()),
            stages: stages::of(&found, moves, &hooks),
            ..self.fresh(&found, description, config, target)
        };
        self.note(format!("CodeDeploy {} of {group} is to deploy {}", deployed.id, deployed.target));
        Ok(self.keep(deployed))
    }

    /// A configuration is created under its name, if there is none of that name.
    pub(crate) fn create_config(&mut self, name: &str, timetable: Timetable) {
        self.world.code_deploy.configs.entry(name.to_owned()).or_insert(timetable);
    }

    /// What is deployed: an alias may have been written since the group deployed to it.
    fn deployed_in(&self, group: &DeploymentGroup) -> Option<Version> {
        let alias = self.world.carrier(&group.target).filter(|_| group.platform == Platform::Lambda);
        let deployed = group.current.as_ref()?;
        Some(alias.map_or(deployed, |alias| &alias.routing.now().primary).clone())
    }

    /// A deployment without any stage. Ids count up whatever the seed is, so that scenarios can name what follows them.
    fn fresh(
        &self,
        group: &DeploymentGroup,
        description: String,
        config: String,
        target: Version,
    ) -> Deployed {
        let number = self.world.code_deploy.deployments.len() + 1;
        Deployed {
            id: DeploymentId(format!("d-SIM{number:06}")),
            group: group.group.clone(),
            status: DeploymentStatus::Created,
            description,
            config,
            current: None,
            target,
            alarms: Vec::new(),
            moved: Weight::ZERO,
            problem: None,
            taken_back_by: None,
            takes_back: None,
            created: self.now,
            target_groups: (group.platform == Platform::Ecs).then(|| target_groups(group)),
            stages: Vec::new(),
            next: 0,
            turn: 0,
            question: None,
            answered: BTreeSet::new(),
            owes_way_back: false,
        }
    }

    fn keep(&mut self, deployed: Deployed) -> DeploymentId {
        let id = deployed.id.clone();
        self.world.code_deploy.deployments.insert(id.clone(), deployed);
        self.goes_on_in(&id, 2_000, 5_000);
        id
    }

    /// What was there before is deployed again, if there was something.
    pub(super) fn owe_way_back(&mut self, id: &DeploymentId) {
        let Some(deployed) = self.world.code_deploy.deployments.get_mut(id) else { return };
        deployed.owes_way_back = deployed.current.is_some() && deployed.takes_back.is_none();
        if deployed.owes_way_back {
            let at = later(self.now, self.order.between(2_000, 10_000));
            self.put(at, Due::CodeDeploy(Move::TakenBack(id.clone())));
        }
    }

    pub(super) fn take_back(&mut self, first: &Deployed) {
        let code_deploy = &self.world.code_deploy;
        let (Some(group), Some(stable)) = (code_deploy.group(&first.group), first.current.clone()) else {
            return;
        };
        let (description, config) = (String::new(), first.config.clone());
        let deployed = Deployed {
            current: Some(first.target.clone()),
            takes_back: Some(first.id.clone()),
            stages: stages::way_back(),
            target_groups: first.target_groups.clone().map(swapped),
            ..self.fresh(group, description, config, stable)
        };
        self.note(format!("CodeDeploy {} takes {} back", deployed.id, first.id));
        let by = self.keep(deployed);
        if let Some(first) = self.world.code_deploy.deployments.get_mut(&first.id) {
            (first.owes_way_back, first.taken_back_by) = (false, Some(by));
        }
    }
}

/// The two target groups of an ECS service, as CloudWatch names them.
pub(super) fn target_groups(group: &DeploymentGroup) -> TargetGroups {
    let service = group.target.setting("service");
    let named = |colour: &str, id: &str| format!("targetgroup/{service}-{colour}/{id}");
    let groups = TargetGroups {
        load_balancer: format!("app/{service}/50dc6c495c0c9188"),
        stable: named("blue", "6d0ecf831eec9f09"),
        candidate: Some(named("green", "73e2d6bc24d8a067")),
    };
    if group.blue_is_live { groups } else { swapped(groups) }
}

fn swapped(groups: TargetGroups) -> TargetGroups {
    let TargetGroups { load_balancer, stable, candidate } = groups;
    TargetGroups { load_balancer, candidate: Some(stable.clone()), stable: candidate.unwrap_or(stable) }
}
