//! Whole policies: those that parse, and what is said of those that do not.

mod analysis;
mod checks;
mod defaults;
mod faults;
mod flags;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::*;
use crate::flag::{Profile, Wanted};

/// The policy in the design, word for word.
const DESIGN: &str = r#"
version: 1
name: checkout
mode: drive                     # or guard
target:                         # may come from the request or the tag instead
  lambda: { function: checkout, alias: live }
strategy:                       # or a SAM name: Canary10Percent5Minutes, Linear10PercentEvery1Minute
  steps:
    - setWeight: 5
    - bake: 10m
    - setWeight: 25
    - bake: 10m
    - pause: {}                 # a manual gate; still judged while it waits
    - setWeight: 50
    - bake: 10m
  watch: 30m                    # after full promotion
analysis:
  preset: balanced              # or tolerant; every number can be overridden
  metrics:                      # sensible ones come with the target: errors and latency
    - errors: {}
    - latency: {}
    - name: orders
      cloudwatch: { namespace: Shop, metric: OrdersPlaced, dimensions: { Version: "{version}" } }
      harm: decrease            # denominator: the target's requests unless stated
  guards:
    - errorRate: { above: 5%, for: 3 of 3 }
  alarms:
    - { name: checkout-5xx, action: rollBack }   # or hold; already firing at the start blocks unless fixForward
  onInconclusive: hold          # or proceed, rollBack
flags:
  - { flag: new-basket, at: 25%, application: shop, environment: prod, profile: flags }
notify:
  topic: on-call                # ARN or name; severities per outcome
"#;

fn design() -> Value {
    serde_saphyr::from_str(DESIGN).unwrap()
}

fn weight(percent: f64) -> Weight {
    Weight::from_percent(percent).unwrap()
}

fn step(percent: f64, gate: Option<Gate>) -> Step {
    Step { weight: weight(percent), bake: Span::minutes(10), gate }
}

fn metric(name: &str, source: MetricSource, margin: f64, share: f64) -> Metric {
    Metric { name: name.to_owned(), source, harm: Harm::Increase, margin, pass: 1.5, weight: share }
}

fn slower_than(quantile: u8) -> MetricSource {
    MetricSource::SlowerThan { quantile }
}

/// What is said of a short policy with these lines added.
fn faults_of(lines: &str) -> String {
    let policy = Policy::from_yaml(&format!("version: 1\nname: p\n{lines}"));
    policy.map_or_else(|faults| faults.to_string(), |_| "no fault".to_owned())
}

fn parsed(lines: &str) -> Policy {
    Policy::from_yaml(&format!("version: 1\nname: p\n{lines}")).unwrap()
}

fn in_the_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

#[test]
fn the_policy_in_the_design_parses_to_what_it_says() {
    let third = 1.0 / 3.0;
    let ninth = third * third;
    let orders = CloudWatchMetric {
        namespace: "Shop".to_owned(),
        metric: "OrdersPlaced".to_owned(),
        dimensions: [("Version".to_owned(), "{version}".to_owned())].into(),
        statistic: Statistic::Sum,
    };
    let orders = MetricSource::CloudWatch { events: orders, of: None };
    let expected = Policy {
        name: "checkout".to_owned(),
        mode: Mode::Drive,
        target: Some(Target::lambda("checkout", "live")),
        strategy: Strategy {
            steps: vec![step(5.0, None), step(25.0, Some(Gate::Manual)), step(50.0, None)],
            is_open: false,
            watch: Span::minutes(30),
        },
        analysis: Analysis {
            alpha_slow: 0.045,
            alpha_fast: 0.005,
            metrics: vec![
                metric("errors", MetricSource::Errors, 1.10, third),
                metric("latency p50", slower_than(50), 1.05, ninth),
                metric("latency p90", slower_than(90), 1.10, ninth),
                metric("latency p99", slower_than(99), 1.25, ninth),
                Metric { harm: Harm::Decrease, ..metric("orders", orders, 1.10, third) },
            ],
            guards: vec![Guard { metric: "errors".to_owned(), above: 0.05, m: 3, n: 3 }],
            alarms: vec![AlarmRule { name: "checkout-5xx".to_owned(), action: AlarmAction::RollBack }],
            on_inconclusive: OnInconclusive::Hold,
            warm_up: Span::ZERO,
            traffic_split: true,
        },
        checks: Vec::new(),
        flags: vec![FlagChange {
            wanted: Wanted {
                flag: "new-basket".to_owned(),
                variant: None,
                enabled: Some(true),
                attributes: BTreeMap::new(),
            },
            at: FlagMoment::Weight(weight(25.0)),
            profile: Profile {
                application: "shop".to_owned(),
                environment: "prod".to_owned(),
                profile: "flags".to_owned(),
            },
            strategy: None,
            ship_pending: false,
        }],
        kill_switches: Vec::new(),
        notify: Notify { topic: Some("on-call".to_owned()), ..Notify::default() },
        deadline: Span::hours(2 + 24),
    };
    assert_eq!(Policy::from_yaml(DESIGN), Ok(expected.clone()));
    assert_eq!(Policy::from_json(&design()), Ok(expected));
}

#[test]
fn a_rollout_can_store_the_policy_it_started_with() {
    let policy = Policy::from_yaml(DESIGN).unwrap();
    let stored = serde_json::to_value(&policy).unwrap();
    assert_eq!(serde_json::from_value::<Policy>(stored).unwrap(), policy);
}

#[test]
fn every_example_policy_parses_and_fits_the_schema() {
    let schema = jsonschema::validator_for(&policy_schema()).unwrap();
    let files = |directory: &str| {
        let entries = std::fs::read_dir(in_the_repository(directory)).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
    };
    let samples = files("events/policies");
    let examples = files("infra/sam/examples").into_iter().map(|example| example.join("policy.yaml"));
    let mut seen = 0;
    for path in samples.into_iter().chain(examples) {
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let value = serde_saphyr::from_str::<Value>(&text).unwrap();
        Policy::from_yaml(&text).unwrap_or_else(|faults| panic!("{}:\n{faults}", path.display()));
        schema.validate(&value).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        seen += 1;
    }
    assert!(seen >= 8, "only {seen} policies");
}

#[test]
fn what_the_schema_refuses_the_parser_refuses_too() {
    let schema = jsonschema::validator_for(&policy_schema()).unwrap();
    assert!(schema.is_valid(&design()));
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0.5),
        json!(1e300),
        json!(""),
        json!("odd"),
        json!([]),
        json!({}),
    ];
    let mut refused = 0;
    for pointer in pointers(&design(), "") {
        for value in odd.iter().chain([&json!({ "odd": 1 })]) {
            let mut changed = design();
            *changed.pointer_mut(&pointer).unwrap() = value.clone();
            if !schema.is_valid(&changed) {
                refused += 1;
                let faults = Policy::from_json(&changed).expect_err(&format!("{pointer} = {value}"));
                assert!(!faults.0.is_empty(), "{pointer} = {value}: refused without a word");
            }
        }
    }
    assert!(refused > 300, "only {refused} policies were refused");
}

/// A JSON pointer to every value in `value`.
fn pointers(value: &Value, at: &str) -> Vec<String> {
    let below: Vec<_> = match value {
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), field)).collect(),
        Value::Array(entries) => {
            entries.iter().enumerate().map(|(i, entry)| (i.to_string(), entry)).collect()
        }
        _ => Vec::new(),
    };
    let below = below.into_iter().flat_map(|(name, value)| pointers(value, &format!("{at}/{name}")));
    std::iter::once(at.to_owned()).chain(below).collect()
}

#[test]
fn the_committed_schema_is_the_one_of_this_code() {
    let committed = std::fs::read_to_string(in_the_repository("shared/domain/policy.schema.json"));
    let committed: Option<Value> = committed.ok().and_then(|text| serde_json::from_str(&text).ok());
    assert!(
        committed == Some(policy_schema()),
        "shared/domain/policy.schema.json is out of date; run\n    tidegate policy schema > shared/domain/policy.schema.json"
    );
}

#[test]
fn the_schema_names_itself_and_refuses_unknown_fields_everywhere() {
    let schema = policy_schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["$id"], "urn:tidegate:policy:1");
    assert_eq!(schema["title"], "Tidegate policy");
    assert_eq!(schema["properties"]["mode"]["default"], "drive");
    for pointer in pointers(&schema, "") {
        let part = schema.pointer(&pointer).unwrap();
        if part["type"] == "object" {
            let more = &part["additionalProperties"];
            assert!(
                more == false || more.get("type").is_some() || part.get("propertyNames").is_some(),
                "{pointer}"
            );
        }
        assert!(!pointer.contains("Raw"), "{pointer}");
    }
}
