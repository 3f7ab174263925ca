//! What people do meanwhile: versions, commands, flags, policies and backups.

use std::collections::BTreeMap;

use serde_json::json;
use tidegate_domain::rollout::RolloutId;
use tidegate_domain::target::{Routing, Version};
use tidegate_domain::trigger::Verb;
use tidegate_domain::units::{Span, Weight};

use super::Draw;
use crate::dice::float;
use crate::scenario::{
    Action, Behaves, Command, DeployFlagsPlan, DeployPlan, FreezePlan, FunctionPlan, Happening, Nothing,
    Place, Routed, Share, Start, StopFlagsPlan, StopPlan, ThawPlan, ToggleFlagPlan, WriteFlagsPlan,
};

impl Draw<'_> {
    /// Candidates come, also two at once, and turn bad.
    pub(super) fn versions(&mut self, name: &str, plan: &FunctionPlan) {
        let on = Some(name);
        let candidates: Vec<Version> =
            plan.versions.keys().filter(|version| **version != plan.stable).cloned().collect();
        for version in candidates {
            let start = Start {
                version: version.clone(),
                by: "ana".to_owned(),
                id: None,
                fix_forward: self.drawn(20),
            };
            let behaves = Behaves {
                version: version.clone(),
                errors: Some(Share::percent(20.0)),
                latency: None,
                counts: BTreeMap::new(),
            };
            if self.drawn(40) && plan.code_deploy.is_none() {
                self.once(on, Action::Publish(version.clone()));
            }
            if self.drawn(30) && plan.code_deploy.is_some() {
                let deploy = DeployPlan { version: version.clone(), config: None, alarms: None };
                self.once(on, Action::Deploy(deploy));
            }
            if self.drawn(10) {
                self.once(on, Action::Start(start.clone()));
            }
            if self.drawn(15) {
                self.twins(on, &start);
            }
            if self.drawn(10) {
                self.once(on, Action::Behaves(behaves));
            }
        }
    }

    /// Two rollouts of a version are asked for at once.
    fn twins(&mut self, on: Option<&str>, start: &Start) {
        let at = self.moment();
        let twin = |id| Happening {
            at,
            on: on.map(str::to_owned),
            then: Action::Start(Start { id: Some(id), ..start.clone() }),
        };
        self.happen(twins_of(&start.version).map(twin).into());
    }

    /// The rollouts that there may be of a target.
    pub(super) fn rollouts(&self, name: &str, plan: &FunctionPlan) -> Vec<RolloutId> {
        let mut rollouts: Vec<RolloutId> = self.scenario.expect.rollouts.keys().cloned().collect();
        let target = plan.target(name);
        rollouts.extend(plan.versions.keys().map(|version| RolloutId::of_version(&target, version)));
        rollouts.extend(plan.versions.keys().filter(|version| **version != plan.stable).flat_map(twins_of));
        rollouts
    }

    /// Somebody says something to a rollout, or moves its traffic, by hand.
    pub(super) fn people(&mut self, name: &str, plan: &FunctionPlan) {
        let on = Some(name);
        let rollouts = self.rollouts(name, plan);
        for _ in 0..self.dice.between(0, 3) {
            let (verb, rollout) = (self.one_of(&Verb::ALL), self.one_of(&rollouts));
            if let (Some(verb), Some(rollout), true) = (verb, rollout, self.drawn(40)) {
                let by = "ben".to_owned();
                self.once(None, Action::Command(Command { verb, rollout, by, why: None, again: None }));
            }
        }
        let versions: Vec<Version> = plan.versions.keys().cloned().collect();
        let (weight, other) = (self.dice.between(1, 99), self.one_of(&versions));
        let weight = Weight::from_percent(float(weight)).ok();
        let other = other.filter(|other| *other != plan.stable);
        let split = other.zip(weight).filter(|_| self.drawn(50));
        let routing = split.map_or_else(
            || Routing::all(&plan.stable),
            |(other, weight)| Routing::split(&plan.stable, &other, weight),
        );
        if self.drawn(15) {
            self.once(on, Action::Reroute(Routed(routing)));
        }
        if plan.code_deploy.is_some() && self.drawn(15) {
            let roll_back = self.drawn(50);
            self.once(on, Action::StopDeployment(StopPlan { roll_back }));
        }
        if self.drawn(4) {
            self.once(on, Action::Tagged(false));
        }
    }

    pub(super) fn flags(&mut self) {
        for profile in self.scenario.app_config.places() {
            let document =
                &self.scenario.app_config.applications[&profile.application].profiles[&profile.profile];
            let names = document.get("values").and_then(|values| values.as_object());
            let names: Vec<String> = names.into_iter().flat_map(|values| values.keys().cloned()).collect();
            let place = Some(Place(profile));
            let Some(flag) = self.one_of(&names) else { continue };
            let enabled = Some(self.drawn(50));
            if self.drawn(20) {
                let attributes = BTreeMap::new();
                let write = WriteFlagsPlan { flag: flag.clone(), place: place.clone(), enabled, attributes };
                self.once(None, Action::WriteFlags(write));
            }
            if self.drawn(20) {
                let strategy = self.drawn(50).then(|| "AppConfig.Linear20PercentEvery6Minutes".to_owned());
                let deploy = DeployFlagsPlan { place: place.clone(), strategy };
                self.once(None, Action::DeployFlags(deploy));
            }
            if self.drawn(15) {
                self.once(None, Action::StopFlags(StopFlagsPlan { place: place.clone() }));
            }
            if self.drawn(20) {
                let (ship_pending, preempt) = (self.drawn(50), self.drawn(50));
                let toggle = ToggleFlagPlan { ship_pending, preempt, ..toggle(flag, place, enabled) };
                self.once(None, Action::ToggleFlag(toggle));
            }
        }
    }

    /// The table is restored as it was a while ago.
    pub(super) fn restore(&mut self) {
        if self.drawn(10) {
            let (at, since) = (self.moment(), self.span(Span::minutes(1), Span::hours(1)));
            let backup = Happening { at, on: None, then: Action::Backup(Nothing {}) };
            let restore = Happening { at: at + since, on: None, then: Action::Restore(Nothing {}) };
            self.happen(vec![backup, restore]);
        }
    }

    /// Somebody freezes the installation, for longer than some steps take.
    pub(super) fn freeze(&mut self) {
        if self.drawn(15) {
            let (by, because) = ("ana".to_owned(), "the sale begins".to_owned());
            let thaw = Action::Thaw(ThawPlan { by: "bob".to_owned() });
            self.for_a_while(None, Action::Freeze(FreezePlan { by, because }), Span::hours(2), thaw);
        }
    }

    /// The policy goes away, and events come that nobody can read.
    pub(super) fn policies(&mut self) {
        if let Some(policy) = self.scenario.policy().ok().filter(|_| self.drawn(7)) {
            self.once(None, Action::DeletePolicy(policy.name.clone()));
        }
        if self.drawn(12) {
            let detail = json!({ "verb": "levitate" });
            let event = json!({ "source": "tidegate", "detail-type": "Rollout Command", "detail": detail });
            self.once(None, Action::Event(event));
        }
    }
}

fn twins_of(version: &Version) -> [RolloutId; 2] {
    ["one", "other"].map(|name| RolloutId(format!("{name}-{version}")))
}

fn toggle(flag: String, place: Option<Place>, enabled: Option<bool>) -> ToggleFlagPlan {
    ToggleFlagPlan {
        flag,
        id: None,
        place,
        variant: None,
        enabled,
        attributes: BTreeMap::new(),
        strategy: None,
        ship_pending: false,
        preempt: false,
        by: "cleo".to_owned(),
        why: None,
    }
}
