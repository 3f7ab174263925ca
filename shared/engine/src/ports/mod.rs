//! What the engine needs of the world, as capabilities. Adapters implement them: on the AWS SDK, and on the simulated cloud.

mod all;
mod deployments;
mod fault;
mod flags;
mod store;
mod world;

pub use all::{Function, Ports};
pub use deployments::{Absent, Deployments, HttpRequest, Probe};
pub use fault::{Fault, FaultKind};
pub use flags::{FlagPlace, Flags, Numbered};
pub use store::{
    Claim, Commit, Committed, Filed, Hook, Letter, Listed, Listing, LockChange, PolicyRecord, Snapshot, Store,
};
pub use world::{
    Alarms, Bus, Capabilities, Clock, Examination, Functions, Measure, MetricQuery, Metrics, Notice,
    Notifier, Routed, Routers, Series, Tagged, TrafficRouter, Window,
};
