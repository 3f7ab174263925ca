//! What Tidegate knows: policies, rollouts, decisions, reasons and messages.
//!
//! Everything here is pure: no async, no AWS, no clock, no environment. The time is an argument, what was read from the world
//! is an argument, and what is to be done to the world comes back as data.

pub mod admit;
pub mod assess;
pub mod attention;
pub mod check;
pub mod decide;
pub mod deployment;
pub mod effect;
pub mod flag;
pub mod foreign;
pub mod freeze;
pub mod kept;
pub mod message;
pub mod outlook;
pub mod policy;
pub mod reason;
pub mod rollout;
pub mod target;
pub mod ticks;
pub mod trigger;
pub mod units;
pub mod verdict;
