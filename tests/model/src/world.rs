//! The world that functions decide in: one table, one target, messages that are never forgotten, and workers that stop anywhere.

use std::collections::BTreeSet;

use crate::decide::{
    ALL, Alias, Doc, Effect, End, Id, Kind, Pending, Phase, Role, Share, Trigger, Version, decide, kind,
};
use crate::protocol::{Flaw, Limits};

/// A function under way, between two of its calls.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Worker {
    Idle,
    /// It has read the document.
    Loaded {
        role: Role,
        id: Id,
        trigger: Trigger,
        doc: Doc,
    },
    /// It has read that nothing is frozen, and is about to write a share.
    Cleared {
        role: Role,
        id: Id,
        trigger: Trigger,
        doc: Doc,
        wished: Pending,
    },
    /// It has read that all is frozen.
    Barred {
        role: Role,
        id: Id,
        trigger: Trigger,
        doc: Doc,
    },
    /// It has done what was pending, and has not recorded it.
    Acted {
        role: Role,
        id: Id,
        trigger: Trigger,
        done: Pending,
    },
    /// It has read the target too.
    Saw {
        role: Role,
        id: Id,
        trigger: Trigger,
        doc: Doc,
        saw: Alias,
    },
}

impl Worker {
    fn has_told(&self, id: Id) -> bool {
        matches!(self, Self::Acted { id: of, done, .. } if *of == id && done.effect == Effect::Tell)
    }

    /// Whether it read this document when nothing of a freeze was noted in it, and goes on with that.
    fn is_from_before_the_note(&self, of: Id) -> bool {
        match self {
            Self::Loaded { id, doc, .. } | Self::Cleared { id, doc, .. } => *id == of && !doc.held,
            Self::Idle | Self::Barred { .. } | Self::Acted { .. } | Self::Saw { .. } => false,
        }
    }
}

/// Everything there is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    pub(crate) docs: [Option<Doc>; 2],
    pub(crate) lock: Option<Id>,
    pub(crate) alias: Alias,
    pub(crate) frozen: bool,
    pub(crate) workers: [Worker; 2],
    /// What was said on the bus; it may come at any time, any number of times, or never.
    pub(crate) said: [BTreeSet<Trigger>; 2],
    /// That people were told of the end.
    pub(crate) sent: [bool; 2],
    pub(crate) left: Limits,
    /// The highest share that each was allowed, for the checks alone; as are the next three.
    pub(crate) allowed: [Share; 2],
    pub(crate) ended: [Option<End>; 2],
    pub(crate) told: [u8; 2],
    pub(crate) moved_by_hand: bool,
}

impl World {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            docs: [Some(Doc::new(Phase::Preflight, Vec::new())), None],
            lock: Some(0),
            alias: Alias { stable: 0, candidate: None, revision: 0 },
            frozen: false,
            workers: [Worker::Idle, Worker::Idle],
            said: [BTreeSet::new(), BTreeSet::new()],
            sent: [false, false],
            left: limits,
            allowed: [1, 1],
            ended: [None, None],
            told: [0, 0],
            moved_by_hand: false,
        }
    }

    pub(crate) fn kinds(&self) -> [Option<Kind>; 2] {
        self.docs.each_ref().map(|doc| doc.as_ref().map(|doc| kind(doc.phase)))
    }

    pub(crate) fn is_active(doc: &Doc) -> bool {
        !matches!(doc.phase, Phase::Queued | Phase::Ended(_))
    }

    /// Whether a verdict is due: the step is there, and nothing is pending that would change it.
    pub(crate) fn may_be_judged(&self, id: Id) -> bool {
        self.docs[id].as_ref().is_some_and(|doc| {
            matches!(doc.phase, Phase::Baking(_) | Phase::Watching)
                && !doc.pending.iter().any(|pending| pending.effect.is_write())
        })
    }

    /// Writes a document on condition of its version, and of the lock.
    fn commit(&mut self, id: Id, read: Version, next: Doc, flaw: Option<Flaw>) -> bool {
        let Some(stored) = &self.docs[id] else { return false };
        let takes = World::is_active(&next) && !World::is_active(stored);
        let is_free = self.lock.is_none() || flaw == Some(Flaw::NoLock);
        if (stored.version != read && flaw != Some(Flaw::NoVersionCheck)) || (takes && !is_free) {
            return false;
        }
        if takes {
            self.lock = Some(id);
        } else if World::is_active(stored) && !World::is_active(&next) {
            self.lock = None;
        }
        if let (None, Phase::Ended(end)) = (self.ended[id], next.phase) {
            self.ended[id] = Some(end);
        }
        self.docs[id] = Some(next);
        true
    }

    /// Performs an effect; `false` where the target has changed since it was wanted.
    fn perform(&mut self, id: Id, pending: Pending, flaw: Option<Flaw>) -> bool {
        match pending.effect {
            Effect::Supersede => {
                self.said[0].insert(Trigger::Supersede);
            }
            // A claim with a lease: it is somebody else's while they hold it, and free once they are gone.
            Effect::Tell if self.workers.iter().any(|worker| worker.has_told(id)) => return false,
            Effect::Tell => self.told[id] += u8::from(!self.sent[id]),
            Effect::Shift(_) | Effect::TakeBack
                if flaw != Some(Flaw::NoFence) && pending.fence != self.alias.revision =>
            {
                return false;
            }
            Effect::Shift(share) => {
                let promoted = u8::try_from(id + 1).unwrap_or(u8::MAX);
                self.alias.stable = if share == ALL { promoted } else { self.alias.stable };
                self.alias.candidate = (share < ALL).then_some((id, share));
                self.alias.revision += 1;
            }
            Effect::TakeBack => {
                let base = self.docs[id].as_ref().map_or(0, |doc| doc.base);
                self.alias = Alias { stable: base, candidate: None, revision: self.alias.revision + 1 };
            }
        }
        true
    }

    /// The next call of a worker.
    pub(crate) fn step(&mut self, worker: usize, flaw: Option<Flaw>) {
        self.workers[worker] = match std::mem::replace(&mut self.workers[worker], Worker::Idle) {
            Worker::Idle => Worker::Idle,
            Worker::Loaded { role, id, trigger, doc } => {
                let mine = doc.pending.iter().find(|pending| pending.effect.owner() == role).copied();
                match mine {
                    Some(wished) if matches!(wished.effect, Effect::Shift(_)) => match self.frozen {
                        true => Worker::Barred { role, id, trigger, doc },
                        false if doc.held && flaw != Some(Flaw::WritesWhatWasHeld) => {
                            Worker::Saw { role, id, trigger: Trigger::Thawed, doc, saw: self.alias }
                        }
                        false => Worker::Cleared { role, id, trigger, doc, wished },
                    },
                    Some(pending) if self.perform(id, pending, flaw) => {
                        Worker::Acted { role, id, trigger, done: pending }
                    }
                    Some(_) | None => Worker::Saw { role, id, trigger, doc, saw: self.alias },
                }
            }
            Worker::Cleared { role, id, trigger, doc, wished } => {
                if self.perform(id, wished, flaw) {
                    Worker::Acted { role, id, trigger, done: wished }
                } else {
                    Worker::Saw { role, id, trigger, doc, saw: self.alias }
                }
            }
            Worker::Barred { role, id, doc, .. } => {
                // Its own place is empty meanwhile.
                let others = self.workers.iter().any(|worker| worker.is_from_before_the_note(id));
                let alone = !others || flaw == Some(Flaw::GivesUpAtOnce);
                Worker::Saw { role, id, trigger: Trigger::Frozen { alone }, doc, saw: self.alias }
            }
            Worker::Acted { role, id, trigger, done } => {
                self.sent[id] |= done.effect == Effect::Tell;
                if let Some(next) = self.docs[id].as_ref().and_then(|doc| doc.recorded(done)) {
                    let read = next.version - 1;
                    self.commit(id, read, next, flaw);
                }
                self.loaded(role, id, trigger)
            }
            Worker::Saw { role, id, trigger, doc, saw } => {
                let trigger = match trigger {
                    Trigger::Pass(_) if flaw == Some(Flaw::OldVerdicts) => Trigger::Pass(doc.version),
                    other => other,
                };
                match decided(&doc, id, role, trigger, &saw, flaw) {
                    None => Worker::Idle,
                    Some(next) => {
                        if flaw == Some(Flaw::ActsFirst)
                            && let Some(write) =
                                next.pending.iter().find(|one| one.effect.is_write()).copied()
                        {
                            self.perform(id, write, flaw);
                        }
                        // Who loses the race reads again and decides again.
                        let won = self.commit(id, doc.version, next, flaw);
                        self.loaded(role, id, if won { Trigger::Reconcile } else { trigger })
                    }
                }
            }
        };
    }

    pub(crate) fn loaded(&self, role: Role, id: Id, trigger: Trigger) -> Worker {
        self.docs[id].clone().map_or(Worker::Idle, |doc| Worker::Loaded { role, id, trigger, doc })
    }

    /// Nothing goes wrong any more, sweeps come, and what can be judged passes: how it ends.
    pub(crate) fn settled(&self, flaw: Option<Flaw>) -> Self {
        let mut world = self.clone();
        world.workers = [Worker::Idle, Worker::Idle];
        for _ in 0..40 {
            let before = world.clone();
            for id in [0, 1] {
                if world.may_be_judged(id)
                    && let Some(version) = world.docs[id].as_ref().map(|doc| doc.version)
                {
                    world.run(Role::Mover, id, Trigger::Pass(version), flaw);
                }
                for role in [Role::Mover, Role::Returner, Role::Teller] {
                    world.run(role, id, Trigger::Reconcile, flaw);
                }
                for trigger in world.said[id].clone() {
                    if matches!(trigger, Trigger::Abort | Trigger::Supersede) {
                        world.run(Role::Returner, id, trigger, flaw);
                    }
                }
            }
            if world == before {
                break;
            }
        }
        world
    }

    /// Somebody aborts whatever there is.
    pub(crate) fn aborted(&self) -> Self {
        let mut world = self.clone();
        for said in &mut world.said {
            said.insert(Trigger::Abort);
        }
        world
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.workers.iter().all(|worker| *worker == Worker::Idle)
    }

    /// Whether every rollout has ended, people were told, and no candidate has a share.
    pub(crate) fn is_over(&self) -> bool {
        let is_over = |id: Id, doc: &Doc| {
            matches!(doc.phase, Phase::Ended(_)) && doc.pending.is_empty() && self.told[id] > 0
        };
        let all =
            self.docs.iter().enumerate().all(|(id, doc)| doc.as_ref().is_none_or(|doc| is_over(id, doc)));
        all && self.alias.candidate.is_none()
    }

    /// One invocation from start to end.
    fn run(&mut self, role: Role, id: Id, trigger: Trigger, flaw: Option<Flaw>) {
        self.workers[0] = self.loaded(role, id, trigger);
        for _ in 0..20 {
            if self.workers[0] == Worker::Idle {
                return;
            }
            self.step(0, flaw);
        }
        self.workers[0] = Worker::Idle;
    }
}

fn decided(doc: &Doc, id: Id, role: Role, trigger: Trigger, saw: &Alias, flaw: Option<Flaw>) -> Option<Doc> {
    let mut next = decide(doc, id, role, trigger, saw)?;
    let began_back =
        matches!(next.phase, Phase::RollingBack(_)) && !matches!(doc.phase, Phase::RollingBack(_));
    if flaw == Some(Flaw::BackOnlyIfNeeded) && began_back && saw.share_of(id) == 0 {
        next.pending.retain(|pending| pending.effect != Effect::TakeBack);
        next.written_on = None;
        next.phase =
            Phase::Ended(if let Phase::RollingBack(end) = next.phase { end } else { End::RolledBack });
        next.pending.push(Pending { by: next.version, effect: Effect::Tell, fence: 0 });
    }
    if let (Some(Flaw::SaidUnread), true, Phase::RollingBack(end)) = (flaw, began_back, next.phase) {
        next.phase = Phase::Ended(end);
        next.pending.push(Pending { by: next.version, effect: Effect::Tell, fence: 0 });
    }
    Some(next)
}
