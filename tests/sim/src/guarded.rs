//! What guarding SAM's canary is worth, over many courses of chance: how often, and when, a bad release is taken back before
//! CodeDeploy's second step, beside the alarm that watches the alias.

use tidegate_domain::rollout::PhaseName;
use tidegate_domain::units::{Span, Weight};
use tidegate_sim::{Report, Scenario, Simulation};

use crate::house;

/// How one course of a deployment went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course {
    /// The time from the first traffic on the candidate until all of it was read back on stable; `None` where it was not
    /// taken back, or only after the second step.
    pub back_after: Option<Span>,
    /// Whether the alarm on the alias fired before the second step was due.
    pub alarm: bool,
    /// Whether on-call got exactly one message.
    pub told_once: bool,
    /// How the rollout ended; `None` without one.
    pub ended: Option<PhaseName>,
}

/// Plays a scenario with one guarded deployment under this seed, and again without Tidegate for the alarm's own sake.
///
/// # Panics
/// When the scenario is faulty.
pub fn course(scenario: &Scenario, seed: u64) -> Course {
    let mut guarded = Simulation::new(scenario.clone(), seed, house()).expect("a sound scenario");
    let report = guarded.run();
    let view = guarded.view();
    let rollout = view.rollouts().values().next();
    let writes =
        view.world().carriers.values().next().map(|carrier| carrier.writes.clone()).unwrap_or_default();
    let begun = writes.first().map(|write| write.at);
    let whole = rollout.is_some_and(|rollout| {
        writes.iter().any(|write| write.after.weight_of(&rollout.candidate) == Weight::FULL)
    });
    let back = rollout.filter(|_| !whole).and_then(|rollout| {
        let ends = view.timeline(&rollout.id).iter();
        ends.filter(|entry| entry.to == PhaseName::RolledBack).map(|entry| entry.at).next()
    });
    let back_after = begun.zip(back).map(|(begun, back)| Span::between(begun, back));
    Course {
        back_after,
        alarm: alarm_alone(scenario, seed),
        told_once: report.notices.len() == 1,
        ended: rollout.map(|rollout| rollout.phase.name()),
    }
}

/// Whether the alarm fires within the ten minutes of the first step where nobody judges.
fn alarm_alone(scenario: &Scenario, seed: u64) -> bool {
    let mut alone = scenario.clone();
    for function in alone.world.values_mut() {
        function.tagged = false;
    }
    let mut simulation = Simulation::new(alone, seed, house()).expect("a sound scenario");
    let _: Report = simulation.run();
    let view = simulation.view();
    let start = view.start();
    let until = Span::minutes(15).after(start);
    view.log().iter().any(|happened| {
        happened.at <= until && happened.what.starts_with("alarm ") && happened.what.ends_with(" fires")
    })
}
