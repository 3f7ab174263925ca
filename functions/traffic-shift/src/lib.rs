//! traffic-shift: starts rollouts and moves their weight forward. It takes nothing back: that is rollback's right.

mod asking;

use std::sync::Arc;

use async_trait::async_trait;
use tidegate_domain::admit::Asked;
use tidegate_domain::effect::{Effect, Owner, Pending, Performed};
use tidegate_domain::rollout::{Request, Rollout};
use tidegate_domain::trigger::{Command, Trigger, Verb};
use tidegate_engine::ports::{Bus, Clock, Fault, Functions, Ports, Routers, Store};
use tidegate_engine::{Answer, Door, Engine, Hands, Respond, route};
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
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl From<&Ports> for Needs {
    fn from(ports: &Ports) -> Self {
        let Ports { store, routers, functions, bus, clock, .. } = ports.clone();
        Self { store, routers, functions, bus, clock }
    }
}

/// The function.
pub struct TrafficShift {
    door: Door,
    engine: Engine,
    store: Arc<dyn Store>,
    functions: Arc<dyn Functions>,
}

impl TrafficShift {
    /// The function on its ports.
    pub fn new(needs: impl Into<Needs>) -> Self {
        let Needs { store, routers, functions, bus, clock } = needs.into();
        let owner = Owner::TrafficShift;
        let hands = Arc::new(Forward { routers: routers.clone() });
        let engine =
            Engine { owner, store: store.clone(), routers, bus: bus.clone(), clock: clock.clone(), hands };
        Self { door: Door { owner, store: store.clone(), bus, clock }, engine, store, functions }
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
            Message::RolloutCommand(_)
            | Message::VerdictReached(_)
            | Message::EffectsDue(_)
            | Message::TicksDue(_)
            | Message::RolloutOutcome(_)
            | Message::FlagToggleRequested(_) => return Ok(Answer::elsewhere(Owner::TrafficShift)),
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
                CodeDeployState::Start | CodeDeployState::Ready | CodeDeployState::Success => {
                    let id = event.deployment_id;
                    Ok(Answer::Ignored(format!(
                        "no policy adopts CodeDeploy deployment {id}: this release drives Lambda aliases"
                    )))
                }
                CodeDeployState::Failure | CodeDeployState::Stop | CodeDeployState::Unknown(_) => {
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
            Effect::Shift { wish, fence } => {
                route(&self.routers, &rollout.target, wish, fence).await.map(Some)
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
                    candidate: rollout.candidate.clone(),
                    policy: rollout.policy.clone(),
                    request,
                };
                engine.admit(asked, None).await?;
                Ok(Some(Performed::Done))
            }
            Effect::TakeBack { .. } | Effect::Supersede { .. } | Effect::Measure | Effect::Announce(_) => {
                unreachable!("the engine gives a function its own effects only")
            }
        }
    }
}
