//! What the tests on the simulated cloud share: scenarios, the house on a cloud, and what must always hold.

pub mod coverage;
pub mod guarded;
pub mod mixed;
pub mod releases;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use tidegate::house::function_on;
use tidegate_domain::rollout::{PhaseName, RolloutId};
use tidegate_domain::target::Routing;
use tidegate_sim::invariants::{Broken, Invariants, at_the_end};
use tidegate_sim::{Deploy, Report, Scenario, Simulation, View};

/// Tidegate's own functions, as they run on AWS.
pub fn house() -> Deploy {
    Arc::new(|owner, ports| function_on(owner, &ports))
}

/// The folder of the scenarios.
pub fn scenarios() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../events/scenarios")
}

/// A scenario of that folder, by its name without `.yaml`.
///
/// # Panics
/// When there is none, or it is faulty: with what is wrong.
pub fn scenario(name: &str) -> Scenario {
    let path = scenarios().join(format!("{name}.yaml"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Scenario::from_yaml(&text).unwrap_or_else(|faults| panic!("{name}:\n{faults}"))
}

/// Plays a scenario and checks the invariants after every step and at its end.
///
/// # Panics
/// When one does not hold: with the seed and the story so far.
pub fn play(scenario: Scenario, seed: u64) -> (Simulation, Report) {
    let mut simulation =
        Simulation::new(scenario, seed, house()).expect("the scenario was checked when it was read");
    let mut invariants = Invariants::default();
    let report = simulation.run_with(|view, _| checked(invariants.check(view), view, seed));
    checked(at_the_end(&simulation.view()), &simulation.view(), seed);
    (simulation, report)
}

/// Panics with the seed and the story where something does not hold.
pub(crate) fn checked(holds: Result<(), Broken>, view: &View<'_>, seed: u64) {
    if let Err(broken) = holds {
        panic!("seed {seed}: {}", broken.story(view));
    }
}

/// What must not depend on where a function was cut, or on its release: how every rollout ended, where the traffic is, and which flags are in force.
pub type End = (BTreeMap<RolloutId, PhaseName>, Vec<Routing>, Vec<String>);

/// How it all came to rest.
pub fn end(simulation: &Simulation) -> End {
    let view = simulation.view();
    let phases = view.rollouts().iter().map(|(id, rollout)| (id.clone(), rollout.phase.name())).collect();
    let app_config = &view.world().app_config;
    let flags = app_config.profiles();
    let flags = flags.iter().filter_map(|profile| app_config.in_force(profile).map(str::to_owned));
    let routings = view.world().carriers.values().map(|carrier| carrier.routing.now().clone()).collect();
    (phases, routings, flags.collect())
}
