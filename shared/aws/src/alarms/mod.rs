//! Alarms.

mod cloudwatch;

pub use cloudwatch::{CloudWatch, RIGHTS};
