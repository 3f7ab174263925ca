//! What must always hold, as checks on the cloud: after every step, and once everything has come to rest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use tidegate_domain::decide::LONGEST_FUNCTION_TIMEOUT;
use tidegate_domain::effect::{Outcome, Owner};
use tidegate_domain::policy::OutcomeKind;
use tidegate_domain::reason::{FlagReason, Reason};
use tidegate_domain::rollout::{Phase, Rollout, RolloutId};
use tidegate_domain::target::{Routing, Target};
use tidegate_domain::units::Weight;
use tidegate_domain::verdict::Pass;
use tidegate_sim::View;
use tidegate_sim::world::{Write, Writer};
use tidegate_wire::timeline::Entry;

use crate::flags::{Versions, not_as_found};

/// What was seen so far, so that each step's check costs what changed in it.
#[derive(Debug, Default)]
pub struct Invariants {
    commits: u64,
    writes: BTreeMap<String, usize>,
    ended: BTreeMap<RolloutId, Phase>,
    flags: Versions,
}

impl Invariants {
    /// Checks the cloud after a step.
    ///
    /// # Panics
    /// When something does not hold.
    pub fn check(&mut self, view: &View<'_>, seed: u64) {
        self.writes_are_explained(view, seed);
        self.flags.check(view, seed);
        if view.commits() == self.commits {
            return;
        }
        self.commits = view.commits();
        at_most_one_active_rollout_per_target(view, seed);
        self.terminal_phases_stay(view, seed);
        for rollout in view.rollouts().values() {
            wishes_are_at_most_one(view, rollout, seed);
            if matches!(rollout.phase, Phase::RolledBack { .. }) && !self.ended.contains_key(&rollout.id) {
                rolled_back_is_said_of_what_is_so(view, rollout, seed);
                let differs = not_as_found(view, rollout);
                assert_eq!(
                    differs,
                    None,
                    "{}",
                    story(view, &rollout.id, seed, "a flag is not as it was found")
                );
            }
        }
        self.ended = view
            .rollouts()
            .iter()
            .filter(|(_, rollout)| rollout.phase.is_terminal())
            .map(|(id, rollout)| (id.clone(), rollout.phase.clone()))
            .collect();
    }

    /// Terminal phases move nothing.
    fn terminal_phases_stay(&self, view: &View<'_>, seed: u64) {
        for (id, phase) in &self.ended {
            let now = view.rollouts().get(id).map(|rollout| &rollout.phase);
            assert_eq!(now, Some(phase), "{}", story(view, id, seed, "an ended rollout moved"));
        }
    }

    /// Every routing that Tidegate wrote is one that a commit wished before, and a weight rises only by an entry that says
    /// that this very step was passed, or that somebody overrode it.
    fn writes_are_explained(&mut self, view: &View<'_>, seed: u64) {
        for carrier in view.world().carriers.values() {
            let key = carrier.target.key();
            let known = self.writes.entry(key).or_default();
            for write in &carrier.writes[*known..] {
                let Writer::Function(owner) = &write.by else { continue };
                is_no_deployments(view, &carrier.target, write, seed);
                if *owner == Owner::TrafficShift {
                    is_not_frozen(view, &carrier.target, write, seed);
                }
                let explained = view
                    .rollouts()
                    .values()
                    .filter(|rollout| rollout.target == carrier.target)
                    .flat_map(|rollout| view.timeline(&rollout.id).iter().map(move |entry| (rollout, entry)))
                    .any(|(rollout, entry)| {
                        explains(rollout, view.timeline(&rollout.id), entry, &write.after, *owner)
                    });
                assert!(
                    explained,
                    "seed {seed}: nothing explains {} by {owner} at {}",
                    write.after, write.at
                );
            }
            *known = carrier.writes.len();
        }
    }
}

/// No weight rises while frozen, but by a function that was past its check before.
fn is_not_frozen(view: &View<'_>, target: &Target, write: &Write, seed: u64) {
    let Some(freeze) = view.freeze() else { return };
    let mut candidates = view
        .rollouts()
        .values()
        .filter(|rollout| rollout.target == *target)
        .map(|rollout| &rollout.candidate);
    let rises = candidates.any(|version| write.after.weight_of(version) > write.before.weight_of(version));
    let late = write.at > LONGEST_FUNCTION_TIMEOUT.after(freeze.since);
    let (after, at) = (&write.after, write.at);
    assert!(!(rises && late), "seed {seed}: {after} was written at {at}, {freeze}");
}

/// What a live deployment of CodeDeploy moves is written by CodeDeploy alone, as far as a rollout that follows it is concerned.
fn is_no_deployments(view: &View<'_>, target: &Target, write: &Write, seed: u64) {
    let of_target = view.rollouts().values().filter(|rollout| rollout.target == *target);
    for followed in of_target.filter_map(|rollout| rollout.mover.code_deploy()?.id.as_ref()) {
        let live = view.world().deployment(followed).filter(|deployment| !deployment.status.is_over());
        assert!(
            live.is_none(),
            "seed {seed}: {} was written at {} while {followed} moved it",
            write.after,
            write.at
        );
    }
}

/// Whether an entry wished this routing, and was allowed to.
fn explains(rollout: &Rollout, timeline: &[Entry], entry: &Entry, after: &Routing, owner: Owner) -> bool {
    let wished = entry.wish.as_ref().is_some_and(|wish| wish.sends_as(after));
    let rises = after.weight_of(&rollout.candidate) > entry.weight;
    let may = match owner {
        Owner::Rollback => after.weight_of(&rollout.candidate) == Weight::ZERO,
        Owner::TrafficShift => !rises || may_rise(timeline, entry),
        Owner::HealthCheck | Owner::FeatureFlag | Owner::Notify => false,
    };
    wished && may
}

/// Whether the weight may rise by this entry: after preflight, after a pass, by somebody's word, or for one of these again
/// because the target's revision changed.
fn may_rise(timeline: &[Entry], entry: &Entry) -> bool {
    match &entry.reason {
        Reason::PreflightPassed { .. } | Reason::Overridden { .. } | Reason::ResumedBy { .. } => true,
        Reason::StepPassed(pass) => match pass {
            Pass::Evidence(evidence) | Pass::Proceed(evidence) => {
                !evidence.metrics.is_empty()
                    && evidence.metrics.iter().all(|metric| metric.candidate.total > 0)
            }
            Pass::GateOver => true,
            Pass::Checks | Pass::WatchOver => false,
        },
        Reason::FenceRenewed => timeline
            .iter()
            .rfind(|before| before.version < entry.version && before.wish.is_some())
            .is_some_and(|before| may_rise(timeline, before)),
        // The share waited for its flags since something else allowed it.
        Reason::Flags(FlagReason::Set(_)) => {
            let before = timeline.iter().rev().filter(|before| before.version < entry.version);
            before.take_while(|before| before.wish.is_none()).any(|before| may_rise(timeline, before))
        }
        _ => false,
    }
}

fn at_most_one_active_rollout_per_target(view: &View<'_>, seed: u64) {
    let mut active: BTreeMap<String, &RolloutId> = BTreeMap::new();
    for rollout in view.rollouts().values().filter(|rollout| rollout.phase.holds_lock()) {
        let other = active.insert(rollout.target.key(), &rollout.id);
        assert_eq!(
            other,
            None,
            "{}",
            story(view, &rollout.id, seed, "two rollouts are active on one target")
        );
        let holder = view.lock_holder(&rollout.target);
        assert_eq!(
            holder,
            Some(&rollout.id),
            "{}",
            story(view, &rollout.id, seed, "an active rollout has no lock")
        );
    }
}

fn wishes_are_at_most_one(view: &View<'_>, rollout: &Rollout, seed: u64) {
    let wishes = rollout.pending.iter().filter(|pending| pending.effect.wish().is_some()).count();
    assert!(wishes <= 1, "{}", story(view, &rollout.id, seed, "two routing wishes are pending"));
}

/// A rollout that says "rolled back" has no traffic left on its candidate, unless somebody else moved it since.
fn rolled_back_is_said_of_what_is_so(view: &View<'_>, rollout: &Rollout, seed: u64) {
    let carrier = view.world().carrier(&rollout.target).expect("a rollout's target exists");
    let by_hand = carrier.writes.last().is_some_and(|write| write.by == Writer::Somebody);
    let left = carrier.routing.now().weight_of(&rollout.candidate);
    assert!(
        left == Weight::ZERO || by_hand,
        "{}",
        story(view, &rollout.id, seed, &format!("rolled back is said and {left} is on the candidate"))
    );
}

/// Checks the cloud once everything has come to rest, or its time is over.
///
/// # Panics
/// When something does not hold.
pub fn at_the_end(view: &View<'_>, seed: u64) {
    for rollout in view.rollouts().values() {
        every_rollout_ends_by_its_deadline_or_pages(view, rollout, seed);
        let tried_again = view
            .rollouts()
            .values()
            .any(|other| other.candidate == rollout.candidate && other.id != rollout.id);
        if matches!(rollout.phase, Phase::RolledBack { .. }) && !tried_again {
            rolled_back_is_said_of_what_is_so(view, rollout, seed);
        }
    }
    every_outcome_reaches_people(view, seed);
}

fn every_rollout_ends_by_its_deadline_or_pages(view: &View<'_>, rollout: &Rollout, seed: u64) {
    // The sweep sees the deadline within a minute, and the way back has its own time.
    let grace = tidegate_domain::units::Span::minutes(15);
    let late = rollout.deadline.is_some_and(|deadline| view.now() > grace.after(deadline));
    let told = || {
        view.notices()
            .iter()
            .any(|sent| sent.kind == OutcomeKind::Stuck && sent.rollout.as_ref() == Some(&rollout.id))
    };
    assert!(
        rollout.phase.is_terminal() || !late || told(),
        "{}",
        story(view, &rollout.id, seed, "a rollout outlived its deadline in silence")
    );
}

/// Every end that is not still on its way to people reached them, and so did every event in the quarantine; and no outcome has
/// two different messages.
fn every_outcome_reaches_people(view: &View<'_>, seed: u64) {
    let sent: BTreeSet<&str> = view.notices().iter().map(|sent| sent.outcome_id.as_str()).collect();
    for rollout in
        view.rollouts().values().filter(|rollout| rollout.phase.is_terminal() && rollout.pending.is_empty())
    {
        let told = view.notices().iter().any(|sent| sent.rollout.as_ref() == Some(&rollout.id));
        assert!(told, "{}", story(view, &rollout.id, seed, "nobody was told how it ended"));
    }
    for letter in view.quarantine() {
        let page =
            Outcome::quarantined(letter.received_by, &letter.id, &letter.problem, letter.at).outcome_id;
        assert!(
            sent.contains(page.as_str()),
            "seed {seed}: nobody was told of {}: {}",
            letter.id,
            letter.problem
        );
    }
    let mut subjects: BTreeMap<&str, &str> = BTreeMap::new();
    for notice in view.notices() {
        let other = subjects.insert(&notice.outcome_id, &notice.subject);
        assert!(
            other.is_none_or(|other| other == notice.subject),
            "seed {seed}: {} says two things",
            notice.outcome_id
        );
    }
    assert_eq!(sent.len(), subjects.len());
}

/// The story of a rollout so far, for a failure that reads alone.
fn story(view: &View<'_>, id: &RolloutId, seed: u64, what: &str) -> String {
    let mut text = format!("seed {seed}: {what}: {id} at {}\n", view.now());
    for entry in view.timeline(id) {
        let _ = writeln!(
            text,
            "  {} v{} {} {} {}: {}",
            entry.at, entry.version, entry.by, entry.to, entry.weight, entry.reason
        );
    }
    for carrier in view.world().carriers.values() {
        for write in &carrier.writes {
            let _ = writeln!(text, "  {} {:?} wrote {}", write.at, write.by, write.after);
        }
    }
    text
}
