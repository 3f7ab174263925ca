//! Feature flags: what is wanted of one, what its document says, and what was changed so that it can be put back.

mod deployed;
mod document;
mod guard;
pub mod toggle;

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use deployed::{Content, FlagDeployment, FlagState, HostedVersion, REVERTIBLE, Read, version_in_force};
pub use document::{Document, Restored};
pub use guard::FlagGuard;

/// A configuration profile as it is deployed to one environment, by names or by ids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// AppConfig application.
    pub application: String,
    /// AppConfig environment.
    pub environment: String,
    /// AppConfig configuration profile.
    pub profile: String,
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.application, self.environment, self.profile)
    }
}

/// What is wanted of one flag; what is not named stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Wanted {
    /// The flag's key.
    pub flag: String,
    /// The variant, of a flag that has variants. Without one, turning off turns off all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// On or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Attributes by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Value>,
}

/// `new-basket on`, `new-basket (variant eu) limit=20`.
impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.flag)?;
        if let Some(variant) = &self.variant {
            write!(f, " (variant {variant})")?;
        }
        if let Some(enabled) = self.enabled {
            f.write_str(if enabled { " on" } else { " off" })?;
        }
        self.attributes.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

/// One value in a document of flags: `enabled` of a flag, or one of its attributes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spot {
    /// The flag's key.
    pub flag: String,
    /// The variant, of a flag that has variants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// `enabled`, or the attribute's name.
    pub member: String,
}

/// `new-basket enabled`, `new-basket colour`, `new-basket (variant eu) enabled`.
impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { flag, variant, member } = self;
        match variant {
            Some(variant) => write!(f, "{flag} (variant {variant}) {member}"),
            None => write!(f, "{flag} {member}"),
        }
    }
}

/// A value that was, or is to be, changed; as JSON text, so that it can be put back as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Edit {
    /// Which value.
    pub at: Spot,
    /// What it was; `None` where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What it becomes; `None` to remove it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}
