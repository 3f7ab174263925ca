//! How fast the judge is, built as it is deployed. `make bench-speed` runs it; `docs/judge-speed.md` keeps the numbers.

use divan::Bencher;
use divan::counter::ItemsCount;

use tidegate_judge::{Counts, Harm, Input, Kind, Metric, Preset, Routing, StepTime, Tick, interval, judge};

fn main() {
    divan::main();
}

/// Ticks of a service at 100 requests per second that fails one in a hundred; the counts vary from tick to tick.
fn ticks(n: usize) -> Vec<Tick> {
    let counts = |total: u64, tick: u64| Counts { total, bad: total / 100 + tick * 7 % 5 };
    let tick = |tick| Tick { candidate: counts(1500, tick), stable: counts(4500, tick + 1) };
    (0..).map(tick).take(n).collect()
}

fn metric(name: String, kind: Kind, weight: f64, ticks: Vec<Tick>) -> Metric {
    let (r0, r1) = (Preset::Balanced.error_margin(), Preset::Balanced.pass_ratio());
    Metric { name, kind, harm: Harm::Increase, ticks, r0, r1, weight, step_start: 0, unsettled: 0 }
}

fn input(metrics: Vec<Metric>) -> Input {
    Input {
        metrics,
        guards: vec![],
        thresholds: Preset::Balanced.thresholds(),
        routing: Routing::PerRequest,
        split: vec![],
        step: StepTime::BakeOver,
        told_share: 0.05,
        minutes_left: 10,
    }
}

/// The kernel alone, as far as the judge can be asked for it: no fast path, nothing settled that could pass. A tick
/// of it is one of the 60 items, with the estimate of the dispersion and everything around it.
#[divan::bench]
fn kernel_over_60_ticks(bencher: Bencher) {
    let slow_path = Metric { unsettled: 60, ..metric("p99".to_owned(), Kind::Other, 1.0, ticks(60)) };
    let input = input(vec![slow_path]);
    bencher.counter(ItemsCount::new(60_u32)).bench(|| judge(divan::black_box(&input)));
}

/// One metric recomputed from scratch: slow path, fast path, pass evidence.
#[divan::bench]
fn metric_over_60_ticks(bencher: Bencher) {
    let input = input(vec![metric("errors".to_owned(), Kind::Errors, 1.0, ticks(60))]);
    bencher.bench(|| judge(divan::black_box(&input)));
}

/// The confidence sequence of one metric.
#[divan::bench(args = [60, 240])]
fn confidence_sequence(bencher: Bencher, n: usize) {
    let ticks = ticks(n);
    bencher.bench(|| interval(divan::black_box(&ticks), Harm::Increase));
}

/// A whole rollout late in its life: 20 metrics over 240 ticks.
#[divan::bench]
fn rollout_of_20_metrics_over_240_ticks(bencher: Bencher) {
    let metrics = (0..20).map(|n| {
        let kind = if n < 4 { Kind::Errors } else { Kind::Other };
        metric(format!("metric {n}"), kind, 0.05, ticks(240))
    });
    let input = input(metrics.collect());
    bencher.bench(|| judge(divan::black_box(&input)));
}
