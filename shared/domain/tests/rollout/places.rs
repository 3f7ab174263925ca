//! Where a rollout may stand, with representative data: every phase, and within a phase whatever is answered differently.

use tidegate_domain::decide::LONGEST_FUNCTION_TIMEOUT;
use tidegate_domain::deployment::{
    CodeDeploy, Comparison, DeploymentId, DeploymentStatus, Group, Mover, Order, Platform, Revision,
};
use tidegate_domain::effect::Effect;
use tidegate_domain::policy::Gate;
use tidegate_domain::rollout::{
    Bake, PauseCause, Phase, Reached, Return, Rollout, RolloutId, Shifting, Switched,
};
use tidegate_domain::target::{Fence, Routing, Target};
use tidegate_domain::units::{Span, Weight};
use tidegate_domain::verdict::{Cause, Finding, HoldCause};

use super::world::{
    baking, candidate, evidence, flag_policy, harm, minutes, noon, paused, pending, percent, queued, split,
    stable, standing, third,
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
    Return {
        cause,
        since: noon(),
        proven_from: LONGEST_FUNCTION_TIMEOUT.after(noon()),
        traffic_back: None,
        told: None,
    }
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

/// Flags before any traffic (0), with the second step (1) and after promotion (2).
pub fn with_flags() -> Vec<Place> {
    let set = |flags: &[usize]| Effect::SetFlags { flags: flags.to_vec() };
    let flagged = |mut rollout: Rollout, asked: &[usize], done: usize| {
        rollout.policy = flag_policy();
        rollout.flags = Switched {
            examined: true,
            asked: asked.to_vec(),
            set: asked.iter().copied().take(done).collect(),
            ..Switched::default()
        };
        let weight = rollout.weight();
        if weight > Weight::ZERO {
            rollout.reached.push(Reached { at: noon(), weight });
        }
        rollout
    };
    let preflight = |examined| {
        let mut rollout = flagged(Rollout { version: 10, ..queued() }, &[], 0);
        rollout.phase = Phase::Preflight { since: noon() };
        rollout.flags.examined = examined;
        rollout
    };
    let entering = |step| Phase::Baking(Bake::entering(step));
    let denied = |step| paused(Bake::entering(step), PauseCause::FlagsDenied("no such flag".to_owned()));
    let rolling = |traffic_back| Phase::RollingBack(Return { traffic_back, ..way(harm()) });
    let back = |phase, share| pending(flagged(standing(phase, share), &[0, 1], 2), Effect::RestoreFlags);
    vec![
        place("queued, with flags", flagged(Rollout { version: 10, ..queued() }, &[], 0)),
        place("preflight, flags unknown", pending(preflight(false), Effect::ExamineFlags)),
        place("preflight, flags known", preflight(true)),
        place(
            "baking, step 0, flags before any traffic",
            pending(flagged(standing(entering(0), stable()), &[0], 0), set(&[0])),
        ),
        place(
            "baking, step 1 being set, its flag after that",
            pending(flagged(standing(entering(1), split(5.0)), &[0], 1), shift(split(25.0))),
        ),
        place(
            "baking, step 1, its flag being set",
            pending(flagged(standing(entering(1), split(25.0)), &[0, 1], 1), set(&[1])),
        ),
        place("paused, the flag of step 1 denied", flagged(standing(denied(1), split(25.0)), &[0, 1], 1)),
        place(
            "watching, its flag being set",
            pending(
                flagged(standing(Phase::Watching { since: None }, candidate()), &[0, 1, 2], 2),
                set(&[2]),
            ),
        ),
        place(
            "watching, with flags",
            flagged(standing(Phase::Watching { since: Some(noon()) }, candidate()), &[0, 1, 2], 3),
        ),
        place(
            "rolling back, traffic and flags on their way",
            pending(back(rolling(None), split(25.0)), take_back()),
        ),
        place("rolling back, only flags on their way", back(rolling(Some(noon())), stable())),
        Place { minute: 11, ..place("rolling back, flags overdue", back(rolling(Some(noon())), stable())) },
        place("taken over, flags on their way", back(Phase::TakenOver { found: third() }, third())),
    ]
}

/// A Lambda deployment of somebody else's, or one that Tidegate starts.
fn moved_by_code_deploy(mut rollout: Rollout, asked: bool, status: DeploymentStatus) -> Rollout {
    let group = Group { application: "shop".to_owned(), name: "checkout".to_owned() };
    rollout.mover = Mover::CodeDeploy(Box::new(CodeDeploy {
        asked: asked.then(|| Target::code_deploy(&group)),
        group,
        platform: Platform::Lambda,
        id: Some(DeploymentId("d-1".to_owned())),
        has_alarms: false,
        red: Vec::new(),
        status: Some(status),
        target_groups: None,
        compared: None,
    }));
    rollout
}

/// Traffic that CodeDeploy moves; the last one is on its way back.
pub fn shifting() -> Vec<Place> {
    let guarded =
        |phase, routed| moved_by_code_deploy(standing(phase, routed), false, DeploymentStatus::InProgress);
    let at =
        |since| Phase::Shifting(Shifting { bake: Bake { step: 0, since, extended: false }, released: false });
    let start = Order {
        group: Group { application: "shop".to_owned(), name: "checkout".to_owned() },
        revision: Revision::AppSpec("{}".to_owned()),
        config: None,
        alarms: None,
    };
    let mut starting = moved_by_code_deploy(
        pending(standing(at(None), stable()), Effect::StartDeployment { order: Box::new(start) }),
        true,
        DeploymentStatus::Created,
    );
    if let Mover::CodeDeploy(moves) = &mut starting.mover {
        (moves.id, moves.status) = (None, None);
    }
    let reached = |mut rollout: Rollout, weight| {
        rollout.reached.push(Reached { at: noon(), weight });
        rollout
    };
    let all = |compared: Option<bool>| {
        let mut rollout = reached(guarded(at(Some(noon())), candidate()), Weight::FULL);
        if let Mover::CodeDeploy(moves) = &mut rollout.mover {
            moves.compared = compared.map(|passed| Comparison { passed, evidence: evidence() });
        }
        rollout
    };
    vec![
        place("shifting, its deployment being started", starting),
        place("shifting, no traffic yet", guarded(at(None), stable())),
        place("shifting, 10 %", reached(guarded(at(Some(noon())), split(10.0)), percent(10.0))),
        place("shifting, all traffic, not compared yet", all(None)),
        place("shifting, all traffic, undecided", all(Some(false))),
        place("shifting, all traffic, passed", all(Some(true))),
    ]
}

/// The way back of a deployment.
pub fn deployed_back() -> Vec<Place> {
    let stop = Effect::StopDeployment { deployment: DeploymentId("d-1".to_owned()) };
    let rolling = |cause, status| {
        moved_by_code_deploy(standing(Phase::RollingBack(way(cause)), split(10.0)), false, status)
    };
    let ended = Cause::DeploymentEnded { status: DeploymentStatus::Stopped, why: Some("by ana".to_owned()) };
    let mut unknown = rolling(harm(), DeploymentStatus::Created);
    if let Mover::CodeDeploy(moves) = &mut unknown.mover {
        (moves.id, moves.status) = (None, None);
    }
    let mut beyond = moved_by_code_deploy(
        standing(Phase::Stuck(Return { told: Some(minutes(4)), ..way(harm()) }), candidate()),
        false,
        DeploymentStatus::Succeeded,
    );
    if let Mover::CodeDeploy(moves) = &mut beyond.mover {
        moves.platform = Platform::Ecs;
    }
    vec![
        place("stuck, a service whose deployment is over", beyond),
        place("rolling back, told to stop", pending(rolling(harm(), DeploymentStatus::InProgress), stop)),
        place("rolling back, stop recorded", rolling(harm(), DeploymentStatus::InProgress)),
        Place { minute: 11, ..place("rolling back, overdue", rolling(harm(), DeploymentStatus::InProgress)) },
        place("rolling back, stopped by somebody", rolling(ended, DeploymentStatus::Stopped)),
        place("rolling back, deployment not found", unknown),
    ]
}

/// All of them.
pub fn all() -> Vec<Place> {
    let groups = [before(), baking_places(), paused_places(), shifting(), watching(), back(), over()];
    groups.into_iter().flatten().collect()
}
