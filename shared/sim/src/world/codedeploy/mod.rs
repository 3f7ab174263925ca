//! CodeDeploy: deployment groups and their deployments. What a deployment is made of stands in `stages`, what moves it on in
//! `running`, and what it waits for in `waiting`.

mod appspec;
mod creating;
mod running;
mod stages;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tidegate_domain::deployment::{
    Content, Deployment, DeploymentId, DeploymentStatus, Group, GroupFacts, LifecycleEvent, Platform,
    TargetGroups, Timetable,
};
use tidegate_domain::target::{Target, Version};
use tidegate_domain::units::{Span, Weight};

pub(crate) use self::appspec::AppSpec;
pub(crate) use self::creating::Creation;
pub(crate) use self::running::Move;
pub(crate) use self::stages::{fits, full_name, moves};

use self::creating::target_groups;
use self::stages::Stage;
use super::World;

/// How instances get what is deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Style {
    /// Each instance gets it, batch after batch.
    InPlace,
    /// New instances have it, and replace the old ones.
    BlueGreen,
}

/// A deployment group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeploymentGroup {
    /// Its name.
    pub group: Group,
    /// What it deploys to.
    pub platform: Platform,
    /// What carries the traffic that it moves.
    pub target: Target,
    /// How it moves traffic where a deployment does not say: the full name of a configuration.
    pub config: String,
    /// Its own alarms.
    pub alarms: Vec<String>,
    /// Whether it takes back by itself what failed or what an alarm stopped.
    pub rolls_back: bool,
    /// The lifecycle events at which health-check is asked.
    pub hooks: Vec<LifecycleEvent>,
    /// How instances get what is deployed.
    pub style: Style,
    /// How many instances there are.
    pub instances: u8,
    /// How long installing takes: of all tasks, or of one batch of instances.
    pub install: Span,
    /// How long a deployment waits to be told to move traffic; not at all where this is no time.
    pub ready_wait: Span,
    /// How long a deployment waits before it ends the old version.
    pub termination_wait: Span,
    /// Its tags, or those of its ECS service.
    pub tags: BTreeMap<String, String>,
    /// What was deployed last with success.
    pub current: Option<Version>,
    /// Which of an ECS service's two target groups has the traffic between deployments.
    pub blue_is_live: bool,
}

/// A hook that was invoked and did not answer yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Question {
    at: LifecycleEvent,
    execution: String,
}

/// A deployment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Deployed {
    /// Its id.
    pub id: DeploymentId,
    /// Its group.
    pub group: Group,
    /// Where it stands.
    pub status: DeploymentStatus,
    /// What whoever created it wrote beside it.
    pub description: String,
    /// The full name of its configuration.
    pub config: String,
    /// What was deployed before.
    pub current: Option<Version>,
    /// What is deployed.
    pub target: Version,
    /// The alarms that stop it.
    pub alarms: Vec<String>,
    /// The share that it moved so far.
    pub moved: Weight,
    /// Why it failed or was stopped.
    pub problem: Option<String>,
    /// The deployment that takes it back.
    pub taken_back_by: Option<DeploymentId>,
    /// The deployment that it takes back.
    pub takes_back: Option<DeploymentId>,
    /// When it was created.
    pub created: Timestamp,
    target_groups: Option<TargetGroups>,
    stages: Vec<Stage>,
    next: usize,
    /// Counts what moved it on, so that what was due before that is known to be over.
    turn: u64,
    question: Option<Question>,
    answered: BTreeSet<String>,
    /// Whether a deployment that takes it back is about to be created.
    owes_way_back: bool,
}

impl Deployed {
    /// Whether its group can begin nothing else.
    fn keeps_group(&self) -> bool {
        !self.status.is_over() || self.owes_way_back
    }

    fn has_begun(&self) -> bool {
        !matches!(self.status, DeploymentStatus::Created | DeploymentStatus::Queued)
    }
}

/// CodeDeploy.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct CodeDeploy {
    /// The groups, by application and name.
    pub groups: BTreeMap<String, DeploymentGroup>,
    /// The deployments, by id, which is also the order in which they were created.
    pub deployments: BTreeMap<DeploymentId, Deployed>,
    /// Configurations that somebody created, by name.
    configs: BTreeMap<String, Timetable>,
}

impl CodeDeploy {
    /// The group of this name.
    pub fn group(&self, group: &Group) -> Option<&DeploymentGroup> {
        self.groups.get(&group.to_string())
    }

    /// The deployment that keeps a group from beginning another one.
    pub fn live_in(&self, group: &Group) -> Option<&Deployed> {
        self.deployments.values().find(|deployed| deployed.group == *group && deployed.keeps_group())
    }

    /// Whether any deployment goes on.
    pub fn is_busy(&self) -> bool {
        self.deployments.values().any(Deployed::keeps_group)
    }

    /// What a group says of itself. For Lambda the alias says what is deployed.
    pub(crate) fn facts(&self, group: &Group) -> Option<GroupFacts> {
        let found = self.group(group)?;
        let named =
            || (found.target.setting("cluster").to_owned(), found.target.setting("service").to_owned());
        Some(GroupFacts {
            platform: found.platform,
            service: (found.platform == Platform::Ecs).then(named),
            current: found.current.clone().filter(|_| found.platform != Platform::Lambda),
            target_groups: (found.platform == Platform::Ecs)
                .then(|| TargetGroups { candidate: None, ..target_groups(found) }),
            has_alarms: !found.alarms.is_empty(),
        })
    }
}

impl World {
    /// All that CodeDeploy tells of a deployment. What it brings and how far it is shows once it has begun.
    pub fn deployment(&self, id: &DeploymentId) -> Option<Deployment> {
        let deployed = self.code_deploy.deployments.get(id)?;
        let group = self.code_deploy.group(&deployed.group)?;
        let begun = deployed.has_begun();
        Some(Deployment {
            id: deployed.id.clone(),
            group: deployed.group.clone(),
            platform: group.platform,
            status: deployed.status,
            description: deployed.description.clone(),
            config: deployed.config.clone(),
            content: begun.then(|| content(group, deployed)),
            weight: begun.then(|| self.share(group, deployed)),
            target_groups: deployed.target_groups.clone().filter(|_| begun),
            waits_at: deployed.question.as_ref().map(|question| question.at),
            taken_back_by: deployed.taken_back_by.clone(),
            takes_back: deployed.takes_back.clone(),
            problem: deployed.problem.clone(),
            created: deployed.created,
        })
    }

    /// The candidate's share. Aliases and services tell what they do now; of instances a deployment knows what it did itself.
    fn share(&self, group: &DeploymentGroup, deployed: &Deployed) -> Weight {
        let is_final = deployed.status == DeploymentStatus::Succeeded;
        let carrier = self.carrier(&group.target).filter(|_| group.platform != Platform::Server && !is_final);
        carrier.map_or(deployed.moved, |carrier| carrier.routing.now().weight_of(&deployed.target))
    }
}

fn content(group: &DeploymentGroup, deployed: &Deployed) -> Content {
    let (current, target) = (deployed.current.clone(), deployed.target.clone());
    let named = |setting: &str| group.target.setting(setting).to_owned();
    match group.platform {
        Platform::Lambda => {
            Content::Lambda { function: named("function"), alias: named("alias"), current, target }
        }
        Platform::Ecs => {
            Content::Ecs { cluster: named("cluster"), service: named("service"), current, target }
        }
        Platform::Server => Content::Server { current, target },
    }
}
