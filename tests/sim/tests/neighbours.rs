//! What is wrong for good with one rollout is that rollout's trouble, not its neighbours'.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use tidegate::house::function_on;
use tidegate_domain::rollout::{PhaseName, RolloutId};
use tidegate_domain::units::Span;
use tidegate_engine::ports::{Fault, FaultKind, Measure, MetricQuery, Metrics, Ports, Series, Window};
use tidegate_sim::{Deploy, Scenario, Simulation};

const TWO: &str = r#"
title: Two releases at once, one with a metric that is denied
story: The other goes its way.
policy:
  version: 1
  name: both
  strategy: { steps: [{ setWeight: 50 }, { bake: 10m }], watch: 0m }
  analysis:
    metrics:
      - errors: {}
      - name: orders
        cloudwatch: { namespace: Shop, metric: orders, dimensions: { Version: "{version}" } }
        harm: decrease
world:
  checkout:
    stable: 7
    traffic: { rps: 800 }
    versions: { 7: { counts: { orders: 10% } }, 8: { counts: { orders: 10% } } }
  shop:
    stable: 7
    traffic: { rps: 800 }
    versions: { 7: { counts: { orders: 10% } }, 8: { counts: { orders: 10% } } }
happens:
  - { at: 5m, then: { publish: 8 }, on: checkout }
  - { at: 5m, then: { publish: 8 }, on: shop }
limit: 3h
"#;

/// CloudWatch that denies the shop's own metric: a call with it fails as a whole.
struct Denied(Arc<dyn Metrics>);

#[async_trait]
impl Metrics for Denied {
    async fn read(&self, queries: &[MetricQuery], window: Window) -> Result<Vec<Series>, Fault> {
        let denied = |query: &MetricQuery| {
            matches!(query.measure, Measure::CloudWatch(_)) && query.target.setting("function") == "shop"
        };
        if queries.iter().any(denied) {
            return Err(Fault::new("GetMetricData Shop/orders", FaultKind::Denied("Forbidden".to_owned())));
        }
        self.0.read(queries, window).await
    }
}

#[test]
fn a_metric_that_nobody_may_read_stops_its_own_rollout_only() {
    let house: Deploy = Arc::new(|owner, ports: Ports| {
        let metrics = Arc::new(Denied(ports.metrics.clone()));
        function_on(owner, &Ports { metrics, ..ports })
    });
    the_shop_alone_is_stopped(TWO, house);
}

#[test]
fn a_document_that_cannot_be_read_stops_its_own_rollout_only() {
    let spoiled = TWO.replace("limit:", "  - { at: 8m, then: { spoils: shop-live-8 } }\nlimit:");
    the_shop_alone_is_stopped(&spoiled, tidegate::house::deploy());
}

fn the_shop_alone_is_stopped(text: &str, house: Deploy) {
    let scenario = Scenario::from_yaml(text).unwrap_or_else(|faults| panic!("{faults}"));
    let mut simulation = Simulation::new(scenario, 7, house).unwrap();
    simulation.run();
    let view = simulation.view();
    let phase = |id: &str| view.rollouts()[&RolloutId(id.to_owned())].phase.name();
    assert_eq!(phase("checkout-live-8"), PhaseName::Succeeded);
    assert_ne!(phase("shop-live-8"), PhaseName::Succeeded);
}

const ALARMED: &str = r"
title: Two releases under one alarm
story: It fires for both.
policy:
  version: 1
  name: both
  strategy: { steps: [{ setWeight: 50 }, { bake: 10m }], watch: 0m }
  analysis: { alarms: [{ name: loud, action: rollBack }] }
world:
  checkout:
    stable: 7
    traffic: { rps: 800 }
    versions: { 7: {}, 8: {} }
  shop:
    stable: 7
    traffic: { rps: 800 }
    versions: { 7: {}, 8: {} }
alarms:
  loud: {}
happens:
  - { at: 5m, then: { publish: 8 }, on: checkout }
  - { at: 5m, then: { publish: 8 }, on: shop }
limit: 3h
";

/// CloudWatch's event of the alarm, as it fired so long after the scenario's start, delivered at 9 minutes.
fn fired(at: Span) -> (Simulation, Value) {
    let scenario = Scenario::from_yaml(ALARMED).unwrap_or_else(|faults| panic!("{faults}"));
    let mut simulation = Simulation::new(scenario, 7, tidegate::house::deploy()).unwrap();
    let time = at.after(simulation.view().start());
    simulation.cloud().advance(Span::minutes(9));
    let event = json!({
        "id": "event-1", "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change",
        "detail": { "alarmName": "loud", "state": { "value": "ALARM", "timestamp": time.to_string() } },
    });
    (simulation, event)
}

fn phase(simulation: &Simulation, id: &str) -> PhaseName {
    simulation.view().rollouts()[&RolloutId(id.to_owned())].phase.name()
}

#[test]
fn a_late_duplicate_of_an_old_alarm_rolls_no_newer_rollout_back() {
    let (mut simulation, event) = fired(Span::minutes(1));
    simulation.cloud().put_event(event);
    simulation.cloud().advance(Span::seconds(20));
    assert_eq!(phase(&simulation, "checkout-live-8"), PhaseName::Baking);
    let (mut simulation, event) = fired(Span::minutes(8));
    simulation.cloud().put_event(event);
    simulation.cloud().advance(Span::seconds(20));
    assert_eq!(phase(&simulation, "checkout-live-8"), PhaseName::RolledBack);
}

#[test]
fn an_alarm_takes_back_what_it_can_read_whatever_else_it_watches_over() {
    for (spoiled, other) in [("checkout-live-8", "shop-live-8"), ("shop-live-8", "checkout-live-8")] {
        let text =
            ALARMED.replace("limit:", &format!("  - {{ at: 8m, then: {{ spoils: {spoiled} }} }}\nlimit:"));
        let mut simulation =
            Simulation::new(Scenario::from_yaml(&text).unwrap(), 7, tidegate::house::deploy()).unwrap();
        simulation.cloud().advance(Span::minutes(9));
        let event = json!({
            "id": "event-1", "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change",
            "detail": { "alarmName": "loud", "state": { "value": "ALARM" } },
        });
        simulation.cloud().put_event(event);
        simulation.cloud().advance(Span::seconds(20));
        assert_eq!(phase(&simulation, other), PhaseName::RolledBack);
    }
}
