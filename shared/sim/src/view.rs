//! What there is to see of the cloud from outside: by tests after every step, and by reports.

use std::collections::BTreeMap;
use std::sync::RwLockReadGuard;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidegate_domain::effect::Owner;
use tidegate_domain::flag::toggle::{Toggle, ToggleId};
use tidegate_domain::freeze::Freeze;
use tidegate_domain::policy::OutcomeKind;
use tidegate_domain::rollout::{Rollout, RolloutId};
use tidegate_domain::target::{Routing, Target};
use tidegate_domain::ticks::Tick;
use tidegate_domain::trigger::Verb;
use tidegate_engine::ports::Letter;
use tidegate_wire::document::RELEASE;
use tidegate_wire::timeline::Entry;

use crate::faults::{Call, Struck};
use crate::queue::Due;
use crate::state::State;
use crate::world::World;

/// A notice that people got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    /// When.
    pub at: Timestamp,
    /// What came out.
    pub kind: OutcomeKind,
    /// Of which rollout, where it is about one.
    pub rollout: Option<RolloutId>,
    /// The same for every copy.
    pub outcome_id: String,
    /// The message's subject.
    pub subject: String,
    /// The message's text.
    pub text: String,
}

/// What somebody said to a rollout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// When.
    pub at: Timestamp,
    /// To which one.
    pub rollout: RolloutId,
    /// What.
    pub verb: Verb,
}

/// A delivery that failed for good.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// When the last attempt failed.
    pub at: Timestamp,
    /// Which function.
    pub function: Owner,
    /// What it was to handle, for people.
    pub what: String,
    /// The payload.
    pub payload: Value,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub error: String,
}

/// Something that happened in the cloud, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: String,
}

/// How often something was called, and how many things it asked for in all: series of a metrics call, messages of a publish.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Calls.
    pub calls: u64,
    /// Things asked for.
    pub items: u64,
}

/// The cloud at one moment. Several may be held at once; a call through ports waits until none is.
pub struct View<'a>(pub(crate) RwLockReadGuard<'a, State>);

impl View<'_> {
    /// The time.
    pub fn now(&self) -> Timestamp {
        self.0.now
    }

    /// When it all began.
    pub fn start(&self) -> Timestamp {
        self.0.start
    }

    /// Every rollout as it is stored, by id.
    pub fn rollouts(&self) -> &BTreeMap<RolloutId, Rollout> {
        self.0.table.rollouts()
    }

    /// The freeze in force.
    pub fn freeze(&self) -> Option<Freeze> {
        self.0.table.freeze_switch(RELEASE).ok()?.freeze()
    }

    /// Every toggle as it is stored, by id.
    pub fn toggles(&self) -> &BTreeMap<ToggleId, Toggle> {
        self.0.table.toggles()
    }

    /// The text of a rollout's document.
    pub fn text(&self, id: &RolloutId) -> Option<&str> {
        self.0.table.text(id)
    }

    /// The text of a toggle's document.
    pub fn toggle_text(&self, id: &ToggleId) -> Option<&str> {
        self.0.table.toggle_text(id)
    }

    /// The texts of the guards of flags.
    pub fn guard_texts(&self) -> impl Iterator<Item = &str> {
        self.0.table.guard_texts()
    }

    /// How many commits were written: as long as this stays, no rollout changed.
    pub fn commits(&self) -> u64 {
        self.0.table.commits()
    }

    /// Which rollout has a target.
    pub fn lock_holder(&self, target: &Target) -> Option<&RolloutId> {
        self.0.table.lock_holder(&target.key())
    }

    /// Every commit of a rollout, oldest first.
    pub fn timeline(&self, id: &RolloutId) -> &[Entry] {
        self.0.table.timeline(id)
    }

    /// What was measured for a rollout.
    pub fn ticks(&self, id: &RolloutId) -> Vec<Tick> {
        self.0.table.ticks(id)
    }

    /// How a target divides its traffic.
    pub fn routing(&self, target: &Target) -> Option<&Routing> {
        self.0.world.carrier(target).map(|carrier| carrier.routing.now())
    }

    /// The world, with the true history of its routings and its traffic.
    pub fn world(&self) -> &World {
        &self.0.world
    }

    /// The notices that people got, oldest first.
    pub fn notices(&self) -> &[Sent] {
        &self.0.notices
    }

    /// What people said to rollouts, oldest first.
    pub fn said(&self) -> &[Said] {
        &self.0.said
    }

    /// Until when the schedule sends no sweep.
    pub fn no_sweep_until(&self) -> Timestamp {
        self.0.no_sweep_until
    }

    /// The deliveries that failed for good, oldest first.
    pub fn dead_letters(&self) -> &[DeadLetter] {
        &self.0.dead
    }

    /// The events that could not be read, newest first.
    pub fn quarantine(&self) -> Vec<Letter> {
        self.0.table.quarantined()
    }

    /// How often each function called what.
    pub fn calls(&self) -> &BTreeMap<Owner, BTreeMap<Call, Counted>> {
        &self.0.calls
    }

    /// How often each function was invoked.
    pub fn invocations(&self) -> &BTreeMap<Owner, u64> {
        &self.0.invocations
    }

    /// How many invocations run at this moment.
    pub fn running(&self) -> usize {
        self.0.slots.len()
    }

    /// Which faults struck, and how often.
    pub fn struck(&self) -> &Struck {
        &self.0.struck
    }

    /// Since when nothing goes wrong any more, where something did.
    pub fn calm_since(&self) -> Option<Timestamp> {
        self.0.calm_since
    }

    /// The most calls that one invocation of each function has made.
    pub fn busiest(&self) -> &BTreeMap<Owner, u64> {
        &self.0.busiest
    }

    /// How many calls the functions made since the minute began.
    pub fn calls_this_minute(&self) -> u64 {
        self.0.calls_this_minute
    }

    /// When the table was restored last from a backup.
    pub fn restored(&self) -> Option<Timestamp> {
        self.0.restored
    }

    /// What happened, in words, oldest first.
    pub fn log(&self) -> &[Happened] {
        &self.0.log
    }

    /// Whether everything is over: nothing of the scenario to come, no deployment that goes on, no rollout that the sweep would
    /// look at, and neither a delivery nor an invocation but for sweeps, which go on for ever.
    pub fn is_at_rest(&self) -> bool {
        let busy = self.0.world.code_deploy.is_busy() || self.0.world.app_config.is_busy();
        let busy =
            busy || self.0.queue.iter().any(Due::is_work) || self.0.slots.values().any(|slot| !slot.sweeps);
        let busy = busy || self.toggles().values().any(Toggle::is_live);
        !busy && !self.rollouts().values().any(Rollout::is_listed)
    }
}
