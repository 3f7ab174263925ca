//! infra/metrics.json and docs/observability.md say what the engine measures: dashboards and alarms are held against the one, people
//! read the other.

use std::path::PathBuf;

use serde_json::{Value, json};
use tidegate_engine::measures::METRICS;

fn of_repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

#[test]
fn the_committed_metrics_are_what_the_engine_measures() {
    let path = of_repository("infra/metrics.json");
    let metric = |metric: &tidegate_engine::measures::Metric| json!({ "name": metric.name, "unit": metric.unit, "when": metric.when });
    let all: Value = METRICS.iter().map(metric).collect();
    let stated = serde_json::to_string_pretty(&all).expect("JSON") + "\n";
    if std::env::var_os("UPDATE_METRICS").is_some() {
        std::fs::write(&path, &stated).expect("infra/metrics.json can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == stated, "infra/metrics.json is old; UPDATE_METRICS=1 writes it anew");
}

#[test]
fn the_table_for_people_has_a_row_for_each_metric_and_no_other() {
    let page = std::fs::read_to_string(of_repository("docs/observability.md")).expect("the page");
    let told: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let rows: Vec<String> = METRICS
        .iter()
        .map(|metric| format!("| `{}` | {} | {} |", metric.name, metric.unit, metric.when))
        .collect();
    assert_eq!(told, rows);
}
