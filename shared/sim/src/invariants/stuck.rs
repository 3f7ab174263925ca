//! A way back that takes too long: people hear of it, also while every try fails.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tidegate_domain::decide::STUCK_AFTER;
use tidegate_domain::rollout::{Phase, RolloutId};
use tidegate_domain::units::Span;

use super::{Broken, Checked, holds, strikes};
use crate::faults::{Call, Harm};
use crate::view::View;

/// From when it is due until it is committed: a sweep finds it, and its message is on the way.
const TOLD_WITHIN: Span = Span::minutes(6);

/// What may fail in the target without keeping anybody from saying so.
const OF_THE_TARGET: [Call; 3] = [Call::Route, Call::Observe, Call::StopDeployment];

/// Since when nothing else went wrong.
#[derive(Debug, Default)]
pub(super) struct WaysBack(BTreeMap<RolloutId, (u64, Timestamp)>);

impl WaysBack {
    /// Every way back of Tidegate's own that is overdue is told.
    pub fn check(&mut self, view: &View<'_>) -> Checked {
        let own = view.rollouts().values().filter(|rollout| rollout.mover.is_tidegate());
        let untold = own.filter_map(|rollout| {
            let Phase::RollingBack(way) = &rollout.phase else { return None };
            way.told.is_none().then_some((rollout, way))
        });
        let untold: Vec<_> = untold.collect();
        self.0.retain(|id, _| untold.iter().any(|(rollout, _)| rollout.id == *id));
        if untold.is_empty() {
            return Ok(());
        }
        let struck = strikes(view, hinders);
        for (rollout, way) in untold {
            let seen = self.0.entry(rollout.id.clone()).or_insert((struck, view.now()));
            if seen.0 != struck {
                *seen = (struck, view.now());
            }
            let due = STUCK_AFTER.after(way.since).max(seen.1).max(view.no_sweep_until());
            holds(view.now() <= TOLD_WITHIN.after(due), || {
                let found = format!("it goes back since {}, and nobody heard that it is stuck", way.since);
                Broken::by(view, rollout, "who is stuck says so", found)
            })?;
        }
        Ok(())
    }
}

/// Whether a failed call may keep a function from saying what it finds.
fn hinders(call: Call, harm: &str) -> bool {
    let fails = [Harm::Throttle, Harm::TimeOut, Harm::Deny].iter().any(|fails| fails.kind() == harm);
    !(fails && OF_THE_TARGET.contains(&call))
}
