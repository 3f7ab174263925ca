//! The gate that every port call of an invocation passes: one point before its effect and one after it, at which other
//! invocations run, time goes by, and faults strike.

use std::future::{Future, poll_fn};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::task::Poll;

use jiff::Timestamp;
use tidegate_domain::decide::LONGEST_FUNCTION_TIMEOUT;
use tidegate_domain::effect::Owner;
use tidegate_domain::units::Span;
use tidegate_engine::ports::{Fault, FaultKind};

use crate::faults::{Call, Harm};
use crate::state::State;
use crate::world::Writer;
use crate::world::traffic::later;

/// The cloud's state, shared by its ports.
#[derive(Clone)]
pub(crate) struct Shared(Arc<RwLock<State>>);

impl Shared {
    pub fn new(state: State) -> Self {
        Self(Arc::new(RwLock::new(state)))
    }

    /// The state, to change it. Nobody holds it across a point at which others run.
    pub fn lock(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, to look at it; several may at once.
    pub fn look(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An invocation that runs, as its gate sees it.
#[derive(Debug)]
pub(crate) struct Slot {
    pub owner: Owner,
    /// Whether it is a sweep.
    pub sweeps: bool,
    /// When it goes on; `None` while it is polled.
    pub wake: Option<Timestamp>,
    /// How many calls it has made.
    pub calls: u64,
    /// Why it has to die, once it has to.
    pub killed: Option<String>,
}

/// Who calls through a gate.
#[derive(Debug, Clone, Copy)]
struct Caller {
    invocation: u64,
    owner: Owner,
}

/// The way of one caller to the cloud.
#[derive(Clone)]
pub(crate) struct Gate {
    shared: Shared,
    /// `None` for a caller outside of any invocation: it meets no fault and takes no time.
    caller: Option<Caller>,
}

/// What a call will meet.
struct Fate {
    before: u64,
    after: u64,
    harm: Option<Harm>,
}

impl Gate {
    /// The gate of an invocation.
    pub fn of(shared: &Shared, invocation: u64, owner: Owner) -> Self {
        Self { shared: shared.clone(), caller: Some(Caller { invocation, owner }) }
    }

    /// A gate that stands open.
    pub fn open(shared: &Shared) -> Self {
        Self { shared: shared.clone(), caller: None }
    }

    /// The state, for what is no call of a service.
    pub fn lock(&self) -> RwLockWriteGuard<'_, State> {
        self.shared.lock()
    }

    /// The time, by the clock of whoever calls.
    pub fn now(&self) -> Timestamp {
        let state = self.shared.look();
        let skew = self.caller.and_then(|caller| state.skews.get(&caller.owner)).copied().unwrap_or(0);
        state.now.checked_add(jiff::SignedDuration::from_secs(skew)).unwrap_or(state.now)
    }

    /// In whose name this gate writes.
    pub fn writer(&self) -> Writer {
        self.caller.map_or(Writer::Somebody, |caller| Writer::Function(caller.owner))
    }

    /// Makes a call that asks for one thing.
    pub async fn call<T: Send>(
        &self,
        call: Call,
        about: impl FnOnce() -> String + Send,
        effect: impl FnOnce(&mut State) -> Result<T, Fault> + Send,
    ) -> Result<T, Fault> {
        self.call_for(call, 1, about, effect).await
    }

    /// Makes a call that asks for so many things at once.
    pub async fn call_for<T: Send>(
        &self,
        call: Call,
        items: usize,
        about: impl FnOnce() -> String + Send,
        effect: impl FnOnce(&mut State) -> Result<T, Fault> + Send,
    ) -> Result<T, Fault> {
        let Some(caller) = self.caller else { return effect(&mut self.lock()) };
        let fate = self.enter(caller, call, items);
        self.pass(caller, fate.before).await;
        let fault = |kind: fn(String) -> FaultKind, why: &str| {
            Err(Fault::new(format!("{call} {}", about()), kind(why.to_owned())))
        };
        let answer = match fate.harm {
            Some(Harm::KillBefore) => return self.die(caller, format!("killed before {call}")).await,
            Some(Harm::Throttle) => fault(FaultKind::Passing, "throttled"),
            Some(Harm::Deny) => fault(FaultKind::Denied, "not authorized to perform it"),
            Some(Harm::TimeOut) => {
                effect(&mut self.lock()).and_then(|_| fault(FaultKind::Passing, "timed out"))
            }
            Some(Harm::KillAfter | Harm::Sleep(_)) | None => effect(&mut self.lock()),
        };
        if fate.harm == Some(Harm::KillAfter) {
            return self.die(caller, format!("killed after {call}")).await;
        }
        self.pass(caller, fate.after).await;
        answer
    }

    /// Counts the call, and decides what it will meet.
    fn enter(&self, caller: Caller, call: Call, items: usize) -> Fate {
        let state = &mut *self.lock();
        state.count(caller.owner, call, items as u64);
        state.count_within(caller.invocation);
        let aimed = state.faults.hit(caller.owner, call, state.now);
        let harm = by_chance(state);
        let harm = aimed.or(harm);
        if let Some(harm) = harm {
            state.note(format!("{}: {harm} at {call}", caller.owner));
            state.struck.harmed(call, harm);
        }
        let mut before = takes(state);
        let after = takes(state);
        if let Some(Harm::Sleep(span)) = harm {
            before += u64::from(span.as_seconds()) * 1_000;
        }
        Fate { before, after, harm }
    }

    /// Lets so many milliseconds go by, and others run.
    fn pass(&self, caller: Caller, ms: u64) -> impl Future<Output = ()> + use<> {
        let shared = self.shared.clone();
        let wake = later(shared.look().now, ms);
        poll_fn(move |_| {
            let state = &mut *shared.lock();
            if state.now >= wake {
                return Poll::Ready(());
            }
            if let Some(slot) = state.slots.get_mut(&caller.invocation) {
                slot.wake = Some(slot.wake.map_or(wake, |other| other.min(wake)));
            }
            Poll::Pending
        })
    }

    /// Has the invocation dropped: this never returns.
    async fn die<T>(&self, caller: Caller, why: String) -> T {
        if let Some(slot) = self.lock().slots.get_mut(&caller.invocation) {
            slot.killed = Some(why);
        }
        std::future::pending().await
    }
}

/// How long one half of a call takes, in milliseconds: a few, and now and then a second or two, so that executions cross.
fn takes(state: &mut State) -> u64 {
    let dice = &mut state.order;
    if dice.chance(0.02) { dice.between(200, 2_000) } else { dice.between(1, 20) }
}

/// A fault by chance. Every draw is made, so that one setting does not move what another one does.
fn by_chance(state: &mut State) -> Option<Harm> {
    let chances = state.faults.chances.clone();
    let dice = &mut state.chance;
    let mut strikes = |share: crate::scenario::Share| dice.chance(share.fraction());
    let (kill, after) = (strikes(chances.kill), strikes(crate::scenario::Share::HALF));
    let (sleep, throttle) = (strikes(chances.sleep), strikes(chances.throttle));
    let (time_out, deny) = (strikes(chances.time_out), strikes(chances.deny));
    let longest = u64::from(LONGEST_FUNCTION_TIMEOUT.as_seconds());
    let slept = Span::seconds(u32::try_from(dice.between(1, longest)).unwrap_or(1));
    let kill = kill.then_some(if after { Harm::KillAfter } else { Harm::KillBefore });
    kill.or(sleep.then_some(Harm::Sleep(slept)))
        .or(throttle.then_some(Harm::Throttle))
        .or(time_out.then_some(Harm::TimeOut))
        .or(deny.then_some(Harm::Deny))
}
