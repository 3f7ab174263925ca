//! The loop: perform what a crash left, observe, decide, commit, perform, record.
//!
//! A commit is the only place where a race is decided: who loses it does nothing, reads again and decides again. What was
//! committed is performed by whoever of its owner comes next, any number of times, and has an effect once.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use tidegate_domain::attention::ends_next;
use tidegate_domain::decide::{Decision, decide};
use tidegate_domain::effect::{Effect, EffectId, Owner, Pending, Performed};
use tidegate_domain::reason::{Ignored, Reason};
use tidegate_domain::rollout::{Phase, Rollout, RolloutId};
use tidegate_domain::trigger::Trigger;
use tidegate_wire::bus::{EffectsDue, Message, RolloutOutcome};
use tracing::{info, warn};

use crate::observing::{observe, unread};
use crate::ports::{Bus, Clock, Commit, Committed, Deployments, Fault, FaultKind, Routers, Store};
use crate::{measures, spans};

/// How often a lost race is run again before the delivery is given back to its sender.
const ROUNDS: usize = 8;

/// How many effects one delivery performs at most; the sweep hands out what is left.
const EFFECTS: usize = 8;

/// What a function may do to the world.
#[async_trait]
pub trait Hands: Send + Sync {
    /// Performs one pending effect of this function's own. `None` means that somebody else has it in hand at the moment; an error
    /// that it may be tried again.
    async fn perform(
        &self,
        engine: &Engine,
        rollout: &Rollout,
        pending: &Pending,
    ) -> Result<Option<Performed>, Fault>;
}

/// The loop of one function.
pub struct Engine {
    /// Which function this is; it decides only what it may perform.
    pub owner: Owner,
    /// The table.
    pub store: Arc<dyn Store>,
    /// The routers, to observe with.
    pub routers: Routers,
    /// CodeDeploy's deployments, to observe.
    pub deployments: Arc<dyn Deployments>,
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What this function may do.
    pub hands: Arc<dyn Hands>,
}

/// What became of a trigger.
#[derive(Debug, Clone, PartialEq)]
pub enum Handled {
    /// There is no such rollout.
    Unknown,
    /// Nothing changed, and why.
    Kept(Reason),
    /// The rollout changed; what it had to do at once is done.
    Changed {
        /// The rollout after it.
        rollout: Box<Rollout>,
        /// Why.
        reason: Reason,
    },
    /// The event was acted upon before.
    Duplicate,
}

impl Engine {
    /// Brings a trigger to a rollout. `event` is the id of the event that brought it, where acting on it twice would be wrong.
    pub async fn handle(
        &self,
        id: &RolloutId,
        trigger: &Trigger,
        event: Option<&str>,
    ) -> Result<Handled, Fault> {
        spans::within(spans::handled(id), async {
            match self.store.load(id).await? {
                Some(loaded) => self.bring(loaded, trigger, event).await,
                None => Ok(Handled::Unknown),
            }
        })
        .await
    }

    /// The same for a rollout that was just loaded.
    pub async fn handle_loaded(
        &self,
        loaded: Rollout,
        trigger: &Trigger,
        event: Option<&str>,
    ) -> Result<Handled, Fault> {
        spans::within(spans::handled(&loaded.id), self.bring(loaded, trigger, event)).await
    }

    async fn bring(&self, loaded: Rollout, trigger: &Trigger, event: Option<&str>) -> Result<Handled, Fault> {
        let id = loaded.id.clone();
        let handled = Box::pin(self.run(loaded, trigger, event)).await;
        if let (Err(fault), Trigger::Reconcile) = (&handled, trigger) {
            self.tell_if_overdue(&id, fault).await?;
        }
        handled
    }

    /// A way back that fails again and again must not stay silent because every try ends in a fault: with nothing read, all
    /// that can be decided is that it takes too long, and people are told.
    async fn tell_if_overdue(&self, id: &RolloutId, fault: &Fault) -> Result<(), Fault> {
        let Some(rollout) = self.store.load(id).await? else { return Ok(()) };
        if !matches!(rollout.phase, Phase::RollingBack(_) | Phase::Stuck(_)) {
            return Ok(());
        }
        spans::decides(&rollout, &Trigger::Reconcile);
        let decision = decide(&rollout, &Trigger::Reconcile, &unread(), self.clock.now());
        if let Decision::Change { next, reason } = decision
            && self.commit(Some(&rollout), &next, &reason, None).await? == Committed::Done
        {
            warn!(rollout.id = %id, "rollout {id}: stuck, {fault}");
            self.hand_on(&next, rollout.version).await?;
        }
        Ok(())
    }

    async fn run(
        &self,
        mut loaded: Rollout,
        trigger: &Trigger,
        event: Option<&str>,
    ) -> Result<Handled, Fault> {
        let id = loaded.id.clone();
        let dedup = event.map(|event| format!("{event}:{id}"));
        for _ in 0..ROUNDS {
            let since = loaded.version;
            let rollout = self.carry_out(loaded).await?;
            // The time of a decision is that before its observation: what was read is not later than it says.
            let now = self.clock.now();
            let observation = observe(self, &rollout, trigger).await?;
            spans::decides(&rollout, trigger);
            let (next, reason) = match decide(&rollout, trigger, &observation, now) {
                Decision::Keep(reason) => {
                    info!(rollout.id = %id, function = %self.owner, "rollout {id}: {reason}");
                    self.hand_on(&rollout, since).await?;
                    return Ok(Handled::Kept(reason));
                }
                Decision::Change { next, reason } => (next, reason),
            };
            match self.commit(Some(&rollout), &next, &reason, dedup.as_deref()).await? {
                Committed::Done => {
                    let rollout = self.after_commit(*next, since).await?;
                    return Ok(Handled::Changed { rollout: Box::new(rollout), reason });
                }
                Committed::Duplicate => return Ok(Handled::Duplicate),
                Committed::Conflict | Committed::Locked => {}
            }
            let Some(again) = self.store.load(&id).await? else { return Ok(Handled::Unknown) };
            loaded = again;
        }
        Err(Fault::new(
            format!("rollout {id}"),
            FaultKind::Passing("lost the race for it too often".to_owned()),
        ))
    }

    /// Performs what is pending for this function and decides nothing.
    pub async fn resume(&self, id: &RolloutId) -> Result<Handled, Fault> {
        spans::within(spans::handled(id), async {
            let Some(loaded) = self.store.load(id).await? else { return Ok(Handled::Unknown) };
            let since = loaded.version;
            let rollout = self.carry_out(loaded).await?;
            self.hand_on(&rollout, since).await?;
            Ok(Handled::Kept(Ignored::NothingDue.into()))
        })
        .await
    }

    /// Performs what a fresh commit wants of this function, then hands the rest on to its owners, also when the first failed:
    /// nobody waits for the sweep because of somebody else's fault.
    pub(crate) async fn after_commit(&self, next: Rollout, since: u64) -> Result<Rollout, Fault> {
        match self.carry_out(next.clone()).await {
            Ok(rollout) => {
                self.hand_on(&rollout, since).await?;
                Ok(rollout)
            }
            Err(fault) => {
                self.hand_on(&next, since).await?;
                Err(fault)
            }
        }
    }

    /// Writes one commit, logs and measures it.
    pub(crate) async fn commit(
        &self,
        before: Option<&Rollout>,
        next: &Rollout,
        reason: &Reason,
        dedup: Option<&str>,
    ) -> Result<Committed, Fault> {
        let committed = self.store.commit(Commit { before, next, reason, by: self.owner, dedup }).await?;
        let (id, phase) = (&next.id, next.phase.name());
        match committed {
            Committed::Done => {
                info!(
                    rollout.id = %id, rollout.version = next.version, phase = %phase,
                    weight = next.weight().percent(), function = %self.owner, "rollout {id}: {phase}, {reason}"
                );
                measures::committed(before, next);
            }
            Committed::Conflict | Committed::Duplicate | Committed::Locked => info!(
                rollout.id = %id, rollout.version = next.version, function = %self.owner, outcome = ?committed,
                "rollout {id}: not written, {committed:?}"
            ),
        }
        Ok(committed)
    }

    /// Performs every pending effect of this function, each once, and records it.
    async fn carry_out(&self, mut rollout: Rollout) -> Result<Rollout, Fault> {
        let mut tried = BTreeSet::new();
        while tried.len() < EFFECTS {
            let next = rollout.pending_of(self.owner).find(|pending| !tried.contains(&pending.id)).cloned();
            let Some(pending) = next else { break };
            tried.insert(pending.id);
            let span = spans::performed(&rollout.id, &pending.effect);
            let performed = spans::within(span, self.hands.perform(self, &rollout, &pending));
            if let Some(result) = performed.await? {
                rollout = self.record(rollout, pending.id, result).await?;
            }
        }
        Ok(rollout)
    }

    /// Records what an effect came to: a decision like any other.
    async fn record(
        &self,
        mut rollout: Rollout,
        effect: EffectId,
        result: Performed,
    ) -> Result<Rollout, Fault> {
        let trigger = Trigger::Performed { effect, result };
        for _ in 0..ROUNDS {
            spans::decides(&rollout, &trigger);
            let (next, reason) = match decide(&rollout, &trigger, &unread(), self.clock.now()) {
                Decision::Keep(_) => return Ok(rollout),
                Decision::Change { next, reason } => (next, reason),
            };
            match self.commit(Some(&rollout), &next, &reason, None).await? {
                Committed::Done => return Ok(*next),
                Committed::Conflict | Committed::Duplicate | Committed::Locked => {}
            }
            let id = rollout.id.clone();
            rollout = self.store.load(&id).await?.ok_or_else(|| {
                Fault::new(format!("rollout {id}"), FaultKind::Missing("its document is gone".to_owned()))
            })?;
        }
        warn!(rollout.id = %rollout.id, "rollout {}: effect {effect} is done and not recorded; the sweep will", rollout.id);
        Ok(rollout)
    }

    /// Hands what was committed after `since` and belongs to others on to them.
    async fn hand_on(&self, rollout: &Rollout, since: u64) -> Result<(), Fault> {
        let fresh = rollout.pending.iter().filter(|pending| pending.id.version > since);
        let mut messages =
            messages_for(rollout, fresh.filter(|pending| pending.effect.owner() != self.owner));
        let next = ends_next(rollout).filter(|owner| *owner != self.owner && rollout.version > since);
        let due = |owner| Message::EffectsDue(EffectsDue { rollout: rollout.id.clone(), owner });
        messages.extend(next.map(due).filter(|message| !messages.contains(message)));
        if messages.is_empty() { Ok(()) } else { self.bus.publish(&messages).await }
    }
}

/// The messages that bring effects to their owners: outcomes whole, because others listen too; of the rest one a function.
pub(crate) fn messages_for<'a>(
    rollout: &Rollout,
    pending: impl Iterator<Item = &'a Pending>,
) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut owners = BTreeSet::new();
    for Pending { effect, .. } in pending {
        match effect {
            Effect::Announce(outcome) => {
                messages.push(Message::RolloutOutcome(RolloutOutcome { outcome: outcome.as_ref().clone() }));
            }
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
            | Effect::Restart { .. } => {
                owners.insert(effect.owner());
            }
        }
    }
    let due = |owner| Message::EffectsDue(EffectsDue { rollout: rollout.id.clone(), owner });
    messages.extend(owners.into_iter().map(due));
    messages
}
