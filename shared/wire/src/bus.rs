//! The bus contract: what Tidegate's functions and its users put on the bus, one detail type each.
//!
//! What people ask is read strictly: a slip of the pen is told. What functions tell each other may say more than this release knows,
//! because functions of two releases run side by side while an installation is updated.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidegate_domain::deployment::DeploymentId;
use tidegate_domain::effect::{Outcome, Owner};
use tidegate_domain::flag::toggle::ToggleId;
use tidegate_domain::flag::{Profile, Wanted};
use tidegate_domain::foreign;
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
    /// A toggle is to be looked at.
    FlagsDue(FlagsDue),
    /// A toggle came to its end.
    FlagsChanged(FlagsChanged),
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
    #[serde(deserialize_with = "foreign::said")]
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
    #[serde(deserialize_with = "sought")]
    pub rollout: RolloutId,
    /// What to do.
    pub verb: Verb,
    /// Who asks. The bus carries no identity: this is what the caller says.
    #[serde(deserialize_with = "foreign::said")]
    pub by: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::given")]
    pub why: Option<String>,
}

fn sought<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<RolloutId, D::Error> {
    let sought = foreign::sought(deserializer).map(RolloutId);
    sought.map_err(|error: D::Error| serde::de::Error::custom(format!("rollout: {error}")))
}

/// `Verdict Reached`: what health-check found about one version of one rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
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
#[serde(rename_all = "camelCase")]
pub struct EffectsDue {
    /// Which rollout.
    pub rollout: RolloutId,
    /// Who has to look: rules match on it.
    pub owner: Owner,
}

/// `Ticks Due`: a part of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicksDue {
    /// The rollouts to observe and judge.
    pub rollouts: Vec<RolloutId>,
    /// When the sweep began.
    #[schemars(with = "String")]
    pub swept: Timestamp,
}

/// `Deployment Found`: a deployment is under way, and nobody follows it yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentFound {
    /// Which.
    pub deployment: DeploymentId,
}

/// `Rollout Outcome`: what people are told; users may subscribe to it too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RolloutOutcome {
    /// The outcome.
    pub outcome: Outcome,
}

/// `Flag Toggle Requested`: turn a feature flag on or off, or set its attributes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlagToggleRequested {
    /// The toggle's name; the event's id where absent. The same name again is the same toggle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ToggleId>,
    /// AppConfig application, by name or id.
    pub application: String,
    /// AppConfig environment, by name or id.
    pub environment: String,
    /// AppConfig configuration profile, by name or id.
    pub profile: String,
    /// The flag's key.
    pub flag: String,
    /// The variant, of a flag that has variants. Without one, turning off turns off all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// On or off; stays as it is where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Attributes to set, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Value>,
    /// The deployment strategy's name or id; all at once where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// Ship a newest version along that somebody wrote and never deployed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ship_pending: bool,
    /// Stop somebody else's deployment in the environment for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preempt: bool,
    /// Who asks. The bus carries no identity: this is what the caller says.
    #[serde(deserialize_with = "foreign::said")]
    pub by: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::given")]
    pub why: Option<String>,
}

/// `Flags Due`: look at this toggle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlagsDue {
    /// Which toggle.
    pub toggle: ToggleId,
}

/// `Flags Changed`: a toggle came to its end. Nothing of Tidegate's waits for it; users may subscribe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlagsChanged {
    /// Which toggle.
    pub toggle: ToggleId,
    /// Whose flags.
    pub profile: Profile,
    /// What was wanted of them.
    pub wanted: Vec<Wanted>,
    /// What it came to.
    pub result: FlagsResult,
    /// Who asked, in words.
    pub by: String,
    /// What happened last, in words.
    pub why: String,
}

/// What a toggle came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FlagsResult {
    /// All clients get what was wanted, and its deployment is complete.
    Set,
    /// What was changed is as it was, but for what somebody else has changed since.
    Restored,
    /// It was refused, or AppConfig took it back.
    Failed,
}

impl Message {
    /// The detail types by which people ask for something.
    pub const REQUESTS: &'static [&'static str] =
        &["Rollout Requested", "Rollout Command", "Flag Toggle Requested"];

    /// Whether a detail type is what functions tell each other, and not what people ask.
    pub fn is_of_the_house(detail_type: &str) -> bool {
        Self::DETAIL_TYPES.contains(&detail_type) && !Self::REQUESTS.contains(&detail_type)
    }
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
    FlagsDue => "Flags Due",
    FlagsChanged => "Flags Changed",
}
