//! CodeDeploy's deployments. What CodeDeploy does not say of an ECS service, ECS is asked.
//!
//! CodeDeploy's calls carry no client token. What is over, answered or created already counts as done, so that a call may be
//! made again; [`starting`] says what that means for a creation.

mod ecs;
mod finding;
mod moving;
mod reading;
mod revision;
mod starting;
mod tagging;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tidegate_domain::deployment::{Deployment, DeploymentId, Group, GroupFacts, Order, Standing, Wait};
use tidegate_engine::ports::{Deployments, Fault, Tagged};

use crate::rights::Right;
use crate::sdk::Sdk;

/// What this adapter calls, by what is done, because no function does all of it.
pub const RIGHTS: &[(&str, &[Right])] = &[
    ("read", READS),
    ("start", STARTS),
    ("goOn", CONTINUES),
    ("stop", STOPS),
    ("answer", ANSWERS),
    ("tags", TAGS),
];

const READS: &[Right] = &[
    Right::new("codedeploy:BatchGetDeployments", "compares descriptions, to find a deployment of its own"),
    Right::new("codedeploy:BatchGetDeploymentTargets", "reads versions, weights and lifecycle events"),
    Right::new("codedeploy:GetApplicationRevision", "reads the AppSpec that names a task definition"),
    Right::new("codedeploy:GetDeployment", "reads where a deployment stands"),
    Right::new(
        "codedeploy:GetDeploymentGroup",
        "reads platform, service, load balancer and alarms of a group",
    ),
    Right::new("codedeploy:ListDeployments", "finds what is under way"),
    Right::new("codedeploy:ListDeploymentTargets", "learns the ids under which targets are read"),
    Right::new("ecs:DescribeServices", "reads which task definition has the traffic"),
    Right::new("ecs:DescribeTaskSets", "reads task definitions and target groups of both sides"),
];
const STARTS: &[Right] = &[
    Right::new("codedeploy:CreateDeployment", "starts deployments"),
    Right::new("codedeploy:CreateDeploymentConfig", "keeps the timetable of a policy"),
    Right::new(
        "codedeploy:GetDeploymentConfig",
        "CreateDeployment demands it of whoever names a configuration",
    ),
    Right::new(
        "codedeploy:RegisterApplicationRevision",
        "CreateDeployment demands it of whoever brings an AppSpec",
    ),
];
const CONTINUES: &[Right] = &[Right::new("codedeploy:ContinueDeployment", "ends a wait")];
const STOPS: &[Right] = &[Right::new("codedeploy:StopDeployment", "has CodeDeploy take the traffic back")];
const ANSWERS: &[Right] =
    &[Right::new("codedeploy:PutLifecycleEventHookExecutionStatus", "answers lifecycle hooks")];
const TAGS: &[Right] = &[
    Right::new("codedeploy:ListTagsForResource", "reads the policy's name from a group's tags"),
    Right::new("ecs:ListTagsForResource", "reads the policy's name from a service's tags"),
];

/// The deployments port on CodeDeploy.
#[derive(Debug)]
pub struct CodeDeploy {
    sdk: Arc<Sdk>,
}

impl CodeDeploy {
    pub(crate) const fn new(sdk: Arc<Sdk>) -> Self {
        Self { sdk }
    }
}

#[async_trait]
impl Deployments for CodeDeploy {
    async fn standing(&self, id: &DeploymentId) -> Result<Standing, Fault> {
        self.read_standing(id).await
    }

    async fn get(&self, id: &DeploymentId) -> Result<Deployment, Fault> {
        self.read(id).await
    }

    async fn group(&self, group: &Group) -> Result<GroupFacts, Fault> {
        self.read_group(group).await
    }

    async fn under_way(&self, since: Timestamp) -> Result<Vec<DeploymentId>, Fault> {
        self.not_over(None, Some(since)).await
    }

    async fn under_way_in(&self, group: &Group) -> Result<Vec<DeploymentId>, Fault> {
        self.not_over(Some(group), None).await
    }

    async fn find(
        &self,
        group: &Group,
        description: &str,
        since: Timestamp,
    ) -> Result<Option<DeploymentId>, Fault> {
        self.described(group, description, since).await
    }

    async fn start(&self, order: &Order, description: &str) -> Result<DeploymentId, Fault> {
        self.create(order, description).await
    }

    async fn go_on(&self, id: &DeploymentId, wait: Wait) -> Result<(), Fault> {
        self.end_wait(id, wait).await
    }

    async fn stop(&self, id: &DeploymentId) -> Result<(), Fault> {
        self.take_back(id).await
    }

    async fn answer_hook(&self, id: &DeploymentId, execution: &str, passed: bool) -> Result<(), Fault> {
        self.answer(id, execution, passed).await
    }

    async fn tagged(&self, deployment: &Deployment) -> Result<Option<Tagged>, Fault> {
        self.read_tags(&deployment.group).await
    }
}
