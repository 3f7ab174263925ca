//! What a seed draws: of everything that AWS, people and clocks may do, some.

mod people;
mod races;

use tidegate_domain::effect::Owner;
use tidegate_domain::target::Version;
use tidegate_domain::units::Span;

use super::{ALARM, Mix, Strand, lasts};
use crate::dice::{Dice, float};
use crate::faults::{Aim, Call, Harm};
use crate::releases::Release;
use crate::scenario::{
    Action, AnswersPlan, FunctionPlan, Happening, MisroutePlan, OutagePlan, Scenario, Share, SkewPlan,
    Switch, TrafficPlan, UpdatePlan,
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
const VITAL: [(Owner, Call); 8] = [
    (Owner::Rollback, Call::Route),
    (Owner::Rollback, Call::Observe),
    (Owner::Rollback, Call::Commit),
    (Owner::Rollback, Call::StopDeployment),
    (Owner::FeatureFlag, Call::StopFlags),
    (Owner::Notify, Call::Send),
    (Owner::Notify, Call::Sent),
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
    draw.restore();
    draw.freeze();
    for (name, plan) in &scenario.world {
        draw.race(name, plan);
    }
    draw.checks();
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

    /// Versions are asked before they get any traffic, and some answer what they should not.
    fn checks(&mut self) {
        let worlds = &self.scenario.world;
        if !self.drawn(15) || worlds.values().any(|plan| plan.target.is_some()) {
            return;
        }
        self.strands.push(Strand::Checked);
        for (name, plan) in worlds {
            let others: Vec<Version> =
                plan.versions.keys().filter(|version| **version != plan.stable).cloned().collect();
            if self.drawn(50)
                && let Some(version) = self.one_of(&others)
            {
                let wrong = Action::Answers(AnswersPlan::of_version(version, r#"{"ok":false}"#));
                let at = if self.drawn(50) { Span::ZERO } else { self.moment() };
                self.happen(vec![Happening { at, on: Some(name.clone()), then: wrong }]);
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
}
