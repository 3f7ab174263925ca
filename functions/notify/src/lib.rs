//! notify: tells people. Every outcome is claimed with a lease, published, recorded; a second message is possible only when
//! publishing is not answered or a crash falls before the record, and it carries the same `outcomeId`.

use std::sync::Arc;

use async_trait::async_trait;
use tidegate_domain::effect::{Effect, Outcome, Owner, Pending, Performed};
use tidegate_domain::rollout::Rollout;
use tidegate_domain::units::Span;
use tidegate_engine::ports::{
    Absent, Bus, Claim, Clock, Fault, FaultKind, Notice, Notifier, Ports, Routers, Store,
};
use tidegate_engine::{Answer, Door, Engine, Handled, Hands, Respond};
use tidegate_wire::bus::Message;
use tidegate_wire::intake::Incoming;

/// How long a claim keeps others from sending: longer than the function may run.
const LEASE: Span = Span::minutes(2);

/// How often the record of a sent message is tried.
const RECORDINGS: usize = 3;

/// The ports that this function may use, and no other.
pub struct Needs {
    /// The table.
    pub store: Arc<dyn Store>,
    /// The way to people.
    pub notifier: Arc<dyn Notifier>,
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl From<&Ports> for Needs {
    fn from(ports: &Ports) -> Self {
        let Ports { store, notifier, bus, clock, .. } = ports.clone();
        Self { store, notifier, bus, clock }
    }
}

/// The function.
pub struct Notify {
    door: Door,
    engine: Engine,
    voice: Arc<Voice>,
}

impl Notify {
    /// The function on its ports.
    pub fn new(needs: impl Into<Needs>) -> Self {
        let Needs { store, notifier, bus, clock } = needs.into();
        let owner = Owner::Notify;
        let voice = Arc::new(Voice { store: store.clone(), notifier, clock: clock.clone() });
        let engine = Engine {
            owner,
            store: store.clone(),
            routers: Routers::new(Vec::new()),
            deployments: Arc::new(Absent),
            bus: bus.clone(),
            clock: clock.clone(),
            hands: voice.clone(),
        };
        Self { door: Door { owner, store, bus, clock }, engine, voice }
    }

    /// An outcome of a rollout is pending in its document, and recorded there once it was sent; others stand for themselves.
    async fn outcome(&self, outcome: &Outcome) -> Result<Answer, Fault> {
        if let Some(id) = outcome.rollout() {
            match self.engine.resume(id).await? {
                Handled::Unknown => {}
                handled @ (Handled::Kept(_) | Handled::Changed { .. } | Handled::Duplicate) => {
                    return Ok(Answer::Handled(handled));
                }
            }
        }
        let id = &outcome.outcome_id;
        if self.voice.tell(outcome).await? {
            return Ok(Answer::Ignored(format!("{id} was told")));
        }
        // No document keeps it pending. Giving the claim back when sending fails would tell twice what was sent and not
        // answered in time; the claim ends by itself, and Lambda tries again after that.
        let held = FaultKind::Passing(
            "another delivery has it in hand, or failed and its claim is not over".to_owned(),
        );
        Err(Fault::new(format!("tell {id}"), held))
    }
}

#[async_trait]
impl Respond for Notify {
    fn door(&self) -> &Door {
        &self.door
    }

    async fn answer(&self, incoming: Incoming) -> Result<Answer, Fault> {
        match incoming {
            Incoming::Bus { message: Message::RolloutOutcome(event), .. } => {
                self.outcome(&event.outcome).await
            }
            Incoming::Bus { message: Message::EffectsDue(due), .. } if due.owner == Owner::Notify => {
                Ok(Answer::Handled(self.engine.resume(&due.rollout).await?))
            }
            Incoming::Bus { message: Message::VerdictReached(verdict), .. } => Ok(Answer::Unreadable(
                format!("detail.owner: {} acts on no verdict; rollback and traffic-shift do", verdict.owner),
            )),
            Incoming::Bus { .. } | Incoming::Aws(_) => Ok(Answer::elsewhere(Owner::Notify)),
        }
    }
}

/// What notify may do: speak.
struct Voice {
    store: Arc<dyn Store>,
    notifier: Arc<dyn Notifier>,
    clock: Arc<dyn Clock>,
}

impl Voice {
    /// Tells people of an outcome; whether that is done, or another delivery has it in hand.
    async fn tell(&self, outcome: &Outcome) -> Result<bool, Fault> {
        let id = &outcome.outcome_id;
        let now = self.clock.now();
        match self.store.claim(id, now, LEASE.after(now)).await? {
            Claim::Sent => Ok(true),
            Claim::Held => Ok(false),
            Claim::Won => {
                let notice = Notice { outcome: outcome.clone(), message: outcome.message() };
                self.notifier.send(&notice).await?;
                self.record(id).await?;
                Ok(true)
            }
        }
    }

    /// Records what was sent; tried again on the spot, because a message that is not recorded is sent again.
    async fn record(&self, outcome_id: &str) -> Result<(), Fault> {
        for _ in 1..RECORDINGS {
            if self.store.sent(outcome_id, self.clock.now()).await.is_ok() {
                return Ok(());
            }
        }
        self.store.sent(outcome_id, self.clock.now()).await
    }
}

#[async_trait]
impl Hands for Voice {
    async fn perform(&self, _: &Engine, _: &Rollout, pending: &Pending) -> Result<Option<Performed>, Fault> {
        match &pending.effect {
            Effect::Announce(outcome) => Ok(self.tell(outcome).await?.then_some(Performed::Done)),
            Effect::Shift { .. }
            | Effect::TakeBack { .. }
            | Effect::StartDeployment { .. }
            | Effect::ContinueDeployment { .. }
            | Effect::StopDeployment { .. }
            | Effect::ExamineFlags
            | Effect::SetFlags { .. }
            | Effect::RestoreFlags
            | Effect::Supersede { .. }
            | Effect::Measure
            | Effect::StartNext
            | Effect::Restart { .. } => unreachable!("the engine gives a function its own effects only"),
        }
    }
}
