//! Who moves a rollout's traffic, and what it knows of that.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DeploymentId, DeploymentStatus, Group, Platform, TargetGroups};
use crate::target::Target;
use crate::verdict::Evidence;

/// Who moves a rollout's traffic.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mover {
    /// Tidegate, by the steps of the policy.
    #[default]
    Tidegate,
    /// CodeDeploy, by its own timetable.
    CodeDeploy(Box<CodeDeploy>),
}

impl Mover {
    /// What CodeDeploy does for it.
    pub const fn code_deploy(&self) -> Option<&CodeDeploy> {
        match self {
            Self::CodeDeploy(deployment) => Some(deployment),
            Self::Tidegate => None,
        }
    }

    /// Whether it is Tidegate.
    pub const fn is_tidegate(&self) -> bool {
        matches!(self, Self::Tidegate)
    }
}

/// What a rollout knows of the CodeDeploy deployment that moves its traffic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeDeploy {
    /// The group that it is in.
    pub group: Group,
    /// What it deploys to.
    pub platform: Platform,
    /// The deployment; absent until it is started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<DeploymentId>,
    /// What Tidegate was asked to start, as a target of kind `codeDeploy`; absent where somebody else started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Target>,
    /// Whether CodeDeploy looks at alarms of the group's own.
    #[serde(default)]
    pub has_alarms: bool,
    /// Alarms of the policy that fired before it began: they do not speak about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub red: Vec<String>,
    /// Where it stood when it was last read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<DeploymentStatus>,
    /// Where the two versions' requests are counted, for ECS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_groups: Option<TargetGroups>,
    /// What the comparison came to, once that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared: Option<Comparison>,
}

/// What the comparison of a candidate with stable came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// Whether the candidate is as good as stable; otherwise it could not be told.
    pub passed: bool,
    /// What the judge knew.
    pub evidence: Evidence,
}

impl CodeDeploy {
    /// A deployment of this group, of which nothing else is known yet.
    pub const fn of(group: Group, platform: Platform) -> Self {
        Self {
            group,
            platform,
            id: None,
            asked: None,
            has_alarms: false,
            red: Vec::new(),
            status: None,
            target_groups: None,
            compared: None,
        }
    }

    /// Whether Tidegate starts the deployment.
    pub const fn is_driven(&self) -> bool {
        self.asked.is_some()
    }

    /// Whether requests are counted for each version: Lambda counts them, and for ECS the load balancer does.
    pub const fn counts_by_version(&self) -> bool {
        match self.platform {
            Platform::Lambda => true,
            Platform::Ecs => self.target_groups.is_some(),
            Platform::Server => false,
        }
    }
}
