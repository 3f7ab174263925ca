//! What people use today, and the judge, behind one question. One file each; every decider is a pure function of the
//! minutes so far.

pub mod alarm;
pub mod argo;
pub mod flagger;
pub mod kayenta;
pub mod multinomial;
pub mod tidegate;
pub mod wilcoxon;
pub mod z_test;

use tidegate_judge::{Counts, Preset};

use crate::draws::float;
use crate::scenario::Minute;

/// What kind of decider it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// An alarm on an absolute limit.
    Alarm,
    /// Repeated checks against an absolute limit.
    Checks,
    /// A comparison of two fleets of equal size.
    Fleets,
    /// A statistical test as it stands in a textbook.
    Test,
    /// The judge.
    Judge,
}

/// Something that watches a rollout and may take it back.
pub trait Decider: Sync {
    /// Its name in the tables.
    fn name(&self) -> String;

    /// Its kind.
    fn family(&self) -> Family;

    /// Whether it takes the candidate back, having seen these complete minutes and having let it live until now.
    fn rolls_back(&self, so_far: &[Minute]) -> bool;
}

/// Everything that is compared, in the order of the tables.
pub fn all() -> Vec<Box<dyn Decider>> {
    use alarm::{Alarm, Scope};
    vec![
        Box::new(Alarm::rate_above(0.01, Scope::Alias, 1)),
        Box::new(Alarm::rate_above(0.01, Scope::Alias, 3)),
        Box::new(Alarm::rate_above(0.05, Scope::Alias, 3)),
        Box::new(Alarm::rate_above(0.01, Scope::Version, 1)),
        Box::new(Alarm::rate_above(0.01, Scope::Version, 3)),
        Box::new(Alarm::rate_above(0.05, Scope::Version, 3)),
        Box::new(Alarm::any_error()),
        Box::new(flagger::Flagger { success_rate: 0.99, threshold: 5 }),
        Box::new(flagger::Flagger { success_rate: 0.99, threshold: 10 }),
        Box::new(argo::Argo { success_rate: 0.95, interval: 5, failure_limit: 3 }),
        Box::new(argo::Argo { success_rate: 0.99, interval: 1, failure_limit: 3 }),
        Box::new(kayenta::Kayenta { interval: 10 }),
        Box::new(kayenta::Kayenta { interval: 5 }),
        Box::new(z_test::ZTest),
        Box::new(multinomial::Multinomial::new()),
        Box::new(tidegate::Tidegate(Preset::Balanced)),
        Box::new(tidegate::Tidegate(Preset::Tolerant)),
    ]
}

/// The share of bad events; `None` without requests.
fn rate(counts: Counts) -> Option<f64> {
    (counts.total > 0).then(|| float(counts.bad) / float(counts.total))
}

/// Counts of many minutes in one.
fn sum(counts: impl Iterator<Item = Counts>) -> Counts {
    counts.fold(Counts::default(), |sum, more| Counts {
        total: sum.total + more.total,
        bad: sum.bad + more.bad,
    })
}
