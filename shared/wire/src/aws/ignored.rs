//! Why a message is left alone: data, so that the log says it in words and a test can match it.

use std::fmt;

use super::{AwsEvent, Reading};

/// Why Tidegate has nothing to do with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IgnoredBecause {
    /// JSON of no kind that is known here.
    NotAnEvent,
    /// A well-formed event that other people's automation may use, such as a pipeline's.
    NotOurs {
        /// The event's `source`; for a record of a queue or a stream, its `eventSource`.
        source: String,
        /// The event's `detail-type`.
        detail_type: String,
    },
    /// An SNS message that is no CloudWatch alarm.
    NotAnAlarm,
    /// An API call that AWS refused: nothing changed.
    CallFailed {
        /// The call as CloudTrail names it.
        call: String,
        /// Its error code.
        code: String,
    },
    /// An API call that neither publishes a version nor changes an alias.
    OtherCall {
        /// The call as CloudTrail names it.
        call: String,
    },
    /// An API call on a function of another account.
    OtherAccount {
        /// The call as CloudTrail names it.
        call: String,
        /// The function's account.
        account: String,
    },
    /// An API call that was only a rehearsal.
    DryRun {
        /// The call as CloudTrail names it.
        call: String,
    },
    /// New code without a new version; traffic on an alias does not see it.
    NotPublished {
        /// The function's name.
        function: String,
    },
    /// `$LATEST` cannot stand behind a weighted alias.
    LatestIsNoVersion {
        /// The function's name.
        function: String,
    },
    /// CodeDeploy speaks of one instance; the deployment's own event is the one that counts.
    OneInstance {
        /// The deployment that the instance belongs to.
        deployment_id: Option<String>,
    },
    /// An AppConfig action point other than the tick.
    OtherAction {
        /// Its `Type`.
        action: String,
    },
}

impl fmt::Display for IgnoredBecause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnEvent => f.write_str("no event that Tidegate knows"),
            Self::NotOurs { source, detail_type } => {
                write!(f, "{detail_type} from {source} is not for Tidegate")
            }
            Self::NotAnAlarm => f.write_str("the SNS message is no CloudWatch alarm"),
            Self::CallFailed { call, code } => write!(f, "{call} failed with {code}"),
            Self::OtherCall { call } => write!(f, "{call} publishes no version and changes no alias"),
            Self::OtherAccount { call, account } => {
                write!(f, "{call} was of a function of account {account}, and Tidegate acts in its own alone")
            }
            Self::DryRun { call } => write!(f, "{call} was a dry run"),
            Self::NotPublished { function } => {
                write!(f, "the code of {function} changed, but no version was published")
            }
            Self::LatestIsNoVersion { function } => {
                write!(f, "$LATEST of {function} is no published version")
            }
            Self::OneInstance { deployment_id: Some(id) } => write!(f, "one instance of CodeDeploy {id}"),
            Self::OneInstance { deployment_id: None } => {
                f.write_str("one instance of a CodeDeploy deployment")
            }
            Self::OtherAction { action } => write!(f, "the AppConfig action {action} is not the tick"),
        }
    }
}

impl From<IgnoredBecause> for Reading {
    fn from(why: IgnoredBecause) -> Self {
        Ok(AwsEvent::Ignored { why })
    }
}
