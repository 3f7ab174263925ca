//! Going on, stopping, answering: calls that may be made again, because what is over or answered already is no fault.

use aws_sdk_codedeploy::error::ProvideErrorMetadata;
use aws_sdk_codedeploy::types::{DeploymentWaitType, LifecycleEventStatus};
use tidegate_domain::deployment::{DeploymentId, Wait};
use tidegate_engine::ports::{Fault, FaultKind};

use super::CodeDeploy;
use super::reading::{events, status};
use crate::faults::fault;

/// What CodeDeploy says where nothing is left to be done.
const COMPLETED: &str = "DeploymentAlreadyCompletedException";
/// What it says where a deployment does not wait: not yet, or no longer.
const DOES_NOT_WAIT: [&str; 2] = ["DeploymentIsNotInReadyStateException", "InvalidDeploymentStatusException"];

impl CodeDeploy {
    /// A deployment that does not wait is looked at. Where it is past the wait, what was wanted is so; where it has not come to
    /// it, the fault passes with time.
    pub(super) async fn end_wait(&self, id: &DeploymentId, wait: Wait) -> Result<(), Fault> {
        let kind = match wait {
            Wait::Ready => DeploymentWaitType::ReadyWait,
            Wait::Termination => DeploymentWaitType::TerminationWait,
        };
        let call = self.sdk.codedeploy().continue_deployment().deployment_id(&id.0);
        let Err(error) = call.deployment_wait_type(kind).send().await else { return Ok(()) };
        let what = format!("ContinueDeployment {id}");
        match error.code() {
            Some(COMPLETED) => Ok(()),
            Some(code) if DOES_NOT_WAIT.contains(&code) => {
                if self.is_past(id, wait).await? {
                    return Ok(());
                }
                let not_yet = FaultKind::Passing("it has not come to where it waits".to_owned());
                Err(Fault::new(what, not_yet).because(error))
            }
            Some(_) | None => Err(fault(what, error)),
        }
    }

    /// Whether a deployment that does not wait did so before. The wait for termination is the last there is, and it is known
    /// to have begun; the wait for traffic ends with the event that moves it.
    async fn is_past(&self, id: &DeploymentId, wait: Wait) -> Result<bool, Fault> {
        let info = self.info(id).await?;
        if status(id, info.status.as_ref())?.is_over() || info.instance_termination_wait_time_started {
            return Ok(true);
        }
        match wait {
            Wait::Termination => Ok(false),
            Wait::Ready => Ok(self.target(id).await?.is_some_and(|target| {
                events(&target).iter().any(|event| {
                    let begun =
                        event.status.as_ref().is_some_and(|status| *status != LifecycleEventStatus::Pending);
                    begun && event.lifecycle_event_name.as_deref() == Some("AllowTraffic")
                })
            })),
        }
    }

    pub(super) async fn take_back(&self, id: &DeploymentId) -> Result<(), Fault> {
        let call = self.sdk.codedeploy().stop_deployment().deployment_id(&id.0).auto_rollback_enabled(true);
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some(COMPLETED) => Ok(()),
            Err(error) => Err(fault(format!("StopDeployment {id}"), error)),
        }
    }

    pub(super) async fn answer(&self, id: &DeploymentId, execution: &str, passed: bool) -> Result<(), Fault> {
        let answer = if passed { LifecycleEventStatus::Succeeded } else { LifecycleEventStatus::Failed };
        let call = self.sdk.codedeploy().put_lifecycle_event_hook_execution_status().deployment_id(&id.0);
        match call.lifecycle_event_hook_execution_id(execution).status(answer).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("LifecycleEventAlreadyCompletedException") => Ok(()),
            Err(error) => Err(fault(format!("PutLifecycleEventHookExecutionStatus {id}"), error)),
        }
    }
}
