//! Rollouts and toggles end in time, and people learn of it.

use std::collections::BTreeMap;

use tidegate_domain::effect::Outcome;
use tidegate_domain::flag::toggle::{AskedBy, Toggle};
use tidegate_domain::policy::OutcomeKind;
use tidegate_domain::rollout::{Phase, PhaseName, Rollout};
use tidegate_domain::units::Span;

use super::{Broken, Checked, holds};
use crate::faults::{Call, Harm};
use crate::view::{Sent, View};

/// The sweep sees a deadline within a minute, and the way back has its own time.
const GRACE: Span = Span::minutes(15);

/// Once nothing goes wrong any more, what was due meanwhile is done within this time: attempts that failed come again, and a way
/// back that is stuck is tried by every sweep.
const RECOVERY: Span = Span::hours(1);

pub(super) fn by_its_deadline_or_pages(view: &View<'_>, rollout: &Rollout) -> Checked {
    let late = rollout.deadline.is_some_and(|deadline| view.now() > GRACE.after(deadline));
    let told = || {
        let stuck = view.notices().iter().filter(|sent| sent.kind == OutcomeKind::Stuck);
        stuck.into_iter().any(|sent| sent.rollout.as_ref() == Some(&rollout.id))
    };
    holds(rollout.phase.is_terminal() || !late || told(), || {
        let found = format!("is {} after its deadline, in silence", rollout.phase.name());
        Broken::by(view, rollout, "a rollout ends by its deadline, or pages", found)
    })
}

/// Once nothing goes wrong any more, every rollout ends by its deadline.
pub(super) fn once_nothing_goes_wrong(view: &View<'_>, rollout: &Rollout) -> Checked {
    let Some(calm) = view.calm_since() else { return Ok(()) };
    let due = rollout.deadline.map_or(calm, |deadline| deadline.max(calm));
    // What a deployment of somebody else's left behind only people can take back: they are paged again and again.
    let soon = |sent: &&Sent| view.now() <= (RECOVERY * 2).after(sent.at) && sent.kind == OutcomeKind::Stuck;
    let mut paged = view.notices().iter().filter(soon);
    let waits_for_people = rollout.mover.code_deploy().is_some()
        && matches!(rollout.phase, Phase::Stuck(_))
        && paged.any(|sent| sent.rollout.as_ref() == Some(&rollout.id));
    let over = waits_for_people || rollout.phase.is_terminal() && rollout.pending.is_empty();
    holds(over || view.now() <= RECOVERY.after(due), || {
        let found = format!(
            "is {} ({}) although nothing goes wrong since {calm}",
            rollout.phase.name(),
            rollout.reason
        );
        Broken::by(view, rollout, "once faults stop, a rollout ends by its deadline", found)
    })
}

/// The same of toggles, which have no deadline.
pub(super) fn of_toggles(view: &View<'_>) -> Checked {
    let Some(calm) = view.calm_since() else { return Ok(()) };
    let over = view.now() > (RECOVERY * 3).after(calm);
    let live = view.toggles().values().find(|toggle| over && toggle.is_live());
    live.map_or(Ok(()), |toggle| {
        let found =
            format!("toggle {}: {:?} although nothing goes wrong since {calm}", toggle.id, toggle.stage);
        Err(Broken::of(view, "once faults stop, a toggle ends", found))
    })?;
    // Its outcome is put on the bus once, and the bus may lose it.
    let lossy = view.struck().kinds.contains_key("lost") || !view.dead_letters().is_empty();
    let asked = view.toggles().values().filter(|toggle| !matches!(toggle.asked, AskedBy::Rollout { .. }));
    let mut over = asked.filter(|toggle| !lossy && !toggle.is_live());
    let is_told = |toggle: &Toggle| {
        let own = format!("{}@", toggle.id);
        view.notices().iter().any(|sent| sent.outcome_id.starts_with(&own))
    };
    over.find(|toggle| !is_told(toggle)).map_or(Ok(()), |toggle| {
        let found = format!("toggle {}: {:?}, and nobody was told", toggle.id, toggle.stage);
        Err(Broken::of(view, "every end of a toggle reaches on-call", found))
    })
}

/// Every end that is not still on its way to people reached them as what it is, and so did every way back that was stuck and every
/// event in the quarantine.
pub(super) fn reach_people(view: &View<'_>) -> Checked {
    for rollout in view.rollouts().values().filter(|rollout| rollout.pending.is_empty()) {
        let is_told = |kind| {
            let mut own = view.notices().iter().filter(|sent| sent.rollout.as_ref() == Some(&rollout.id));
            own.any(|sent| sent.kind == kind)
        };
        let untold = |kind: OutcomeKind| {
            let found = format!("nobody was told that it {}", kind.verb());
            Broken::by(view, rollout, "every end reaches on-call", found)
        };
        let was_stuck = view.timeline(&rollout.id).iter().any(|entry| entry.to == PhaseName::Stuck);
        let kinds = end_of(&rollout.phase).into_iter().chain(was_stuck.then_some(OutcomeKind::Stuck));
        for kind in kinds {
            holds(is_told(kind), || untold(kind))?;
        }
    }
    // Its page is put on the bus once. The bus may lose it; no attempt may come to that, and then the dead letter's alarm rings; and
    // an event that could not be read for lack of a right, or of a function that is tagged no more, may mean something else to a later
    // attempt.
    let denied = view.struck().calls.values().any(|harms| harms.contains_key(Harm::Deny.kind()));
    let lossy = denied
        || view.struck().kinds.contains_key("tagged")
        || view.struck().kinds.contains_key("lost")
        || !view.dead_letters().is_empty();
    for letter in view.quarantine().into_iter().filter(|_| !lossy) {
        let page =
            Outcome::quarantined(letter.received_by, &letter.id, &letter.problem, letter.at).outcome_id;
        holds(view.notices().iter().any(|sent| sent.outcome_id == page), || {
            let found = format!("nobody was told of {}: {}", letter.id, letter.problem);
            Broken::of(view, "every event that cannot be read reaches on-call", found)
        })?;
    }
    are_told_once(view)
}

/// What people are told when a rollout ends so.
fn end_of(phase: &Phase) -> Option<OutcomeKind> {
    match phase {
        Phase::Succeeded => Some(OutcomeKind::Succeeded),
        Phase::RolledBack { .. } => Some(OutcomeKind::RolledBack),
        Phase::Superseded { .. } => Some(OutcomeKind::Superseded),
        Phase::TakenOver { .. } => Some(OutcomeKind::TakenOver),
        Phase::Refused { .. } => Some(OutcomeKind::Refused),
        Phase::Queued
        | Phase::Preflight { .. }
        | Phase::Baking(_)
        | Phase::Paused { .. }
        | Phase::Shifting(_)
        | Phase::Watching { .. }
        | Phase::RollingBack(_)
        | Phase::Stuck(_) => None,
    }
}

/// No outcome has two different messages, and where nothing kept anybody from sending or recording it, none comes twice.
fn are_told_once(view: &View<'_>) -> Checked {
    let slept = view.struck().kinds.contains_key("sleep");
    let harmed = [Call::Send, Call::Sent].iter().any(|call| view.struck().calls.contains_key(call));
    let mut subjects: BTreeMap<&str, &str> = BTreeMap::new();
    // What was said before the table was restored is not known any more, and may be said otherwise.
    let known =
        view.notices().iter().filter(|sent| view.restored().is_none_or(|restored| sent.at >= restored));
    for notice in known {
        let other = subjects.insert(&notice.outcome_id, &notice.subject);
        holds(other.is_none_or(|other| other == notice.subject), || {
            let found = format!("{} says two things", notice.outcome_id);
            Broken::of(view, "an outcome has one message", found)
        })?;
        holds(other.is_none() || slept || harmed, || {
            let found = format!("{} came twice, and nothing went wrong with the first", notice.outcome_id);
            Broken::of(view, "an outcome comes twice only after a crash", found)
        })?;
    }
    Ok(())
}
