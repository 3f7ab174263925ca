//! What is wrong for good with one rollout is that rollout's trouble, not its neighbours'.

use std::sync::Arc;

use async_trait::async_trait;
use tidegate::house::function_on;
use tidegate_domain::rollout::{PhaseName, RolloutId};
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
