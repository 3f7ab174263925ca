//! Releases beside this one, as what each makes of the documents in the table; and the update of an installation from one to
//! another while rollouts are in flight.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};
use tidegate_domain::effect::Owner;
use tidegate_sim::{Scenario, Simulation, View};
use tidegate_wire::document::{Codec, Migration};

use crate::house;
use crate::invariants::{Invariants, at_the_end};

/// The release before this one: it leaves out what is as it is by default.
pub const BEFORE: Codec = Codec(&[Migration { up: same, down: sparse }]);

/// A release after this one that says more in each document, and needs nobody to understand it.
pub const SAYS_MORE: Codec = Codec(&[Migration { up: same, down: saying_more }]);

/// A release after this one that decides on live documents by what this one does not know.
pub const NEEDS_MORE: Codec = Codec(&[Migration { up: same, down: if_at_rest }]);

/// A release that knows new names and writes the old ones yet ...
pub const WRITES_OLD_NAMES: Codec = Codec(&[Migration { up: new_names, down: old_names }]);

/// ... and the release after it, which writes the new ones.
pub const WRITES_NEW_NAMES: Codec = Codec(&[Migration { up: new_names, down: unsayable }]);

/// Every function of an installation.
pub const FUNCTIONS: [Owner; 5] =
    [Owner::TrafficShift, Owner::HealthCheck, Owner::FeatureFlag, Owner::Rollback, Owner::Notify];

fn same(envelope: Value) -> Value {
    envelope
}

fn unsayable(_: &Value) -> Option<Value> {
    None
}

/// Members that may be left out, with what they are then.
const DEFAULTS: [(&str, &str, Value); 7] = [
    ("/rollout/request", "automatic", Value::Bool(false)),
    ("/rollout/request", "fixForward", Value::Bool(false)),
    ("/rollout/flags", "examined", Value::Bool(false)),
    ("/rollout/flags", "back", Value::Bool(false)),
    ("/rollout/phase", "since", Value::Null),
    ("/toggle", "shipPending", Value::Bool(false)),
    ("/toggle", "preempt", Value::Bool(false)),
];

#[expect(clippy::unnecessary_wraps, reason = "a way back may not exist")]
fn sparse(envelope: &Value) -> Option<Value> {
    let mut envelope = envelope.clone();
    for (holder, name, default) in DEFAULTS {
        let holder = envelope.pointer_mut(holder).and_then(Value::as_object_mut);
        if let Some(holder) = holder.filter(|holder| holder.get(name) == Some(&default)) {
            holder.remove(name);
        }
    }
    Some(envelope)
}

/// Where a release that says more says it: the versions that it wrote, a word on each effect and edit of them, and one on the policy.
fn saying_more(envelope: &Value) -> Option<Value> {
    let mut envelope = envelope.clone();
    for document in envelope.as_object_mut()?.values_mut().filter(|value| value.is_object()) {
        let version = document["version"].clone();
        let mut written = document["audit"]["written"].as_array().cloned().unwrap_or_default();
        written.push(version);
        document["audit"] = json!({ "written": written });
        for list in ["pending", "edits"] {
            let elements = document.get_mut(list).and_then(Value::as_array_mut);
            elements.into_iter().flatten().for_each(|element| element["word"] = json!("mine"));
        }
        if let Some(policy) = document.get_mut("policy") {
            policy["team"] = json!("checkout");
        }
    }
    Some(envelope)
}

fn if_at_rest(envelope: &Value) -> Option<Value> {
    let is = |place: &str, names: &[&str]| {
        envelope.pointer(place).and_then(Value::as_str).is_some_and(|name| names.contains(&name))
    };
    let moves = is("/rollout/phase/is", &["baking", "paused", "shifting", "watching", "rollingBack"])
        || is("/toggle/stage/is", &["planned", "deploying"]);
    (!moves).then(|| envelope.clone())
}

/// Where a member stands, what it was called and what it is called.
const NAMES: [(&str, &str, &str); 3] =
    [("/rollout", "canary", "candidate"), ("/rollout/phase", "state", "is"), ("/toggle", "wishes", "wanted")];

fn renamed(mut envelope: Value, from_to: impl Fn(&'static str, &'static str) -> [&'static str; 2]) -> Value {
    for (holder, old, new) in NAMES {
        let [from, to] = from_to(old, new);
        if let Some(holder) = envelope.pointer_mut(holder).and_then(Value::as_object_mut)
            && let Some(value) = holder.remove(from)
        {
            holder.insert(to.to_owned(), value);
        }
    }
    envelope
}

fn new_names(envelope: Value) -> Value {
    renamed(envelope, |old, new| [old, new])
}

#[expect(clippy::unnecessary_wraps, reason = "a way back may not exist")]
fn old_names(envelope: &Value) -> Option<Value> {
    Some(renamed(envelope.clone(), |old, new| [new, old]))
}

/// One function gets another release.
#[derive(Debug, Clone, Copy)]
pub struct Install {
    /// When.
    pub at: Timestamp,
    /// Which function.
    pub function: Owner,
    /// The release.
    pub release: Codec,
}

/// Plays a scenario on an installation of one release, with these functions updated on the way, and checks the invariants after every
/// step and at its end, and that no document loses what a newer release said in it.
///
/// # Panics
/// When something does not hold: with the seed and the story so far.
pub fn play_updating(scenario: Scenario, seed: u64, from: Codec, updates: &[Install]) -> Simulation {
    let mut simulation =
        Simulation::new(scenario, seed, house()).expect("the scenario was checked when it was read");
    for function in FUNCTIONS {
        simulation.cloud().install(function, from);
    }
    let (mut invariants, mut said) = (Invariants::default(), Said::default());
    let mut updates = updates.iter().peekable();
    while simulation.step().is_some() {
        let now = simulation.view().now();
        while let Some(update) = updates.next_if(|update| update.at <= now) {
            simulation.cloud().install(update.function, update.release);
        }
        let view = simulation.view();
        invariants.check(&view, seed);
        said.check(&view, seed);
    }
    at_the_end(&simulation.view(), seed);
    simulation
}

/// What a newer release said last: the versions of each document that it says to have written.
#[derive(Debug, Default)]
struct Said {
    seen: BTreeMap<String, u64>,
    written: BTreeMap<String, BTreeSet<u64>>,
}

impl Said {
    fn check(&mut self, view: &View<'_>, seed: u64) {
        for (id, rollout) in view.rollouts() {
            self.check_one(&format!("rollout {id}"), rollout.version, || view.text(id), seed);
        }
        for (id, toggle) in view.toggles() {
            self.check_one(&format!("toggle {id}"), toggle.version, || view.toggle_text(id), seed);
        }
    }

    fn check_one<'a>(&mut self, name: &str, version: u64, text: impl Fn() -> Option<&'a str>, seed: u64) {
        if self.seen.insert(name.to_owned(), version) == Some(version) {
            return;
        }
        let Some(Ok(envelope)) = text().map(serde_json::from_str::<Value>) else { return };
        let kind = name.split(' ').next().unwrap_or_default();
        let document = &envelope[kind];
        let audited: BTreeSet<u64> =
            document["audit"]["written"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
        let known = self.written.entry(name.to_owned()).or_default();
        if audited.last() == Some(&version) {
            *known = audited;
        } else {
            assert_eq!(
                *known, audited,
                "seed {seed}: {name} version {version} lost what a newer release said"
            );
        }
        if !known.is_empty() && kind == "rollout" {
            assert_eq!(document["policy"]["team"], "checkout", "seed {seed}: {name} version {version}");
        }
        for pending in document["pending"].as_array().into_iter().flatten() {
            let since = pending["id"]["version"].as_u64().expect("an effect has a version");
            let is_said = pending["word"] == "mine";
            assert!(is_said || !known.contains(&since), "seed {seed}: {name} version {version}: {pending}");
        }
    }
}
