//! How the judge compares with what people use today, by simulation.
//!
//! | module | job |
//! |---|---|
//! | `draws`, `scenario`, `latency` | what is simulated |
//! | `deciders` | what watches it: alarms, Flagger, Argo Rollouts, Kayenta, two tests, the judge itself |
//! | `tally`, `study` | every decider on every scenario, counted |
//! | `aims`, `tables`, `chart`, `labels`, `document` | what is written |
//!
//! It reads no clock and no environment: one seed, one document.

pub mod aims;
pub mod chart;
pub mod deciders;
pub mod document;
pub mod draws;
pub mod labels;
pub mod latency;
pub mod scenario;
pub mod study;
pub mod tables;
pub mod tally;

#[cfg(test)]
mod testing;
