//! Everything but the table: routers, metrics, alarms, functions, bus, people, time.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tidegate_domain::deployment::TargetGroup;
use tidegate_domain::effect::Outcome;
use tidegate_domain::message::Message;
use tidegate_domain::policy::CloudWatchMetric;
use tidegate_domain::target::{Fence, Observed, Routing, Target, Version};
use tidegate_domain::units::Span;
use tidegate_domain::verdict::Finding;
use tidegate_wire::bus;

use super::{Fault, FaultKind};

/// What a router can do. Validation refuses what it lacks; nothing is a silent no-op.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// The kind of target that it routes, as policies name it.
    pub kind: &'static str,
    /// The smallest step between two weights, in hundredths of a percent.
    pub granularity: u16,
    /// Whether a write carries a fence that the service itself checks.
    pub fenced: bool,
    /// IAM actions that observing needs.
    pub observes: &'static [&'static str],
    /// IAM actions that examining needs.
    pub examines: &'static [&'static str],
    /// IAM actions that routing needs.
    pub routes: &'static [&'static str],
}

/// What a router says about a rollout before it starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examination {
    /// What stands against it.
    pub findings: Vec<Finding>,
    /// How long one request may take at most.
    pub longest_request: Option<Span>,
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Routed {
    /// Written; this is the state it led to.
    Written(Observed),
    /// The target was not in the state that the fence names; nothing was written.
    FenceLost,
}

/// Divides a target's traffic between versions.
#[async_trait]
pub trait TrafficRouter: Send + Sync {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// How the target divides its traffic now, and the fence of this state.
    async fn observe(&self, target: &Target) -> Result<Observed, Fault>;

    /// What stands against letting `candidate` in beside `stable`.
    async fn examine(
        &self,
        target: &Target,
        stable: &Version,
        candidate: &Version,
    ) -> Result<Examination, Fault>;

    /// Writes a routing, on condition that the target is still in the state that `fence` names.
    async fn route(&self, target: &Target, wish: &Routing, fence: &Fence) -> Result<Routed, Fault>;
}

/// The routers of an installation, by the kind of target.
#[derive(Clone)]
pub struct Routers(Vec<Arc<dyn TrafficRouter>>);

impl Routers {
    /// The registered routers, one for each kind.
    pub fn new(routers: Vec<Arc<dyn TrafficRouter>>) -> Self {
        Self(routers)
    }

    /// The router for a target.
    pub fn of(&self, target: &Target) -> Result<&dyn TrafficRouter, Fault> {
        let found = self.0.iter().find(|router| router.capabilities().kind == target.kind());
        found.map(AsRef::as_ref).ok_or_else(|| {
            let known: Vec<&str> = self.0.iter().map(|router| router.capabilities().kind).collect();
            let problem = format!("no router for kind {:?}; known: {}", target.kind(), known.join(", "));
            Fault::new(target.to_string(), FaultKind::Refused(problem))
        })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &dyn TrafficRouter> {
        self.0.iter().map(AsRef::as_ref)
    }
}

/// What to measure.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// Requests.
    Requests,
    /// Failed requests.
    Failures,
    /// Requests that were throttled; they do not count among the requests.
    Throttles,
    /// Requests slower than this many milliseconds.
    SlowerThan(f64),
    /// The latency in milliseconds below which so many percent of the requests stayed.
    Quantile(u8),
    /// A count of a CloudWatch metric; `{version}` in a dimension stands for the version.
    CloudWatch(CloudWatchMetric),
}

/// One series to read.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricQuery {
    /// Of which target.
    pub target: Target,
    /// Of one version behind it, or of the target as a whole.
    pub version: Option<Version>,
    /// The target group that counts its requests, where the target's name does not say it.
    pub target_group: Option<TargetGroup>,
    /// What.
    pub measure: Measure,
}

/// From when (included) to when (excluded), in which steps. Both ends lie on whole periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first period's start.
    pub from: Timestamp,
    /// The last period's end.
    pub to: Timestamp,
    /// The length of a period.
    pub period: Span,
}

/// Points of one series: the start of a period and its value, oldest first. A period without data has no point.
pub type Series = Vec<(Timestamp, f64)>;

/// Reads metrics.
#[async_trait]
pub trait Metrics: Send + Sync {
    /// Reads all queries over one window in as few calls as there can be; answers in the order of the queries.
    async fn read(&self, queries: &[MetricQuery], window: Window) -> Result<Vec<Series>, Fault>;
}

/// Reads alarms.
#[async_trait]
pub trait Alarms: Send + Sync {
    /// Which of these are in state ALARM. An alarm that does not exist is not.
    async fn firing(&self, names: &[String]) -> Result<Vec<String>, Fault>;
}

/// What a function's tags say of Tidegate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    /// The value of `tidegate:policy`.
    pub policy: String,
    /// The value of `tidegate:alias`; which alias carries the traffic where the policy does not say.
    pub alias: Option<String>,
}

/// Reads what a version event does not say.
#[async_trait]
pub trait Functions: Send + Sync {
    /// What the function's tags say; `None` where it is not tagged `tidegate:policy`.
    async fn tagged(&self, function: &str) -> Result<Option<Tagged>, Fault>;

    /// The published version with this code, the newest where there are several.
    async fn version_with_code(&self, function: &str, code_sha256: &str) -> Result<Option<Version>, Fault>;
}

/// Puts messages on the bus.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Puts all of them; an error means that at least one may not have been put.
    async fn publish(&self, messages: &[bus::Message]) -> Result<(), Fault>;
}

/// A message for people, with what filters and machines need.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// The outcome it is made from.
    pub outcome: Outcome,
    /// Its words.
    pub message: Message,
}

/// Tells people.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Sends a notice.
    async fn send(&self, notice: &Notice) -> Result<(), Fault>;
}

/// The time.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
}
