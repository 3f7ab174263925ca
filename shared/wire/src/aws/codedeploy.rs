//! CodeDeploy: state changes of deployments, and the lifecycle hooks that it invokes functions with.

use std::fmt;

use jiff::Timestamp;

use super::answers::{CodeDeployHookAnswer, CodeDeployHookStatus};
use super::fields::Fields;
use super::words::open_words;
use super::{AwsEvent, IgnoredBecause, Reading};

/// A CodeDeploy deployment changed its state. Delivery is best effort: the sweep finds what was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeDeployDeployment {
    /// The event's own id, the same on every delivery.
    pub event_id: String,
    /// The application's name.
    pub application: String,
    /// The deployment group's name.
    pub group: String,
    /// The deployment, such as `d-123456789`.
    pub deployment_id: String,
    /// What it is in now.
    pub state: CodeDeployState,
    /// When the event was sent.
    pub at: Timestamp,
}

open_words! {
    /// The words of the state-change event; they are not those of CodeDeploy's API.
    CodeDeployState {
        /// It has begun.
        Start = "START",
        /// It waits for `ContinueDeployment`.
        Ready = "READY",
        /// It is through.
        Success = "SUCCESS",
        /// It failed, and may be rolling back.
        Failure = "FAILURE",
        /// Somebody stopped it.
        Stop = "STOP",
    }
}

impl fmt::Display for CodeDeployDeployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { application, group, deployment_id, state, .. } = self;
        write!(f, "CodeDeploy {deployment_id} of {application}/{group}: {state}")
    }
}

/// CodeDeploy asks at a lifecycle event whether it may go on. It waits for up to an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeDeployHook {
    /// The deployment that waits.
    pub deployment_id: String,
    /// The question's token, to be handed back with the answer.
    pub hook_execution_id: String,
}

impl CodeDeployHook {
    /// The answer to this question, for `PutLifecycleEventHookExecutionStatus`.
    #[must_use]
    pub fn answer(self, status: CodeDeployHookStatus) -> CodeDeployHookAnswer {
        CodeDeployHookAnswer {
            deployment_id: self.deployment_id,
            lifecycle_event_hook_execution_id: self.hook_execution_id,
            status,
        }
    }
}

impl fmt::Display for CodeDeployHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeDeploy {} asks whether it may go on", self.deployment_id)
    }
}

pub(super) fn deployment(fields: &Fields<'_>) -> Reading {
    Ok(AwsEvent::CodeDeployDeployment(CodeDeployDeployment {
        event_id: fields.text("id")?.to_owned(),
        application: fields.text("detail.application")?.to_owned(),
        group: fields.text("detail.deploymentGroup")?.to_owned(),
        deployment_id: fields.text("detail.deploymentId")?.to_owned(),
        state: CodeDeployState::from_word(fields.text("detail.state")?),
        at: fields.time(&["time"])?,
    }))
}

pub(super) fn instance(fields: &Fields<'_>) -> Reading {
    let deployment_id = fields.optional_text("detail.deploymentId").map(str::to_owned);
    IgnoredBecause::OneInstance { deployment_id }.into()
}

pub(super) fn hook(fields: &Fields<'_>) -> Reading {
    Ok(AwsEvent::CodeDeployHook(CodeDeployHook {
        deployment_id: fields.text("DeploymentId")?.to_owned(),
        hook_execution_id: fields.text("LifecycleEventHookExecutionId")?.to_owned(),
    }))
}
