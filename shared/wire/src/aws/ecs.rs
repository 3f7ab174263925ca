//! Amazon ECS: lifecycle hooks that it invokes functions with, and the state changes of hooks and
//! deployments.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

use super::fields::Fields;
use super::words::open_words;
use super::{AwsEvent, Reading};

open_words! {
    /// The stages of an Amazon ECS service deployment.
    LifecycleStage {
        /// Only when a deployment starts while several revisions are active.
        ReconcileService = "RECONCILE_SERVICE",
        /// The new revision has not started.
        PreScaleUp = "PRE_SCALE_UP",
        /// The new revision is starting.
        ScaleUp = "SCALE_UP",
        /// The new revision has started and has no traffic.
        PostScaleUp = "POST_SCALE_UP",
        /// Test traffic is moving. It can come again, also on the way back.
        TestTrafficShift = "TEST_TRAFFIC_SHIFT",
        /// All test traffic is on the new revision.
        PostTestTrafficShift = "POST_TEST_TRAFFIC_SHIFT",
        /// Before each step of a linear or canary shift.
        PreProductionTrafficShift = "PRE_PRODUCTION_TRAFFIC_SHIFT",
        /// Production traffic is moving. It can come again, also on the way back.
        ProductionTrafficShift = "PRODUCTION_TRAFFIC_SHIFT",
        /// All production traffic is on the new revision.
        PostProductionTrafficShift = "POST_PRODUCTION_TRAFFIC_SHIFT",
        /// Both revisions run while alarms are watched.
        BakeTime = "BAKE_TIME",
        /// The old revision is going.
        CleanUp = "CLEAN_UP",
    }
}

/// Amazon ECS asks at a lifecycle stage whether it may go on; the answer is
/// [`EcsHookAnswer`](super::EcsHookAnswer). An error instead of an answer rolls the deployment back, so that nothing in
/// the payload is so needed that its absence would leave the question without an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct EcsHook {
    /// The question's id, the same each time it is asked again. The flat form has none.
    pub execution_id: Option<String>,
    /// The stage asked about. The flat form has none.
    pub lifecycle_stage: Option<LifecycleStage>,
    /// The service being deployed.
    pub service_arn: Option<String>,
    /// The service deployment; `resourceArn` in the payload. The flat form has none.
    pub service_deployment_arn: Option<String>,
    /// The service revision that is coming in.
    pub target_revision: Option<String>,
    /// Percent of the test traffic by service revision; empty before any of it moves. What is no share is left out.
    pub test_weights: BTreeMap<String, f64>,
    /// Percent of the production traffic by service revision, as above.
    pub production_weights: BTreeMap<String, f64>,
    /// The hook's own settings, or what the last answer asked to be told again. Null if there is none.
    pub details: Value,
}

impl fmt::Display for EcsHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = self.service_arn.as_deref().unwrap_or("a service");
        match &self.lifecycle_stage {
            Some(stage) => write!(f, "Amazon ECS asks at {stage} about {service}"),
            None => write!(f, "Amazon ECS asks about {service}"),
        }
    }
}

/// A hook of an Amazon ECS deployment changed its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcsHookChanged {
    /// The event's own id, the same on every delivery.
    pub event_id: String,
    /// What the hook is in now.
    pub state: EcsHookState,
    /// The hook, for `ContinueServiceDeployment`.
    pub hook_id: String,
    /// `PAUSE` or `AWS_LAMBDA`.
    pub hook_type: Option<String>,
    /// The stage that the hook stands at.
    pub lifecycle_stage: LifecycleStage,
    /// The cluster.
    pub cluster_arn: Option<String>,
    /// The service being deployed.
    pub service_arn: String,
    /// The service deployment, for `ContinueServiceDeployment`.
    pub service_deployment_arn: String,
    /// When Amazon ECS stops waiting.
    pub expires_at: Option<Timestamp>,
    /// When the state changed; where that cannot be read, when the event was sent.
    pub at: Timestamp,
}

open_words! {
    /// The states of a hook.
    EcsHookState {
        /// It runs.
        InProgress = "HOOK_IN_PROGRESS",
        /// A pause hook waits for `ContinueServiceDeployment`.
        AwaitingAction = "HOOK_AWAITING_ACTION",
        /// It let the deployment go on.
        Succeeded = "HOOK_SUCCEEDED",
        /// It refused.
        Failed = "HOOK_FAILED",
        /// Nobody answered in time.
        TimedOut = "HOOK_TIMED_OUT",
    }
}

impl fmt::Display for EcsHookChanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Amazon ECS hook at {} of {}: {}", self.lifecycle_stage, self.service_arn, self.state)
    }
}

/// An Amazon ECS deployment changed its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcsDeployment {
    /// The event's own id, the same on every delivery.
    pub event_id: String,
    /// The service being deployed.
    pub service_arn: String,
    /// The deployment, such as `ecs-svc/123`.
    pub deployment_id: String,
    /// What it is in now.
    pub state: EcsDeploymentState,
    /// Amazon ECS's words for people; may be empty.
    pub reason: String,
    /// When the state changed; where that cannot be read, when the event was sent.
    pub at: Timestamp,
}

open_words! {
    /// The states of a deployment.
    EcsDeploymentState {
        /// It runs.
        InProgress = "SERVICE_DEPLOYMENT_IN_PROGRESS",
        /// It is through.
        Completed = "SERVICE_DEPLOYMENT_COMPLETED",
        /// It failed; said only where the circuit breaker is on.
        Failed = "SERVICE_DEPLOYMENT_FAILED",
    }
}

impl fmt::Display for EcsDeployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Amazon ECS deployment {} of {}: {}", self.deployment_id, self.service_arn, self.state)
    }
}

pub(super) fn deployment(fields: &Fields<'_>) -> Reading {
    Ok(AwsEvent::EcsDeployment(EcsDeployment {
        event_id: fields.text("id")?.to_owned(),
        service_arn: fields
            .resource("a service's ARN among them", |arn| arn.contains(":service/"))?
            .to_owned(),
        deployment_id: fields.text("detail.deploymentId")?.to_owned(),
        state: EcsDeploymentState::from_word(fields.text("detail.eventName")?),
        reason: fields.optional_text("detail.reason").unwrap_or_default().to_owned(),
        at: fields.time(&["detail.updatedAt", "time"])?,
    }))
}

/// The event's `resources` can be missing, so the ARNs are taken from `detail`.
pub(super) fn hook_state(fields: &Fields<'_>) -> Reading {
    Ok(AwsEvent::EcsHookChanged(EcsHookChanged {
        event_id: fields.text("id")?.to_owned(),
        state: EcsHookState::from_word(fields.text("detail.eventName")?),
        hook_id: fields.text("detail.hookId")?.to_owned(),
        hook_type: fields.optional_text("detail.hookType").map(str::to_owned),
        lifecycle_stage: LifecycleStage::from_word(fields.text("detail.lifecycleStage")?),
        cluster_arn: fields.optional_text("detail.clusterArn").map(str::to_owned),
        service_arn: fields.text("detail.serviceArn")?.to_owned(),
        service_deployment_arn: fields.text("detail.serviceDeploymentArn")?.to_owned(),
        expires_at: fields.optional_time("detail.expiresAt"),
        at: fields.time(&["detail.updatedAt", "time"])?,
    }))
}

/// The members of the flat form that no other payload has.
const FLAT: [&str; 3] = ["targetServiceRevisionArn", "testTrafficWeights", "productionTrafficWeights"];

pub(super) fn looks_like_hook(payload: &Value) -> bool {
    let has = |member: &str| payload.get(member).is_some();
    has("executionDetails") || has("lifecycleStage") || FLAT.into_iter().any(has)
}

/// A Lambda hook's payload. What is sent nests the service and the weights in `executionDetails`; the
/// developer guide prints them flat.
pub(super) fn hook(fields: &Fields<'_>) -> AwsEvent {
    let flat = !fields.has("executionDetails") && FLAT.into_iter().any(|member| fields.has(member));
    let at = |member: &str| if flat { member.to_owned() } else { format!("executionDetails.{member}") };
    let text = |member: &str| fields.optional_text(&at(member)).map(str::to_owned);
    AwsEvent::EcsHook(EcsHook {
        execution_id: fields.optional_text("executionId").map(str::to_owned),
        lifecycle_stage: fields.optional_text("lifecycleStage").map(LifecycleStage::from_word),
        service_arn: text("serviceArn"),
        service_deployment_arn: fields.optional_text("resourceArn").map(str::to_owned),
        target_revision: text("targetServiceRevisionArn"),
        test_weights: fields.optional_shares(&at("testTrafficWeights")),
        production_weights: fields.optional_shares(&at("productionTrafficWeights")),
        details: fields.get("hookDetails").cloned().unwrap_or_default(),
    })
}
