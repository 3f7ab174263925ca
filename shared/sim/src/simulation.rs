//! A scenario played to its end.

use jiff::Timestamp;
use tidegate_domain::policy::Faults;
use tidegate_domain::units::Span;

use crate::cloud::{Cloud, Deploy, Step};
use crate::invariants::{Broken, Invariants, at_the_end};
use crate::report::Report;
use crate::scenario::{Scenario, Unmet};
use crate::view::View;

/// Once everything is at rest the cloud is watched for this long: whatever is to stay as it is has to.
const REST: Span = Span::minutes(3);

/// A scenario being played.
pub struct Simulation {
    cloud: Cloud,
    seed: u64,
    end: Timestamp,
    /// Since when everything is at rest.
    at_rest: Option<Timestamp>,
}

impl Simulation {
    /// The scenario at its start.
    pub fn new(scenario: Scenario, seed: u64, deploy: Deploy) -> Result<Self, Faults> {
        let limit = scenario.limit;
        let cloud = Cloud::new(scenario, seed, deploy)?;
        let end = limit.after(cloud.now());
        Ok(Self { cloud, seed, end, at_rest: None })
    }

    /// Has the next thing happen; `None` once the scenario is over: at its limit, or a little after everything came to rest.
    pub fn step(&mut self) -> Option<Step> {
        let until = self.at_rest.map_or(self.end, |since| self.end.min(REST.after(since)));
        let step = self.cloud.step_before(until)?;
        let view = self.cloud.view();
        self.at_rest = view.is_at_rest().then(|| self.at_rest.unwrap_or(view.now()));
        Some(step)
    }

    /// Plays it to its end.
    pub fn run(&mut self) -> Report {
        self.run_with(|_, _| {})
    }

    /// Plays it to its end and looks at it after every step.
    pub fn run_with(&mut self, mut on_step: impl FnMut(&View<'_>, &Step)) -> Report {
        while let Some(step) = self.step() {
            on_step(&self.cloud.view(), &step);
        }
        self.report()
    }

    /// Plays it to its end, or until something does not hold that always must.
    pub fn run_checked(&mut self) -> Result<Report, Broken> {
        let mut invariants = Invariants::default();
        while self.step().is_some() {
            invariants.check(&self.cloud.view())?;
        }
        at_the_end(&self.cloud.view())?;
        Ok(self.report())
    }

    /// What came of it so far.
    pub fn report(&self) -> Report {
        Report::of(self.cloud.scenario(), self.seed, &self.cloud.view())
    }

    /// The expectations that are not met so far.
    pub fn unmet(&self) -> Vec<Unmet> {
        self.cloud.scenario().unmet(&self.cloud.view())
    }

    /// What there is to see.
    pub fn view(&self) -> View<'_> {
        self.cloud.view()
    }

    /// The cloud in which it plays.
    pub fn cloud(&mut self) -> &mut Cloud {
        &mut self.cloud
    }
}
