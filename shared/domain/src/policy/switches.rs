//! Flags of a policy: those that a rollout switches, and those that an alarm turns off.

use serde::{Deserialize, Serialize};

use crate::flag::{Profile, Wanted};
use crate::units::Weight;

/// A feature flag that a rollout switches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FlagChange {
    /// What becomes of the flag.
    #[serde(flatten)]
    pub wanted: Wanted,
    /// When it switches.
    pub at: FlagMoment,
    /// Where it is deployed.
    #[serde(flatten)]
    pub profile: Profile,
    /// The AppConfig deployment strategy's name or id; all at once where unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// Whether a newest version that somebody wrote and never deployed is shipped along.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ship_pending: bool,
}

/// A flag that is turned off, all at once, when an alarm fires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KillSwitch {
    /// The alarm's name.
    pub alarm: String,
    /// The flag's key.
    pub flag: String,
    /// The variant, of a flag that has variants; all of them where unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Where it is deployed.
    #[serde(flatten)]
    pub profile: Profile,
    /// Whether somebody else's deployment in the environment is stopped for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preempt: bool,
}

/// When a flag switches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FlagMoment {
    /// Before any traffic.
    BeforeTraffic,
    /// With the step of this weight.
    Weight(Weight),
    /// After full promotion.
    Promotion,
}
