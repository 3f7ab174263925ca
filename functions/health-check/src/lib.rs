//! health-check: observes, stores ticks, judges and publishes verdicts. It acts on nothing: others decide on what it found.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use tidegate_domain::deployment::DeploymentId;
use tidegate_domain::effect::{Effect, Owner, Pending, Performed};
use tidegate_domain::rollout::{Rollout, RolloutId};
use tidegate_engine::ports::{
    Alarms, Bus, Clock, Deployments, Fault, Hook, Metrics, Ports, Probe, Routers, Store,
};
use tidegate_engine::sweep::Sweep;
use tidegate_engine::{Answer, Door, Engine, Hands, Hooks, Respond};
use tidegate_wire::aws::{
    self, AppConfigChange, AppConfigDirective, AppConfigTick, Asks, AwsEvent, EcsHookAnswer,
};
use tidegate_wire::bus::Message;
use tidegate_wire::intake::Incoming;

/// The ports that this function may use, and no other.
pub struct Needs {
    /// The table.
    pub store: Arc<dyn Store>,
    /// The routers.
    pub routers: Routers,
    /// The metrics.
    pub metrics: Arc<dyn Metrics>,
    /// The alarms.
    pub alarms: Arc<dyn Alarms>,
    /// CodeDeploy's deployments.
    pub deployments: Arc<dyn Deployments>,
    /// The asking of versions before they get any traffic.
    pub probe: Arc<dyn Probe>,
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl From<&Ports> for Needs {
    fn from(ports: &Ports) -> Self {
        let Ports { store, routers, metrics, alarms, deployments, probe, bus, clock, .. } = ports.clone();
        Self { store, routers, metrics, alarms, deployments, probe, bus, clock }
    }
}

/// The function.
pub struct HealthCheck {
    door: Door,
    engine: Engine,
    hooks: Hooks,
    sweep: Sweep,
}

impl HealthCheck {
    /// The function on its ports.
    pub fn new(needs: impl Into<Needs>) -> Self {
        let Needs { store, routers, metrics, alarms, deployments, probe, bus, clock } = needs.into();
        let owner = Owner::HealthCheck;
        let engine = Engine {
            owner,
            store: store.clone(),
            routers: routers.clone(),
            deployments: deployments.clone(),
            bus: bus.clone(),
            clock: clock.clone(),
            hands: Arc::new(Eyes),
        };
        let door = Door { owner, store: store.clone(), bus: bus.clone(), clock: clock.clone() };
        let hooks = Hooks {
            store: store.clone(),
            deployments: deployments.clone(),
            probe: probe.clone(),
            bus: bus.clone(),
            clock: clock.clone(),
        };
        let sweep = Sweep { store, routers, deployments, probe, metrics, alarms, bus, clock };
        Self { door, engine, hooks, sweep }
    }

    /// AppConfig asks whether a deployment of flags may go on. That Tidegate cannot tell is no reason to take it back.
    async fn tick(&self, tick: &AppConfigTick) -> Result<Answer, Fault> {
        let cause = self.sweep.judge_flags(&tick.deployment, tick.description.as_deref()).await?;
        let directive = cause.map_or(AppConfigDirective::Continue, |cause| AppConfigDirective::RollBack {
            description: cause.to_string(),
        });
        Ok(Answer::Value(serde_json::to_value(directive).unwrap_or_else(|_| go_on(Asks::AppConfig))))
    }

    async fn look(&self, rollouts: &[RolloutId]) -> Result<Answer, Fault> {
        self.sweep.batch(rollouts).await?;
        Ok(Answer::Value(json!({ "judged": rollouts })))
    }
}

/// What is answered where nothing better can be said: an answer that is no answer would roll the deployment back.
fn go_on(asks: Asks) -> Value {
    match asks {
        Asks::Ecs => serde_json::to_value(EcsHookAnswer::Succeeded),
        Asks::AppConfig => serde_json::to_value(AppConfigDirective::Continue),
    }
    .unwrap_or_default()
}

#[async_trait]
impl Respond for HealthCheck {
    fn door(&self) -> &Door {
        &self.door
    }

    async fn answer(&self, incoming: Incoming) -> Result<Answer, Fault> {
        match incoming {
            Incoming::Aws(AwsEvent::Sweep(_)) => {
                let swept = self.sweep.all().await;
                // No hook waits without a deployment; where nobody could say, hooks are answered all the same.
                if swept.as_ref().map_or(true, |swept| swept.deployments > 0) {
                    self.hooks.all().await?;
                }
                Ok(Answer::Value(json!({ "swept": swept?.rollouts })))
            }
            Incoming::Bus { message: Message::TicksDue(due), .. } => self.look(&due.rollouts).await,
            Incoming::Bus { message: Message::EffectsDue(due), .. } if due.owner == Owner::HealthCheck => {
                self.engine.resume(&due.rollout).await?;
                self.look(&[due.rollout]).await
            }
            Incoming::Aws(AwsEvent::CodeDeployHook(hook)) => {
                let hook = Hook {
                    deployment: DeploymentId(hook.deployment_id),
                    execution: hook.hook_execution_id,
                    asked: self.sweep.clock.now(),
                };
                self.hooks.ask(&hook).await?;
                Ok(Answer::Value(json!({ "asked": hook.deployment })))
            }
            Incoming::Aws(AwsEvent::EcsHook(_)) => Ok(Answer::Value(go_on(Asks::Ecs))),
            Incoming::Aws(AwsEvent::AppConfigTick(tick)) => self.tick(&tick).await,
            Incoming::Aws(AwsEvent::AppConfigDeployment(begun)) if begun.change == AppConfigChange::Start => {
                self.sweep.guard_flags(&begun.deployment, None).await?;
                Ok(Answer::Ignored(format!(
                    "{} is guarded where its extension names a policy",
                    begun.deployment
                )))
            }
            Incoming::Bus { .. } | Incoming::Aws(_) => Ok(Answer::elsewhere(Owner::HealthCheck)),
        }
    }

    fn owed(&self, payload: &Value) -> Option<Value> {
        aws::asks(payload).map(go_on)
    }
}

/// health-check looks; the looking itself follows once the wish for it is recorded as met.
struct Eyes;

#[async_trait]
impl Hands for Eyes {
    async fn perform(&self, _: &Engine, _: &Rollout, pending: &Pending) -> Result<Option<Performed>, Fault> {
        match &pending.effect {
            Effect::Measure => Ok(Some(Performed::Done)),
            Effect::Shift { .. }
            | Effect::TakeBack { .. }
            | Effect::StartDeployment { .. }
            | Effect::ContinueDeployment { .. }
            | Effect::StopDeployment { .. }
            | Effect::ExamineFlags
            | Effect::SetFlags { .. }
            | Effect::RestoreFlags
            | Effect::Supersede { .. }
            | Effect::StartNext
            | Effect::Restart { .. }
            | Effect::Announce(_) => unreachable!("the engine gives a function its own effects only"),
        }
    }
}
