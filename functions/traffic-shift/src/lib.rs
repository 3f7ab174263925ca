//! traffic-shift: starts rollouts and moves their weight forward. It takes nothing back: that is rollback's right.

mod asking;
mod deploying;

use std::sync::Arc;

use async_trait::async_trait;
use tidegate_domain::admit::Asked;
use tidegate_domain::deployment::{CodeDeploy, DeploymentId, Mover, Order, TargetGroups, description};
use tidegate_domain::effect::{Clearance, Effect, Owner, Pending, Performed};
use tidegate_domain::rollout::{Request, Rollout};
use tidegate_domain::trigger::{Command, Trigger, Verb};
use tidegate_engine::ports::{Bus, Clock, Deployments, Fault, Functions, Ports, Routers, Store};
use tidegate_engine::{Answer, Door, Engine, Hands, Respond, held, route, settled};
use tidegate_wire::aws::{AwsEvent, CodeDeployState};
use tidegate_wire::bus::{Message, RolloutCommand};
use tidegate_wire::intake::Incoming;

/// The ports that this function may use, and no other.
pub struct Needs {
    /// The table.
    pub store: Arc<dyn Store>,
    /// The routers.
    pub routers: Routers,
    /// The functions under Tidegate, to read.
    pub functions: Arc<dyn Functions>,
    /// CodeDeploy's deployments.
    pub deployments: Arc<dyn Deployments>,
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl From<&Ports> for Needs {
    fn from(ports: &Ports) -> Self {
        let Ports { store, routers, functions, deployments, bus, clock, .. } = ports.clone();
        Self { store, routers, functions, deployments, bus, clock }
    }
}

/// The function.
pub struct TrafficShift {
    door: Door,
    engine: Engine,
    store: Arc<dyn Store>,
    functions: Arc<dyn Functions>,
    deployments: Arc<dyn Deployments>,
}

impl TrafficShift {
    /// The function on its ports.
    pub fn new(needs: impl Into<Needs>) -> Self {
        let Needs { store, routers, functions, deployments, bus, clock } = needs.into();
        let owner = Owner::TrafficShift;
        let hands = Arc::new(Forward { routers: routers.clone(), deployments: deployments.clone() });
        let engine = Engine {
            owner,
            store: store.clone(),
            routers,
            deployments: deployments.clone(),
            bus: bus.clone(),
            clock: clock.clone(),
            hands,
        };
        Self { door: Door { owner, store: store.clone(), bus, clock }, engine, store, functions, deployments }
    }

    async fn answer_bus(&self, event_id: &str, message: Message) -> Result<Answer, Fault> {
        let handled = match message {
            Message::RolloutRequested(request) => {
                return match self.asked_by_request(request).await? {
                    Ok(asked) => self.engine.admit(asked, Some(event_id)).await,
                    Err(problem) => Ok(Answer::Unreadable(problem)),
                };
            }
            Message::RolloutCommand(RolloutCommand { rollout, verb, by, why }) if verb != Verb::Abort => {
                let trigger = Trigger::Commanded(Command { verb, by, why });
                self.engine.handle(&rollout, &trigger, Some(event_id)).await?
            }
            Message::VerdictReached(verdict) if verdict.owner == Owner::TrafficShift => {
                self.engine.handle(&verdict.rollout, &Trigger::Judged(verdict.judged), Some(event_id)).await?
            }
            Message::EffectsDue(due) if due.owner == Owner::TrafficShift => {
                self.engine.handle(&due.rollout, &Trigger::Reconcile, None).await?
            }
            Message::DeploymentFound(found) => return self.deployment(&found.deployment).await,
            Message::RolloutCommand(_)
            | Message::VerdictReached(_)
            | Message::EffectsDue(_)
            | Message::TicksDue(_)
            | Message::RolloutOutcome(_)
            | Message::FlagToggleRequested(_)
            | Message::FlagsDue(_)
            | Message::FlagsChanged(_) => return Ok(Answer::elsewhere(Owner::TrafficShift)),
        };
        Ok(Answer::Handled(handled))
    }
}

#[async_trait]
impl Respond for TrafficShift {
    fn door(&self) -> &Door {
        &self.door
    }

    async fn answer(&self, incoming: Incoming) -> Result<Answer, Fault> {
        match incoming {
            Incoming::Bus { event_id, message, .. } => Box::pin(self.answer_bus(&event_id, message)).await,
            Incoming::Aws(AwsEvent::VersionPublished(event)) => match self.asked_by_version(&event).await? {
                Ok(asked) => self.engine.admit(asked, Some(&event.event_id)).await,
                Err(answer) => Ok(answer),
            },
            // CloudTrail tells of it minutes later; the sweep looks for drift every minute.
            Incoming::Aws(AwsEvent::AliasChanged(event)) => {
                Ok(Answer::Ignored(format!("the sweep looks at {}:{}", event.function, event.alias)))
            }
            Incoming::Aws(AwsEvent::CodeDeployDeployment(event)) => match event.state {
                CodeDeployState::Start
                | CodeDeployState::Ready
                | CodeDeployState::Success
                | CodeDeployState::Unknown(_) => self.deployment(&DeploymentId(event.deployment_id)).await,
                CodeDeployState::Failure | CodeDeployState::Stop => {
                    Ok(Answer::elsewhere(Owner::TrafficShift))
                }
            },
            Incoming::Aws(_) => Ok(Answer::elsewhere(Owner::TrafficShift)),
        }
    }
}

/// What traffic-shift may do: move traffic towards a candidate, and start rollouts.
struct Forward {
    routers: Routers,
    deployments: Arc<dyn Deployments>,
}

impl Forward {
    /// Starts the deployment of a rollout. CodeDeploy has no client token: an earlier try is looked for first.
    async fn start(
        &self,
        engine: &Engine,
        rollout: &Rollout,
        effect: &Effect,
        order: &Order,
    ) -> Result<Option<Performed>, Fault> {
        let description = description(&rollout.id);
        match self.deployments.find(&order.group, &description, rollout.created).await {
            Ok(None) => {}
            found => return settled(found, |id| id.map_or(Performed::Done, Performed::Started)),
        }
        match clearance(engine, rollout, effect).await? {
            Clearance::Granted => {
                settled(self.deployments.start(order, &description).await, Performed::Started)
            }
            Clearance::Thawed => Ok(Some(Performed::Thawed)),
            Clearance::Frozen(freeze) => Ok(Some(Performed::Frozen(freeze))),
        }
    }
}

async fn clearance(engine: &Engine, rollout: &Rollout, effect: &Effect) -> Result<Clearance, Fault> {
    Ok(effect.clearance(rollout, engine.store.freeze_switch().await?.freeze()))
}

/// Who moves the traffic of a rollout that is tried again: of a deployment that somebody else started there is no other try.
fn again(before: &Mover) -> Mover {
    match before {
        Mover::Tidegate => Mover::Tidegate,
        Mover::CodeDeploy(moves) => {
            let serving = |groups: TargetGroups| TargetGroups { candidate: None, ..groups };
            let fresh = CodeDeploy {
                id: None,
                status: None,
                target_groups: moves.target_groups.clone().map(serving),
                compared: None,
                red: Vec::new(),
                ..(**moves).clone()
            };
            Mover::CodeDeploy(Box::new(fresh))
        }
    }
}

#[async_trait]
impl Hands for Forward {
    async fn perform(
        &self,
        engine: &Engine,
        rollout: &Rollout,
        pending: &Pending,
    ) -> Result<Option<Performed>, Fault> {
        match &pending.effect {
            Effect::Shift { wish, fence } => match clearance(engine, rollout, &pending.effect).await? {
                Clearance::Granted => route(&self.routers, &rollout.target, wish, fence).await.map(Some),
                Clearance::Thawed => Ok(Some(Performed::Thawed)),
                Clearance::Frozen(freeze) => {
                    held(&self.routers, &rollout.target, wish, fence, freeze).await.map(Some)
                }
            },
            Effect::StartDeployment { order } => self.start(engine, rollout, &pending.effect, order).await,
            Effect::ContinueDeployment { deployment, wait } => {
                match clearance(engine, rollout, &pending.effect).await? {
                    Clearance::Granted => {
                        settled(self.deployments.go_on(deployment, *wait).await, |()| Performed::Done)
                    }
                    Clearance::Thawed => Ok(Some(Performed::Thawed)),
                    Clearance::Frozen(freeze) => Ok(Some(Performed::Frozen(freeze))),
                }
            }
            Effect::StartNext => {
                engine.start_next(&rollout.target).await?;
                Ok(Some(Performed::Done))
            }
            Effect::Restart { id, by, fix_forward } => {
                let request = Request {
                    by: by.clone(),
                    retry_of: Some(rollout.id.clone()),
                    fix_forward: *fix_forward,
                    automatic: false,
                };
                let asked = Asked {
                    id: id.clone(),
                    target: rollout.target.clone(),
                    mover: again(&rollout.mover),
                    stable: None,
                    candidate: rollout.candidate.clone(),
                    policy: rollout.policy.clone(),
                    request,
                };
                engine.admit(asked, None).await?;
                Ok(Some(Performed::Done))
            }
            Effect::TakeBack { .. }
            | Effect::StopDeployment { .. }
            | Effect::ExamineFlags
            | Effect::SetFlags { .. }
            | Effect::RestoreFlags
            | Effect::Supersede { .. }
            | Effect::Measure
            | Effect::Announce(_) => unreachable!("the engine gives a function its own effects only"),
        }
    }
}
