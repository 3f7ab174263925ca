//! What carries the traffic, which versions it can carry, and how it divides the traffic between them.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::deployment::Group;
use crate::units::Weight;

pub mod kinds;

/// The thing whose traffic a rollout moves. The lock is on this, so that no two rollouts fight over it.
///
/// As JSON it is written as in a policy: `{"lambda": {"function": "checkout", "alias": "live"}}`. Which kinds there are and
/// what settings each has stands in [`kinds`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Written", into = "Written")]
#[schemars(with = "Written")]
pub struct Target {
    kind: String,
    settings: BTreeMap<String, String>,
}

type Written = BTreeMap<String, BTreeMap<String, String>>;

/// Something that names no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a target is one kind with its settings, like {{\"lambda\": {{\"function\": \"checkout\", \"alias\": \"live\"}}}}; found {0} kinds"
)]
pub struct NotATarget(usize);

impl Target {
    /// A target of some kind. Whether kind and settings are known is [`kinds::faults`]' to say.
    pub fn new(kind: impl Into<String>, settings: BTreeMap<String, String>) -> Self {
        Self { kind: kind.into(), settings }
    }

    /// An alias of a Lambda function.
    pub fn lambda(function: impl Into<String>, alias: impl Into<String>) -> Self {
        let settings = [("function".to_owned(), function.into()), ("alias".to_owned(), alias.into())];
        Self::new(kinds::lambda::KIND.name, settings.into())
    }

    /// An Amazon ECS service.
    pub fn ecs(cluster: impl Into<String>, service: impl Into<String>) -> Self {
        let settings = [("cluster".to_owned(), cluster.into()), ("service".to_owned(), service.into())];
        Self::new(kinds::ecs::KIND.name, settings.into())
    }

    /// A deployment group of CodeDeploy.
    pub fn code_deploy(group: &Group) -> Self {
        let settings =
            [("application".to_owned(), group.application.clone()), ("group".to_owned(), group.name.clone())];
        Self::new(kinds::code_deploy::KIND.name, settings.into())
    }

    /// The same with one more setting.
    #[must_use]
    pub fn with(mut self, setting: &str, value: &str) -> Self {
        self.settings.insert(setting.to_owned(), value.to_owned());
        self
    }

    /// Its kind, as policies name it.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// One of its settings; empty where it has none of this name.
    pub fn setting(&self, name: &str) -> &str {
        self.settings.get(name).map_or("", String::as_str)
    }

    /// The values of the settings that its kind requires, in the order in which the kind names them: `checkout`, `live`. What may
    /// be left out makes no other target.
    pub fn values(&self) -> Vec<&str> {
        match kinds::find(&self.kind) {
            Some(kind) => {
                let required = kind.settings.iter().filter(|setting| setting.required);
                required.map(|setting| self.setting(setting.name)).collect()
            }
            None => self.settings.values().map(String::as_str).collect(),
        }
    }

    /// A name unique among all targets, used as lock key and shown to people: `lambda:checkout:live`.
    pub fn key(&self) -> String {
        self.to_string()
    }
}

impl TryFrom<Written> for Target {
    type Error = NotATarget;
    fn try_from(written: Written) -> Result<Self, NotATarget> {
        let count = written.len();
        let mut kinds = written.into_iter();
        match (kinds.next(), kinds.next()) {
            (Some((kind, settings)), None) => Ok(Self { kind, settings }),
            _ => Err(NotATarget(count)),
        }
    }
}

impl From<Target> for Written {
    fn from(target: Target) -> Self {
        Self::from([(target.kind, target.settings)])
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.values().join(":"))
    }
}

/// A published version of what a target runs, such as `8` of a Lambda function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Version(pub String);

impl Version {
    /// Whether this version was published after `other`; `None` where the two have no order.
    pub fn is_newer_than(&self, other: &Self) -> Option<bool> {
        let number = |v: &Self| v.0.parse::<u64>().ok();
        Some(number(self)? > number(other)?)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a target divides its traffic: all to `primary`, but for the canary's share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Routing {
    /// The version that receives what the canary does not.
    pub primary: Version,
    /// The second version and its share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
}

/// The second version of a routing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Canary {
    /// Which version.
    pub version: Version,
    /// Its share of the traffic.
    pub weight: Weight,
}

impl Routing {
    /// All traffic to one version.
    pub fn all(version: &Version) -> Self {
        Self { primary: version.clone(), canary: None }
    }

    /// `weight` of the traffic to `candidate`, the rest to `stable`.
    pub fn split(stable: &Version, candidate: &Version, weight: Weight) -> Self {
        Self { primary: stable.clone(), canary: Some(Canary { version: candidate.clone(), weight }) }
    }

    /// The share that `version` receives.
    pub fn weight_of(&self, version: &Version) -> Weight {
        match &self.canary {
            Some(canary) if canary.version == *version => canary.weight,
            Some(canary) if self.primary == *version => canary.weight.rest(),
            None if self.primary == *version => Weight::FULL,
            Some(_) | None => Weight::ZERO,
        }
    }

    /// Whether both send the same traffic to the same versions. A canary at 0 % is no canary.
    pub fn sends_as(&self, other: &Self) -> bool {
        fn effective(routing: &Routing) -> (&Version, Option<&Canary>) {
            (&routing.primary, routing.canary.as_ref().filter(|c| c.weight > Weight::ZERO))
        }
        effective(self) == effective(other)
    }
}

impl fmt::Display for Routing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.canary {
            Some(canary) => {
                write!(f, "version {} with {} on version {}", self.primary, canary.weight, canary.version)
            }
            None => write!(f, "all traffic on version {}", self.primary),
        }
    }
}

/// The router's own mark of one state of a target, such as a Lambda alias's `RevisionId`.
///
/// It is taken when observing and used as it is when performing: a write that carries an old fence is refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Fence(pub String);

/// A routing as it was read, with the fence that was valid at that moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Observed {
    /// How the traffic was divided.
    pub routing: Routing,
    /// The mark of that state.
    pub fence: Fence,
}
