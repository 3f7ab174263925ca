//! The way back of a toggle: what it changed goes back to what it was, and only that.

use jiff::Timestamp;

use super::decide::{behind, behind_a_version, plan, since, waiting};
use super::{Act, SIGNATURE, Stage, Toggle};
use crate::flag::{Document, FlagDeployment, FlagState, REVERTIBLE, Read};
use crate::units::Span;

/// What is left of the time to revert when it is not tried any more: the calls take their time.
const TOO_CLOSE: Span = Span::hours(1);

/// What was changed goes back: what is under way is stopped, what is through and the last is reverted, and anything else is
/// put back value by value, as far as nobody else has changed it since.
pub(super) fn restore(toggle: &Toggle, read: &Read, now: Timestamp) -> Toggle {
    let stop = |number, why: String| toggle.at(Stage::Planned { act: Act::Stop { number } }, why, now);
    let done = |left: Vec<_>| {
        let what = if left.is_empty() { "all is as it was" } else { "the rest is as it was" };
        toggle.at(Stage::Done { left }, what, now)
    };
    // It changed nothing, and waits for nobody.
    if toggle.edits.is_empty() {
        return done(Vec::new());
    }
    if let Some(other) = read.under_way() {
        let is_own = toggle.started.contains(&other.number);
        if is_own && other.state != FlagState::RollingBack {
            return stop(other.number, format!("deployment {} is stopped", other.number));
        }
        return behind(&Toggle { preempt: false, ..toggle.clone() }, read, other, now);
    }
    let Some(deployed) = &read.deployed else { return done(Vec::new()) };
    let restored = match Document::read(&deployed.text) {
        Ok(document) => document.restore(&toggle.edits),
        Err(problem) => return waiting(toggle, &format!("version {}: {problem}", deployed.version), now),
    };
    if restored.edits.is_empty() {
        if let Some(from) = toggle.settled_from.filter(|from| now < *from) {
            return until(toggle, from, now);
        }
        // A revert moves neither of the numbers that others planned by: what they write now may have what went back.
        if let Some(first) = behind_a_version(toggle, read, now) {
            return first;
        }
        return match rewrites(toggle, read, deployed.version) {
            Some(act) => toggle.at(Stage::Planned { act }, "the newest version has it still", now),
            None => done(restored.left),
        };
    }
    let last = toggle.revertible.filter(|number| read.last_number() == Some(*number));
    let reverts = last.and_then(|number| read.number(number)).filter(|last| is_revertible(last, now));
    match reverts {
        Some(last) => stop(last.number, format!("deployment {}, the last one, is reverted", last.number)),
        None => behind_a_version(toggle, read, now)
            .unwrap_or_else(|| plan(toggle, read, deployed.version, restored.edits, false, now)),
    }
}

/// The newest version still has what was taken back: whoever changes it by hand, or planned to deploy it, would bring that back.
/// What was shipped along was somebody's own, and stays the newest.
fn rewrites(toggle: &Toggle, read: &Read, base: u64) -> Option<Act> {
    let newest = read.latest.as_ref().filter(|latest| latest.number != base && !toggle.ship_pending)?;
    let own = format!("{SIGNATURE}{} ", toggle.id);
    let has_it = newest.description.starts_with(&own) || read.of_another(&toggle.id).is_some();
    has_it.then_some(Act::Rewrite { base, after_version: newest.number })
}

fn is_revertible(deployment: &FlagDeployment, now: Timestamp) -> bool {
    let in_time = |at: Timestamp| TOO_CLOSE.after(now) < REVERTIBLE.after(at);
    deployment.state == FlagState::Complete && deployment.completed.is_some_and(in_time)
}

fn until(toggle: &Toggle, from: Timestamp, now: Timestamp) -> Toggle {
    let waits_for = Some("whoever was about to deploy it to be gone".to_owned());
    let mut next = toggle.next(now);
    next.stage = Stage::Due { since: since(toggle), tries: 0, not_before: from, waits_for };
    next
}
