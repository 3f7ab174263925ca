//! Every adapter on the wire: what it sends, and what it makes of the answers. No service is called.
//!
//! Each request is also written down as a file in `target/wire-requests` (or where `TIDEGATE_WIRE` says), one folder a test,
//! for `tests/wire/check_requests.py` to hold against AWS's own service models.

mod alarms;
mod appconfig;
mod bus;
mod changing;
mod codedeploy;
mod commits;
mod deployments;
mod documents;
mod faults;
mod finding;
mod flags;
mod freeze;
mod functions;
mod guards;
mod harness;
mod lambda;
mod metrics;
mod moving;
mod notifier;
mod outcomes;
mod probe;
mod routers;
mod samples;
#[cfg(feature = "runtime")]
mod secrets;
mod services;
mod starting;
mod tags;
mod ticks;
mod toggles;
#[cfg(feature = "runtime")]
mod watched;
