//! What may happen next, and what must always hold.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use stateright::{Model, Property};

use crate::decide::{ALL, Doc, Effect, End, Id, Kind, Pending, Phase, Role, Trigger, decide};
use crate::world::{Worker, World};

/// How much of what is rare may happen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Functions killed between two calls.
    pub kills: u8,
    /// Writes of the target by somebody else.
    pub by_hand: u8,
    /// Rollouts found harmful, or aborted.
    pub setbacks: u8,
    /// Freezes, each of which may be lifted at any time.
    pub freezes: u8,
}

/// A mistake that the protocol could have; the checks have to find each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Writes onto whatever revision is there.
    NoFence,
    /// Acts on a verdict about an older version of the document.
    OldVerdicts,
    /// Commits over what somebody else has committed meanwhile.
    NoVersionCheck,
    /// Takes the target although another rollout has it.
    NoLock,
    /// Writes before the decision is committed.
    ActsFirst,
    /// Writes nothing on the way back where nothing seems to be to take back.
    BackOnlyIfNeeded,
    /// Says that traffic is back without reading it back.
    SaidUnread,
    /// Forgets, once killed, what was committed and not performed.
    ForgetsEffects,
    /// Gives up what a freeze holds while somebody may be about to write it.
    GivesUpAtOnce,
    /// Writes what a freeze held without wishing it anew.
    WritesWhatWasHeld,
}

/// A step of a rollout from one phase to another.
pub type Edge = (Kind, Kind);

/// The protocol, with its limits; and one mistake, for the checks to be checked.
#[derive(Debug, Clone, Default)]
pub struct Protocol {
    /// How much of what is rare may happen.
    pub limits: Limits,
    /// A mistake.
    pub flaw: Option<Flaw>,
    /// The steps that were seen.
    pub edges: Arc<Mutex<BTreeSet<Edge>>>,
}

/// What happens next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Happening {
    /// The newer version is published.
    Begin,
    /// A rollout is judged, and passes.
    Pass(Id),
    /// It is found harmful, or somebody aborts it.
    SetBack(Id, bool),
    /// Somebody gives all traffic to stable, by hand.
    ByHand,
    /// All is frozen.
    Freeze,
    /// The freeze is lifted.
    Thaw,
    /// A function is woken.
    Wake(usize, Role, Id, Trigger),
    /// A function makes its next call.
    Step(usize),
    /// A function is killed.
    Kill(usize),
}

impl Model for Protocol {
    type State = World;
    type Action = Happening;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self.limits)]
    }

    fn actions(&self, world: &World, happenings: &mut Vec<Happening>) {
        if world.docs[1].is_none() {
            happenings.push(Happening::Begin);
        }
        for id in [0, 1] {
            let Some(doc) = &world.docs[id] else { continue };
            if world.may_be_judged(id) && !world.said[id].contains(&Trigger::Pass(doc.version)) {
                happenings.push(Happening::Pass(id));
            }
            if world.left.setbacks > 0 && World::is_active(doc) {
                happenings.extend([Happening::SetBack(id, true), Happening::SetBack(id, false)]);
            }
            for (worker, _) in world.workers.iter().enumerate().filter(|(_, worker)| **worker == Worker::Idle)
            {
                let wakes = |role, trigger| Happening::Wake(worker, role, id, trigger);
                let sweeps = [Role::Mover, Role::Returner, Role::Teller];
                let due = |role: &Role| {
                    decide(doc, id, *role, Trigger::Reconcile, &world.alias).is_some()
                        || doc.pending.iter().any(|pending| pending.effect.owner() == *role)
                };
                happenings.extend(sweeps.into_iter().filter(due).map(|role| wakes(role, Trigger::Reconcile)));
                happenings.extend(world.said[id].iter().filter(|_| World::is_active(doc)).map(|&trigger| {
                    let role = if matches!(trigger, Trigger::Pass(_)) { Role::Mover } else { Role::Returner };
                    wakes(role, trigger)
                }));
            }
        }
        if world.left.by_hand > 0 && world.alias.candidate.is_some() {
            happenings.push(Happening::ByHand);
        }
        if world.frozen {
            happenings.push(Happening::Thaw);
        } else if world.left.freezes > 0 {
            happenings.push(Happening::Freeze);
        }
        for (worker, stage) in world.workers.iter().enumerate() {
            if *stage != Worker::Idle {
                happenings.push(Happening::Step(worker));
                if world.left.kills > 0 {
                    happenings.push(Happening::Kill(worker));
                }
            }
        }
    }

    fn next_state(&self, world: &World, happening: Happening) -> Option<World> {
        let mut next = world.clone();
        match happening {
            Happening::Begin => {
                let phase = if next.lock.is_none() { Phase::Preflight } else { Phase::Queued };
                let away = Pending { by: 1, effect: Effect::Supersede, fence: 0 };
                let pending = if phase == Phase::Queued { vec![away] } else { Vec::new() };
                next.docs[1] = Some(Doc { base: next.alias.stable, ..Doc::new(phase, pending) });
                next.lock = next.lock.or(Some(1));
            }
            Happening::Pass(id) => {
                let doc = next.docs[id].as_ref()?;
                let step = if let Phase::Baking(step) = doc.phase { step + 1 } else { ALL };
                next.allowed[id] = next.allowed[id].max(step);
                // The last verdict is enough: it is one about an older version as soon as that has moved on.
                let version = doc.version;
                next.said[id].retain(|said| !matches!(said, Trigger::Pass(_)));
                next.said[id].insert(Trigger::Pass(version));
            }
            Happening::SetBack(id, by_hand) => {
                let version = next.docs[id].as_ref()?.version;
                next.said[id].insert(if by_hand { Trigger::Abort } else { Trigger::Harm(version) });
                next.left.setbacks -= 1;
            }
            Happening::ByHand => {
                next.alias.candidate = None;
                next.alias.revision += 1;
                next.left.by_hand -= 1;
                next.moved_by_hand = true;
            }
            Happening::Freeze => {
                next.frozen = true;
                next.left.freezes -= 1;
            }
            Happening::Thaw => next.frozen = false,
            Happening::Wake(worker, role, id, trigger) => {
                next.workers[worker] = next.loaded(role, id, trigger);
            }
            Happening::Step(worker) => next.step(worker, self.flaw),
            Happening::Kill(worker) => {
                if let (Some(Flaw::ForgetsEffects), Worker::Loaded { id, .. }) =
                    (self.flaw, &next.workers[worker])
                    && let Some(doc) = &mut next.docs[*id]
                {
                    doc.pending.clear();
                }
                next.workers[worker] = Worker::Idle;
                next.left.kills -= 1;
            }
        }
        for (before, after) in world.kinds().into_iter().zip(next.kinds()) {
            if let (Some(before), Some(after)) = (before, after)
                && before != after
            {
                self.edges.lock().unwrap_or_else(PoisonError::into_inner).insert((before, after));
            }
        }
        Some(next.canonical())
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("a weight rises only after a pass for this very step", |_, world: &World| {
                [0, 1].iter().all(|&id| world.alias.share_of(id) <= world.allowed[id])
            }),
            Property::always("who says that traffic is back has none", |_, world: &World| {
                [0, 1].iter().all(|&id| {
                    let is_back = matches!(world.ended[id], Some(End::RolledBack | End::Superseded));
                    !is_back || world.alias.share_of(id) == 0
                })
            }),
            Property::always("an end stays", |_, world: &World| {
                [0, 1].iter().all(|&id| {
                    let now = world.docs[id].as_ref().map(|doc| doc.phase);
                    world.ended[id].is_none_or(|end| now == Some(Phase::Ended(end)))
                })
            }),
            Property::always(
                "one rollout at most is active on a target, and has its lock",
                |_, world: &World| {
                    let active: Vec<Id> = [0, 1]
                        .into_iter()
                        .filter(|&id| world.docs[id].as_ref().is_some_and(World::is_active))
                        .collect();
                    active.len() <= 1 && world.lock == active.first().copied()
                },
            ),
            Property::always("nobody is told twice without a crash", |model: &Self, world: &World| {
                let kills = model.limits.kills - world.left.kills;
                world.told.iter().all(|&told| told <= 1 + kills)
            }),
            Property::always("a rollout is given up for somebody else's write alone", |_, world: &World| {
                let taken = |id: &Id| world.ended[*id] == Some(End::TakenOver);
                world.moved_by_hand || ![0, 1].iter().any(taken)
            }),
            Property::always(
                "once nothing goes wrong any more, every rollout ends and people are told",
                |model: &Self, world: &World| {
                    // A function under way that stops here is one that was killed, which is a state of its own.
                    !world.is_idle() || World { frozen: false, ..world.clone() }.settled(model.flaw).is_over()
                },
            ),
            Property::always("a freeze keeps nothing from going back", |model: &Self, world: &World| {
                !world.frozen || !world.is_idle() || world.aborted().settled(model.flaw).is_over()
            }),
        ]
    }
}
