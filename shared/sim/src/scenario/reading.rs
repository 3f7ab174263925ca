//! Reading a scenario, and what it is about.

use tidegate_domain::policy::{Fault, Faults, Policy};
use tidegate_domain::target::Target;

use super::{Action, FunctionPlan, Scenario, check};

impl Scenario {
    /// Reads a scenario. What is wrong with its form is told with line and column; what it says of things that are not there,
    /// and every fault of its policy, is told all at once with its place.
    pub fn from_yaml(text: &str) -> Result<Self, Faults> {
        let mut options = serde_saphyr::Options::default();
        options.strict_booleans = true;
        options.with_snippet = false;
        let scenario: Self = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            let path = error.location().map(|at| format!("line {}, column {}", at.line(), at.column()));
            let problem = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
            let path = path.unwrap_or_default();
            let problem = problem.strip_suffix(&format!(" at {path}")).unwrap_or(&problem).to_owned();
            Faults(vec![Fault { path, problem }])
        })?;
        let faults = check::faults(&scenario);
        if faults.is_empty() { Ok(scenario) } else { Err(Faults(faults)) }
    }

    /// The policy.
    pub fn policy(&self) -> Result<Policy, Faults> {
        Policy::from_json(&self.policy)
    }

    /// The function that something is about: the one named, or the only one.
    pub(crate) fn function<'a>(&'a self, on: Option<&'a str>) -> Option<(&'a str, &'a FunctionPlan)> {
        match on {
            Some(name) => self.world.get_key_value(name).map(|(name, plan)| (name.as_str(), plan)),
            None if self.world.len() == 1 => {
                self.world.first_key_value().map(|(name, plan)| (name.as_str(), plan))
            }
            None => None,
        }
    }
}

impl Action {
    /// Its name, as a scenario writes it.
    pub fn name(&self) -> String {
        let written = serde_json::to_value(self).unwrap_or_default();
        written.as_object().and_then(|members| members.keys().next().cloned()).unwrap_or_default()
    }
}

impl FunctionPlan {
    /// What carries the traffic of the function of this name.
    pub fn target(&self, name: &str) -> Target {
        let deployed = || self.code_deploy.as_ref().map(|deploys| deploys.target(name, &self.alias));
        let target = self.target.clone().or_else(deployed);
        target.unwrap_or_else(|| Target::lambda(name, &self.alias))
    }

    /// What a request for a rollout of the function of this name is about.
    pub fn asked(&self, name: &str) -> Target {
        let deployed = self.code_deploy.as_ref().map(|deploys| deploys.asked(name, &self.alias));
        deployed.unwrap_or_else(|| self.target(name))
    }
}
