//! The events that AWS sends, as Tidegate sees them; each kind is described in the file of its service.

use std::fmt;

use super::{
    AlarmChanged, AliasChanged, AppConfigDeployment, AppConfigTick, CodeDeployDeployment, CodeDeployHook,
    EcsDeployment, EcsHook, EcsHookChanged, IgnoredBecause, LambdaDestinationFailure, Sweep,
    VersionPublished,
};

/// One message from AWS. Displayed, it is one line that reads alone.
#[derive(Debug, Clone, PartialEq)]
pub enum AwsEvent {
    /// Somebody published a Lambda version.
    VersionPublished(VersionPublished),
    /// Somebody, perhaps Tidegate itself, changed a Lambda alias.
    AliasChanged(AliasChanged),
    /// A CloudWatch alarm, metric or composite, changed its state.
    AlarmChanged(AlarmChanged),
    /// A CodeDeploy deployment changed its state.
    CodeDeployDeployment(CodeDeployDeployment),
    /// CodeDeploy asks whether it may go on; it waits for an API call.
    CodeDeployHook(CodeDeployHook),
    /// Amazon ECS asks whether it may go on; it waits for this function's answer.
    EcsHook(EcsHook),
    /// A hook of an Amazon ECS deployment changed its state; a pause hook waits for an API call.
    EcsHookChanged(EcsHookChanged),
    /// An Amazon ECS deployment changed its state.
    EcsDeployment(EcsDeployment),
    /// AppConfig asks whether a deployment may go on; it waits for this function's answer.
    AppConfigTick(AppConfigTick),
    /// An AppConfig deployment moved.
    AppConfigDeployment(AppConfigDeployment),
    /// The schedule says that it is time to look at all live rollouts.
    Sweep(Sweep),
    /// An asynchronous invocation of a function failed for good.
    LambdaDestinationFailure(LambdaDestinationFailure),
    /// Nothing for Tidegate to do.
    Ignored {
        /// The reason, for the log.
        why: IgnoredBecause,
    },
}

impl fmt::Display for AwsEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::VersionPublished(event) => event.fmt(f),
            Self::AliasChanged(event) => event.fmt(f),
            Self::AlarmChanged(event) => event.fmt(f),
            Self::CodeDeployDeployment(event) => event.fmt(f),
            Self::CodeDeployHook(event) => event.fmt(f),
            Self::EcsHook(event) => event.fmt(f),
            Self::EcsHookChanged(event) => event.fmt(f),
            Self::EcsDeployment(event) => event.fmt(f),
            Self::AppConfigTick(event) => event.fmt(f),
            Self::AppConfigDeployment(event) => event.fmt(f),
            Self::Sweep(event) => event.fmt(f),
            Self::LambdaDestinationFailure(event) => event.fmt(f),
            Self::Ignored { why } => write!(f, "ignored: {why}"),
        }
    }
}
