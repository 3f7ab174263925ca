//! Deployments: traffic that a service of AWS moves, which Tidegate starts or finds under way, judges and stops. Today that
//! service is CodeDeploy.

mod hook;
mod mover;
mod order;
mod ordered;

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rollout::RolloutId;
use crate::target::{Routing, Target, Version};
use crate::units::{Span, Weight};

pub use self::hook::{ANSWERED_WITHIN, HookAnswer, NAMED_WITHIN, answer};
pub use self::mover::{CodeDeploy, Comparison, Mover};
pub use self::order::{config, order};
pub use self::ordered::{Config, Order, Revision, Timetable};

/// The id of a deployment: `d-1A2B3C4D5`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct DeploymentId(pub String);

impl fmt::Display for DeploymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A deployment group of a CodeDeploy application.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// The application.
    pub application: String,
    /// The group's name.
    pub name: String,
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.application, self.name)
    }
}

/// What CodeDeploy deploys to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Platform {
    /// An alias of a Lambda function.
    Lambda,
    /// An Amazon ECS service, blue/green.
    Ecs,
    /// EC2 and on-premises instances, in place or blue/green.
    Server,
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lambda => "Lambda",
            Self::Ecs => "ECS",
            Self::Server => "EC2",
        })
    }
}

/// Where a deployment stands, in CodeDeploy's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "CodeDeploy's own words")]
pub enum DeploymentStatus {
    Created,
    Queued,
    InProgress,
    Baking,
    Ready,
    Succeeded,
    Failed,
    Stopped,
}

impl DeploymentStatus {
    /// Whether CodeDeploy moves nothing any more.
    pub const fn is_over(self) -> bool {
        match self {
            Self::Created | Self::Queued | Self::InProgress | Self::Baking | Self::Ready => false,
            Self::Succeeded | Self::Failed | Self::Stopped => true,
        }
    }
}

impl fmt::Display for DeploymentStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Created => "created",
            Self::Queued => "queued",
            Self::InProgress => "in progress",
            Self::Baking => "baking",
            Self::Ready => "ready",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        })
    }
}

/// What a deployment brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Content {
    /// A version of a Lambda function, behind an alias.
    Lambda {
        /// The function's name.
        function: String,
        /// The alias.
        alias: String,
        /// The version that has the traffic; absent at the first deployment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        current: Option<Version>,
        /// The version to deploy.
        target: Version,
    },
    /// A task definition, for a service.
    Ecs {
        /// The cluster's name.
        cluster: String,
        /// The service's name.
        service: String,
        /// The task definition that has the traffic, as `family:revision`; absent where nothing can say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        current: Option<Version>,
        /// The task definition to deploy, as `family:revision`.
        target: Version,
    },
    /// A revision for instances.
    Server {
        /// The revision that was deployed before; absent at the first deployment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        current: Option<Version>,
        /// The revision to deploy: `s3://bucket/key`, `github://owner/repository@commit`.
        target: Version,
    },
}

impl Content {
    /// What is deployed.
    pub const fn candidate(&self) -> &Version {
        match self {
            Self::Lambda { target, .. } | Self::Ecs { target, .. } | Self::Server { target, .. } => target,
        }
    }

    /// What carries the traffic that it is for; of instances that is their group.
    pub fn carrier(&self, group: &Group) -> Target {
        match self {
            Self::Lambda { function, alias, .. } => Target::lambda(function, alias),
            Self::Ecs { cluster, service, .. } => Target::ecs(cluster, service),
            Self::Server { .. } => Target::code_deploy(group),
        }
    }

    /// What had the traffic before.
    pub const fn stable(&self) -> Option<&Version> {
        match self {
            Self::Lambda { current, .. } | Self::Ecs { current, .. } | Self::Server { current, .. } => {
                current.as_ref()
            }
        }
    }
}

/// The load balancer and the target groups behind it of an ECS service in a blue/green deployment, as CloudWatch names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetGroups {
    /// `app/shop/50dc6c495c0c9188`.
    pub load_balancer: String,
    /// That of the stable version: `targetgroup/blue/6d0ecf831eec9f09`.
    pub stable: String,
    /// That of the candidate; absent until its tasks are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<String>,
}

/// A target group behind a load balancer, as CloudWatch names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetGroup {
    /// `app/shop/50dc6c495c0c9188`.
    pub load_balancer: String,
    /// `targetgroup/blue/6d0ecf831eec9f09`.
    pub name: String,
}

impl TargetGroups {
    /// That of the stable version.
    pub fn of_stable(&self) -> TargetGroup {
        TargetGroup { load_balancer: self.load_balancer.clone(), name: self.stable.clone() }
    }

    /// That of the candidate, once it is there.
    pub fn of_candidate(&self) -> Option<TargetGroup> {
        let name = self.candidate.clone()?;
        Some(TargetGroup { load_balancer: self.load_balancer.clone(), name })
    }
}

/// Where a deployment stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its id.
    pub id: DeploymentId,
    /// Where it stands.
    pub status: DeploymentStatus,
    /// The deployment that takes it back.
    pub taken_back_by: Option<DeploymentId>,
    /// Why it failed or was stopped, in CodeDeploy's words.
    pub problem: Option<String>,
}

/// A deployment as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// Its group.
    pub group: Group,
    /// What it deploys to.
    pub platform: Platform,
    /// Where it stands.
    pub status: DeploymentStatus,
    /// What whoever created it wrote beside it.
    pub description: String,
    /// The name of its deployment configuration.
    pub config: String,
    /// What it brings; `None` as long as CodeDeploy does not say, which it does once the deployment has begun.
    pub content: Option<Content>,
    /// The candidate's share of the traffic, where the deployment says it.
    pub weight: Option<Weight>,
    /// Where the two versions' requests are counted, for ECS.
    pub target_groups: Option<TargetGroups>,
    /// The lifecycle event whose hook waits for an answer.
    pub waits_at: Option<LifecycleEvent>,
    /// The deployment that takes this one back.
    pub taken_back_by: Option<DeploymentId>,
    /// The deployment that this one takes back.
    pub takes_back: Option<DeploymentId>,
    /// Why it failed or was stopped, in CodeDeploy's words.
    pub problem: Option<String>,
    /// When it was created.
    pub created: Timestamp,
}

/// A deployment that moves everything at once may be over before it is met, and so long after its beginning it still counts.
const JUST_NOW: Span = Span::minutes(30);

impl Deployment {
    /// Whether there is something to follow: it is under way, or it has just moved an alias, which can still be taken back.
    pub fn can_be_followed(&self, now: Timestamp) -> bool {
        let is_through = self.platform == Platform::Lambda && self.status == DeploymentStatus::Succeeded;
        !self.status.is_over() || (is_through && now <= JUST_NOW.after(self.created))
    }

    /// Where it stands.
    pub fn standing(&self) -> Standing {
        Standing {
            id: self.id.clone(),
            status: self.status,
            taken_back_by: self.taken_back_by.clone(),
            problem: self.problem.clone(),
        }
    }

    /// How it divides the traffic, where it says so itself. The first one divides nothing: it has all traffic, or there is none.
    pub fn routing(&self) -> Option<Routing> {
        let content = self.content.as_ref()?;
        let (candidate, weight) = (content.candidate(), self.weight?);
        match content.stable() {
            Some(stable) if weight == Weight::ZERO => Some(Routing::all(stable)),
            Some(stable) if weight < Weight::FULL => Some(Routing::split(stable, candidate, weight)),
            Some(_) => Some(Routing::all(candidate)),
            None => (weight == Weight::FULL).then(|| Routing::all(candidate)),
        }
    }
}

/// The lifecycle events at which CodeDeploy invokes a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "CodeDeploy's own words")]
pub enum LifecycleEvent {
    BeforeInstall,
    AfterInstall,
    AfterAllowTestTraffic,
    BeforeAllowTraffic,
    AfterAllowTraffic,
}

impl LifecycleEvent {
    /// All of them, in the order in which they come.
    pub const ALL: [Self; 5] = [
        Self::BeforeInstall,
        Self::AfterInstall,
        Self::AfterAllowTestTraffic,
        Self::BeforeAllowTraffic,
        Self::AfterAllowTraffic,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BeforeInstall => "BeforeInstall",
            Self::AfterInstall => "AfterInstall",
            Self::AfterAllowTestTraffic => "AfterAllowTestTraffic",
            Self::BeforeAllowTraffic => "BeforeAllowTraffic",
            Self::AfterAllowTraffic => "AfterAllowTraffic",
        }
    }
}

impl fmt::Display for LifecycleEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a deployment group says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupFacts {
    /// What it deploys to.
    pub platform: Platform,
    /// Cluster and service, where it deploys to ECS.
    pub service: Option<(String, String)>,
    /// What was deployed last with success; for ECS and instances.
    pub current: Option<Version>,
    /// Where the requests of an ECS service are counted now.
    pub target_groups: Option<TargetGroups>,
    /// Whether CodeDeploy looks at alarms of the group's own.
    pub has_alarms: bool,
}

/// The two waits that somebody may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Wait {
    /// For traffic to be moved.
    Ready,
    /// For the old version to be terminated.
    Termination,
}

/// How long CodeDeploy waits for a hook's answer.
pub const HOOK_TIME: Span = Span::hours(1);

/// What the description of a deployment that a rollout starts begins with.
pub const DESCRIBED: &str = "tidegate ";

/// The description by which a rollout finds the deployment that it started: it starts one.
pub fn description(rollout: &RolloutId) -> String {
    format!("{DESCRIBED}{rollout}")
}
