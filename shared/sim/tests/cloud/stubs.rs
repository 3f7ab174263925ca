//! Functions that do as little as a test needs, and the world they run in.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use tidegate_domain::effect::Owner;
use tidegate_domain::policy::Policy;
use tidegate_domain::rollout::{Request, Rollout, RolloutId};
use tidegate_domain::target::{Target, Version};
use tidegate_engine::ports::{Fault, Function, Ports};
use tidegate_sim::{Cloud, Deploy, Scenario, complete};

pub type Answer = Pin<Box<dyn Future<Output = Result<Value, Fault>> + Send>>;

struct Stub<F>(Owner, Ports, F);

#[async_trait]
impl<F: Fn(Owner, Ports, Value) -> Answer + Send + Sync> Function for Stub<F> {
    async fn invoke(&self, payload: &Value) -> Result<Value, Fault> {
        self.2(self.0, self.1.clone(), payload.clone()).await
    }
}

/// Deploys the same small function as every one of Tidegate's.
pub fn deploy(function: impl Fn(Owner, Ports, Value) -> Answer + Clone + Send + Sync + 'static) -> Deploy {
    Arc::new(move |owner, ports| Box::new(Stub(owner, ports, function.clone())))
}

/// Functions that do nothing.
pub fn idle() -> Deploy {
    deploy(|_, _, _| Box::pin(async { Ok(Value::Null) }))
}

/// A function that shifts weights and reads metrics at every sweep, so that many executions cross.
pub fn busy() -> Deploy {
    deploy(|owner, ports, payload| {
        Box::pin(async move {
            if owner == Owner::HealthCheck && payload.get("tidegate").is_some() {
                for _ in 0..2 {
                    shift(&ports, 5.0).await?;
                    shift(&ports, 0.0).await?;
                }
            }
            Ok(Value::Null)
        })
    })
}

async fn shift(ports: &Ports, percent: f64) -> Result<(), Fault> {
    let target = target();
    let router = ports.routers.of(&target)?;
    let observed = router.observe(&target).await?;
    let weight = tidegate_domain::units::Weight::from_percent(percent).expect("it is a weight");
    let wish = tidegate_domain::target::Routing::split(&version("7"), &version("8"), weight);
    router.route(&target, &wish, &observed.fence).await.map(drop)
}

pub const WORLD: &str = "
title: A small world
story: Two versions behind one alias.
policy: { version: 1, name: checkout, strategy: Canary10Percent5Minutes, analysis: { alarms: [{ name: loud }] } }
world:
  checkout:
    stable: 7
    traffic: { rps: 100 }
    versions:
      7: { errors: 1%, counts: { Orders: 3% } }
      8: { errors: 5%, published: true }
      9: { role: another, published: true }
      10: { state: pending, published: true }
alarms:
  loud: {}
limit: 30m
";

pub fn scenario() -> Scenario {
    Scenario::from_yaml(WORLD).unwrap_or_else(|faults| panic!("{faults}"))
}

/// The small world, with something more happening in it.
pub fn scenario_in_which(happens: &str) -> Scenario {
    let text = format!("{WORLD}\nhappens:\n{happens}");
    Scenario::from_yaml(&text).unwrap_or_else(|faults| panic!("{faults}"))
}

pub fn cloud(deploy: Deploy) -> Cloud {
    Cloud::new(scenario(), 1, deploy).unwrap_or_else(|faults| panic!("{faults}"))
}

/// What a call through open ports comes to.
pub fn call<T>(future: impl Future<Output = T>) -> T {
    complete(future).expect("open ports never wait")
}

pub fn target() -> Target {
    Target::lambda("checkout", "live")
}

pub fn version(name: &str) -> Version {
    Version(name.to_owned())
}

/// A rollout of version 8 that waits.
pub fn rollout(id: &str) -> Rollout {
    let policy = Policy::from_json(&scenario().policy).unwrap_or_else(|faults| panic!("{faults}"));
    let (id, request) = (RolloutId(id.to_owned()), Request::default());
    let now = "2026-11-20T10:00:00Z".parse().expect("it is a time");
    Rollout::queued(id, target(), version("8"), policy, request, now)
}
