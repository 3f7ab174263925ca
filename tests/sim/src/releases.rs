//! The update of an installation from one release to another while rollouts are in flight.

use jiff::Timestamp;
use tidegate_domain::effect::Owner;
use tidegate_sim::invariants::{Invariants, at_the_end};
pub use tidegate_sim::releases::{BEFORE, NEEDS_MORE, SAYS_MORE, WRITES_NEW_NAMES, WRITES_OLD_NAMES};
use tidegate_sim::{Scenario, Simulation};
use tidegate_wire::document::Codec;

use crate::{checked, house};

/// Every function of an installation.
pub const FUNCTIONS: [Owner; 5] =
    [Owner::TrafficShift, Owner::HealthCheck, Owner::FeatureFlag, Owner::Rollback, Owner::Notify];

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
    let mut invariants = Invariants::default();
    let mut updates = updates.iter().peekable();
    while simulation.step().is_some() {
        let now = simulation.view().now();
        while let Some(update) = updates.next_if(|update| update.at <= now) {
            simulation.cloud().install(update.function, update.release);
        }
        let view = simulation.view();
        checked(invariants.check(&view), &view, seed);
    }
    checked(at_the_end(&simulation.view()), &simulation.view(), seed);
    simulation
}
