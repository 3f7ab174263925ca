//! Words of scenarios about CodeDeploy, and about what versions answer when they are asked.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use tidegate_domain::deployment::{Group, LifecycleEvent, Platform};
use tidegate_domain::target::{Target, Version};
use tidegate_domain::units::Span;

use super::words::Millis;
use crate::world::Style;

/// The deployment group by which a function's versions, a service's task definitions or revisions of instances are deployed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct CodeDeployPlan {
    /// The application's name; that of the function where absent.
    pub application: Option<String>,
    /// The group's name; that of the function where absent.
    pub group: Option<String>,
    /// What it deploys to: `lambda`, `ecs` or `server`.
    pub platform: Platform,
    /// The cluster of an ECS service; the service is called as the function.
    pub cluster: String,
    /// How it moves traffic: the name of one of CodeDeploy's configurations, with or without `CodeDeployDefault.Lambda`.
    pub config: String,
    /// Its own alarms.
    pub alarms: Vec<String>,
    /// Whether it takes back by itself what failed or what an alarm stopped.
    pub auto_rollback: bool,
    /// The lifecycle events at which health-check is asked.
    pub hooks: Vec<LifecycleEvent>,
    /// How long installing takes: of all tasks, or of one batch of instances.
    pub install: Span,
    /// How many instances there are.
    pub instances: u8,
    /// How instances get what is deployed: `inPlace` or `blueGreen`.
    pub style: Style,
    /// How long a deployment waits to be told to move traffic, and is stopped where nobody does.
    pub ready_wait: Span,
    /// How long a deployment waits before it ends the old version.
    pub termination_wait: Span,
    /// Whether the group, or its ECS service, is tagged `tidegate:policy`.
    pub tagged: bool,
    /// Whether nothing was deployed by it before.
    pub first: bool,
}

impl Default for CodeDeployPlan {
    fn default() -> Self {
        Self {
            application: None,
            group: None,
            platform: Platform::Lambda,
            cluster: "main".to_owned(),
            config: "AllAtOnce".to_owned(),
            alarms: Vec::new(),
            auto_rollback: true,
            hooks: Vec::new(),
            install: Span::minutes(2),
            instances: 4,
            style: Style::InPlace,
            ready_wait: Span::ZERO,
            termination_wait: Span::ZERO,
            tagged: false,
            first: false,
        }
    }
}

impl CodeDeployPlan {
    /// The group of the function of this name.
    pub fn group(&self, name: &str) -> Group {
        let named = |given: &Option<String>| given.clone().unwrap_or_else(|| name.to_owned());
        Group { application: named(&self.application), name: named(&self.group) }
    }

    /// What carries the traffic that it moves.
    pub fn target(&self, name: &str, alias: &str) -> Target {
        match self.platform {
            Platform::Lambda => Target::lambda(name, alias),
            Platform::Ecs => Target::ecs(&self.cluster, name),
            Platform::Server => Target::code_deploy(&self.group(name)),
        }
    }

    /// How a request names it, to have CodeDeploy move the traffic.
    pub fn asked(&self, name: &str, alias: &str) -> Target {
        let Group { application, name: group } = self.group(name);
        let mut settings = vec![("application", application), ("group", group)];
        match self.platform {
            Platform::Lambda => {
                settings.extend([("function", name.to_owned()), ("alias", alias.to_owned())]);
            }
            Platform::Ecs => {
                settings.extend([("container", name.to_owned()), ("port", "8080".to_owned())]);
            }
            Platform::Server => {}
        }
        if !self.hooks.is_empty() {
            settings.push(("hook", "CodeDeployHook_tidegate".to_owned()));
        }
        let settings = settings.into_iter().map(|(name, value)| (name.to_owned(), value));
        Target::new("codeDeploy", settings.collect())
    }
}

/// A deployment that somebody's pipeline starts: `8`, or with what differs from the group.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeployPlan {
    /// The version; it is published first where it is not yet.
    pub version: Version,
    /// How it moves traffic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// The alarms that stop it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alarms: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DeployInFull {
    version: Version,
    #[serde(default)]
    config: Option<String>,
    #[serde(default)]
    alarms: Option<Vec<String>>,
}

impl<'de> Deserialize<'de> for DeployPlan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(VersionOrMore)
    }
}

struct VersionOrMore;

impl<'de> Visitor<'de> for VersionOrMore {
    type Value = DeployPlan;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a version, like 8, or { version: 8, config: AllAtOnce, alarms: [] }")
    }

    fn visit_str<E: de::Error>(self, version: &str) -> Result<DeployPlan, E> {
        Ok(DeployPlan { version: Version(version.to_owned()), config: None, alarms: None })
    }

    fn visit_u64<E: de::Error>(self, version: u64) -> Result<DeployPlan, E> {
        self.visit_str(&version.to_string())
    }

    fn visit_i64<E: de::Error>(self, version: i64) -> Result<DeployPlan, E> {
        self.visit_str(&version.to_string())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<DeployPlan, A::Error> {
        let DeployInFull { version, config, alarms } =
            DeployInFull::deserialize(MapAccessDeserializer::new(map))?;
        Ok(DeployPlan { version, config, alarms })
    }
}

/// How somebody stops a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StopPlan {
    /// Whether CodeDeploy takes back what it moved.
    pub roll_back: bool,
}

/// What a version, another function or a URL answers from now on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnswersPlan {
    /// Which version of the function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Which other function, perhaps with an alias or a version: `smoke-test:live`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// Which URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The status of HTTP.
    #[serde(default = "fine")]
    pub status: u16,
    /// The body.
    #[serde(default = "ok")]
    pub body: String,
    /// The error of a function that fails: `Unhandled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How long it takes.
    #[serde(default = "soon")]
    pub takes: Millis,
}

impl AnswersPlan {
    /// What a version answers, soon and without an error.
    pub(crate) fn of_version(version: Version, body: &str) -> Self {
        let (status, takes) = (fine(), soon());
        Self {
            version: Some(version),
            function: None,
            url: None,
            status,
            body: body.to_owned(),
            error: None,
            takes,
        }
    }
}

const fn fine() -> u16 {
    200
}

fn ok() -> String {
    r#"{"ok":true}"#.to_owned()
}

const fn soon() -> Millis {
    Millis(40.0)
}

impl AnswersPlan {
    /// The names of what it is about: exactly one where it is in order.
    pub fn names(&self, function: &str) -> Vec<String> {
        let version = self.version.as_ref().map(|version| format!("{function}:{version}"));
        version.into_iter().chain(self.function.clone()).chain(self.url.clone()).collect()
    }
}
