//! A policy as people write it: the shape alone. The policy's JSON Schema is made of these types and their
//! comments.
//!
//! Whether the values make sense together is for `parse` to say. Every field is [`Lenient`] and every object
//! keeps the fields it does not have, so that one reading finds every fault.

mod analysis;
mod checks;
mod flags;

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::lenient::{Lenient, Unknown};
use super::values::{Duration, Percentage};
use super::{Mode, OutcomeKind, Severity, defaults};
use crate::target::kinds::{KINDS, Setting, TargetKind};

pub(super) use self::analysis::{
    Preset, RawAlarm, RawAnalysis, RawCeiling, RawCloudWatch, RawErrorRate, RawErrors, RawGuard, RawLatency,
    RawMargins, RawMetric,
};
pub(super) use self::checks::{Method, RawCheck, RawExpect, RawFunction, RawHttp, RawInvoke, RawJsonIs};
pub(super) use self::flags::{RawFlag, RawKillSwitch};

/// How a target's new versions are let in, judged and announced.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", expecting = "an object with version, name and strategy")]
#[schemars(
    deny_unknown_fields,
    extend("required" = ["version", "name"]),
    extend("if" = { "anyOf": [
        { "properties": { "mode": { "const": "guard" } }, "required": ["mode"] },
        { "properties": { "target": { "required": ["codeDeploy"] } }, "required": ["target"] }
    ] }),
    extend("else" = { "required": ["strategy"] })
)]
pub(super) struct RawPolicy {
    /// The version of this grammar.
    #[schemars(extend("const" = 1))]
    pub(super) version: Lenient<u64>,
    /// The policy's name, by which the tag `tidegate:policy` and requests refer to it.
    #[schemars(regex(pattern = "^[a-z0-9-]{1,64}$"))]
    pub(super) name: Lenient<String>,
    /// Who moves the traffic.
    #[schemars(extend("default" = defaults::MODE))]
    pub(super) mode: Lenient<Mode>,
    /// Whose traffic. It may come from the request or the tag instead.
    #[schemars(schema_with = "target_schema")]
    pub(super) target: Lenient<RawTarget>,
    /// In which steps: the name of a SAM deployment preference, or steps of your own. Required in drive mode, but for a
    /// target of kind codeDeploy, whose group has a configuration of its own.
    pub(super) strategy: Lenient<RawStrategy>,
    /// How the candidate is judged.
    pub(super) analysis: Lenient<RawAnalysis>,
    /// What is asked of a version before it gets any traffic.
    #[schemars(length(max = defaults::CHECKS))]
    pub(super) checks: Lenient<Vec<Lenient<RawCheck>>>,
    /// Feature flags that change with the traffic.
    pub(super) flags: Lenient<Vec<Lenient<RawFlag>>>,
    /// Flags that are turned off, all at once, when an alarm fires, whether or not there is a rollout.
    pub(super) kill_switches: Lenient<Vec<Lenient<RawKillSwitch>>>,
    /// Whom to tell.
    pub(super) notify: Lenient<RawNotify>,
    /// How long a rollout may take in all; then it is rolled back and somebody is paged. Twice the bakes,
    /// timed pauses and the watch, and a day for each manual gate, where unset.
    pub(super) deadline: Lenient<Duration>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(super) unknown: Unknown,
}

/// The name of a SAM deployment preference, or steps.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "no strategy; write a name like Canary10Percent5Minutes, or an object with steps"
)]
pub(super) enum RawStrategy {
    /// `AllAtOnce`, `Canary10Percent5Minutes`, `Linear10PercentEvery1Minute` and the like.
    Named(
        #[schemars(regex(
            pattern = "^(CodeDeployDefault\\.AllAtOnce|(CodeDeployDefault\\.(Lambda|ECS))?(AllAtOnce|Canary[0-9]+Percent[0-9]+Minutes?|Linear[0-9]+PercentEvery[0-9]+Minutes?))$"
        ))]
        String,
    ),
    /// Steps of your own.
    Steps(RawSteps),
}

/// Steps and the watch after them.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "Steps")]
pub(super) struct RawSteps {
    /// What happens, one after the other: setWeight, then bake, then perhaps pause, then the next setWeight.
    /// Promotion to 100 % follows the last step by itself.
    #[schemars(length(min = 1))]
    pub(super) steps: Lenient<Vec<Lenient<RawStep>>>,
    /// How long to watch after full promotion.
    #[schemars(extend("default" = defaults::WATCH))]
    pub(super) watch: Lenient<Duration>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(super) unknown: Unknown,
}

/// One of setWeight, bake and pause.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", expecting = "an object with one of setWeight, bake and pause")]
#[schemars(deny_unknown_fields, extend("minProperties" = 1, "maxProperties" = 1))]
pub(super) struct RawStep {
    /// The candidate's share of the traffic from here on, in percent; above 0, below 100, rising.
    pub(super) set_weight: Lenient<Percentage>,
    /// The least time that the candidate keeps this share; from 1m to 7d.
    pub(super) bake: Lenient<Duration>,
    /// A gate before the next weight. The candidate is judged while it waits.
    pub(super) pause: Lenient<RawPause>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(super) unknown: Unknown,
}

/// A gate: until somebody says `promote` or `resume`, or for a stated time.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", expecting = "{} or an object like { duration: 10m }")]
#[schemars(deny_unknown_fields)]
pub(super) struct RawPause {
    /// Waits so long, and then goes on by itself. A person must say so where unset.
    pub(super) duration: Lenient<Duration>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(super) unknown: Unknown,
}

/// Whom to tell, and how loud.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", expecting = "an object with topic or severities")]
#[schemars(deny_unknown_fields)]
pub(super) struct RawNotify {
    /// The standard SNS topic's name or ARN; the installation's own topic where unset.
    #[schemars(
        length(min = 1, max = defaults::LONGEST_TOPIC),
        regex(pattern = "^(arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:)?[A-Za-z0-9_-]{1,256}$")
    )]
    pub(super) topic: Lenient<String>,
    /// Severities that differ from the default ones.
    #[schemars(schema_with = "severities_schema")]
    pub(super) severities: Lenient<BTreeMap<String, Lenient<Severity>>>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub(super) unknown: Unknown,
}

/// Each outcome by its name, with how loud it is announced.
fn severities_schema(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": generator.subschema_for::<OutcomeKind>(),
        "additionalProperties": generator.subschema_for::<Severity>()
    })
}

/// A kind of target by its name, with its settings.
pub(super) type RawTarget = BTreeMap<String, Lenient<BTreeMap<String, Lenient<String>>>>;

/// For each setting that says nothing without another one: that one.
fn pairs(kind: &TargetKind) -> Map<String, Value> {
    let both = kind.pairs.iter().flat_map(|(one, other)| [(one, other), (other, one)]);
    both.map(|(one, other)| ((*one).to_owned(), json!([other]))).collect()
}

/// Exactly one of the kinds of target, each as it describes itself.
fn target_schema(_: &mut SchemaGenerator) -> Schema {
    let setting = |setting: &Setting| {
        let (name, pattern) = (setting.name.to_owned(), setting.pattern);
        let schema = json!({
            "type": "string", "pattern": pattern, "description": setting.about, "examples": [setting.example]
        });
        (name, schema)
    };
    let kind = |kind: &&TargetKind| {
        let schema = json!({
            "type": "object",
            "description": kind.about,
            "properties": kind.settings.iter().map(setting).collect::<Map<_, _>>(),
            "required": kind.settings.iter().filter(|it| it.required).map(|it| it.name).collect::<Vec<_>>(),
            "dependentRequired": pairs(kind),
            "additionalProperties": false
        });
        (kind.name.to_owned(), schema)
    };
    json_schema!({
        "type": "object",
        "properties": KINDS.iter().map(kind).collect::<Map<_, _>>(),
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": false
    })
}
