//! AppConfig: deployments that moved, and the tick that asks whether one may go on.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

use super::fields::Fields;
use super::{AwsEvent, IgnoredBecause, Reading};

/// An AppConfig resource: the id that the API takes, and its name for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The id.
    pub id: String,
    /// The name.
    pub name: Option<String>,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_deref().unwrap_or(&self.id))
    }
}

/// Which AppConfig deployment a message speaks of, as far as it says so: a question is answered whatever it leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppConfigRef {
    /// The application.
    pub application: Option<Named>,
    /// The environment: one deployment at a time runs in it.
    pub environment: Option<Named>,
    /// The configuration profile.
    pub profile: Option<Named>,
    /// The deployment's number within its environment.
    pub number: Option<u64>,
    /// The configuration version being deployed.
    pub configuration_version: Option<String>,
    /// The parameters of the extension's association.
    pub parameters: BTreeMap<String, String>,
}

impl fmt::Display for AppConfigRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |named: &Option<Named>| named.as_ref().map_or_else(|| "?".to_owned(), Named::to_string);
        f.write_str("AppConfig deployment ")?;
        if let Some(number) = self.number {
            write!(f, "{number} ")?;
        }
        let Self { application, environment, profile, .. } = self;
        write!(f, "of {}/{}/{}", shown(application), shown(environment), shown(profile))
    }
}

/// AppConfig asks whether a deployment may go on; the answer is
/// [`AppConfigDirective`](super::AppConfigDirective). An error instead of an answer rolls the deployment
/// back, so a handler that cannot tell must answer that it may.
#[derive(Debug, Clone, PartialEq)]
pub struct AppConfigTick {
    /// The question's id.
    pub invocation_id: Option<String>,
    /// The deployment asked about.
    pub deployment: AppConfigRef,
    /// What whoever started the deployment says of it.
    pub description: Option<String>,
    /// AppConfig's word for what the deployment is in, such as `DEPLOYING` or `BAKING`.
    pub state: Option<String>,
    /// Percent of the targets that have the new configuration.
    pub percentage_complete: Option<f64>,
}

impl fmt::Display for AppConfigTick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.percentage_complete {
            Some(percentage) => write!(f, "{} asks whether it may go on, at {percentage} %", self.deployment),
            None => write!(f, "{} asks whether it may go on", self.deployment),
        }
    }
}

/// An AppConfig deployment moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppConfigDeployment {
    /// The event's own id, the same on every delivery.
    pub event_id: String,
    /// What happened to it.
    pub change: AppConfigChange,
    /// The deployment.
    pub deployment: AppConfigRef,
    /// When the event was sent.
    pub at: Timestamp,
}

/// What can happen to an AppConfig deployment; from the event's detail type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppConfigChange {
    /// It began.
    Start,
    /// More of the targets have it.
    Step,
    /// All targets have it, and its alarms are watched.
    Baking,
    /// It is through.
    Complete,
    /// It was taken back.
    Rollback,
}

impl fmt::Display for AppConfigChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "started",
            Self::Step => "took a step",
            Self::Baking => "baking",
            Self::Complete => "complete",
            Self::Rollback => "rolled back",
        })
    }
}

impl fmt::Display for AppConfigDeployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.deployment, self.change)
    }
}

pub(super) fn started(fields: &Fields<'_>) -> Reading {
    moved(fields, AppConfigChange::Start)
}

pub(super) fn stepped(fields: &Fields<'_>) -> Reading {
    moved(fields, AppConfigChange::Step)
}

pub(super) fn baking(fields: &Fields<'_>) -> Reading {
    moved(fields, AppConfigChange::Baking)
}

pub(super) fn completed(fields: &Fields<'_>) -> Reading {
    moved(fields, AppConfigChange::Complete)
}

pub(super) fn rolled_back(fields: &Fields<'_>) -> Reading {
    moved(fields, AppConfigChange::Rollback)
}

fn moved(fields: &Fields<'_>, change: AppConfigChange) -> Reading {
    Ok(AwsEvent::AppConfigDeployment(AppConfigDeployment {
        event_id: fields.text("id")?.to_owned(),
        change,
        deployment: deployment(fields, "detail."),
        at: fields.time(&["time"])?,
    }))
}

/// The members by which an action is known; two of them tell it from other payloads.
const MEMBERS: [&str; 5] =
    ["InvocationId", "Application", "Environment", "ConfigurationProfile", "DeploymentNumber"];

/// Whether a payload is one that an AppConfig extension invokes functions with.
pub(super) fn looks_like_action(payload: &Value) -> bool {
    let has = |member: &str| payload.get(member).is_some();
    let is_tick = payload.get("Type").and_then(Value::as_str).is_some_and(is_tick);
    let known = MEMBERS.into_iter().filter(|member| has(member)).count();
    is_tick || known >= 2
}

/// `AtDeploymentTick`, or `AT_DEPLOYMENT_TICK` as the API spells the action point.
fn is_tick(action: &str) -> bool {
    let letters = action.bytes().filter(|byte| *byte != b'_');
    letters.map(|byte| byte.to_ascii_lowercase()).eq("atdeploymenttick".bytes())
}

pub(super) fn action(fields: &Fields<'_>) -> Reading {
    let action = fields.text("Type")?;
    if !is_tick(action) {
        return IgnoredBecause::OtherAction { action: action.to_owned() }.into();
    }
    Ok(AwsEvent::AppConfigTick(AppConfigTick {
        invocation_id: fields.optional_text("InvocationId").map(str::to_owned),
        deployment: deployment(fields, ""),
        description: fields.optional_text("Description").map(str::to_owned),
        state: fields.optional_text("DeploymentState").map(str::to_owned),
        percentage_complete: fields.optional_decimal("PercentageComplete"),
    }))
}

fn deployment(fields: &Fields<'_>, base: &str) -> AppConfigRef {
    let at = |member: &str| format!("{base}{member}");
    let named = |member: &str| {
        let text = |path: String| fields.optional_text(&path).map(str::to_owned);
        let id = text(at(&format!("{member}.Id"))).or_else(|| text(at(member)))?;
        Some(Named { id, name: text(at(&format!("{member}.Name"))) })
    };
    AppConfigRef {
        application: named("Application"),
        environment: named("Environment"),
        profile: named("ConfigurationProfile"),
        number: fields.optional_count(&at("DeploymentNumber")),
        configuration_version: fields.optional_label(&at("ConfigurationVersion")),
        parameters: fields.optional_texts(&at("Parameters")),
    }
}
