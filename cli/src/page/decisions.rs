//! The decisions of a rollout, numbered: marks on the chart, and the list below it that says why.

use jiff::Timestamp;
use tidegate_domain::reason::Reason;
use tidegate_domain::rollout::Health;
use tidegate_domain::units::Weight;

use crate::show::numbers::clock;
use crate::show::timeline::{Told, told};
use crate::story::{Course, Happening};

/// One decision of a rollout.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Its number on the chart; none for what merely happened around the rollout.
    pub number: Option<usize>,
    /// When.
    pub at: Timestamp,
    /// When, since the rollout was asked for.
    pub clock: String,
    /// What it led to: `baking, → 5 %`.
    pub headline: String,
    /// Why, in words.
    pub why: String,
    /// The class of its colour.
    pub class: &'static str,
}

/// The decisions of a rollout and what happened around it, oldest first; times are counted from `zero`. What merely follows
/// from a decision (a weight read back, a target found free) is left out.
pub fn decisions(course: &Course, happenings: &[Happening], zero: Timestamp) -> Vec<Decision> {
    let told = told(&course.timeline, &course.rollout.candidate);
    let decided = told.iter().filter(|told| decides(told.reason)).zip(1..).map(|(told, number)| Decision {
        number: Some(number),
        at: told.at,
        clock: clock(zero, told.at),
        headline: headline(told),
        why: told.words.clone(),
        class: class(told.phase.health()),
    });
    let happened = happenings.iter().map(|happening| Decision {
        number: None,
        at: happening.at,
        clock: clock(zero, happening.at),
        headline: String::new(),
        why: happening.what.clone(),
        class: "soft",
    });
    let mut all: Vec<Decision> = decided.chain(happened).collect();
    all.sort_by_key(|decision| decision.at);
    all
}

/// Whether a reason stands for a decision that a reader wants to see.
fn decides(reason: &Reason) -> bool {
    !matches!(
        reason,
        Reason::TargetFree
            | Reason::WeightReached(_)
            | Reason::FullyPromoted
            | Reason::FenceRenewed
            | Reason::AwaitingProof
            | Reason::Recorded(_)
            | Reason::Ignored(_)
    )
}

fn headline(told: &Told<'_>) -> String {
    match (told.wanted, told.weight) {
        (true, weight) => format!("{}, to {weight}", told.phase),
        (false, Weight::ZERO) => told.phase.to_string(),
        (false, weight) => format!("{}, at {weight}", told.phase),
    }
}

/// The class of a state's colour.
pub const fn class(health: Health) -> &'static str {
    match health {
        Health::Progressing => "calm",
        Health::Paused => "care",
        Health::Degraded => "bad",
        Health::Healthy => "good",
    }
}
