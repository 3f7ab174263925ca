//! Admission: a request becomes a document, and the document starts when its target is free.

use tidegate_domain::admit::{Asked, admit, taken};
use tidegate_domain::rollout::{Phase, Rollout, RolloutId};
use tidegate_domain::target::Target;
use tidegate_domain::trigger::Trigger;

use tracing::warn;

use crate::door::Answer;
use crate::looping::{Engine, Handled};
use crate::ports::{Committed, Fault};
use crate::spans;

impl Engine {
    /// Admits a request. The same request again finds its document and goes on from there; a document of the same name that is
    /// about something else leaves the request unanswerable.
    pub async fn admit(&self, asked: Asked, dedup: Option<&str>) -> Result<Answer, Fault> {
        spans::within(spans::admitted(&asked.id), Box::pin(self.take_in(asked, dedup))).await
    }

    async fn take_in(&self, asked: Asked, dedup: Option<&str>) -> Result<Answer, Fault> {
        let id = asked.id.clone();
        let others = self.live_on(&asked.target, &id).await?;
        let rollout = admit(asked, &others, self.clock.now());
        match self.commit(None, &rollout, &rollout.reason, dedup).await? {
            Committed::Done => drop(self.after_commit(rollout, 0).await?),
            Committed::Conflict | Committed::Duplicate => {
                let held = self.store.load(&id).await?;
                if let Some(problem) = held.and_then(|held| taken(&held, &rollout.target, &rollout.candidate))
                {
                    warn!(rollout.id = %id, "rollout {id}: not admitted, {problem}");
                    return Ok(Answer::Unreadable(problem));
                }
            }
            Committed::Locked => return Ok(Answer::Handled(Handled::Duplicate)),
        }
        Ok(Answer::Handled(Box::pin(self.handle(&id, &Trigger::Reconcile, None)).await?))
    }

    /// Starts the rollouts that wait for a target, in the order in which they came; the first that gets it has it.
    pub async fn start_next(&self, target: &Target) -> Result<(), Fault> {
        for rollout in self.live_on(target, &RolloutId(String::new())).await? {
            if matches!(rollout.phase, Phase::Queued) {
                Box::pin(self.handle(&rollout.id, &Trigger::Reconcile, None)).await?;
            }
        }
        Ok(())
    }

    /// The rollouts of a target that are not over, but for the one named: those in the index, and the one with the lock, which
    /// the index may not show yet.
    async fn live_on(&self, target: &Target, except: &RolloutId) -> Result<Vec<Rollout>, Fault> {
        let key = target.key();
        let listed = self
            .store
            .listed()
            .await?
            .rollouts
            .into_iter()
            .filter(|listed| listed.target == key)
            .map(|listed| listed.id);
        let mut ids: Vec<RolloutId> = listed.collect();
        ids.extend(self.store.lock_holder(target).await?.filter(|holder| !ids.contains(holder)));
        let mut live = Vec::new();
        for id in ids.iter().filter(|id| *id != except) {
            live.extend(self.store.load(id).await?.filter(|rollout| !rollout.phase.is_terminal()));
        }
        Ok(live)
    }
}
