//! What Tidegate answers when an AWS service asks whether a deployment may go on.
//!
//! The shapes allow only what the services accept; a wrong one counts as a refusal and rolls back.

use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// The answer to a [`CodeDeployHook`](super::CodeDeployHook): the input of
/// `PutLifecycleEventHookExecutionStatus`. The function's own return value means nothing to CodeDeploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeDeployHookAnswer {
    /// The deployment that asked.
    pub deployment_id: String,
    /// The question's token.
    pub lifecycle_event_hook_execution_id: String,
    /// The answer.
    pub status: CodeDeployHookStatus,
}

/// The two answers that CodeDeploy takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum CodeDeployHookStatus {
    /// It may go on.
    Succeeded,
    /// It must roll back.
    Failed,
}

/// The answer to an [`EcsHook`](super::EcsHook), returned by the function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EcsHookAnswer {
    /// It may go on.
    Succeeded,
    /// It must roll back.
    Failed,
    /// Ask again.
    InProgress {
        /// After how long, in whole seconds; a started second counts.
        call_back_after: Duration,
        /// What Amazon ECS is to hand back with the next question; empty leaves it out.
        details: Map<String, Value>,
    },
}

impl Serialize for EcsHookAnswer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire<'a> {
            hook_status: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            call_back_delay: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            hook_details: Option<&'a Map<String, Value>>,
        }
        let done = |hook_status| Wire { hook_status, call_back_delay: None, hook_details: None };
        match self {
            Self::Succeeded => done("SUCCEEDED"),
            Self::Failed => done("FAILED"),
            Self::InProgress { call_back_after, details } => Wire {
                hook_status: "IN_PROGRESS",
                call_back_delay: Some(
                    call_back_after.as_secs().saturating_add(u64::from(call_back_after.subsec_nanos() > 0)),
                ),
                hook_details: Some(details).filter(|details| !details.is_empty()),
            },
        }
        .serialize(serializer)
    }
}

/// The answer to an [`AppConfigTick`](super::AppConfigTick), returned by the function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "Directive")]
pub enum AppConfigDirective {
    /// It may go on.
    #[serde(rename = "CONTINUE")]
    Continue,
    /// It must be taken back.
    #[serde(rename = "ROLL_BACK")]
    RollBack {
        /// Why, for people.
        #[serde(rename = "Description")]
        description: String,
    },
}
