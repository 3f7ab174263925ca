//! Checks before any traffic: a version that fails one of them gets none.

use tidegate_domain::check::{Asks, Check, verdict};
use tidegate_domain::reason::Reason;
use tidegate_domain::rollout::Rollout;

use super::alarms::CLOCKS;
use super::{Broken, Checked, holds};
use crate::view::View;
use crate::world::Answers;

/// No rollout starts whose checks fail, as preflight asked: after the commit before this one. What somebody else deploys is judged
/// without its checks where they cannot be made.
pub(super) fn let_it_start(view: &View<'_>, rollout: &Rollout) -> Checked {
    let [.., before, last] = view.timeline(&rollout.id) else { return Ok(()) };
    let starts =
        matches!(last.reason, Reason::PreflightPassed { .. }) && last.at >= CLOCKS.before(view.now());
    if !starts || rollout.is_adopted() || !rollout.can_be_asked_before() {
        return Ok(());
    }
    let fails = |check: &&Check| {
        let answers = answers(view, rollout, check);
        let stands = CLOCKS.after(answers.since) < before.at;
        stands && verdict(check, &answers.within(check.timeout)).is_err()
    };
    let failing = rollout.policy.checks.iter().find(fails);
    holds(failing.is_none(), || {
        let found = format!("check {:?} fails", failing.map(|check| &check.name));
        Broken::by(view, rollout, "no rollout starts while its checks fail", found)
    })
}

fn answers(view: &View<'_>, rollout: &Rollout, check: &Check) -> Answers {
    let world = view.world();
    let function = rollout.target.setting("function");
    let answers = match &check.asks {
        Asks::Invoke { .. } => world.invoked(function, Some(&rollout.candidate.0)),
        Asks::Function { name, .. } => world.invoked(name, None),
        Asks::Http { url, .. } => Some(world.fetched(url)),
    };
    answers.unwrap_or_default()
}
