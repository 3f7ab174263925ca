//! Scenarios: a world, what happens in it and what is expected to come of it, in a file that people read.
//!
//! ```yaml
//! title: A healthy release is promoted
//! story: Version 8 is as good as version 7. Every step passes, and after the watch the rollout has succeeded.
//! policy: { version: 1, name: checkout, strategy: Canary10Percent10Minutes }
//! world:
//!   checkout:                                   # a Lambda function and its alias
//!     alias: live
//!     codeDeploy: { config: AllAtOnce }         # where CodeDeploy moves its traffic
//!     stable: 7                                 # what the alias points to
//!     traffic: { rps: 600, wave: 10% }
//!     versions:
//!       7: { errors: 1%, latency: { median: 40ms, p99: 300ms } }
//!       8: { errors: 1%, whenFlag: { flag: new-basket, errors: 2% } }    # exists once it is published
//! alarms:
//!   checkout-5xx: { above: 5%, for: 3 of 3 }    # on the alias; {} for one that the scenario switches
//! appConfig:                                    # every document is deployed to every environment at the start
//!   applications:
//!     shop:
//!       environments: { prod: { monitors: [checkout-5xx] } }
//!       profiles: { flags: { version: "1", flags: { new-basket: { name: Basket } }, values: { new-basket: { enabled: false } } } }
//! chances: { duplicates: 5%, kill: 0.5% }       # what goes wrong by chance, all of it off unless stated
//! happens:
//!   - { at: 5m, then: { publish: 8 } }
//! limit: 4h
//! expect:
//!   rollouts:
//!     checkout-live-8: { phase: succeeded }
//!   routing: { checkout: all on 8 }
//!   notices: [succeeded]
//! ```
//!
//! What can happen is listed at [`Action`], what can be expected at [`Expect`].

mod check;
mod clocks;
mod deploying;
mod expect;
mod flags;
mod reading;
mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidegate_domain::deployment::Wait;
use tidegate_domain::rollout::RolloutId;
use tidegate_domain::target::{Target, Version};
use tidegate_domain::trigger::Verb;
use tidegate_domain::units::Span;

pub use clocks::{FreezePlan, Nothing, SkewPlan, ThawPlan, UpdatePlan};
pub use deploying::{AnswersPlan, CodeDeployPlan, DeployPlan, StopPlan};
pub use expect::{Expect, ExpectedRollout, Unmet};
pub use flags::{
    AppConfigPlan, ApplicationPlan, DeployFlagsPlan, EnvironmentPlan, Place, StopFlagsPlan, StrategyPlan,
    ToggleEnd, ToggleFlagPlan, WhenFlagPlan, WriteFlagsPlan,
};
pub use words::{MOfN, Millis, NotThat, Routed, Share};

use crate::faults::{Aim, Chances};
use crate::world::{Lateness, State};

/// A scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scenario {
    /// What it shows, in a few words.
    pub title: String,
    /// What it shows, in a sentence or two.
    pub story: String,
    /// The policy of every function in it; stored under its name, to which the functions' tags refer.
    pub policy: Value,
    /// The functions, by name.
    pub world: BTreeMap<String, FunctionPlan>,
    /// The alarms, by name.
    #[serde(default)]
    pub alarms: BTreeMap<String, AlarmPlan>,
    /// AppConfig.
    #[serde(default)]
    pub app_config: AppConfigPlan,
    /// How late metrics are.
    #[serde(default)]
    pub metrics: Lateness,
    /// What goes wrong by chance.
    #[serde(default)]
    pub chances: Chances,
    /// What happens, in any order.
    #[serde(default)]
    pub happens: Vec<Happening>,
    /// It ends at the latest after this time; before, once everything is at rest.
    pub limit: Span,
    /// What is expected to come of it.
    #[serde(default)]
    pub expect: Expect,
}

/// A function and what carries its traffic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FunctionPlan {
    /// The alias that carries its traffic.
    #[serde(default = "live")]
    pub alias: String,
    /// What carries its traffic where that is no alias, as a policy names a target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The version that has all traffic at first.
    pub stable: Version,
    /// The traffic.
    pub traffic: TrafficPlan,
    /// How long one request may take.
    #[serde(default = "timeout")]
    pub timeout: Span,
    /// Whether it is tagged `tidegate:policy`, so that a new version starts a rollout by itself.
    #[serde(default = "yes")]
    pub tagged: bool,
    /// How CodeDeploy deploys it, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_deploy: Option<CodeDeployPlan>,
    /// Its versions: the stable one exists from the start, every other one once it is published.
    pub versions: BTreeMap<Version, VersionPlan>,
}

fn live() -> String {
    "live".to_owned()
}

const fn timeout() -> Span {
    Span::seconds(30)
}

const fn yes() -> bool {
    true
}

/// The traffic of a function.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrafficPlan {
    /// Requests per second in the mean of a day.
    pub rps: f64,
    /// How much more at 18:00 UTC, and how much less twelve hours later.
    #[serde(default = "flat")]
    pub wave: Share,
}

const fn flat() -> Share {
    Share::NONE
}

/// A version and how it behaves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct VersionPlan {
    /// The share of requests that fail.
    pub errors: Share,
    /// The share of requests that are throttled.
    pub throttles: Share,
    /// How long requests take.
    pub latency: LatencyPlan,
    /// The share of requests that count in a business metric, by the metric's name.
    pub counts: BTreeMap<String, Share>,
    /// How it behaves for clients for whom a flag is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when_flag: Option<WhenFlagPlan>,
    /// Whether it exists from the start.
    pub published: bool,
    /// Whether it can receive traffic.
    pub state: State,
    /// Its execution role.
    pub role: String,
    /// Where its failed events go.
    pub dead_letters: Option<String>,
}

impl Default for VersionPlan {
    fn default() -> Self {
        Self {
            errors: Share::percent(1.0),
            throttles: Share::NONE,
            latency: LatencyPlan { median: Millis(40.0), p99: Millis(300.0) },
            counts: BTreeMap::new(),
            when_flag: None,
            published: false,
            state: State::Active,
            role: "checkout-role".to_owned(),
            dead_letters: None,
        }
    }
}

/// Latency by two quantiles.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LatencyPlan {
    /// Half of the requests are faster.
    pub median: Millis,
    /// Ninety-nine in a hundred are faster.
    pub p99: Millis,
}

/// An alarm: on a function's error rate, or without numbers one that the scenario switches.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AlarmPlan {
    /// The share of failed requests above which a minute counts.
    pub above: Option<Share>,
    /// So many minutes out of so many.
    #[serde(rename = "for")]
    pub minutes: Option<MOfN>,
    /// Whose traffic; needs no saying where there is one function.
    pub on: Option<String>,
}

/// Something that happens at a time after the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Happening {
    /// When, counted from the start.
    pub at: Span,
    /// To which function; needs no saying where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// What.
    pub then: Action,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// `publish: 8`: a version is published, and CloudTrail says so.
    Publish(Version),
    /// `deploy: 8`, `deploy: { version: 8, config: AllAtOnce }`: somebody's pipeline has CodeDeploy deploy a version, which is
    /// published first where it is not yet.
    Deploy(DeployPlan),
    /// `stopDeployment: { rollBack: true }`: somebody stops the deployment that goes on.
    StopDeployment(StopPlan),
    /// `continueDeployment: ready`, `continueDeployment: termination`: somebody ends a wait of the deployment that goes on.
    ContinueDeployment(Wait),
    /// `answers: { version: 8, status: 500, body: "…" }`: what a version, a function or a URL answers when it is asked.
    Answers(AnswersPlan),
    /// `start: { version: 8, by: ana }`: somebody asks for a rollout, which CodeDeploy moves where it deploys the function.
    Start(Start),
    /// `command: { verb: promote, rollout: checkout-live-8, by: ana }`: somebody asks something of a rollout.
    Command(Command),
    /// `freeze: { by: ana, because: the sale }`: somebody freezes the installation.
    Freeze(FreezePlan),
    /// `thaw: { by: ana }`: somebody lifts the freeze.
    Thaw(ThawPlan),
    /// `outage: { errors: 30%, for: 15m }`: requests to every version of the function fail.
    Outage(OutagePlan),
    /// `traffic: { rps: 5 }`: the traffic changes.
    Traffic(TrafficPlan),
    /// `behaves: { version: 8, errors: 6% }`: a version behaves differently from now on.
    Behaves(Behaves),
    /// `reroute: all on 7`, `reroute: 7 with 40% on 8`: somebody changes the routing by hand.
    Reroute(Routed),
    /// `misroutes: { share: 30%, for: 20m }`: whatever the router was told, this share goes to the canary.
    Misroutes(MisroutePlan),
    /// `writeFlags: { flag: new-basket, enabled: true }`: somebody writes a version of the flags, and deploys it not yet.
    WriteFlags(WriteFlagsPlan),
    /// `deployFlags: { strategy: AppConfig.AllAtOnce }`: somebody deploys the newest version of the flags.
    DeployFlags(DeployFlagsPlan),
    /// `stopFlags: {}`: somebody stops the deployment of flags that is under way, or reverts the newest one.
    StopFlags(StopFlagsPlan),
    /// `toggleFlag: { flag: new-basket, enabled: false, by: ana }`: somebody asks Tidegate for it.
    ToggleFlag(ToggleFlagPlan),
    /// `alarm: { name: checkout-5xx, fires: true }`: an alarm changes its state.
    Alarm(Switch),
    /// `noSweepFor: 20m`: the schedule falls silent.
    NoSweepFor(Span),
    /// `fault: { function: rollback, call: router.route, does: kill after }`: a fault is aimed at a call.
    Fault(Aim),
    /// `chances: { throttle: 10% }`: from now on this goes wrong by chance, and nothing else does.
    Chances(Chances),
    /// `metrics: { first: 5m, complete: 8m }`: metrics are late from now on.
    Metrics(Lateness),
    /// `skew: { function: rollback, by: 2s, behind: true }`: a clock goes wrong from now on.
    Skew(SkewPlan),
    /// `update: { function: notify, to: before }`: a function's invocations are of another release from now on.
    Update(UpdatePlan),
    /// `calm: {}`: from now on nothing goes wrong: no fault by chance or by aim, clocks are right, the schedule speaks, metrics
    /// come in time, and nothing is frozen.
    Calm(Nothing),
    /// `backup: {}`: the table is kept as it is, to be restored from.
    Backup(Nothing),
    /// `restore: {}`: the functions are stopped, the table is again what it was at the last backup, and they go on.
    Restore(Nothing),
    /// `tagged: false`: the function loses or gets its tag.
    Tagged(bool),
    /// `policy: { … }`: another policy is stored under its name.
    Policy(Value),
    /// `deletePolicy: checkout`: no policy is stored under this name any more.
    DeletePolicy(String),
    /// `spoils: checkout-live-8`: the stored document cannot be read any more.
    Spoils(RolloutId),
    /// `event: { source: tidegate, detail-type: …, detail: … }`: an event is put on the bus as it stands.
    Event(Value),
}

/// A request for a rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Start {
    /// The version to let in.
    pub version: Version,
    /// Who asks.
    pub by: String,
    /// The rollout's name, where it is not made from target and version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RolloutId>,
    /// Start although an alarm of the policy fires.
    #[serde(default)]
    pub fix_forward: bool,
}

/// A command to a rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// What to do.
    pub verb: Verb,
    /// Which rollout.
    pub rollout: RolloutId,
    /// Who asks.
    pub by: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// EventBridge delivers the same event once more after this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Span>,
}

/// A disturbance of all versions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutagePlan {
    /// The share of requests that fail because of it.
    pub errors: Share,
    /// How long.
    #[serde(rename = "for")]
    pub lasts: Span,
}

/// A router that does not do what it was told.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MisroutePlan {
    /// The share of the requests that the canary gets.
    pub share: Share,
    /// How long.
    #[serde(rename = "for")]
    pub lasts: Span,
}

/// A change of a version's behaviour; what is not stated stays as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaves {
    /// Which version.
    pub version: Version,
    /// The share of requests that fail.
    #[serde(default)]
    pub errors: Option<Share>,
    /// How long requests take.
    #[serde(default)]
    pub latency: Option<LatencyPlan>,
    /// The share of requests that count in a business metric.
    #[serde(default)]
    pub counts: BTreeMap<String, Share>,
}

/// An alarm's switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// Which alarm.
    pub name: String,
    /// Whether it fires from now on.
    pub fires: bool,
}
