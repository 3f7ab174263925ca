//! The bus contract: what Tidegate's functions and its users put on the bus, one detail type each.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidegate_domain::deployment::DeploymentId;
use tidegate_domain::effect::{Outcome, Owner};
use tidegate_domain::rollout::RolloutId;
use tidegate_domain::target::{Target, Version};
use tidegate_domain::trigger::{Judged, Verb};

/// The source of everything that Tidegate and its users put on the bus.
pub const SOURCE: &str = "tidegate";

/// A message on the bus, by its detail type.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// Somebody asks for a rollout.
    RolloutRequested(RolloutRequested),
    /// Somebody asks something of a rollout.
    RolloutCommand(RolloutCommand),
    /// health-check reached a verdict.
    VerdictReached(VerdictReached),
    /// A function has something to do for a rollout.
    EffectsDue(EffectsDue),
    /// health-check hands a part of a sweep on to itself.
    TicksDue(TicksDue),
    /// A deployment was found under way that nobody follows.
    DeploymentFound(DeploymentFound),
    /// A rollout came to something that people are told.
    RolloutOutcome(RolloutOutcome),
    /// Somebody asks for a flag to be toggled.
    FlagToggleRequested(FlagToggleRequested),
}

/// `Rollout Requested`: start a rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RolloutRequested {
    /// The rollout's name; made from target and version where absent. The same name again is the same rollout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RolloutId>,
    /// Whose traffic; from the policy where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The version to let in.
    pub version: Version,
    /// A policy's name, or a whole policy.
    pub policy: PolicyRef,
    /// Who asks. The bus carries no identity: this is what the caller says.
    pub by: String,
    /// Start although an alarm of the policy fires; alarms then do not speak in this rollout.
    #[serde(default)]
    pub fix_forward: bool,
}

/// A policy's name, or the policy itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PolicyRef {
    /// The name of a stored policy.
    Name(String),
    /// A policy; its shape is the policy schema's.
    Inline(Value),
}

/// `Rollout Command`: promote, pause, resume, abort or retry a rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RolloutCommand {
    /// Which rollout.
    pub rollout: RolloutId,
    /// What to do.
    pub verb: Verb,
    /// Who asks. The bus carries no identity: this is what the caller says.
    pub by: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// `Verdict Reached`: what health-check found about one version of one rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerdictReached {
    /// Which rollout.
    pub rollout: RolloutId,
    /// Who decides on this verdict: rules match on it.
    pub owner: Owner,
    /// The verdict, and the version of the rollout that it is about.
    pub judged: Judged,
}

/// `Effects Due`: look at this rollout, something is pending or due.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EffectsDue {
    /// Which rollout.
    pub rollout: RolloutId,
    /// Who has to look: rules match on it.
    pub owner: Owner,
}

/// `Ticks Due`: a part of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TicksDue {
    /// The rollouts to observe and judge.
    pub rollouts: Vec<RolloutId>,
    /// When the sweep began.
    #[schemars(with = "String")]
    pub swept: Timestamp,
}

/// `Deployment Found`: a deployment is under way, and nobody follows it yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeploymentFound {
    /// Which.
    pub deployment: DeploymentId,
}

/// `Rollout Outcome`: what people are told; users may subscribe to it too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RolloutOutcome {
    /// The outcome.
    pub outcome: Outcome,
}

/// `Flag Toggle Requested`: turn a feature flag on or off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlagToggleRequested {
    /// AppConfig application.
    pub application: String,
    /// AppConfig environment.
    pub environment: String,
    /// AppConfig configuration profile.
    pub profile: String,
    /// The flag's key.
    pub flag: String,
    /// On or off.
    pub enabled: bool,
    /// Who asks. The bus carries no identity: this is what the caller says.
    pub by: String,
}

/// Declares each message's detail type once.
macro_rules! detail_types {
    ($($variant:ident => $name:literal),+ $(,)?) => {
        impl Message {
            /// Every detail type of the contract.
            pub const DETAIL_TYPES: &'static [&'static str] = &[$($name),+];

            /// Its detail type.
            pub fn detail_type(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name),+ }
            }

            /// Its detail.
            pub fn detail(&self) -> Result<String, serde_json::Error> {
                match self { $(Self::$variant(detail) => serde_json::to_string(detail)),+ }
            }

            /// Reads a message; `None` where the contract has no such detail type.
            pub fn read(detail_type: &str, detail: &Value) -> Option<Result<Self, serde_json::Error>> {
                match detail_type {
                    $($name => Some(serde_json::from_value(detail.clone()).map(Self::$variant)),)+
                    _ => None,
                }
            }

            /// The JSON Schema of every detail, by detail type.
            pub fn schemas() -> Vec<(&'static str, Value)> {
                vec![$(($name, schemars::schema_for!($variant).to_value())),+]
            }
        }
    };
}

detail_types! {
    RolloutRequested => "Rollout Requested",
    RolloutCommand => "Rollout Command",
    VerdictReached => "Verdict Reached",
    EffectsDue => "Effects Due",
    TicksDue => "Ticks Due",
    DeploymentFound => "Deployment Found",
    RolloutOutcome => "Rollout Outcome",
    FlagToggleRequested => "Flag Toggle Requested",
}
