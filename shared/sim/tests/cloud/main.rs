//! The simulated cloud, tried with small functions of its own: what the ports promise, what a call may meet, and that the same
//! seed gives the same bytes.

mod appconfig;
mod codedeploy;
mod delivery;
mod determinism;
mod filed;
mod files;
mod gate;
mod metrics;
mod platforms;
mod routers;
mod store;
mod stubs;
