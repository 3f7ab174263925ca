//! rollback: takes traffic back. It moves nothing forward, and reads only what it needs to go back fast: read, commit, act.

use std::sync::Arc;

use async_trait::async_trait;
use tidegate_domain::attention::{Alarmed, alarmed};
use tidegate_domain::deployment::DeploymentId;
use tidegate_domain::effect::{Effect, Owner, Pending, Performed};
use tidegate_domain::rollout::Rollout;
use tidegate_domain::trigger::{Command, Trigger, Verb};
use tidegate_engine::ports::{Bus, Clock, Deployments, Fault, Filed, Ports, Routers, Store};
use tidegate_engine::{Answer, Door, Engine, Hands, Respond, route, settled};
use tidegate_wire::aws::{AlarmChanged, AlarmState, AwsEvent, CodeDeployDeployment, CodeDeployState};
use tidegate_wire::bus::{Message, RolloutCommand};
use tidegate_wire::intake::Incoming;

/// The ports that this function may use, and no other.
pub struct Needs {
    /// The table.
    pub store: Arc<dyn Store>,
    /// The routers.
    pub routers: Routers,
    /// CodeDeploy's deployments.
    pub deployments: Arc<dyn Deployments>,
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl From<&Ports> for Needs {
    fn from(ports: &Ports) -> Self {
        let Ports { store, routers, deployments, bus, clock, .. } = ports.clone();
        Self { store, routers, deployments, bus, clock }
    }
}

/// The function.
pub struct Rollback {
    door: Door,
    engine: Engine,
    store: Arc<dyn Store>,
}

impl Rollback {
    /// The function on its ports.
    pub fn new(needs: impl Into<Needs>) -> Self {
        let Needs { store, routers, deployments, bus, clock } = needs.into();
        let owner = Owner::Rollback;
        let hands = Arc::new(Back { routers: routers.clone(), deployments: deployments.clone() });
        let engine = Engine {
            owner,
            store: store.clone(),
            routers,
            deployments,
            bus: bus.clone(),
            clock: clock.clone(),
            hands,
        };
        Self { door: Door { owner, store: store.clone(), bus, clock }, engine, store }
    }

    async fn answer_bus(&self, event_id: &str, message: Message) -> Result<Answer, Fault> {
        let handled = match message {
            Message::RolloutCommand(RolloutCommand { rollout, verb: Verb::Abort, by, why }) => {
                let trigger = Trigger::Commanded(Command { verb: Verb::Abort, by, why });
                self.engine.handle(&rollout, &trigger, Some(event_id)).await?
            }
            Message::VerdictReached(verdict) if verdict.owner == Owner::Rollback => {
                self.engine.handle(&verdict.rollout, &Trigger::Judged(verdict.judged), Some(event_id)).await?
            }
            Message::EffectsDue(due) if due.owner == Owner::Rollback => {
                self.engine.handle(&due.rollout, &Trigger::Reconcile, None).await?
            }
            Message::RolloutRequested(_)
            | Message::RolloutCommand(_)
            | Message::VerdictReached(_)
            | Message::EffectsDue(_)
            | Message::TicksDue(_)
            | Message::DeploymentFound(_)
            | Message::RolloutOutcome(_)
            | Message::FlagToggleRequested(_)
            | Message::FlagsDue(_)
            | Message::FlagsChanged(_) => return Ok(Answer::elsewhere(Owner::Rollback)),
        };
        Ok(Answer::Handled(handled))
    }

    /// A deployment failed or was stopped: the rollout that follows it looks at what becomes of its traffic.
    async fn ended(&self, event: &CodeDeployDeployment) -> Result<Answer, Fault> {
        let id = DeploymentId(event.deployment_id.clone());
        match self.store.filed(&id).await? {
            Some(Filed::Followed(rollout)) => {
                Ok(Answer::Handled(self.engine.handle(&rollout, &Trigger::Reconcile, None).await?))
            }
            Some(Filed::PassedOver(why)) => Ok(Answer::Ignored(why)),
            None => Ok(Answer::Ignored(format!("no rollout follows {event}"))),
        }
    }

    /// An alarm fires: every rollout whose policy lets it roll back is told. One that fails, or whose document cannot be read,
    /// does not keep the others waiting.
    async fn alarm(&self, event: &AlarmChanged) -> Result<Answer, Fault> {
        let mut answer = Answer::Ignored(format!("no rollout watches alarm {}", event.alarm));
        let mut failed = None;
        for id in self.store.watching(&event.alarm).await? {
            let rollout = match self.store.load(&id).await {
                Ok(Some(rollout)) => rollout,
                Ok(None) => continue,
                Err(fault) => {
                    failed = failed.or(Some(fault));
                    continue;
                }
            };
            let alarm = &event.alarm;
            let why = match alarmed(&rollout, alarm, event.at) {
                Alarmed::RollsBack => {
                    let trigger = Trigger::AlarmFired { alarm: alarm.clone() };
                    match self.engine.handle_loaded(rollout, &trigger, Some(&event.event_id)).await {
                        Ok(handled) => answer = Answer::Handled(handled),
                        Err(fault) => failed = failed.or(Some(fault)),
                    }
                    continue;
                }
                Alarmed::Holds => format!("alarm {alarm} holds; the sweep sees it"),
                Alarmed::Before(at) => {
                    format!(
                        "alarm {alarm} fired at {at}, before {id} was asked for; preflight reads what fires"
                    )
                }
            };
            // What was done for one rollout is told rather than why another was passed over.
            if !matches!(answer, Answer::Handled(_)) {
                answer = Answer::Ignored(why);
            }
        }
        failed.map_or(Ok(answer), Err)
    }
}

#[async_trait]
impl Respond for Rollback {
    fn door(&self) -> &Door {
        &self.door
    }

    async fn answer(&self, incoming: Incoming) -> Result<Answer, Fault> {
        match incoming {
            Incoming::Bus { event_id, message, .. } => self.answer_bus(&event_id, message).await,
            Incoming::Aws(AwsEvent::AlarmChanged(alarm)) if alarm.state == AlarmState::Alarm => {
                self.alarm(&alarm).await
            }
            Incoming::Aws(AwsEvent::AlarmChanged(alarm)) => {
                Ok(Answer::Ignored(format!("alarm {} does not fire", alarm.alarm)))
            }
            Incoming::Aws(AwsEvent::CodeDeployDeployment(event)) => match event.state {
                CodeDeployState::Failure | CodeDeployState::Stop => self.ended(&event).await,
                CodeDeployState::Start
                | CodeDeployState::Ready
                | CodeDeployState::Success
                | CodeDeployState::Unknown(_) => Ok(Answer::elsewhere(Owner::Rollback)),
            },
            Incoming::Aws(_) => Ok(Answer::elsewhere(Owner::Rollback)),
        }
    }
}

/// What rollback may do: take traffic back, and ask an older rollout to make way.
struct Back {
    routers: Routers,
    deployments: Arc<dyn Deployments>,
}

impl Back {
    /// Whether a deployment goes on in the group that moved the traffic of a rollout. Where nobody may say, nothing is in the way.
    async fn is_moved_by_another(&self, rollout: &Rollout) -> Result<bool, Fault> {
        let Some(moves) = rollout.mover.code_deploy() else { return Ok(false) };
        match self.deployments.under_way_in(&moves.group).await {
            Ok(under_way) => Ok(!under_way.is_empty()),
            Err(fault) if fault.may_pass() => Err(fault),
            Err(_) => Ok(false),
        }
    }
}

#[async_trait]
impl Hands for Back {
    async fn perform(
        &self,
        engine: &Engine,
        rollout: &Rollout,
        pending: &Pending,
    ) -> Result<Option<Performed>, Fault> {
        match &pending.effect {
            // It is waited for: what it moves is read again by the next sweep.
            Effect::TakeBack { .. } if self.is_moved_by_another(rollout).await? => Ok(None),
            Effect::TakeBack { wish, fence } => {
                route(&self.routers, &rollout.target, wish, fence).await.map(Some)
            }
            Effect::StopDeployment { deployment } => {
                settled(self.deployments.stop(deployment).await, |()| Performed::Done)
            }
            Effect::Supersede { rollout: older } => {
                let trigger =
                    Trigger::Replaced { by: rollout.id.clone(), candidate: rollout.candidate.clone() };
                engine.handle(older, &trigger, None).await?;
                Ok(Some(Performed::Done))
            }
            Effect::Shift { .. }
            | Effect::StartDeployment { .. }
            | Effect::ContinueDeployment { .. }
            | Effect::ExamineFlags
            | Effect::SetFlags { .. }
            | Effect::RestoreFlags
            | Effect::Measure
            | Effect::StartNext
            | Effect::Restart { .. }
            | Effect::Announce(_) => unreachable!("the engine gives a function its own effects only"),
        }
    }
}
