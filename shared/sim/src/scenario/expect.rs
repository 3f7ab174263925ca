//! What a scenario expects to come of it, and what is told where something else came.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tidegate_domain::flag::toggle::{Progress, Toggle};
use tidegate_domain::policy::OutcomeKind;
use tidegate_domain::rollout::{PhaseName, Rollout, RolloutId};
use tidegate_domain::units::{Span, Weight};

use super::flags::{Named, ToggleEnd};
use super::words::{Routed, Share};
use super::{FunctionPlan, Scenario};
use crate::view::View;

/// What is expected. What is not stated is not looked at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Expect {
    /// Exactly these rollouts, by id.
    pub rollouts: BTreeMap<RolloutId, ExpectedRollout>,
    /// How each function's traffic is divided at the end.
    pub routing: BTreeMap<String, Routed>,
    /// The kinds of the notices that people get, in this order and no other.
    pub notices: Option<Vec<OutcomeKind>>,
    /// The kinds of the outcomes that people learn of, in this order and no other: a notice that comes a second time, because its
    /// sender died before it recorded the first, counts once.
    pub outcomes: Option<Vec<OutcomeKind>>,
    /// The flags at the end: `on` or `off`, and of an attribute (`new-basket colour`) its value as JSON.
    pub flags: BTreeMap<String, String>,
    /// How many deployments AppConfig began.
    pub flag_deployments: Option<usize>,
    /// How toggles ended, in the order in which they were asked for.
    pub toggles: Option<Vec<ToggleEnd>>,
    /// Words, each of which stands in some message that people get.
    pub told: Vec<String>,
    /// How many deliveries fail for good.
    pub dead_letters: Option<usize>,
    /// How many events cannot be read.
    pub quarantined: Option<usize>,
}

/// What is expected of one rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExpectedRollout {
    /// The phase at the end.
    pub phase: PhaseName,
    /// Words that its reason holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// It goes through these phases, in this order and perhaps through others between them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub through: Vec<PhaseName>,
    /// The candidate's share of the traffic never rises above this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_at_most: Option<Share>,
    /// It is over within this time of its creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
    /// It is not over before this time after its creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Span>,
}

/// An expectation that was not met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmet {
    /// Which, as a place in the scenario.
    pub place: String,
    /// What was expected there.
    pub expected: String,
    /// What came.
    pub came: String,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, came {}", self.place, self.expected, self.came)
    }
}

impl Scenario {
    /// Every expectation that what there is to see does not meet.
    pub fn unmet(&self, view: &View<'_>) -> Vec<Unmet> {
        let mut look = Look { view, unmet: Vec::new() };
        look.rollouts(&self.expect.rollouts);
        for (name, expected) in &self.expect.routing {
            look.routing(name, self.world.get(name), expected);
        }
        if let Some(expected) = &self.expect.notices {
            let came: Vec<OutcomeKind> = view.notices().iter().map(|sent| sent.kind).collect();
            look.same("expect.notices", &listed(expected), &listed(&came));
        }
        if let Some(expected) = &self.expect.outcomes {
            let mut known = BTreeSet::new();
            let first = view.notices().iter().filter(|sent| known.insert(&sent.outcome_id));
            let came: Vec<OutcomeKind> = first.map(|sent| sent.kind).collect();
            look.same("expect.outcomes", &listed(expected), &listed(&came));
        }
        look.flags(self);
        if let Some(expected) = self.expect.dead_letters {
            look.same("expect.deadLetters", &expected.to_string(), &view.dead_letters().len().to_string());
        }
        if let Some(expected) = self.expect.quarantined {
            look.same("expect.quarantined", &expected.to_string(), &view.quarantine().len().to_string());
        }
        look.unmet
    }
}

fn listed(kinds: &[OutcomeKind]) -> String {
    kinds.iter().map(|kind| format!("{kind:?}")).collect::<Vec<_>>().join(", ")
}

struct Look<'a> {
    view: &'a View<'a>,
    unmet: Vec<Unmet>,
}

impl Look<'_> {
    fn same(&mut self, place: &str, expected: &str, came: &str) {
        self.holds(place, expected == came, expected, came);
    }

    fn holds(&mut self, place: &str, holds: bool, expected: &str, came: &str) {
        if !holds {
            let (expected, came) = (or_nothing(expected), or_nothing(came));
            self.unmet.push(Unmet { place: place.to_owned(), expected, came });
        }
    }

    fn rollouts(&mut self, expected: &BTreeMap<RolloutId, ExpectedRollout>) {
        let names =
            |ids: Vec<&RolloutId>| ids.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let came = names(self.view.rollouts().keys().collect());
        if !expected.is_empty() {
            self.same("expect.rollouts", &names(expected.keys().collect()), &came);
        }
        for (id, expected) in expected {
            if let Some(rollout) = self.view.rollouts().get(id) {
                self.rollout(&format!("expect.rollouts.{id}"), expected, rollout);
            }
        }
    }

    fn rollout(&mut self, at: &str, expected: &ExpectedRollout, rollout: &Rollout) {
        let ExpectedRollout { phase, because, through, weight_at_most, within, not_before } = expected;
        let came = rollout.phase.name();
        let why = rollout.reason.to_string();
        self.holds(&format!("{at}.phase"), *phase == came, &phase.to_string(), &format!("{came} ({why})"));
        if let Some(because) = because {
            self.holds(&format!("{at}.because"), why.contains(because), because, &why);
        }
        self.through(at, through, &rollout.id);
        if let Some(most) = weight_at_most {
            let highest = self.highest_weight(rollout);
            let holds = highest.fraction() <= most.fraction() + 1e-9;
            self.holds(&format!("{at}.weightAtMost"), holds, &most.to_string(), &highest.to_string());
        }
        let ended = self.ended(&rollout.id);
        let took = ended.map(|ended| Span::between(rollout.created, ended));
        let took_text = took.map_or_else(|| "no end".to_owned(), |took| took.to_string());
        if let Some(within) = within {
            let holds = took.is_some_and(|took| took <= *within);
            self.holds(&format!("{at}.within"), holds, &within.to_string(), &took_text);
        }
        if let Some(least) = not_before {
            let holds = took.is_none_or(|took| took >= *least);
            self.holds(&format!("{at}.notBefore"), holds, &least.to_string(), &took_text);
        }
    }

    fn through(&mut self, at: &str, through: &[PhaseName], id: &RolloutId) {
        let mut came: Vec<PhaseName> = self.view.timeline(id).iter().map(|entry| entry.to).collect();
        came.dedup();
        let mut left = came.iter();
        let holds = through.iter().all(|phase| left.any(|other| other == phase));
        let words =
            |phases: &[PhaseName]| phases.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        self.holds(&format!("{at}.through"), holds, &words(through), &words(&came));
    }

    /// The highest share that the candidate really had while the rollout was under way.
    fn highest_weight(&self, rollout: &Rollout) -> Weight {
        let ended = self.ended(&rollout.id).unwrap_or(Timestamp::MAX);
        let carrier = self.view.world().carrier(&rollout.target);
        let writes = carrier.into_iter().flat_map(|carrier| &carrier.writes);
        let under_way = writes.filter(|write| rollout.created <= write.at && write.at <= ended);
        under_way.map(|write| write.after.weight_of(&rollout.candidate)).max().unwrap_or(Weight::ZERO)
    }

    fn ended(&self, id: &RolloutId) -> Option<Timestamp> {
        self.view.timeline(id).iter().find(|entry| entry.to.is_terminal()).map(|entry| entry.at)
    }

    fn routing(&mut self, name: &str, plan: Option<&FunctionPlan>, expected: &Routed) {
        let came = plan.and_then(|plan| self.view.routing(&plan.target(name)).cloned());
        let holds = came.as_ref().is_some_and(|came| came.sends_as(&expected.0));
        let came = came.map_or_else(String::new, |came| Routed(came).to_string());
        self.holds(&format!("expect.routing.{name}"), holds, &expected.to_string(), &came);
    }
}

impl Look<'_> {
    fn flags(&mut self, scenario: &Scenario) {
        let Expect { flags, flag_deployments, toggles, told, .. } = &scenario.expect;
        for (name, expected) in flags {
            let came = self.flag(scenario, &Named::read(name)).unwrap_or_default();
            self.same(&format!("expect.flags.{name}"), expected, &came);
        }
        if let Some(expected) = flag_deployments {
            let applications = self.view.world().app_config.applications.values();
            let environments = applications.flat_map(|application| application.environments.values());
            let begun: usize = environments.map(|environment| environment.deployments.len()).sum();
            let at_first = scenario.app_config.places().len();
            self.same("expect.flagDeployments", &expected.to_string(), &(begun - at_first).to_string());
        }
        if let Some(expected) = toggles {
            let mut toggles: Vec<&Toggle> = self.view.toggles().values().collect();
            toggles.sort_by_key(|toggle| (toggle.created, toggle.id.clone()));
            let came: Vec<ToggleEnd> = toggles.into_iter().map(end).collect();
            self.same("expect.toggles", &words_of(expected), &words_of(&came));
        }
        for words in told {
            let told = self
                .view
                .notices()
                .iter()
                .any(|sent| sent.text.contains(words) || sent.subject.contains(words));
            let texts =
                self.view.notices().iter().map(|sent| sent.text.as_str()).collect::<Vec<_>>().join("; ");
            self.holds("expect.told", told, words, &texts);
        }
    }

    /// What a flag is, or one of its attributes.
    fn flag(&self, scenario: &Scenario, named: &Named<'_>) -> Option<String> {
        let profile = scenario.app_config.place(named.place.as_ref())?;
        let app_config = &self.view.world().app_config;
        if let Some(attribute) = named.attribute {
            let document: serde_json::Value = serde_json::from_str(app_config.in_force(&profile)?).ok()?;
            return document.get("values")?.get(named.flag)?.get(attribute).map(ToString::to_string);
        }
        let share = app_config.share_with(&profile, named.flag, self.view.now());
        Some(match share {
            share if share >= 1.0 => "on".to_owned(),
            share if share <= 0.0 => "off".to_owned(),
            share => format!("on for {} %", share * 100.0),
        })
    }
}

fn end(toggle: &Toggle) -> ToggleEnd {
    match toggle.progress() {
        Progress::UnderWay(_) => ToggleEnd::UnderWay,
        Progress::Served => ToggleEnd::Set,
        Progress::Back(_) => ToggleEnd::Back,
        Progress::Failed(_) => ToggleEnd::Failed,
    }
}

fn words_of(ends: &[ToggleEnd]) -> String {
    ends.iter().map(|end| format!("{end:?}")).collect::<Vec<_>>().join(", ")
}

fn or_nothing(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { text.to_owned() }
}
