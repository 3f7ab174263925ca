//! Every adapter on the wire: what it sends, and what it makes of the answers. No service is called.
//!
//! Each request is also written down as a file in `target/wire-requests` (or where `TIDEGATE_WIRE` says), one folder a test,
//! for `tests/wire/check_requests.py` to hold against AWS's own service models.

mod alarms;
mod bus;
mod commits;
mod documents;
mod faults;
mod functions;
mod harness;
mod lambda;
mod metrics;
mod notifier;
mod outcomes;
mod routers;
mod samples;
mod ticks;
