//! What AWS sends: one invocation payload in, its meaning out.
//!
//! [`read`] is total. Any JSON ends as one of three things: an event that Tidegate acts on, one that it
//! leaves alone and says why ([`AwsEvent::Ignored`]), or one of a kind that it handles but cannot read
//! ([`Unreadable`], for the quarantine). It is tolerant of what AWS adds or leaves out, and strict on what
//! Tidegate acts upon. It decides nothing, reads no clock and calls nobody.
//!
//! A new EventBridge kind is a reader in the file of its service and one line in `KINDS`.

mod alarm;
mod answers;
mod appconfig;
mod cloudtrail;
mod codedeploy;
mod destination;
mod ecs;
mod event;
mod fields;
mod ignored;
mod sweep;
mod unreadable;
mod words;

use serde_json::Value;

pub use alarm::{AlarmChanged, AlarmState};
pub use answers::{AppConfigDirective, CodeDeployHookAnswer, CodeDeployHookStatus, EcsHookAnswer};
pub use appconfig::{AppConfigChange, AppConfigDeployment, AppConfigRef, AppConfigTick, Named};
pub use cloudtrail::{AliasChanged, VersionPublished};
pub use codedeploy::{CodeDeployDeployment, CodeDeployHook, CodeDeployState};
pub use destination::LambdaDestinationFailure;
pub use ecs::{EcsDeployment, EcsDeploymentState, EcsHook, EcsHookChanged, EcsHookState, LifecycleStage};
pub use event::AwsEvent;
pub use ignored::IgnoredBecause;
pub use sweep::Sweep;
pub use unreadable::{Problem, Unreadable};

use fields::Fields;

/// What one message came to: an event (which may say that it is ignored), or why it cannot be read.
pub type Reading = Result<AwsEvent, Unreadable>;

/// One kind of EventBridge event that Tidegate handles.
struct Kind {
    detail_type: &'static str,
    /// The same detail type from any other source is somebody else's event.
    sources: &'static [&'static str],
    read: fn(&Fields<'_>) -> Reading,
}

const KINDS: [Kind; 15] = [
    kind("AWS API Call via CloudTrail", &["aws.lambda"], cloudtrail::call),
    kind("CloudWatch Alarm State Change", &["aws.cloudwatch"], alarm::event),
    kind("CodeDeploy Deployment State-change Notification", &["aws.codedeploy"], codedeploy::deployment),
    kind("CodeDeploy Instance State-change Notification", &["aws.codedeploy"], codedeploy::instance),
    kind("ECS Deployment State Change", &["aws.ecs"], ecs::deployment),
    kind("ECS Hook State Change", &["aws.ecs"], ecs::hook_state),
    kind("On Deployment Start", &["aws.appconfig"], appconfig::started),
    kind("On Deployment Step", &["aws.appconfig"], appconfig::stepped),
    kind("On Deployment Baking", &["aws.appconfig"], appconfig::baking),
    kind("On Deployment Complete", &["aws.appconfig"], appconfig::completed),
    kind("On Deployment Rollback", &["aws.appconfig"], appconfig::rolled_back),
    kind("On Deployment Rolled Back", &["aws.appconfig"], appconfig::rolled_back),
    kind("Scheduled Event", &["aws.scheduler", "aws.events"], sweep::scheduled),
    kind("Lambda Function Invocation Result - Failure", &["lambda"], destination::failure),
    // The guide prints an en dash; which of the two is sent has not been seen.
    kind("Lambda Function Invocation Result \u{2013} Failure", &["lambda"], destination::failure),
];

const fn kind(
    detail_type: &'static str,
    sources: &'static [&'static str],
    read: fn(&Fields<'_>) -> Reading,
) -> Kind {
    Kind { detail_type, sources, read }
}

/// Reads one invocation payload. The answer holds one reading per message and is never empty.
///
/// Only an SNS event can hold several messages. Each is read by itself, so a broken one cannot take an
/// alarm beside it into the quarantine.
pub fn read(payload: &Value) -> Vec<Reading> {
    match payload.get("Records").and_then(Value::as_array) {
        Some(records) if !records.is_empty() => {
            records.iter().enumerate().map(|(index, record)| alarm::record(index, record)).collect()
        }
        _ => vec![read_one(payload)],
    }
}

/// Who waits for an answer, so that an invocation without one is taken for a "no".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Amazon ECS, at a lifecycle hook: [`EcsHookAnswer`].
    Ecs,
    /// AppConfig, at an action point of an extension: [`AppConfigDirective`].
    AppConfig,
}

/// Who waits for an answer to this payload, whether or not the payload can be read.
pub fn asks(payload: &Value) -> Option<Asks> {
    match shape(payload) {
        Shape::EcsHook => Some(Asks::Ecs),
        Shape::AppConfigAction => Some(Asks::AppConfig),
        Shape::OwnInput | Shape::AlarmAction | Shape::Envelope | Shape::CodeDeployHook | Shape::Other => None,
    }
}

/// What a payload is by its outline.
enum Shape {
    OwnInput,
    AlarmAction,
    Envelope,
    CodeDeployHook,
    EcsHook,
    AppConfigAction,
    Other,
}

/// Tells the payloads apart by members that no other kind has; half a pair is enough, so that a damaged
/// payload of ours is quarantined and not taken for somebody else's.
fn shape(payload: &Value) -> Shape {
    let has = |member: &str| payload.get(member).is_some();
    if has("tidegate") {
        Shape::OwnInput
    } else if has("alarmData") || has("alarmArn") {
        Shape::AlarmAction
    } else if has("detail-type") || (has("source") && has("detail")) {
        Shape::Envelope
    } else if has("LifecycleEventHookExecutionId") || has("DeploymentId") {
        Shape::CodeDeployHook
    } else if ecs::looks_like_hook(payload) {
        Shape::EcsHook
    } else if appconfig::looks_like_action(payload) {
        Shape::AppConfigAction
    } else {
        Shape::Other
    }
}

fn read_one(payload: &Value) -> Reading {
    match shape(payload) {
        Shape::OwnInput => sweep::own_input(&Fields::of("schedule input", payload)),
        Shape::AlarmAction => alarm::action(&Fields::of("CloudWatch alarm action", payload)),
        Shape::Envelope => envelope(payload),
        Shape::CodeDeployHook => codedeploy::hook(&Fields::of("CodeDeploy lifecycle hook", payload)),
        Shape::EcsHook => Ok(ecs::hook(&Fields::of("ECS lifecycle hook", payload))),
        Shape::AppConfigAction => appconfig::action(&Fields::of("AppConfig extension action", payload)),
        Shape::Other => IgnoredBecause::NotAnEvent.into(),
    }
}

fn envelope(payload: &Value) -> Reading {
    let text = |member: &str| payload.get(member).and_then(Value::as_str);
    let Some(detail_type) = text("detail-type") else {
        return match text("source") {
            Some(source) if KINDS.iter().any(|kind| kind.sources.contains(&source)) => {
                let what = format!("event from {source}");
                Err(Fields::of(&what, payload).wrong("detail-type", "text"))
            }
            _ => IgnoredBecause::NotAnEvent.into(),
        };
    };
    let fields = Fields::of(detail_type, payload);
    let kind = KINDS.iter().find(|kind| kind.detail_type == detail_type);
    match (kind, text("source")) {
        (Some(kind), Some(source)) if kind.sources.contains(&source) => (kind.read)(&fields),
        (Some(_), None) => Err(fields.wrong("source", "text")),
        (_, Some(source)) => {
            IgnoredBecause::NotOurs { source: source.to_owned(), detail_type: detail_type.to_owned() }.into()
        }
        (None, None) => IgnoredBecause::NotAnEvent.into(),
    }
}
