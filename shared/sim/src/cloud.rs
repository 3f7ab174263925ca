//! The cloud: the state and the invocations that run on it. One thread, one virtual clock; what is due next goes on next.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidegate_domain::decide::LONGEST_FUNCTION_TIMEOUT;
use tidegate_domain::effect::Owner;
use tidegate_domain::policy::Faults;
use tidegate_domain::units::Span;
use tidegate_engine::ports::{Fault, Function, Ports};
use tidegate_wire::document::{Codec, RELEASE};

use crate::faults::{Aim, Chances};
use crate::gate::{Gate, Shared, Slot};
use crate::ports::ports;
use crate::queue::{Delivery, Due};
use crate::scenario::{Action, Scenario, UpdatePlan};
use crate::script;
use crate::state::State;
use crate::table::Table;
use crate::view::View;

/// Builds one of Tidegate's functions on ports; called once for each invocation, so that its ports are its own.
pub type Deploy = Arc<dyn Fn(Owner, Ports) -> Box<dyn Function> + Send + Sync>;

type Execution = Pin<Box<dyn Future<Output = Result<Value, Fault>> + Send>>;

/// An invocation that runs.
struct Running {
    execution: Execution,
    delivery: Delivery,
}

/// A simulated cloud with Tidegate's functions in it.
pub struct Cloud {
    scenario: Scenario,
    shared: Shared,
    running: BTreeMap<u64, Running>,
    started: u64,
    deploy: Deploy,
    /// The functions that are of another release than this one.
    releases: BTreeMap<Owner, Codec>,
}

/// What one step was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Something of the scenario happened.
    Happened,
    /// A minute began.
    Minute,
    /// CodeDeploy or AppConfig did something.
    Deployed,
    /// A function was invoked, and ran until its first call.
    Invoked(Owner),
    /// An invocation went on until its next call, or to its end.
    WentOn(Owner),
    /// An invocation was killed for running too long.
    Expired(Owner),
    /// An invocation that was to go on had ended before.
    Nothing,
}

/// A cloud that cannot be written to a file, or read from one.
#[derive(Debug, thiserror::Error)]
pub enum NotSaved {
    /// Invocations run: what they hold in memory cannot be written.
    #[error("{0} invocations run; a cloud is saved at rest: advance it first")]
    Running(usize),
    /// It is no saved cloud, or one of another release.
    #[error("this is no saved cloud of this release")]
    Unreadable(#[from] serde_json::Error),
    /// A document in it cannot be read.
    #[error("a stored rollout of the saved cloud cannot be read")]
    Document(#[from] tidegate_wire::document::Undecodable),
}

#[derive(Serialize)]
struct Writes<'a> {
    scenario: &'a Scenario,
    state: &'a State,
}

#[derive(Deserialize)]
struct Reads {
    scenario: Scenario,
    state: State,
}

impl Cloud {
    /// The cloud at the start of a scenario.
    pub fn new(scenario: Scenario, seed: u64, deploy: Deploy) -> Result<Self, Faults> {
        let state = script::stage(&scenario, seed)?;
        Ok(Self::of(scenario, state, deploy))
    }

    fn of(scenario: Scenario, state: State, deploy: Deploy) -> Self {
        Self {
            scenario,
            shared: Shared::new(state),
            running: BTreeMap::new(),
            started: 0,
            deploy,
            releases: BTreeMap::new(),
        }
    }

    /// The scenario that it plays.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// What there is to see.
    pub fn view(&self) -> View<'_> {
        View(self.shared.look())
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.shared.look().now
    }

    /// The ports for a caller outside of any invocation: calls take no time, meet no fault and never wait, so any executor will
    /// do; [`complete`] is the smallest.
    pub fn ports(&self) -> Ports {
        ports(&Gate::open(&self.shared), RELEASE)
    }

    /// Puts an event on the bus; what an envelope must have and this one lacks is added.
    pub fn put_event(&mut self, event: Value) {
        self.shared.lock().put_event(event);
    }

    /// Takes aim at a call from now on.
    pub fn aim(&mut self, aim: Aim) {
        let state = &mut *self.shared.lock();
        let now = state.now;
        state.faults.aim(aim, now);
    }

    /// From now on this goes wrong by chance, and nothing else does.
    pub fn chances(&mut self, chances: Chances) {
        self.shared.lock().faults.chances = chances;
    }

    /// From now on this function's invocations are of another release. Those that run go on as they are.
    pub fn install(&mut self, function: Owner, release: Codec) {
        self.releases.insert(function, release);
        self.shared.lock().note(format!("{function} is updated"));
    }

    /// Lets so much time go by.
    pub fn advance(&mut self, span: Span) {
        let until = span.after(self.now());
        while self.step_before(until).is_some() {}
        self.shared.lock().now = until;
    }

    /// Has the next thing happen that is due, if it is due before or at `until`.
    pub fn step_before(&mut self, until: Timestamp) -> Option<Step> {
        let due = {
            let state = &mut *self.shared.lock();
            state.queue.next_at().filter(|at| *at <= until)?;
            let (at, due) = state.queue.take()?;
            state.now = at;
            due
        };
        Some(match due {
            Due::Happening(index) => {
                if let Some(happening) = self.scenario.happens.get(index).cloned() {
                    if let Action::Restore(_) = happening.then {
                        self.stop_functions();
                    }
                    script::happen(&mut self.shared.lock(), &self.scenario, &happening);
                    if let Action::Update(UpdatePlan { function, to }) = happening.then {
                        self.install(function, to.codec());
                    }
                }
                Step::Happened
            }
            Due::Minute => {
                self.shared.lock().minute();
                Step::Minute
            }
            Due::CodeDeploy(due) => {
                self.shared.lock().deployment_moves(&due);
                Step::Deployed
            }
            Due::AppConfig(due) => {
                self.shared.lock().flags_move(&due);
                Step::Deployed
            }
            Due::Invoke(delivery) => self.invoke(delivery),
            Due::Resume(invocation) => self.resume(invocation),
            Due::Expire(invocation) => self.expire(invocation),
        })
    }

    fn invoke(&mut self, delivery: Delivery) -> Step {
        self.started += 1;
        let (invocation, owner) = (self.started, delivery.to);
        {
            let state = &mut *self.shared.lock();
            state.slots.insert(
                invocation,
                Slot { owner, sweeps: delivery.sweeps(), wake: None, killed: None, calls: 0 },
            );
            *state.invocations.entry(owner).or_default() += 1;
            let expires = LONGEST_FUNCTION_TIMEOUT.after(state.now);
            state.put(expires, Due::Expire(invocation));
        }
        let release = self.releases.get(&owner).copied().unwrap_or(RELEASE);
        let function = (self.deploy)(owner, ports(&Gate::of(&self.shared, invocation, owner), release));
        let payload = delivery.payload.clone();
        let execution: Execution = Box::pin(async move { function.invoke(&payload).await });
        self.running.insert(invocation, Running { execution, delivery });
        self.poll(invocation);
        Step::Invoked(owner)
    }

    fn resume(&mut self, invocation: u64) -> Step {
        let ready = {
            let state = &mut *self.shared.lock();
            let now = state.now;
            let slot = state.slots.get_mut(&invocation);
            // A call that ended earlier may have left a later moment behind.
            slot.filter(|slot| slot.wake.is_some_and(|wake| wake <= now)).map(|slot| {
                slot.wake = None;
                slot.owner
            })
        };
        let Some(owner) = ready else { return Step::Nothing };
        self.poll(invocation);
        Step::WentOn(owner)
    }

    /// Runs an invocation until it waits at its gate, ends or has to die.
    fn poll(&mut self, invocation: u64) {
        let Some(running) = self.running.get_mut(&invocation) else { return };
        let polled = running.execution.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        match polled {
            Poll::Ready(Ok(answer)) => {
                let asked = self.end(invocation).and_then(|delivery| delivery.asked);
                if let Some(asked) = asked {
                    self.shared.lock().extension_answers(&asked, Ok(&answer));
                }
            }
            Poll::Ready(Err(fault)) => self.fail(invocation, &with_sources(&fault)),
            Poll::Pending => {
                let dies = self.shared.lock().waits(invocation);
                if let Some(why) = dies {
                    self.fail(invocation, &why);
                }
            }
        }
    }

    /// Ends whatever runs, as at the start of a restore.
    fn stop_functions(&mut self) {
        let running: Vec<u64> = self.running.keys().copied().collect();
        for invocation in running {
            self.fail(invocation, "stopped, to restore the table");
        }
    }

    fn expire(&mut self, invocation: u64) -> Step {
        let Some(owner) = self.running.get(&invocation).map(|running| running.delivery.to) else {
            return Step::Nothing;
        };
        self.fail(
            invocation,
            &format!("killed after {LONGEST_FUNCTION_TIMEOUT}, the longest that a function runs"),
        );
        Step::Expired(owner)
    }

    fn fail(&mut self, invocation: u64, why: &str) {
        if let Some(delivery) = self.end(invocation) {
            self.shared.lock().failed(delivery, why);
        }
    }

    fn end(&mut self, invocation: u64) -> Option<Delivery> {
        self.shared.lock().slots.remove(&invocation);
        self.running.remove(&invocation).map(|running| running.delivery)
    }

    /// The cloud as JSON, to go on from in another process.
    pub fn save(&self) -> Result<String, NotSaved> {
        if !self.running.is_empty() {
            return Err(NotSaved::Running(self.running.len()));
        }
        let state = self.shared.look();
        Ok(serde_json::to_string(&Writes { scenario: &self.scenario, state: &state })?)
    }

    /// The cloud that was saved.
    pub fn load(text: &str, deploy: Deploy) -> Result<Self, NotSaved> {
        let Reads { scenario, mut state } = serde_json::from_str(text)?;
        state.table.reread()?;
        state.backup.as_deref_mut().map(Table::reread).transpose()?;
        Ok(Self::of(scenario, state, deploy))
    }
}

/// A fault in words, with what it rests on.
fn with_sources(fault: &Fault) -> String {
    let mut text = fault.to_string();
    let mut source = std::error::Error::source(fault);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

/// Runs a future that never waits, such as a call through [`Cloud::ports`]; `None` if it waits all the same.
pub fn complete<T>(future: impl Future<Output = T>) -> Option<T> {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
