//! Alarms that are to roll back: one that fires keeps a rollout from starting, and takes one that is under way back.

use jiff::Timestamp;
use tidegate_domain::policy::AlarmAction;
use tidegate_domain::reason::Reason;
use tidegate_domain::rollout::Rollout;
use tidegate_domain::units::Span;

use super::{Broken, Checked, has_traffic, holds, strikes};
use crate::view::View;

/// Where nothing goes wrong meanwhile, an alarm is heeded within this time: a sweep sees it, and its verdict is on the way.
const HEEDED_WITHIN: Span = Span::minutes(6);

/// So much may the clocks of two functions differ.
pub(super) const CLOCKS: Span = Span::seconds(15);

/// Since when nothing went wrong, as long as an alarm fires.
#[derive(Debug, Default)]
pub(super) struct Alarms(Option<(u64, Timestamp)>);

impl Alarms {
    /// No rollout goes on under an alarm of its policy's that fires.
    pub fn check(&mut self, view: &View<'_>) -> Checked {
        if !view.world().alarms.values().any(|alarm| alarm.firing) {
            self.0 = None;
            return Ok(());
        }
        let struck = strikes(view, |_, _| true);
        let (_, since) =
            *self.0.insert(self.0.filter(|(known, _)| *known == struck).unwrap_or((struck, view.now())));
        let quiet = since.max(view.no_sweep_until());
        for rollout in view.rollouts().values().filter(|rollout| has_traffic(rollout.phase.name())) {
            let heeded =
                |at: Timestamp| view.now() <= HEEDED_WITHIN.after(at.max(quiet).max(rollout.updated));
            let ignored = fires_for(view, rollout).find(|(_, since)| !heeded(*since));
            holds(ignored.is_none(), || {
                let found = format!("{:?} fires, and it is {}", ignored, rollout.phase.name());
                Broken::by(view, rollout, "an alarm takes a rollout back", found)
            })?;
        }
        Ok(())
    }
}

/// No rollout starts while an alarm of its policy's fires, as preflight read it: after the commit before this one.
pub(super) fn let_it_start(view: &View<'_>, rollout: &Rollout) -> Checked {
    let [.., before, last] = view.timeline(&rollout.id) else { return Ok(()) };
    if !matches!(last.reason, Reason::PreflightPassed { .. }) || last.at < CLOCKS.before(view.now()) {
        return Ok(());
    }
    let ignored = fires_for(view, rollout).find(|(_, since)| CLOCKS.after(*since) < before.at);
    holds(ignored.is_none(), || {
        let found = format!("{ignored:?} fires");
        Broken::by(view, rollout, "no rollout starts while its alarm fires", found)
    })
}

/// The alarms of a rollout's policy that fire and are to roll back, each with the moment since which it does.
fn fires_for<'a>(view: &'a View<'_>, rollout: &'a Rollout) -> impl Iterator<Item = (&'a str, Timestamp)> {
    let rules = rollout.policy.analysis.alarms.iter().filter(|rule| rule.action == AlarmAction::RollBack);
    let rules = rules.filter(|rule| !rollout.request.fix_forward && !rollout.was_red(&rule.name));
    rules.filter_map(|rule| {
        let alarm = view.world().alarms.get(&rule.name).filter(|alarm| alarm.firing)?;
        Some((rule.name.as_str(), alarm.since))
    })
}
