//! Races: people and AWS act within a minute or two in which functions are slow, or die.

use tidegate_domain::effect::Owner;
use tidegate_domain::target::{Routing, Version};
use tidegate_domain::trigger::Verb;
use tidegate_domain::units::Span;

use super::Draw;
use crate::faults::{Aim, Call, Harm};
use crate::scenario::{
    Action, Command, DeployPlan, FreezePlan, FunctionPlan, Happening, Routed, Switch, ThawPlan,
};

/// After what a scenario does itself, most of what Tidegate does comes within this time.
const BUSY: Span = Span::minutes(25);

/// Between a look at the world and what becomes of it.
const SLOW_AT: [Call; 4] = [Call::Route, Call::Commit, Call::Publish, Call::Observe];

impl Draw<'_> {
    /// Several things at nearly the same moment.
    pub(super) fn race(&mut self, name: &str, plan: &FunctionPlan) {
        if !self.drawn(25) {
            return;
        }
        let moments: Vec<Span> = self.scenario.happens.iter().map(|happening| happening.at).collect();
        let begin = self.one_of(&moments).unwrap_or(Span::ZERO) + self.span(Span::ZERO, BUSY);
        let mut happenings: Vec<Happening> = self.slows(begin).into_iter().collect();
        for _ in 0..self.dice.between(1, 3) {
            let at = begin + self.span(Span::ZERO, Span::seconds(90));
            happenings.extend(self.acts(name, plan, at));
        }
        self.happen(happenings);
    }

    /// A function is slow, or dies, for a while.
    fn slows(&mut self, at: Span) -> Option<Happening> {
        let harms =
            [Harm::Sleep(self.span(Span::seconds(5), Span::seconds(50))), Harm::KillBefore, Harm::KillAfter];
        let (does, call) = (self.one_of(&harms)?, self.one_of(&SLOW_AT));
        let function = self.one_of(&[Some(Owner::TrafficShift), Some(Owner::Rollback), None])?;
        let lasts = Some(self.span(Span::seconds(30), Span::minutes(3)));
        let aim = Aim { function, call, nth: 1, lasts, does };
        Some(Happening { at, on: None, then: Action::Fault(aim) })
    }

    /// Somebody, or an alarm, acts.
    fn acts(&mut self, name: &str, plan: &FunctionPlan, at: Span) -> Vec<Happening> {
        let once = |then| vec![Happening { at, on: None, then }];
        let there = |then| vec![Happening { at, on: Some(name.to_owned()), then }];
        let others: Vec<Version> =
            plan.versions.keys().filter(|version| **version != plan.stable).cloned().collect();
        let (rollout, version) = (self.one_of(&self.rollouts(name, plan)), self.one_of(&others));
        let alarms: Vec<String> = self.scenario.alarms.keys().cloned().collect();
        match (self.dice.between(0, 7), rollout, version) {
            (which @ 0..=2, Some(rollout), _) => {
                let any = self.one_of(&Verb::ALL).filter(|_| which == 2);
                let (verb, by) = (any.unwrap_or(Verb::Abort), "ben".to_owned());
                let again = self.span(Span::seconds(5), Span::minutes(30));
                let again = self.drawn(50).then_some(again);
                once(Action::Command(Command { verb, rollout, by, why: None, again }))
            }
            (3, _, Some(version)) => there(Action::Reroute(Routed(Routing::all(&version)))),
            (4, _, _) => there(Action::Reroute(Routed(Routing::all(&plan.stable)))),
            (5, _, Some(version)) if plan.code_deploy.is_some() => {
                there(Action::Deploy(DeployPlan { version, config: None, alarms: None }))
            }
            (5, _, Some(version)) => there(Action::Publish(version)),
            (6, _, _) => {
                let (by, because) = ("ana".to_owned(), "the sale begins".to_owned());
                let thaw = Action::Thaw(ThawPlan { by: "bob".to_owned() });
                let frozen = once(Action::Freeze(FreezePlan { by, because }));
                let thawed = Happening { at: at + Span::minutes(30), on: None, then: thaw };
                frozen.into_iter().chain([thawed]).collect()
            }
            _ => {
                let Some(name) = self.one_of(&alarms) else { return Vec::new() };
                let switch = |fires| Action::Alarm(Switch { name: name.clone(), fires });
                let quiet = Happening { at: at + Span::minutes(5), on: None, then: switch(false) };
                once(switch(true)).into_iter().chain([quiet]).collect()
            }
        }
    }
}
