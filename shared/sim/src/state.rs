//! Everything there is in the cloud at one moment, apart from the invocations that run.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tidegate_domain::effect::Owner;
use tidegate_domain::ticks::minute_of;
use tidegate_domain::units::Span;
use tidegate_engine::ports::{Committed, Notice};

use crate::bus;
use crate::dice::{Dice, Key};
use crate::faults::{Call, Faults, Struck};
use crate::gate::Slot;
use crate::queue::{Delivery, Due, Queue, SWEEP};
use crate::table::Table;
use crate::view::{Counted, DeadLetter, Happened, Said, Sent};
use crate::world::World;
use crate::world::traffic::{MINUTE, later};

/// The attempts that Lambda makes of one asynchronous invocation, and the minutes it waits before each further one.
const WAITS: [u32; 2] = [1, 2];

/// The cloud at one moment.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct State {
    pub key: Key,
    pub start: Timestamp,
    pub now: Timestamp,
    pub world: World,
    pub table: Table,
    #[serde(default)]
    pub backup: Option<Box<Table>>,
    /// When the table was restored last.
    #[serde(default)]
    pub restored: Option<Timestamp>,
    pub queue: Queue,
    pub faults: Faults,
    /// Until when no sweep is sent.
    pub no_sweep_until: Timestamp,
    /// By how many seconds the clocks of functions are ahead.
    #[serde(default)]
    pub skews: BTreeMap<Owner, i64>,
    /// Since when nothing goes wrong any more, where something did.
    #[serde(default)]
    pub calm_since: Option<Timestamp>,
    #[serde(default)]
    pub struck: Struck,
    /// The most calls that one invocation of each function has made.
    #[serde(default)]
    pub busiest: BTreeMap<Owner, u64>,
    /// How many calls were made since the minute began.
    #[serde(default)]
    pub calls_this_minute: u64,
    pub calls: BTreeMap<Owner, BTreeMap<Call, Counted>>,
    pub invocations: BTreeMap<Owner, u64>,
    pub notices: Vec<Sent>,
    #[serde(default)]
    pub said: Vec<Said>,
    pub dead: Vec<DeadLetter>,
    pub log: Vec<Happened>,
    #[serde(skip)]
    pub slots: BTreeMap<u64, Slot>,
    /// Puts things of one moment in order, and says how long calls take.
    pub order: Dice,
    /// Decides on faults.
    pub chance: Dice,
    events: u64,
}

impl State {
    /// A cloud in which nothing happened yet.
    pub fn new(seed: u64, start: Timestamp, world: World, faults: Faults) -> Self {
        let mut state = Self {
            key: Key::of(seed),
            start,
            now: start,
            world,
            table: Table::default(),
            backup: None,
            restored: None,
            queue: Queue::default(),
            faults,
            no_sweep_until: start,
            skews: BTreeMap::new(),
            calm_since: None,
            struck: Struck::default(),
            busiest: BTreeMap::new(),
            calls_this_minute: 0,
            calls: BTreeMap::new(),
            invocations: BTreeMap::new(),
            notices: Vec::new(),
            said: Vec::new(),
            dead: Vec::new(),
            log: Vec::new(),
            slots: BTreeMap::new(),
            order: Dice::new(seed, "order"),
            chance: Dice::new(seed, "chance"),
            events: 0,
        };
        state.put(MINUTE.after(minute_of(start)), Due::Minute);
        state
    }

    /// Has something happen at a moment.
    pub fn put(&mut self, at: Timestamp, due: Due) {
        let order = self.order.between(0, u64::MAX - 1);
        self.queue.put(at, order, due);
    }

    /// Notes for people what happened.
    pub fn note(&mut self, what: impl Into<String>) {
        self.log.push(Happened { at: self.now, what: what.into() });
    }

    /// A minute begins: alarms look at their metrics, and the schedule sends its sweep.
    pub fn minute(&mut self) {
        self.put(MINUTE.after(self.now), Due::Minute);
        self.calls_this_minute = 0;
        for (name, firing) in self.world.alarms_changing(self.now) {
            self.switch_alarm(&name, firing);
        }
        if self.now >= self.no_sweep_until {
            let payload = json!({ "tidegate": "sweep", "time": self.now.to_string() });
            self.send(Owner::HealthCheck, &payload, SWEEP);
        }
    }

    /// Puts an alarm into a state, and its event on the bus if that is a change.
    pub fn switch_alarm(&mut self, name: &str, firing: bool) {
        let now = self.now;
        let Some(alarm) = self.world.alarms.get_mut(name).filter(|alarm| alarm.firing != firing) else {
            return;
        };
        (alarm.firing, alarm.since) = (firing, now);
        self.note(format!("alarm {name} {}", if firing { "fires" } else { "is quiet again" }));
        let event = bus::alarm_changed(name, firing, now);
        self.put_event(event);
        if firing {
            self.alarm_stops_deployments(name);
            self.alarm_takes_flags_back(name);
        }
    }

    /// Puts an event on the bus: every rule that it matches has it delivered. Adds what an envelope must have.
    pub fn put_event(&mut self, event: Value) {
        self.put_event_again(event, None);
    }

    /// Puts an event on the bus, which delivers it once more after a while.
    pub fn put_event_again(&mut self, mut event: Value, again: Option<Span>) {
        self.events += 1;
        let id = self.key.and("event").number(self.events).uuid();
        bus::complete(&mut event, &id, self.now);
        for after in [Some(Span::ZERO), again].into_iter().flatten() {
            self.deliver(&event, after);
        }
    }

    fn deliver(&mut self, event: &Value, after: Span) {
        let receivers: BTreeSet<Owner> = bus::receivers(event).collect();
        let what = event.get("detail-type").and_then(Value::as_str).unwrap_or("an event").to_owned();
        for to in receivers {
            let lost = self.faults.chances.lost;
            if self.chance.chance(lost.fraction()) {
                self.note(format!("lost on the way to {to}: {what}"));
                self.struck.met("lost");
            } else {
                self.send_after(after, to, event, &what);
            }
        }
    }

    /// Has a payload delivered: after a while, perhaps twice.
    pub fn send(&mut self, to: Owner, payload: &Value, what: &str) {
        self.send_after(Span::ZERO, to, payload, what);
    }

    fn send_after(&mut self, after: Span, to: Owner, payload: &Value, what: &str) {
        let from = after.after(self.now);
        let chances = self.faults.chances.clone();
        let copies = if self.chance.chance(chances.duplicates.fraction()) { 2 } else { 1 };
        if copies > 1 {
            self.struck.met("duplicates");
        }
        for _ in 0..copies {
            let soon = self.order.between(50, 800);
            let late_by = u64::from(chances.late_by.as_seconds()) * 1_000;
            let late =
                if self.chance.chance(chances.late.fraction()) { self.chance.between(0, late_by) } else { 0 };
            if late > 0 {
                self.struck.met("late");
            }
            let delivery =
                Delivery { to, payload: payload.clone(), what: what.to_owned(), attempt: 1, asked: None };
            self.put(later(from, soon + late), Due::Invoke(delivery));
        }
    }

    /// An invocation waits at its gate: it goes on later, unless it has to die, and then of this. One that waits for something
    /// that is no port is left until its time is over.
    pub fn waits(&mut self, invocation: u64) -> Option<String> {
        let slot = self.slots.get(&invocation)?;
        if let (None, Some(wake)) = (&slot.killed, slot.wake) {
            self.put(wake, Due::Resume(invocation));
            return None;
        }
        slot.killed.clone()
    }

    /// An invocation failed: it is tried again after a while, and after that it is a dead letter.
    pub fn failed(&mut self, delivery: Delivery, error: &str) {
        if let Some(asked) = &delivery.asked {
            self.note(format!("{} failed on {}: {error}", delivery.to, delivery.what));
            return self.extension_answers(asked, Err(error));
        }
        let Delivery { to, what, attempt, .. } = &delivery;
        let wait = usize::try_from(*attempt - 1).ok().and_then(|tried| WAITS.get(tried));
        if let Some(minutes) = wait {
            self.note(format!("{to} failed on {what}, tried again in {minutes} min: {error}"));
            let again = Delivery { attempt: attempt + 1, ..delivery };
            self.put((MINUTE * *minutes).after(self.now), Due::Invoke(again));
        } else {
            self.note(format!("{to} failed on {what} for good: {error}"));
            let Delivery { to, payload, what, attempt, asked: _ } = delivery;
            let error = error.to_owned();
            self.dead.push(DeadLetter {
                at: self.now,
                function: to,
                what,
                payload,
                attempts: attempt,
                error,
            });
        }
    }

    /// People get a notice.
    pub fn notify(&mut self, notice: &Notice) {
        let Notice { outcome, message } = notice;
        self.note(format!("on-call gets: {}", message.subject));
        self.notices.push(Sent {
            at: self.now,
            kind: outcome.kind,
            rollout: outcome.rollout().cloned(),
            outcome_id: outcome.outcome_id.clone(),
            subject: message.subject.clone(),
            text: message.text.clone(),
        });
    }

    /// A condition of a write did not hold, because somebody else wrote.
    pub fn refused(&mut self, committed: Committed) {
        match committed {
            Committed::Done => {}
            Committed::Conflict => self.struck.met("conflict"),
            Committed::Duplicate => self.struck.met("repetition"),
            Committed::Locked => self.struck.met("locked"),
        }
    }

    /// Counts a call, and the things that it asked for.
    pub fn count(&mut self, function: Owner, call: Call, items: u64) {
        let counted = self.calls.entry(function).or_default().entry(call).or_default();
        counted.calls += 1;
        counted.items += items;
    }

    /// Counts a call of an invocation.
    pub fn count_within(&mut self, invocation: u64) {
        self.calls_this_minute += 1;
        if let Some(slot) = self.slots.get_mut(&invocation) {
            slot.calls += 1;
            let most = self.busiest.entry(slot.owner).or_default();
            *most = slot.calls.max(*most);
        }
    }

    /// The moment as of which the index answers.
    pub fn index_as_of(&mut self) -> Timestamp {
        let longest = u64::from(self.faults.chances.stale_index.as_seconds()) * 1_000;
        let behind = self.chance.between(0, longest);
        if behind > 0 {
            self.struck.met("staleIndex");
        }
        self.now.saturating_sub(crate::world::traffic::millis(behind)).unwrap_or(self.now)
    }
}
