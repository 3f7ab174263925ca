//! feature-flag: the only function with rights on AppConfig. It sets and restores the flags of rollouts, toggles flags that
//! somebody asks for, and turns off those whose alarm fires. It moves no traffic.

mod asked;
mod hands;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use tidegate_domain::effect::Owner;
use tidegate_domain::flag::toggle::{AskedBy, Progress, Toggle, ToggleId};
use tidegate_engine::ports::{Absent, Bus, Clock, Fault, Flags, Ports, Routers, Store};
use tidegate_engine::{Answer, Door, Engine, Respond, Toggling};
use tidegate_wire::aws::{AlarmState, AppConfigChange, AppConfigDeployment, AppConfigRef, AwsEvent, Named};
use tidegate_wire::bus::Message;
use tidegate_wire::intake::Incoming;

use self::hands::Switches;

/// The ports that this function may use, and no other.
pub struct Needs {
    /// The table.
    pub store: Arc<dyn Store>,
    /// AppConfig.
    pub flags: Arc<dyn Flags>,
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl From<&Ports> for Needs {
    fn from(ports: &Ports) -> Self {
        let Ports { store, flags, bus, clock, .. } = ports.clone();
        Self { store, flags, bus, clock }
    }
}

/// The function.
pub struct FeatureFlag {
    door: Door,
    engine: Engine,
    toggling: Arc<Toggling>,
}

impl FeatureFlag {
    /// The function on its ports.
    pub fn new(needs: impl Into<Needs>) -> Self {
        let Needs { store, flags, bus, clock } = needs.into();
        let owner = Owner::FeatureFlag;
        let toggling =
            Arc::new(Toggling { store: store.clone(), flags, bus: bus.clone(), clock: clock.clone() });
        let engine = Engine {
            owner,
            store: store.clone(),
            routers: Routers::new(Vec::new()),
            deployments: Arc::new(Absent),
            bus: bus.clone(),
            clock: clock.clone(),
            hands: Arc::new(Switches { toggling: toggling.clone() }),
        };
        Self { door: Door { owner, store, bus, clock }, engine, toggling }
    }

    /// Brings a toggle on; its rollout goes on with what came of it.
    async fn go_on(&self, id: &ToggleId, hurried: bool) -> Result<Answer, Fault> {
        let Some(toggle) = self.toggling.go_on(id, hurried).await? else {
            return Ok(Answer::Ignored(format!("there is no toggle {id}")));
        };
        if let AskedBy::Rollout { rollout } = &toggle.asked {
            self.engine.resume(rollout).await?;
        }
        Ok(told(&toggle))
    }

    /// A deployment is over: whoever waited for it, or follows it, looks at once.
    async fn over(&self, deployment: &AppConfigRef) -> Result<Answer, Fault> {
        let mut answer = Answer::Ignored(format!("no toggle waits for {deployment}"));
        let mut failed = None;
        for id in self.toggling.store.listed().await?.toggles {
            let Some(toggle) = self.toggling.store.toggle(&id).await? else { continue };
            if !is_of(&toggle, deployment) {
                continue;
            }
            match self.go_on(&id, true).await {
                Ok(told) => answer = told,
                Err(fault) => failed = failed.or(Some(fault)),
            }
        }
        failed.map_or(Ok(answer), Err)
    }
}

/// Whether a deployment is of a toggle's environment, by name or by id.
fn is_of(toggle: &Toggle, deployment: &AppConfigRef) -> bool {
    let is = |known: &Option<Named>, asked: &str| {
        known.as_ref().is_none_or(|known| known.id == asked || known.name.as_deref() == Some(asked))
    };
    is(&deployment.application, &toggle.profile.application)
        && is(&deployment.environment, &toggle.profile.environment)
}

fn told(toggle: &Toggle) -> Answer {
    let words = match toggle.progress() {
        Progress::UnderWay(what) => what,
        Progress::Served => "all clients get what is wanted".to_owned(),
        Progress::Back(_) => "all is as it was".to_owned(),
        Progress::Failed(why) => why,
    };
    Answer::Ignored(format!("toggle {}: {words}", toggle.id))
}

#[async_trait]
impl Respond for FeatureFlag {
    fn door(&self) -> &Door {
        &self.door
    }

    async fn answer(&self, incoming: Incoming) -> Result<Answer, Fault> {
        match incoming {
            Incoming::Bus { event_id, message: Message::FlagToggleRequested(request), .. } => {
                match asked::by_person(&event_id, request, self.door.clock.now()) {
                    Ok(asked) => {
                        let toggle = self.toggling.ask(asked.clone()).await?;
                        Ok(asked::taken(&toggle, &asked).map_or_else(|| told(&toggle), Answer::Unreadable))
                    }
                    Err(problem) => Ok(Answer::Unreadable(problem)),
                }
            }
            Incoming::Bus { message: Message::FlagsDue(due), .. } => self.go_on(&due.toggle, false).await,
            Incoming::Bus { message: Message::EffectsDue(due), .. } if due.owner == Owner::FeatureFlag => {
                Ok(Answer::Handled(self.engine.resume(&due.rollout).await?))
            }
            Incoming::Aws(AwsEvent::AlarmChanged(alarm)) if alarm.state == AlarmState::Alarm => {
                self.alarm(&alarm).await
            }
            Incoming::Aws(AwsEvent::AppConfigDeployment(AppConfigDeployment {
                change: AppConfigChange::Complete | AppConfigChange::Rollback,
                deployment,
                ..
            })) => self.over(&deployment).await,
            Incoming::Bus { .. } | Incoming::Aws(_) => Ok(Answer::elsewhere(Owner::FeatureFlag)),
        }
    }

    /// Alarms come to rollback too, which keeps those that nobody can read.
    fn kept_by(&self, payload: &Value) -> Option<Owner> {
        let is_alarm = payload.get("source").and_then(Value::as_str) == Some("aws.cloudwatch");
        is_alarm.then_some(Owner::Rollback)
    }
}
