//! What came of a simulation, for pages, tests and people. The same scenario and seed give the same bytes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use tidegate_domain::effect::Owner;
use tidegate_domain::rollout::{Rollout, RolloutId};
use tidegate_domain::target::{Routing, Target, Version};
use tidegate_domain::ticks::minute_of;
use tidegate_wire::timeline::Entry;

use crate::faults::Call;
use crate::scenario::{Scenario, Unmet};
use crate::view::{Counted, DeadLetter, Happened, Sent, View};
use crate::world::traffic::MINUTE;
use crate::world::{Served, Write};

/// What came of a simulation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The scenario's title.
    pub title: String,
    /// The scenario's story.
    pub story: String,
    /// The seed.
    pub seed: u64,
    /// When it began.
    pub start: Timestamp,
    /// When it ended.
    pub end: Timestamp,
    /// The expectations that were not met.
    pub unmet: Vec<Unmet>,
    /// The rollouts, in the order of their creation.
    pub rollouts: Vec<RolloutReport>,
    /// What carried traffic, with its true history.
    pub targets: Vec<TargetReport>,
    /// The notices that people got.
    pub notices: Vec<Sent>,
    /// The deliveries that failed for good.
    pub dead_letters: Vec<DeadLetter>,
    /// What could not be read in the events that were kept.
    pub quarantine: Vec<String>,
    /// How often each function was invoked.
    pub invocations: BTreeMap<Owner, u64>,
    /// How often each function called what.
    pub calls: BTreeMap<Owner, BTreeMap<Call, Counted>>,
    /// What happened, in words.
    pub log: Vec<Happened>,
}

/// A rollout as it ended, with everything that led there.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutReport {
    /// Its name.
    pub id: RolloutId,
    /// Why it is where it is, in words.
    pub reason: String,
    /// The document.
    pub document: Rollout,
    /// Every commit.
    pub timeline: Vec<Entry>,
}

/// The true history of one target.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetReport {
    /// Its name.
    pub target: Target,
    /// Every minute that is over.
    pub minutes: Vec<Minute>,
    /// Every write of its routing.
    pub writes: Vec<Write>,
}

/// What really happened in one minute.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Minute {
    /// When it began.
    pub minute: Timestamp,
    /// The routing at its end.
    pub routing: Routing,
    /// What each version served.
    pub served: BTreeMap<Version, Served>,
}

impl Report {
    /// What came of a scenario so far.
    pub fn of(scenario: &Scenario, seed: u64, view: &View<'_>) -> Self {
        let mut rollouts: Vec<&Rollout> = view.rollouts().values().collect();
        rollouts.sort_by_key(|rollout| (rollout.created, rollout.id.clone()));
        let rollouts = rollouts.into_iter().map(|rollout| RolloutReport {
            id: rollout.id.clone(),
            reason: rollout.reason.to_string(),
            document: rollout.clone(),
            timeline: view.timeline(&rollout.id).to_vec(),
        });
        Self {
            title: scenario.title.clone(),
            story: scenario.story.clone(),
            seed,
            start: view.start(),
            end: view.now(),
            unmet: scenario.unmet(view),
            rollouts: rollouts.collect(),
            targets: targets(view),
            notices: view.notices().to_vec(),
            dead_letters: view.dead_letters().to_vec(),
            quarantine: view.quarantine().into_iter().map(|letter| letter.problem).collect(),
            invocations: view.invocations().clone(),
            calls: view.calls().clone(),
            log: view.log().to_vec(),
        }
    }
}

fn targets(view: &View<'_>) -> Vec<TargetReport> {
    let world = view.world();
    let over = minute_of(view.now());
    let targets = world.carriers.values().map(|carrier| {
        let minutes =
            std::iter::successors(Some(minute_of(view.start())), |minute| Some(MINUTE.after(*minute)));
        let minutes = minutes.take_while(|minute| *minute < over).map(|minute| {
            let end = crate::world::traffic::later(minute, 59_999);
            Minute { minute, routing: carrier.routing.at(end).clone(), served: world.served(carrier, minute) }
        });
        TargetReport {
            target: carrier.target.clone(),
            minutes: minutes.collect(),
            writes: carrier.writes.clone(),
        }
    });
    targets.collect()
}
