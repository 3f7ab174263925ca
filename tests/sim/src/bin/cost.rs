//! Prints the table of infra/README.md, what an installation costs a month: `cargo run -p tidegate-tests-sim --bin cost`.
//!
//! The calls of a rollout are counted on the simulated cloud; the prices are AWS's list prices of us-east-1, without its free
//! tier. What a call comes to in units of DynamoDB, and how long an invocation takes, are estimates, on the safe side.

use std::collections::BTreeMap;

use tidegate_domain::effect::Owner;
use tidegate_sim::{Call, Report};
use tidegate_tests_sim::{play, scenario};

const MINUTES: f64 = 30.4 * 24.0 * 60.0;

/// Dollars.
mod price {
    pub const LAMBDA_REQUEST: f64 = 0.20e-6;
    /// A millisecond of 256 MB, arm64.
    pub const LAMBDA_MILLISECOND: f64 = 0.000_013_333_4 / 4.0 / 1000.0;
    pub const WRITE_UNIT: f64 = 0.625e-6;
    pub const READ_UNIT: f64 = 0.125e-6;
    pub const METRIC_READ: f64 = 0.01e-3;
    pub const EVENT: f64 = 1e-6;
    pub const SCHEDULE: f64 = 1e-6;
    pub const MESSAGE: f64 = 0.5e-6;
    pub const TRACE: f64 = 5e-6;
    pub const LOG_KILOBYTE: f64 = 0.50 / 1024.0 / 1024.0;
    pub const METRIC: f64 = 0.30;
    pub const ALARM: f64 = 0.10;
    pub const COMPOSITE_ALARM: f64 = 0.50;
    pub const DASHBOARD: f64 = 3.0;
    pub const KEY: f64 = 1.0;
}

/// What stands whether there is a rollout or not: alarms, metrics that every sweep writes, metrics that rollouts write.
const ALARMS: f64 = 19.0;
const METRICS_OF_SWEEPS: f64 = 4.0;
const METRICS_OF_ROLLOUTS: f64 = 8.0;

/// An invocation with something to do, and a sweep with nothing to do.
const BUSY_MILLISECONDS: f64 = 200.0;
const IDLE_MILLISECONDS: f64 = 60.0;
const BUSY_LOG_KILOBYTES: f64 = 3.0;
const IDLE_LOG_KILOBYTES: f64 = 1.2;

/// Units of DynamoDB that a call of the store takes: (written, read). A commit is a transaction, which counts twice, of a document
/// of some kilobytes and a line of the timeline.
fn units(call: Call) -> (f64, f64) {
    if matches!(call, Call::Commit | Call::CommitToggle) {
        (16.0, 0.0)
    } else if matches!(call, Call::PutTicks) {
        (8.0, 0.0)
    } else if matches!(call, Call::Quarantine | Call::PutPolicy | Call::PutFlagGuard | Call::PutFreezeSwitch)
    {
        (4.0, 0.0)
    } else if matches!(call, Call::Claim | Call::Sent | Call::PassOver | Call::Ask | Call::Answered) {
        (2.0, 0.0)
    } else if matches!(call, Call::Load | Call::Ticks | Call::Snapshot | Call::Timeline | Call::Toggle) {
        (0.0, 4.0)
    } else {
        (0.0, 1.0)
    }
}

fn rollout(report: &Report) -> f64 {
    let mut calls: BTreeMap<Call, (u64, u64)> = BTreeMap::new();
    for (call, counted) in report.calls.values().flatten() {
        let sum = calls.entry(*call).or_default();
        *sum = (sum.0 + counted.calls, sum.1 + counted.items);
    }
    let table: f64 = calls
        .iter()
        .filter(|(call, _)| call.name().starts_with("store."))
        .map(|(call, (calls, _))| {
            let (written, read) = units(*call);
            count(*calls) * (written * price::WRITE_UNIT + read * price::READ_UNIT)
        })
        .sum();
    let items = |call| calls.get(&call).map_or(0.0, |(_, items)| count(*items));
    let invocations = count(report.invocations.values().sum());
    table
        + items(Call::Read) * price::METRIC_READ
        + items(Call::Publish) * price::EVENT
        + invocations * (price::LAMBDA_REQUEST + BUSY_MILLISECONDS * price::LAMBDA_MILLISECOND)
        + invocations * (price::TRACE + BUSY_LOG_KILOBYTES * price::LOG_KILOBYTE)
        + price::MESSAGE
}

fn idle() -> f64 {
    let sweep = price::LAMBDA_REQUEST
        + IDLE_MILLISECONDS * price::LAMBDA_MILLISECOND
        + price::SCHEDULE
        + price::READ_UNIT
        + price::TRACE
        + IDLE_LOG_KILOBYTES * price::LOG_KILOBYTE;
    MINUTES * sweep
}

fn standing(rollouts: f64) -> f64 {
    let metrics = METRICS_OF_SWEEPS + if rollouts > 0.0 { METRICS_OF_ROLLOUTS } else { 0.0 };
    metrics * price::METRIC + ALARMS * price::ALARM + price::COMPOSITE_ALARM + price::DASHBOARD + price::KEY
}

fn main() {
    let (_, report) = play(scenario("healthy"), 1);
    let each = rollout(&report);
    println!(
        "| rollouts a month | watching it: alarms, metrics, dashboard, key | sweeps | rollouts | together |"
    );
    println!("|---|---|---|---|---|");
    for rollouts in [0.0, 100.0, 10_000.0] {
        let (standing, idle, busy) = (standing(rollouts), idle(), rollouts * each);
        println!(
            "| {rollouts} | ${standing:.2} | ${idle:.2} | ${busy:.2} | ${:.2} |",
            standing + idle + busy
        );
    }
    let sweeps = report.invocations.get(&Owner::HealthCheck).copied().unwrap_or_default();
    println!("\nA rollout: {:.2} cents; {sweeps} of its invocations are health-check's.", each * 100.0);
}

#[expect(clippy::cast_precision_loss, reason = "counts of calls are far below 2^52")]
const fn count(calls: u64) -> f64 {
    calls as f64
}
