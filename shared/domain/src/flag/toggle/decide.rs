//! What becomes of a toggle when AppConfig was looked at, when a plan was performed, and when it is asked for something else.
//! Pure: it reads no clock and calls nobody.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::restoring;
use super::{Act, AskedBy, GIVEN_UP_AFTER, Goal, Note, Stage, TOGGLE_TIME, Toggle, due};
use crate::decide::LONGEST_FUNCTION_TIMEOUT;
use crate::effect::Outcome;
use crate::flag::{Content, Document, Edit, FlagDeployment, FlagState, Read, Wanted};
use crate::policy::OutcomeKind;
use crate::units::Span;

/// A version that somebody wrote is waited for so long to be deployed before a rollout's toggle is refused because of it.
const TIME_TO_DEPLOY_A_DRAFT: Span = Span::minutes(5);

/// The waits after looking in vain, in minutes; the last one repeats.
const WAITS: [u32; 5] = [1, 1, 2, 3, 5];

/// What performing a plan came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// The deployment with this number is started.
    Started(u64),
    /// The deployment was told to stop.
    Stopped,
    /// What was read before is not so any more: nothing is deployed.
    Overtaken {
        /// Whether a version was written, which somebody may deploy.
        written: bool,
    },
    /// The newest version is as it was before this toggle.
    Rewritten,
    /// AppConfig refuses for good.
    Refused(String),
}

impl Toggle {
    /// Wants what a later toggle of the same rollout and profile wants. `None` while what was wanted before is under way, or on
    /// its way back.
    pub fn wanting(&self, later: &Self, now: Timestamp) -> Option<Self> {
        let is_over = matches!(self.stage, Stage::Done { .. } | Stage::Failed { .. });
        if self.goal == Goal::Restore || !is_over {
            return None;
        }
        let mut next = self.noted("more is wanted", now);
        (next.wanted, next.effect, next.stage) = (later.wanted.clone(), later.effect, due(now));
        (next.strategy, next.ship_pending) = (later.strategy.clone(), later.ship_pending);
        // What is asked for now has all the time to wait, however long ago the first was.
        next.created = now;
        Some(next)
    }

    /// AppConfig cannot be read for good. What cannot be put back in a day, since its profile is gone, is named and let go of:
    /// nobody could start another rollout of the target for ever.
    #[must_use]
    pub fn unreadable(&self, why: &str, now: Timestamp) -> Self {
        match self.goal {
            Goal::Set => self.failed(why, now),
            Goal::Restore if now > GIVEN_UP_AFTER.after(since(self)) => {
                let left = self.edits.iter().map(|edit| edit.at.clone()).collect::<BTreeSet<_>>();
                let left = left.into_iter().collect();
                self.at(Stage::Done { left }, format!("given up after {GIVEN_UP_AFTER}: {why}"), now)
            }
            Goal::Restore => waiting(self, why, now),
        }
    }

    /// Its rollout is over, and heard that its flags were lost or never will.
    pub fn given_up(&self, now: Timestamp) -> Option<Self> {
        let Stage::Lost { why } = &self.stage else { return None };
        Some(self.at(Stage::Failed { why: why.clone() }, "its rollout is over", now))
    }

    /// Puts back what it changed; `None` where that is under way.
    pub fn going_back(&self, now: Timestamp) -> Option<Self> {
        if self.goal == Goal::Restore {
            return None;
        }
        let mut next = self.noted("what it changed goes back", now).planned_by(&self.stage, now);
        (next.goal, next.stage) = (Goal::Restore, due(now));
        Some(next)
    }

    /// Remembers what a plan that is left changes: it may be performed in part already.
    fn planned_by(mut self, stage: &Stage, now: Timestamp) -> Self {
        if let (Stage::Planned { act: Act::Deploy { edits, .. } }, Goal::Set) = (stage, self.goal) {
            // Somebody may be about to start it. Twice: until the commit of this a function may begin to.
            self.edits.extend(edits.iter().cloned());
            self.settled_from = Some((LONGEST_FUNCTION_TIMEOUT * 2).after(now));
            self.revertible = None;
        }
        self
    }

    /// Says that people were told.
    #[must_use]
    pub fn told(&self, now: Timestamp) -> Self {
        let mut next = self.next(now);
        next.untold = None;
        next
    }

    pub(super) fn next(&self, now: Timestamp) -> Self {
        Self { version: self.version + 1, updated: now, ..self.clone() }
    }

    fn noted(&self, what: impl Into<String>, now: Timestamp) -> Self {
        let mut next = self.next(now);
        next.log.push(Note { at: now, what: what.into() });
        next
    }

    pub(super) fn at(&self, stage: Stage, what: impl Into<String>, now: Timestamp) -> Self {
        let mut next = self.noted(what, now);
        next.stage = stage;
        next
    }

    fn words(&self) -> String {
        self.wanted.iter().map(Wanted::to_string).collect::<Vec<_>>().join(", ")
    }

    /// Has people told, where no rollout does.
    fn telling(mut self, kind: OutcomeKind, why: &str) -> Self {
        if !matches!(self.asked, AskedBy::Rollout { .. }) {
            let words = format!("{}: {why} (asked for by {})", self.words(), self.asked);
            self.untold = Some(Box::new(Outcome::of_toggle(&self, kind, &words)));
        }
        self
    }

    fn failed(&self, why: &str, now: Timestamp) -> Self {
        let failed = self.at(Stage::Failed { why: why.to_owned() }, format!("refused: {why}"), now);
        failed.planned_by(&self.stage, now).telling(OutcomeKind::FlagsRefused, why)
    }
}

/// What becomes of a toggle now that AppConfig was looked at; `None` where nothing does.
pub fn decide(toggle: &Toggle, read: &Read, now: Timestamp) -> Option<Toggle> {
    match &toggle.stage {
        Stage::Due { .. } => match toggle.goal {
            Goal::Set => Some(set(toggle, read, now)),
            Goal::Restore => Some(restoring::restore(toggle, read, now)),
        },
        Stage::Deploying { number, served } => followed(toggle, read.number(*number)?, *served, now),
        Stage::Planned { .. } | Stage::Done { .. } | Stage::Lost { .. } | Stage::Failed { .. } => None,
    }
}

/// What becomes of a toggle whose plan was performed; `None` where it has no plan any more.
pub fn carried(toggle: &Toggle, result: &Carried, now: Timestamp) -> Option<Toggle> {
    let Stage::Planned { act } = &toggle.stage else { return None };
    Some(match (act, result) {
        (act, Carried::Overtaken { written }) => {
            let mut next = waiting(toggle, "what somebody else did there meanwhile", now);
            if let (Act::Deploy { edits, .. }, Goal::Set, true) = (act, toggle.goal, *written) {
                // Whoever deploys the newest version deploys these with it.
                next.edits.extend(edits.iter().filter(|edit| !toggle.edits.contains(edit)).cloned());
            }
            next
        }
        (Act::Deploy { edits, is_exact, .. }, Carried::Started(number)) => {
            started(toggle, *number, edits, *is_exact, now)
        }
        (Act::Stop { .. }, Carried::Stopped) => toggle.at(due(now), "it was told to stop", now),
        (Act::Stop { number }, Carried::Refused(why)) => {
            let mut next =
                waiting(toggle, &format!("deployment {number}, which cannot be stopped: {why}"), now);
            next.revertible = next.revertible.filter(|revertible| revertible != number);
            next
        }
        (Act::Deploy { .. }, Carried::Refused(why)) if toggle.goal == Goal::Restore => {
            waiting(toggle, &format!("AppConfig, which refuses what was before: {why}"), now)
        }
        (Act::Deploy { .. }, Carried::Refused(why)) => toggle.failed(why, now),
        (Act::Rewrite { .. }, Carried::Rewritten) => {
            toggle.at(due(now), "the newest version is without it again", now)
        }
        (Act::Rewrite { .. }, Carried::Refused(why)) => {
            let done = Stage::Done { left: Vec::new() };
            toggle.at(
                done,
                format!("all is as it was; the newest version is not in force and has it still: {why}"),
                now,
            )
        }
        (Act::Deploy { .. } | Act::Rewrite { .. }, Carried::Stopped)
        | (Act::Stop { .. } | Act::Rewrite { .. }, Carried::Started(_))
        | (Act::Deploy { .. } | Act::Stop { .. }, Carried::Rewritten) => return None,
    })
}

fn started(toggle: &Toggle, number: u64, edits: &[Edit], is_exact: bool, now: Timestamp) -> Toggle {
    let stage = Stage::Deploying { number, served: None };
    let mut next = toggle.at(stage, format!("AppConfig deployment {number} is started"), now);
    if toggle.goal == Goal::Set {
        next.revertible = (is_exact && toggle.edits.is_empty()).then_some(number);
        next.edits.extend(edits.iter().cloned());
        next.started.push(number);
    }
    next
}

/// The flags are to become what is wanted: waits, refuses, or plans from what is in force.
fn set(toggle: &Toggle, read: &Read, now: Timestamp) -> Toggle {
    if let Some(other) = read.under_way() {
        return behind(toggle, read, other, now);
    }
    if let Some(first) = behind_a_version(toggle, read, now) {
        return first;
    }
    let base = match base(toggle, read, now) {
        Ok(base) => base,
        Err(unplanned) => return *unplanned,
    };
    let edits = match Document::read(&base.text).map_err(|problem| vec![problem]) {
        Ok(document) => document.plan(&toggle.wanted),
        Err(problems) => Err(problems),
    };
    match edits {
        Ok(edits) if edits.is_empty() => {
            let done = toggle.at(Stage::Done { left: Vec::new() }, "it is so already", now);
            done.telling(OutcomeKind::FlagsSet, "nothing had to be changed, it is so already")
        }
        Ok(edits) => {
            let is_exact = read.deployed.as_ref().is_some_and(|deployed| deployed.version == base.version);
            plan(toggle, read, base.version, edits, is_exact, now)
        }
        Err(problems) => toggle.failed(&format!("version {}: {}", base.version, problems.join("; ")), now),
    }
}

pub(super) fn plan(
    toggle: &Toggle,
    read: &Read,
    base: u64,
    edits: Vec<Edit>,
    is_exact: bool,
    now: Timestamp,
) -> Toggle {
    let what: Vec<String> = edits.iter().map(shown).collect();
    let what = format!("from version {base}: {}", what.join(", "));
    let after_version = read.latest.as_ref().map(|latest| latest.number);
    let act = Act::Deploy { base, edits, after_version, after_number: read.last_number(), is_exact };
    toggle.at(Stage::Planned { act }, what, now)
}

fn shown(edit: &Edit) -> String {
    let value = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
    format!("{} {} becomes {}", edit.at, value(&edit.before), value(&edit.after))
}

/// The text to change, or what becomes of the toggle where there is none.
fn base<'a>(toggle: &Toggle, read: &'a Read, now: Timestamp) -> Result<&'a Content, Box<Toggle>> {
    let problem = match read.base(toggle.ship_pending) {
        Ok(base) => return Ok(base),
        Err(problem) => problem,
    };
    let is_draft = read.undeployed().is_some();
    match (&toggle.asked, &read.deployed) {
        // What fires is not kept waiting by what somebody is writing: it stays where it is.
        (AskedBy::Alarm { .. }, Some(deployed)) => Ok(deployed),
        (AskedBy::Rollout { .. }, _) if is_draft && now < TIME_TO_DEPLOY_A_DRAFT.after(since(toggle)) => {
            Err(Box::new(waiting(toggle, &problem, now)))
        }
        (AskedBy::Alarm { .. } | AskedBy::Rollout { .. } | AskedBy::Person { .. }, _) => {
            Err(Box::new(toggle.failed(&problem, now)))
        }
    }
}

pub(super) fn since(toggle: &Toggle) -> Timestamp {
    match &toggle.stage {
        Stage::Due { since, .. } => *since,
        Stage::Planned { .. }
        | Stage::Deploying { .. }
        | Stage::Done { .. }
        | Stage::Lost { .. }
        | Stage::Failed { .. } => toggle.updated,
    }
}

/// Another toggle wrote the newest version and is about to deploy it. A version written after it would lack what that one changes;
/// people who change the newest version would lose it. Whoever wrote it starts it at once or is gone; the sweep finds the plan of
/// one that is gone. What fires does not wait for that.
pub(super) fn behind_a_version(toggle: &Toggle, read: &Read, now: Timestamp) -> Option<Toggle> {
    let is_urgent = matches!(toggle.asked, AskedBy::Alarm { .. }) && toggle.goal == Goal::Set;
    let other = read.of_another(&toggle.id).filter(|_| !is_urgent)?;
    let what = format!("version {}, which another toggle is about to deploy", other.number);
    let waits = toggle.log.last().filter(|note| note.what == format!("waits for {what}"));
    let is_gone = waits.is_some_and(|note| now >= (LONGEST_FUNCTION_TIMEOUT * 2).after(note.at));
    (!is_gone).then(|| waiting(toggle, &what, now))
}

/// Somebody deploys in this environment: it is waited for, or stopped where that was asked for.
pub(super) fn behind(toggle: &Toggle, read: &Read, other: &FlagDeployment, now: Timestamp) -> Toggle {
    let number = other.number;
    // Two that stop each other would leave a flag on: what another toggle deploys at once is over in seconds.
    let is_stopped = other.state != FlagState::RollingBack && read.at_once != Some(number);
    if toggle.preempt && is_stopped {
        let why = format!("deployment {number} is stopped, so that {} can be deployed now", toggle.words());
        return toggle.at(Stage::Planned { act: Act::Stop { number } }, why, now);
    }
    let whose = if other.of_profile { "this profile" } else { "another profile" };
    waiting(toggle, &format!("deployment {number} of {whose} in the same environment"), now)
}

/// Waits, longer each time. What takes too long is told; what takes for ever is given up, but for a way back.
pub(super) fn waiting(toggle: &Toggle, what: &str, now: Timestamp) -> Toggle {
    if toggle.goal == Goal::Set && now > GIVEN_UP_AFTER.after(toggle.created) {
        return toggle.failed(&format!("given up after {GIVEN_UP_AFTER} of waiting for {what}"), now);
    }
    let (since, tries) = match &toggle.stage {
        Stage::Due { since, tries, .. } => (*since, *tries),
        Stage::Planned { .. }
        | Stage::Deploying { .. }
        | Stage::Done { .. }
        | Stage::Lost { .. }
        | Stage::Failed { .. } => (now, 0),
    };
    // What goes back, and what an alarm turns off, is looked at every minute.
    let is_urgent = toggle.goal == Goal::Restore || matches!(toggle.asked, AskedBy::Alarm { .. });
    let place = if is_urgent { 0 } else { usize::try_from(tries).unwrap_or(usize::MAX) };
    let wait = WAITS[place.min(WAITS.len() - 1)];
    let stage = Stage::Due {
        since,
        tries: tries.saturating_add(1),
        not_before: Span::minutes(wait).after(now),
        waits_for: Some(what.to_owned()),
    };
    let is_known = matches!(&toggle.stage, Stage::Due { waits_for: Some(known), .. } if known == what);
    let mut next = if is_known { toggle.next(now) } else { toggle.noted(format!("waits for {what}"), now) };
    next.stage = stage;
    let is_late = now > TOGGLE_TIME.after(toggle.told_late.unwrap_or(toggle.created));
    if !is_late {
        return next;
    }
    next.told_late = Some(now);
    next.telling(OutcomeKind::FlagsStuck, &format!("it waits for {what}"))
}

/// Its deployment is followed.
fn followed(
    toggle: &Toggle,
    deployment: &FlagDeployment,
    served: Option<Timestamp>,
    now: Timestamp,
) -> Option<Toggle> {
    let number = deployment.number;
    match (deployment.state, toggle.goal) {
        (FlagState::Complete, Goal::Set) => {
            let through = toggle.at(
                Stage::Done { left: Vec::new() },
                format!("AppConfig deployment {number} is through"),
                now,
            );
            Some(if served.is_some() {
                through
            } else {
                through.telling(OutcomeKind::FlagsSet, &live(number))
            })
        }
        (FlagState::RolledBack | FlagState::Reverted, Goal::Set) => {
            let why = deployment.problem.clone().unwrap_or_else(|| "somebody stopped it".to_owned());
            let why = format!("AppConfig took deployment {number} back: {why}");
            let is_lost = matches!(toggle.asked, AskedBy::Rollout { .. });
            let stage =
                if is_lost { Stage::Lost { why: why.clone() } } else { Stage::Failed { why: why.clone() } };
            Some(toggle.at(stage, why.clone(), now).telling(OutcomeKind::FlagsRefused, &why))
        }
        // Whether all is back is seen in what is in force then.
        (FlagState::Complete | FlagState::RolledBack | FlagState::Reverted, Goal::Restore) => {
            let over = format!("AppConfig deployment {number} is over");
            let mut next = waiting(toggle, &over, now);
            if let (Stage::Due { not_before, .. }, FlagState::Complete) = (&mut next.stage, deployment.state)
            {
                *not_before = now;
            }
            Some(next)
        }
        (FlagState::Validating | FlagState::Deploying | FlagState::Baking | FlagState::RollingBack, _) => {
            let is_new = served.is_none() && deployment.is_served() && toggle.goal == Goal::Set;
            is_new.then(|| {
                let stage = Stage::Deploying { number, served: Some(now) };
                let next = toggle.at(stage, format!("all clients get AppConfig deployment {number}"), now);
                next.telling(OutcomeKind::FlagsSet, &live(number))
            })
        }
    }
}

fn live(number: u64) -> String {
    format!("all clients get it, by AppConfig deployment {number}")
}
