//! Mixes of faults: drawn from a seed, or named by people; each of their strands can be left out without moving the others.

mod draw;
mod shrink;
mod words;

use std::fmt;

use serde_json::{Value, json};
use tidegate_domain::policy::Policy;
use tidegate_domain::units::Span;

use crate::dice::Dice;
use crate::faults::Chances;
use crate::scenario::{Action, AlarmPlan, Expect, Happening, Nothing, Scenario};
use crate::scenarios;

pub use shrink::shrunk;
pub use words::Wanted;

/// Faults end this long after the last thing that is to happen.
const UNTIL_CALM: Span = Span::hours(1);

/// How long a rollout of a mixed world may take; those that wait for people would take days.
const DEADLINE: Span = Span::hours(3);

/// So long after the last fault the world is watched at most.
const AFTERWARDS: Span = Span::hours(24);

/// The alarm that a mix may add to a policy.
pub const ALARM: &str = "loud";

/// Faults that befall one world.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mix(pub Vec<Strand>);

/// One fault of a mix.
#[derive(Debug, Clone, PartialEq)]
pub enum Strand {
    /// Something goes wrong by chance, by its name in [`Chances`] and as it is written there.
    Chance(String, String),
    /// The policy names an alarm, [`ALARM`], that rolls back.
    Alarmed,
    /// The policy names a check of the version before it gets any traffic.
    Checked,
    /// Things happen that belong together.
    Happens(Vec<Happening>),
}

impl fmt::Display for Strand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chance(name, value) => write!(f, "{name}={value}"),
            Self::Alarmed => write!(f, "the policy names alarm {ALARM}, which rolls back"),
            Self::Checked => f.write_str("the policy asks a version before it gets any traffic"),
            Self::Happens(happenings) => {
                for (index, happening) in happenings.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{}", said(happening))?;
                }
                Ok(())
            }
        }
    }
}

/// A happening in a line, as YAML would have it.
fn said(happening: &Happening) -> String {
    let then = serde_json::to_string(&happening.then).unwrap_or_default();
    let then = then.replace("\\\"", "'").replace("\":", ": ").replace(",\"", ", ").replace('"', "");
    let then = then.strip_prefix('{').and_then(|then| then.strip_suffix('}')).unwrap_or(&then);
    let on = happening.on.as_ref().map(|on| format!(" on {on}")).unwrap_or_default();
    format!("at {}{on} {then}", happening.at)
}

/// The built-in scenario that belongs to a seed, with its name.
pub fn world(seed: u64) -> Option<(&'static str, Scenario)> {
    let last = scenarios::ALL.len().saturating_sub(1);
    let drawn = usize::try_from(Dice::new(seed, "scenario").between(0, last as u64)).ok()?;
    let (name, _) = scenarios::ALL.get(drawn)?;
    Some((name, scenarios::named(name)?.ok()?))
}

impl Mix {
    /// The mix that belongs to a seed in this world.
    pub fn drawn(scenario: &Scenario, seed: u64) -> Self {
        draw::mix(scenario, seed)
    }

    /// The world with these faults in it. They end after a while; what it expects without them is not expected any more.
    pub fn within(&self, scenario: &Scenario) -> Scenario {
        let mut mixed = scenario.clone();
        let mut chances = serde_json::to_value(&mixed.chances).unwrap_or_default();
        for strand in &self.0 {
            match strand {
                Strand::Chance(name, value) => {
                    chances
                        .as_object_mut()
                        .map(|known| known.insert(name.clone(), Value::from(value.as_str())));
                }
                Strand::Alarmed => alarm(&mut mixed),
                Strand::Checked => check(&mut mixed),
                Strand::Happens(happenings) => mixed.happens.extend(happenings.iter().cloned()),
            }
        }
        mixed.chances = serde_json::from_value::<Chances>(chances).unwrap_or_default();
        mixed.policy = within_deadline(&mixed.policy);
        let calm = UNTIL_CALM + lasts(&mixed);
        mixed.happens.push(Happening { at: calm, on: None, then: Action::Calm(Nothing {}) });
        mixed.limit = calm + AFTERWARDS;
        mixed.expect = Expect::default();
        mixed
    }
}

fn alarm(scenario: &mut Scenario) {
    let mut policy = scenario.policy.clone();
    let rolls_back = json!({ "name": ALARM, "action": "rollBack" });
    match policy.pointer_mut("/analysis/alarms").and_then(Value::as_array_mut) {
        Some(alarms) => alarms.push(rolls_back),
        None => policy["analysis"]["alarms"] = json!([rolls_back]),
    }
    if Policy::from_json(&policy).is_ok() {
        scenario.policy = policy;
        scenario.alarms.insert(ALARM.to_owned(), AlarmPlan::default());
    }
}

fn check(scenario: &mut Scenario) {
    let mut policy = scenario.policy.clone();
    let fine = json!([{ "path": "$.ok", "equals": true }]);
    let asked = json!({ "name": "is fine", "invoke": { "payload": {} }, "expect": { "json": fine } });
    match policy.pointer_mut("/checks").and_then(Value::as_array_mut) {
        Some(checks) => checks.push(asked),
        None => policy["checks"] = json!([asked]),
    }
    if Policy::from_json(&policy).is_ok() {
        scenario.policy = policy;
    }
}

/// When the last thing is to happen.
fn lasts(scenario: &Scenario) -> Span {
    scenario.happens.iter().map(|happening| happening.at).max().unwrap_or(Span::ZERO)
}

/// The policy with a deadline that a simulation reaches, where it can have one.
fn within_deadline(policy: &Value) -> Value {
    let read = |policy: &Value| Policy::from_json(policy).ok();
    let mut sooner = policy.clone();
    sooner
        .as_object_mut()
        .map(|members| members.insert("deadline".to_owned(), Value::from(DEADLINE.to_string())));
    let is_later = read(policy).is_some_and(|policy| policy.deadline > DEADLINE);
    if is_later && read(&sooner).is_some() { sooner } else { policy.clone() }
}
