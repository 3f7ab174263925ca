//! What must always hold, as checks on the cloud: after every step, and once everything has come to rest.

mod alarms;
mod checks;
mod cost;
mod documents;
mod ends;
mod flags;
mod people;
mod stuck;
mod writes;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use tidegate_domain::deployment::Platform;
use tidegate_domain::rollout::{Phase, PhaseName, Rollout, RolloutId};
use tidegate_domain::units::Weight;

use crate::faults::Call;
use crate::view::View;
use crate::world::{Deployed, Write, Writer};
use alarms::Alarms;
use documents::Said;
use flags::Versions;
use stuck::WaysBack;
use writes::Writes;

/// Something that must always hold, and does not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{invariant}: {found}, at {at}")]
pub struct Broken {
    /// What must hold; the same words whenever it does not.
    pub invariant: &'static str,
    /// What was found instead.
    pub found: String,
    /// When.
    pub at: Timestamp,
    /// The rollout that it is about, where it is about one.
    pub rollout: Option<RolloutId>,
}

impl Broken {
    /// Of the cloud as it stands.
    fn of(view: &View<'_>, invariant: &'static str, found: impl Into<String>) -> Self {
        Self { invariant, found: found.into(), at: view.now(), rollout: None }
    }

    /// Of a rollout as it stands.
    fn by(view: &View<'_>, rollout: &Rollout, invariant: &'static str, found: impl Into<String>) -> Self {
        let found = format!("{}: {}", rollout.id, found.into());
        Self { rollout: Some(rollout.id.clone()), ..Self::of(view, invariant, found) }
    }

    /// What led there: the timeline of the rollout, and every write of a routing.
    pub fn story(&self, view: &View<'_>) -> String {
        let mut text = format!("{self}\n");
        for entry in self.rollout.iter().flat_map(|id| view.timeline(id)) {
            let _ = writeln!(
                text,
                "  {} v{} {} {} {}: {}",
                entry.at, entry.version, entry.by, entry.to, entry.weight, entry.reason
            );
        }
        for write in view.world().carriers.values().flat_map(|carrier| &carrier.writes) {
            let _ = writeln!(text, "  {} {:?} wrote {}", write.at, write.by, write.after);
        }
        text
    }
}

/// The answer of a check.
type Checked = Result<(), Broken>;

/// Says that something has to hold.
fn holds(is: bool, broken: impl FnOnce() -> Broken) -> Checked {
    if is { Ok(()) } else { Err(broken()) }
}

/// What was seen so far, so that each step's check costs what changed in it.
#[derive(Debug, Default)]
pub struct Invariants {
    commits: u64,
    restored: Option<Timestamp>,
    writes: Writes,
    ended: BTreeMap<RolloutId, Phase>,
    flags: Versions,
    said: Said,
    alarms: Alarms,
    ways_back: WaysBack,
}

impl Invariants {
    /// Checks the cloud after a step.
    pub fn check(&mut self, view: &View<'_>) -> Checked {
        if view.restored() != self.restored {
            self.restored = view.restored();
            (self.ended, self.said) = (ended(view), Said::default());
        }
        self.writes.check(view)?;
        self.flags.check(view)?;
        self.said.check(view)?;
        self.alarms.check(view)?;
        self.ways_back.check(view)?;
        cost::is_bounded(view)?;
        if view.commits() == self.commits {
            return Ok(());
        }
        self.commits = view.commits();
        at_most_one_active_rollout_per_target(view)?;
        self.terminal_phases_stay(view)?;
        for rollout in view.rollouts().values() {
            wishes_are_at_most_one(view, rollout)?;
            alarms::let_it_start(view, rollout)?;
            checks::let_it_start(view, rollout)?;
            people::are_heard_once(view, rollout)?;
            if self.ended.contains_key(&rollout.id) {
                continue;
            }
            if let Phase::RolledBack { .. } = rollout.phase {
                rolled_back_is_said_of_what_is_so(view, rollout)?;
                flags::are_as_found(view, rollout)?;
            }
            if matches!(rollout.phase, Phase::Superseded { .. })
                && rollout.mover.is_tidegate()
                && rollout.routed.is_some()
            {
                rolled_back_is_said_of_what_is_so(view, rollout)?;
            }
        }
        self.ended = ended(view);
        Ok(())
    }

    /// Terminal phases move nothing.
    fn terminal_phases_stay(&self, view: &View<'_>) -> Checked {
        for (id, phase) in &self.ended {
            let now = view.rollouts().get(id);
            holds(now.is_some_and(|rollout| rollout.phase == *phase), || Broken {
                rollout: Some(id.clone()),
                ..Broken::of(view, "an ended rollout stays as it is", format!("{id} moved"))
            })?;
        }
        Ok(())
    }
}

/// How often something went wrong so far, of calls that which counts; an index that is a little behind does not.
fn strikes(view: &View<'_>, counts: fn(Call, &str) -> bool) -> u64 {
    let of_calls = view.struck().calls.iter().flat_map(|(call, harms)| {
        harms.iter().filter(|(harm, _)| counts(*call, harm)).map(|(_, times)| times)
    });
    let others = view.struck().kinds.iter().filter(|(kind, _)| *kind != "staleIndex").map(|(_, times)| times);
    of_calls.chain(others).sum()
}

/// Whether the candidate has traffic that Tidegate moves.
fn has_traffic(phase: PhaseName) -> bool {
    match phase {
        PhaseName::Baking | PhaseName::Paused | PhaseName::Watching => true,
        PhaseName::Queued
        | PhaseName::Preflight
        | PhaseName::Shifting
        | PhaseName::RollingBack
        | PhaseName::Stuck
        | PhaseName::Succeeded
        | PhaseName::RolledBack
        | PhaseName::Superseded
        | PhaseName::TakenOver
        | PhaseName::Refused => false,
    }
}

/// The rollouts that are over, and as what.
fn ended(view: &View<'_>) -> BTreeMap<RolloutId, Phase> {
    let ended = view.rollouts().iter().filter(|(_, rollout)| rollout.phase.is_terminal());
    ended.map(|(id, rollout)| (id.clone(), rollout.phase.clone())).collect()
}

/// Checks the cloud once everything has come to rest, or its time is over.
pub fn at_the_end(view: &View<'_>) -> Checked {
    for rollout in view.rollouts().values() {
        ends::by_its_deadline_or_pages(view, rollout)?;
        ends::once_nothing_goes_wrong(view, rollout)?;
        people::are_heard(view, rollout)?;
        people::are_paused(view, rollout)?;
        let others = view.rollouts().values().filter(|other| other.id != rollout.id);
        let tried_again = others.into_iter().any(|other| other.candidate == rollout.candidate)
            || is_deployed_again(view, rollout)
            || is_routed_by_hand_since(view, rollout)
            || was_moved_by_one_that_was_lost(view, rollout);
        if matches!(rollout.phase, Phase::RolledBack { .. }) && !tried_again {
            rolled_back_is_said_of_what_is_so(view, rollout)?;
        }
    }
    ends::of_toggles(view)?;
    ends::reach_people(view)
}

/// When a rollout was over.
fn over(view: &View<'_>, rollout: &Rollout) -> Option<Timestamp> {
    view.timeline(&rollout.id).iter().find(|entry| entry.to.is_terminal()).map(|entry| entry.at)
}

/// Everything that was done to a rollout's target after it was over.
fn writes_since<'a>(view: &'a View<'_>, rollout: &Rollout) -> impl Iterator<Item = &'a Write> {
    let over = over(view, rollout);
    let writes = view.world().carrier(&rollout.target).into_iter().flat_map(|carrier| &carrier.writes);
    writes.filter(move |write| over.is_some_and(|over| write.at > over))
}

/// Whether CodeDeploy moved the traffic for somebody after this rollout was over.
fn is_deployed_again(view: &View<'_>, rollout: &Rollout) -> bool {
    let own = rollout.mover.code_deploy().and_then(|deploys| deploys.id.as_ref());
    let own_goes_on = own.and_then(|id| view.world().deployment(id)).is_some_and(|own| !own.status.is_over());
    !own_goes_on && writes_since(view, rollout).last().is_some_and(|last| last.by == Writer::CodeDeploy)
}

/// Whether somebody moved the traffic after this rollout was over, perhaps onto its candidate; newer rollouts begin from there.
fn is_routed_by_hand_since(view: &View<'_>, rollout: &Rollout) -> bool {
    writes_since(view, rollout).any(|write| write.by == Writer::Somebody)
}

/// Whether the last to move the traffic was a rollout that began after the backup from which the table was restored since: nobody
/// knows of it any more.
fn was_moved_by_one_that_was_lost(view: &View<'_>, rollout: &Rollout) -> bool {
    writes_since(view, rollout).last().is_some_and(|last| Some(last.at) < view.restored())
}

fn at_most_one_active_rollout_per_target(view: &View<'_>) -> Checked {
    let mut active: BTreeMap<String, &RolloutId> = BTreeMap::new();
    for rollout in view.rollouts().values().filter(|rollout| rollout.phase.holds_lock()) {
        if let Some(other) = active.insert(rollout.target.key(), &rollout.id) {
            let found = format!("so is {other}");
            return Err(Broken::by(view, rollout, "at most one rollout is active on a target", found));
        }
        let holder = view.lock_holder(&rollout.target);
        holds(holder == Some(&rollout.id), || {
            let found = format!("the lock is held by {}", holder.map_or("nobody", |id| &id.0));
            Broken::by(view, rollout, "an active rollout holds its target's lock", found)
        })?;
    }
    Ok(())
}

fn wishes_are_at_most_one(view: &View<'_>, rollout: &Rollout) -> Checked {
    let wishes = rollout.pending.iter().filter(|pending| pending.effect.wish().is_some()).count();
    let broken = || Broken::by(view, rollout, "one routing at most is wished", format!("{wishes} are"));
    holds(wishes <= 1, broken)
}

/// A rollout that says "rolled back" has no traffic left on its candidate, unless somebody else moved it since, or deployed again.
fn rolled_back_is_said_of_what_is_so(view: &View<'_>, rollout: &Rollout) -> Checked {
    let Some(carrier) = view.world().carrier(&rollout.target) else { return Ok(()) };
    let by_hand = carrier.writes.last().is_some_and(|write| write.by == Writer::Somebody);
    let left = carrier.routing.now().weight_of(&rollout.candidate);
    holds(left == Weight::ZERO || by_hand || instances_are_deployed_to_again(view, rollout), || {
        let found = format!("{left} is on the candidate");
        Broken::by(view, rollout, "what is said to be rolled back is", found)
    })
}

/// Whether a newer deployment moves the traffic of instances. Unlike an alias or a service these do not say what they serve: each
/// deployment knows what it did itself, and a rollout speaks of its own.
fn instances_are_deployed_to_again(view: &View<'_>, rollout: &Rollout) -> bool {
    let deployments = &view.world().code_deploy.deployments;
    let own = rollout.mover.code_deploy().filter(|moves| moves.platform == Platform::Server);
    let own = own.and_then(|moves| deployments.get(moves.id.as_ref()?));
    own.is_some_and(|own| {
        let newer = |other: &Deployed| {
            other.group == own.group && other.takes_back.is_none() && other.created > own.created
        };
        own.status.is_over() && deployments.values().any(newer)
    })
}
