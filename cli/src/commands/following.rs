//! Follows a rollout: says what happens to it until it has come where the caller wants it.

use jiff::Timestamp;
use tidegate_domain::rollout::{Rollout, RolloutId};
use tidegate_domain::units::Span;
use tidegate_engine::ports::Store;

use crate::backend::Backend;
use crate::exit::Failure;
use crate::out::Out;
use crate::show;

/// A rollout that is followed.
pub struct Following {
    id: RolloutId,
    /// What stood in its timeline when it was last looked at.
    known: usize,
    version: u64,
}

impl Following {
    /// Follows a rollout from its beginning, which may still be to come.
    pub const fn from_the_beginning(id: RolloutId) -> Self {
        Self { id, known: 0, version: 0 }
    }

    /// Follows a rollout from where it stands.
    pub async fn from_now(rollout: &Rollout, store: &dyn Store) -> Result<Self, Failure> {
        let known = store.timeline(&rollout.id).await?.len();
        Ok(Self { id: rollout.id.clone(), known, version: rollout.version })
    }

    /// Says what happened since, and gives the rollout as it stands; `None` while there is none.
    pub async fn look(&mut self, store: &dyn Store, out: &mut Out) -> Result<Option<Rollout>, Failure> {
        let Some(rollout) = store.load(&self.id).await? else { return Ok(None) };
        if rollout.version != self.version {
            let timeline = store.timeline(&self.id).await?;
            for (index, entry) in timeline.iter().enumerate().skip(self.known) {
                let before = index.checked_sub(1).and_then(|before| timeline.get(before));
                out.say(&show::timeline::entry(entry, before, &rollout.candidate, rollout.created))?;
            }
            (self.known, self.version) = (timeline.len(), rollout.version);
        }
        Ok(Some(rollout))
    }

    /// Lets time go by until the rollout has come where it is wanted, or until the patience is over; `None` for patience without
    /// end: every rollout ends by its deadline.
    pub async fn until(
        &mut self,
        wanted: impl Fn(&Rollout) -> bool,
        patience: Option<Span>,
        backend: &mut dyn Backend,
        out: &mut Out,
    ) -> Result<Option<Rollout>, Failure> {
        let ports = backend.ports();
        let start: Timestamp = ports.clock.now();
        loop {
            let rollout = self.look(ports.store.as_ref(), out).await?;
            let is_wanted = rollout.as_ref().is_some_and(&wanted);
            if is_wanted || patience.is_some_and(|patience| ports.clock.now() >= patience.after(start)) {
                return Ok(rollout);
            }
            let pace = backend.pace();
            backend.pass(pace).await;
        }
    }
}
