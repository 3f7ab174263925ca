//! The simulated cloud, tried with small functions of its own: what the ports promise, what a call may meet, and that the same
//! seed gives the same bytes.

mod delivery;
mod determinism;
mod files;
mod gate;
mod metrics;
mod routers;
mod store;
mod stubs;
