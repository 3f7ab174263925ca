//! What people say to a rollout: it is heard, and it is done once.

use tidegate_domain::reason::{FlagReason, Reason};
use tidegate_domain::rollout::{Phase, PhaseName, Rollout};
use tidegate_domain::trigger::Verb;
use tidegate_domain::units::Span;
use tidegate_wire::timeline::Entry;

use super::{Broken, Checked, has_traffic, holds};
use crate::view::{Said, View};

/// However late a command arrives, and however often it is tried: by then it was heard.
const HEARD_WITHIN: Span = Span::minutes(30);

/// What people said to a rollout is done at most as often as they said it.
pub(super) fn are_heard_once(view: &View<'_>, rollout: &Rollout) -> Checked {
    let said = |verbs: &[Verb]| of(view, rollout).filter(|said| verbs.contains(&said.verb)).count();
    let done =
        |is: fn(&Reason) -> bool| view.timeline(&rollout.id).iter().filter(|entry| is(&entry.reason)).count();
    let counts = [
        (
            "promoted",
            done(|reason| matches!(reason, Reason::Overridden { .. })),
            said(&[Verb::Promote, Verb::PromoteFull]),
        ),
        ("paused", done(|reason| matches!(reason, Reason::PausedBy { .. })), said(&[Verb::Pause])),
        ("resumed", done(|reason| matches!(reason, Reason::ResumedBy { .. })), said(&[Verb::Resume])),
    ];
    for (what, done, said) in counts {
        holds(done <= said, || {
            let found = format!("{what} {done} times, and that was said {said} times");
            Broken::by(view, rollout, "the same event again changes nothing", found)
        })?;
    }
    Ok(())
}

/// A rollout that somebody aborted does not succeed long after it, unless the word was lost on its way.
pub(super) fn are_heard(view: &View<'_>, rollout: &Rollout) -> Checked {
    let lossy = view.struck().kinds.contains_key("lost") || !view.dead_letters().is_empty();
    let timeline = view.timeline(&rollout.id);
    let ended = timeline.iter().find(|entry| entry.to.is_terminal()).map(|entry| entry.at);
    let mut aborts = kept(view, rollout).filter(|said| said.verb == Verb::Abort);
    let missed = aborts.find(|said| {
        let had_traffic =
            timeline.iter().rfind(|entry| entry.at <= said.at).is_some_and(|entry| has_traffic(entry.to));
        had_traffic && ended.is_some_and(|ended| ended > HEARD_WITHIN.after(said.at))
    });
    let succeeded = matches!(rollout.phase, Phase::Succeeded);
    holds(lossy || !succeeded || missed.is_none(), || {
        let at = missed.map(|said| said.at);
        Broken::by(view, rollout, "who is aborted goes back", format!("it succeeded, aborted at {at:?}"))
    })
}

/// A rollout that somebody pauses while it bakes does not go on baking, unless the word was lost on its way. As long as a step's
/// share is still being set a pause is refused.
pub(super) fn are_paused(view: &View<'_>, rollout: &Rollout) -> Checked {
    let lossy = view.struck().kinds.contains_key("lost") || !view.dead_letters().is_empty();
    let timeline = view.timeline(&rollout.id);
    let bakes_on = |said: &Said| {
        let (before, since) = timeline.split_at(timeline.partition_point(|entry| entry.at <= said.at));
        let until = HEARD_WITHIN.after(said.at);
        let meanwhile = since.iter().take_while(|entry| entry.at <= until);
        let bakes = |entry: &Entry| entry.to == PhaseName::Baking;
        let is_reached = |entry: &Entry| {
            matches!(entry.reason, Reason::WeightReached(_) | Reason::Flags(FlagReason::Due { .. }))
        };
        let has_share = before.iter().rev().take_while(|entry| entry.wish.is_none()).any(is_reached);
        before.last().is_some_and(bakes) && has_share && meanwhile.clone().all(bakes) && view.now() > until
    };
    let missed = kept(view, rollout).find(|said| said.verb == Verb::Pause && bakes_on(said));
    holds(lossy || missed.is_none(), || {
        let at = missed.map(|said| said.at);
        Broken::by(view, rollout, "who is paused bakes no longer", format!("it baked on, paused at {at:?}"))
    })
}

fn of<'a>(view: &'a View<'_>, rollout: &'a Rollout) -> impl Iterator<Item = &'a Said> {
    view.said().iter().filter(|said| said.rollout == rollout.id)
}

/// What was said and is known still: a table that is restored from a backup knows nothing of what was said since.
fn kept<'a>(view: &'a View<'_>, rollout: &'a Rollout) -> impl Iterator<Item = &'a Said> {
    of(view, rollout).filter(|said| view.restored().is_none_or(|restored| said.at > restored))
}
