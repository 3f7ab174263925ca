//! What a seed draws: of everything that AWS, people and clocks may do, some.

use std::collections::BTreeMap;

use serde_json::json;
use tidegate_domain::effect::Owner;
use tidegate_domain::rollout::RolloutId;
use tidegate_domain::target::{Routing, Version};
use tidegate_domain::trigger::Verb;
use tidegate_domain::units::{Span, Weight};

use super::{ALARM, Mix, Strand, lasts};
use crate::dice::{Dice, float};
use crate::faults::{Aim, Call, Harm};
use crate::releases::Release;
use crate::scenario::{
    Action, Behaves, Command, DeployFlagsPlan, DeployPlan, FunctionPlan, Happening, MisroutePlan, OutagePlan,
    Place, Routed, Scenario, Share, SkewPlan, Start, StopFlagsPlan, StopPlan, Switch, ToggleFlagPlan,
    TrafficPlan, UpdatePlan, WriteFlagsPlan,
};
use crate::world::Lateness;

/// What goes wrong by chance, each at most so often, in hundredths of a percent.
const CHANCES: [(&str, u64); 10] = [
    ("kill", 200),
    ("sleep", 50),
    ("throttle", 500),
    ("timeOut", 200),
    ("deny", 50),
    ("duplicates", 5_000),
    ("late", 3_000),
    ("lost", 500),
    ("noDeploymentEvents", 10_000),
    ("noFlagEvents", 10_000),
];

/// The calls without which there is no way back, and those that tell people.
const VITAL: [(Owner, Call); 7] = [
    (Owner::Rollback, Call::Route),
    (Owner::Rollback, Call::Observe),
    (Owner::Rollback, Call::Commit),
    (Owner::Rollback, Call::StopDeployment),
    (Owner::FeatureFlag, Call::StopFlags),
    (Owner::Notify, Call::Send),
    (Owner::HealthCheck, Call::Read),
];

/// Calls that few worlds make, and those only once or twice: chance alone would hardly ever kill at them. Of any world …
const SELDOM: [Call; 6] =
    [Call::Quarantine, Call::Policy, Call::Tagged, Call::Watching, Call::Sent, Call::Examine];

/// … of those in which CodeDeploy moves the traffic …
const SELDOM_DEPLOYING: [Call; 14] = [
    Call::GuardOf,
    Call::PassOver,
    Call::Ask,
    Call::Answered,
    Call::DeploymentGroup,
    Call::UnderWayIn,
    Call::FindDeployment,
    Call::StartDeployment,
    Call::GoOn,
    Call::StopDeployment,
    Call::AnswerHook,
    Call::DeploymentTagged,
    Call::Invoke,
    Call::Http,
];

/// … and of those with flags.
const SELDOM_FLAGS: [Call; 8] = [
    Call::KillSwitches,
    Call::FlagGuard,
    Call::PutFlagGuard,
    Call::FindFlags,
    Call::FlagContent,
    Call::WriteFlags,
    Call::StartFlags,
    Call::StopFlags,
];

pub(super) fn mix(scenario: &Scenario, seed: u64) -> Mix {
    let within = lasts(scenario) + Span::hours(1);
    let mut draw = Draw { dice: Dice::new(seed, "mix"), scenario, within, strands: Vec::new() };
    draw.chances();
    draw.aims();
    draw.clocks();
    draw.metrics();
    draw.updates();
    draw.alarms();
    for (name, plan) in &scenario.world {
        draw.traffic(name, plan);
        draw.versions(name, plan);
        draw.people(name, plan);
    }
    draw.flags();
    draw.policies();
    Mix(draw.strands)
}

struct Draw<'a> {
    dice: Dice,
    scenario: &'a Scenario,
    /// Everything begins within this time.
    within: Span,
    strands: Vec<Strand>,
}

impl Draw<'_> {
    /// Whether something so likely, in percent, is drawn.
    fn drawn(&mut self, percent: u32) -> bool {
        self.dice.chance(f64::from(percent) / 100.0)
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        let last = all.len().checked_sub(1)?;
        all.get(usize::try_from(self.dice.between(0, last as u64)).unwrap_or(0)).cloned()
    }

    /// A span of some seconds.
    fn span(&mut self, from: Span, to: Span) -> Span {
        let seconds = self.dice.between(u64::from(from.as_seconds()), u64::from(to.as_seconds()));
        Span::seconds(u32::try_from(seconds).unwrap_or(0))
    }

    fn moment(&mut self) -> Span {
        let within = self.within;
        self.span(Span::ZERO, within)
    }

    fn happen(&mut self, happenings: Vec<Happening>) {
        self.strands.push(Strand::Happens(happenings));
    }

    /// Something happens once.
    fn once(&mut self, on: Option<&str>, then: Action) {
        let at = self.moment();
        self.happen(vec![Happening { at, on: on.map(str::to_owned), then }]);
    }

    /// Something happens, and is over after a while.
    fn for_a_while(&mut self, on: Option<&str>, then: Action, longest: Span, over: Action) {
        let (at, lasts) = (self.moment(), self.span(Span::minutes(1), longest));
        let on = on.map(str::to_owned);
        let begin = Happening { at, on: on.clone(), then };
        self.happen(vec![begin, Happening { at: at + lasts, on, then: over }]);
    }

    fn chances(&mut self) {
        for (name, most) in CHANCES {
            let share = self.dice.between(1, most);
            if self.drawn(35) {
                let share = Share::percent(float(share) / 100.0);
                self.strands.push(Strand::Chance(name.to_owned(), share.to_string()));
            }
        }
        for (name, longest) in [("lateBy", Span::minutes(10)), ("staleIndex", Span::seconds(10))] {
            let span = self.span(Span::seconds(1), longest);
            if self.drawn(30) {
                self.strands.push(Strand::Chance(name.to_owned(), span.to_string()));
            }
        }
    }

    fn aims(&mut self) {
        let harms = [Harm::KillBefore, Harm::KillAfter, Harm::Throttle, Harm::TimeOut, Harm::Deny];
        for _ in 0..self.dice.between(0, 6) {
            let (call, does) = (self.one_of(Call::ALL), self.one_of(&harms));
            let function = if self.drawn(25) { self.one_of(&Owner::ALL) } else { None };
            let lasts = self.span(Span::minutes(1), Span::minutes(30));
            let (lasts, nth) = (self.drawn(20).then_some(lasts), self.dice.between(1, 4));
            if let Some(does) = does {
                self.once(None, Action::Fault(Aim { function, call, nth, lasts, does }));
            }
        }
        let deploys = self.scenario.world.values().any(|plan| plan.code_deploy.is_some());
        let flags = !self.scenario.app_config.applications.is_empty();
        let seldom = [(true, &SELDOM[..]), (deploys, &SELDOM_DEPLOYING[..]), (flags, &SELDOM_FLAGS[..])];
        for (_, calls) in seldom.into_iter().filter(|(are_made, _)| *are_made) {
            for _ in 0..self.dice.between(0, 5) {
                let does = if self.drawn(50) { Harm::KillBefore } else { Harm::KillAfter };
                let (call, nth) = (self.one_of(calls), if self.drawn(75) { 1 } else { 2 });
                let aim = Aim { function: None, call, nth, lasts: None, does };
                self.happen(vec![Happening { at: Span::ZERO, on: None, then: Action::Fault(aim) }]);
            }
        }
        if self.drawn(20)
            && let Some((function, call)) = self.one_of(&VITAL)
            && let Some(does) = self.one_of(&harms)
        {
            let lasts = Some(Span::hours(1));
            let aim = Aim { function: Some(function), call: Some(call), nth: 1, lasts, does };
            self.once(None, Action::Fault(aim));
        }
    }

    fn clocks(&mut self) {
        if self.drawn(15) {
            let span = self.span(Span::minutes(2), Span::hours(1));
            self.once(None, Action::NoSweepFor(span));
        }
        for function in Owner::ALL {
            let (by, behind) = (self.span(Span::seconds(1), Span::seconds(5)), self.drawn(50));
            if self.drawn(8) {
                self.once(None, Action::Skew(SkewPlan { function, by, behind }));
            }
        }
    }

    fn metrics(&mut self) {
        let usual = self.scenario.metrics;
        let late = Lateness { first: Span::minutes(6), complete: Span::minutes(12) };
        let partial = Lateness { first: Span::seconds(10), complete: Span::hours(12) };
        let none = Lateness { first: Span::hours(12), complete: Span::hours(12) };
        for lateness in [late, partial, none] {
            if self.drawn(8) {
                self.for_a_while(None, Action::Metrics(lateness), Span::hours(1), Action::Metrics(usual));
            }
        }
    }

    /// A stack is updated: one function after the other, in an order of chance.
    fn updates(&mut self) {
        let Some((from, to)) = self.one_of(&Release::SIDE_BY_SIDE).filter(|_| self.drawn(20)) else { return };
        let update =
            |at, function, to| Happening { at, on: None, then: Action::Update(UpdatePlan { function, to }) };
        let mut happenings: Vec<Happening> =
            Owner::ALL.iter().map(|function| update(Span::ZERO, *function, from)).collect();
        let begin = self.moment();
        for function in Owner::ALL {
            let at = begin + self.span(Span::ZERO, Span::minutes(2));
            happenings.push(update(at, function, to));
        }
        self.happen(happenings);
    }

    fn alarms(&mut self) {
        let mut names: Vec<&str> = self.scenario.alarms.keys().map(String::as_str).collect();
        if self.drawn(30) {
            self.strands.push(Strand::Alarmed);
            names.push(ALARM);
        }
        for name in names {
            for _ in 0..self.dice.between(0, 5) {
                let switch = |fires| Action::Alarm(Switch { name: name.to_owned(), fires });
                if self.drawn(40) {
                    self.for_a_while(None, switch(true), Span::minutes(10), switch(false));
                }
            }
        }
    }

    fn traffic(&mut self, name: &str, plan: &FunctionPlan) {
        let on = Some(name);
        if self.drawn(8) {
            let none = TrafficPlan { rps: 0.0, ..plan.traffic };
            self.for_a_while(on, Action::Traffic(none), Span::hours(1), Action::Traffic(plan.traffic));
        }
        if self.drawn(8) {
            let (errors, lasts) = (Share::percent(30.0), Span::minutes(10));
            self.once(on, Action::Outage(OutagePlan { errors, lasts }));
        }
        if self.drawn(4) {
            let (share, lasts) = (Share::percent(40.0), Span::minutes(10));
            self.once(on, Action::Misroutes(MisroutePlan { share, lasts }));
        }
    }

    /// Candidates come, also two at once, and turn bad.
    fn versions(&mut self, name: &str, plan: &FunctionPlan) {
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
                self.once(on, Action::Start(start));
            }
            if self.drawn(10) {
                self.once(on, Action::Behaves(behaves));
            }
        }
    }

    /// Somebody says something to a rollout, or moves its traffic, by hand.
    fn people(&mut self, name: &str, plan: &FunctionPlan) {
        let on = Some(name);
        let mut rollouts: Vec<RolloutId> = self.scenario.expect.rollouts.keys().cloned().collect();
        let target = plan.target(name);
        rollouts.extend(plan.versions.keys().map(|version| RolloutId::of_version(&target, version)));
        for _ in 0..self.dice.between(0, 3) {
            let (verb, rollout) = (self.one_of(&Verb::ALL), self.one_of(&rollouts));
            if let (Some(verb), Some(rollout), true) = (verb, rollout, self.drawn(40)) {
                let by = "ben".to_owned();
                self.once(None, Action::Command(Command { verb, rollout, by, why: None }));
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

    fn flags(&mut self) {
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

    /// The policy goes away, and events come that nobody can read.
    fn policies(&mut self) {
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
