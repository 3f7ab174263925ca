//! Where a rollout may stand, with representative data: every phase, and within a phase whatever is answered differently.

use tidegate_domain::decide::LONGEST_FUNCTION_TIMEOUT;
use tidegate_domain::effect::Effect;
use tidegate_domain::policy::Gate;
use tidegate_domain::rollout::{Bake, PauseCause, Phase, Return, Rollout, RolloutId};
use tidegate_domain::target::{Fence, Routing};
use tidegate_domain::units::Span;
use tidegate_domain::verdict::{Cause, Finding, HoldCause};

use super::world::{
    baking, candidate, harm, minutes, noon, paused, pending, queued, split, stable, standing,
};

/// A rollout with a name for its place and the minute, counted from noon, at which it is asked.
pub struct Place {
    pub name: String,
    pub rollout: Rollout,
    pub minute: i64,
    pub taken: bool,
}

fn place(name: &str, rollout: Rollout) -> Place {
    Place { name: name.to_owned(), rollout, minute: 5, taken: false }
}

fn shift(wish: Routing) -> Effect {
    Effect::Shift { wish, fence: Fence("f1".to_owned()) }
}

fn take_back() -> Effect {
    Effect::TakeBack { wish: stable(), fence: Fence("f1".to_owned()) }
}

pub fn before() -> Vec<Place> {
    let preflight = || {
        let mut rollout = pending(queued(), Effect::Measure);
        rollout.version = 10;
        rollout.phase = Phase::Preflight { since: noon() };
        rollout
    };
    vec![
        place("queued, target free", Rollout { version: 10, ..queued() }),
        Place { taken: true, ..place("queued, target taken", Rollout { version: 10, ..queued() }) },
        place("preflight", preflight()),
        Place { minute: 31, ..place("preflight, after its time", preflight()) },
    ]
}

pub fn baking_places() -> Vec<Place> {
    let extended = Bake { extended: true, ..baking(0) };
    vec![
        place(
            "baking, step 0 being set",
            pending(standing(Phase::Baking(Bake::entering(0)), stable()), shift(split(5.0))),
        ),
        place("baking, step 0", standing(Phase::Baking(baking(0)), split(5.0))),
        place("baking, step 0 extended", standing(Phase::Baking(extended), split(5.0))),
        place("baking, step 1 with a manual gate", standing(Phase::Baking(baking(1)), split(25.0))),
        place("baking, step 2 with a timed gate", standing(Phase::Baking(baking(2)), split(50.0))),
    ]
}

pub fn paused_places() -> Vec<Place> {
    let inconclusive = Bake { extended: true, ..baking(0) };
    let denied = || PauseCause::RouterDenied("not allowed".to_owned());
    let drift = PauseCause::Drift { found: split(30.0) };
    let operator = PauseCause::Operator { by: "bob".to_owned() };
    let timed = PauseCause::Gate(Gate::Timed(Span::minutes(20)));
    vec![
        place(
            "paused, manual gate after step 1",
            standing(paused(baking(1), PauseCause::Gate(Gate::Manual)), split(25.0)),
        ),
        place("paused, timed gate after step 2", standing(paused(baking(2), timed), split(50.0))),
        place("paused by an operator in step 0", standing(paused(baking(0), operator), split(5.0))),
        place(
            "paused, step 0 inconclusive",
            standing(paused(inconclusive, PauseCause::Inconclusive), split(5.0)),
        ),
        place(
            "paused, held without data in step 0",
            standing(paused(baking(0), PauseCause::Hold(HoldCause::NoData)), split(5.0)),
        ),
        place("paused, drifted to 30 % in step 0", standing(paused(baking(0), drift), split(30.0))),
        place("paused, the router denied step 1", standing(paused(Bake::entering(1), denied()), split(5.0))),
        place(
            "paused, the router denied full promotion",
            standing(paused(Bake::entering(3), denied()), split(50.0)),
        ),
    ]
}

pub fn watching() -> Vec<Place> {
    vec![
        place(
            "watching, promotion being set",
            pending(standing(Phase::Watching { since: None }, split(50.0)), shift(candidate())),
        ),
        place("watching", standing(Phase::Watching { since: Some(noon()) }, candidate())),
    ]
}

fn way(cause: Cause) -> Return {
    Return { cause, since: noon(), proven_from: LONGEST_FUNCTION_TIMEOUT.after(noon()), told: None }
}

pub fn back() -> Vec<Place> {
    let rolling = |cause| standing(Phase::RollingBack(way(cause)), split(5.0));
    let told = Return { told: Some(minutes(11)), ..way(harm()) };
    let stuck = || standing(Phase::Stuck(told.clone()), split(5.0));
    let newer = Cause::Superseded { by: RolloutId("checkout-live-9".to_owned()) };
    let mut written = standing(Phase::RollingBack(way(harm())), stable());
    written.version = 11;
    vec![
        place("rolling back, being written", pending(rolling(harm()), take_back())),
        Place { minute: 0, ..place("rolling back, written, too early for proof", written.clone()) },
        place("rolling back, written, proof possible", written),
        place("rolling back for a newer one", pending(rolling(newer), take_back())),
        Place { minute: 11, ..place("rolling back, overdue", pending(rolling(harm()), take_back())) },
        Place { minute: 20, ..place("stuck, told 9 minutes ago", pending(stuck(), take_back())) },
        Place { minute: 71, ..place("stuck, told an hour ago", pending(stuck(), take_back())) },
    ]
}

pub fn over() -> Vec<Place> {
    let by = RolloutId("checkout-live-9".to_owned());
    let ended = |phase| pending(standing(phase, stable()), Effect::StartNext);
    vec![
        place("succeeded", ended(Phase::Succeeded)),
        place("rolled back", ended(Phase::RolledBack { cause: harm() })),
        place("superseded", ended(Phase::Superseded { by })),
        place("taken over", ended(Phase::TakenOver { found: stable() })),
        place("refused", ended(Phase::Refused { findings: vec![Finding::AlreadyLive] })),
    ]
}

/// All of them.
pub fn all() -> Vec<Place> {
    let groups = [before(), baking_places(), paused_places(), watching(), back(), over()];
    groups.into_iter().flatten().collect()
}
