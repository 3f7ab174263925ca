//! Deployments at the moments that no row of the tables stands at.

use tidegate_domain::decide::{Decision, decide};
use tidegate_domain::deployment::{CodeDeploy, DeploymentStatus, Mover, Platform, Wait};
use tidegate_domain::effect::{Clearance, Effect, Pending, Performed};
use tidegate_domain::freeze::Freeze;
use tidegate_domain::reason::{Ignored, Reason};
use tidegate_domain::rollout::{Phase, PhaseName, Rollout};
use tidegate_domain::target::{Routing, Target};
use tidegate_domain::trigger::{Judged, Observation, Trigger};
use tidegate_domain::verdict::{Pass, Verdict};

use super::decide_table::standing_as;
use super::places;
use super::world::{candidate, harm, measured, minutes, noon, observed, queued, seeing, split, stable};

fn place(name: &str) -> Rollout {
    let places = places::shifting().into_iter().chain(places::deployed_back());
    places.into_iter().find(|place| place.name == name).expect("a place of this name").rollout
}

fn moves(rollout: &mut Rollout) -> &mut CodeDeploy {
    let Mover::CodeDeploy(moves) = &mut rollout.mover else { panic!("CodeDeploy moves it") };
    moves
}

fn judged(rollout: &Rollout, verdict: Verdict) -> Trigger {
    Trigger::Judged(Judged { version: rollout.version, verdict })
}

fn seen(status: DeploymentStatus, way_back: Option<DeploymentStatus>, routing: Routing) -> Observation {
    let deployment = Ok(Some(standing_as(status, way_back)));
    Observation { deployment, ..seeing(Ok(observed(routing, "f9"))) }
}

fn look(rollout: &Rollout, seen: &Observation, minute: i64) -> Decision {
    decide(rollout, &Trigger::Reconcile, seen, minutes(minute))
}

fn changed(decision: Decision) -> Rollout {
    let Decision::Change { next, .. } = decision else { panic!("{:?}", decision.reason()) };
    *next
}

/// A service whose deployment Tidegate started.
fn driven(mut rollout: Rollout) -> Rollout {
    let of = moves(&mut rollout);
    of.asked = Some(Target::code_deploy(&of.group));
    of.platform = Platform::Ecs;
    rollout
}

#[test]
fn an_alias_is_watched_after_its_deployment_and_a_service_was_before() {
    let mut alias = place("shifting, all traffic, passed");
    moves(&mut alias).status = Some(DeploymentStatus::Succeeded);
    let mut service = alias.clone();
    moves(&mut service).platform = Platform::Ecs;
    let through = seen(DeploymentStatus::Succeeded, None, candidate());
    let phase = |rollout: &Rollout| changed(look(rollout, &through, 5)).phase.name();
    assert_eq!((phase(&alias), phase(&service)), (PhaseName::Watching, PhaseName::Succeeded));
}

#[test]
fn a_deployment_is_told_once_to_end_the_old_version() {
    let service = driven(place("shifting, all traffic, passed"));
    let waiting = seen(DeploymentStatus::InProgress, None, candidate());
    assert_eq!(look(&service, &waiting, 29), Decision::Keep(Ignored::NothingDue.into()), "still watched");
    let released = changed(look(&service, &waiting, 30));
    let goes_on = |rollout: &Rollout| {
        let told =
            |effect: &Effect| matches!(effect, Effect::ContinueDeployment { wait: Wait::Termination, .. });
        rollout.pending.iter().filter(|pending| told(&pending.effect)).count()
    };
    assert_eq!(goes_on(&released), 1);
    let done = Rollout { pending: Vec::new(), ..released };
    assert_eq!(look(&done, &waiting, 31), Decision::Keep(Ignored::NothingDue.into()));
}

#[test]
fn a_deployment_is_told_once_that_its_checks_passed() {
    let service = driven(place("shifting, no traffic yet"));
    let checked = |rollout: &Rollout| {
        let passed = judged(rollout, Verdict::Promote(Pass::Checks));
        decide(rollout, &passed, &seeing(Ok(observed(stable(), "f1"))), minutes(5))
    };
    let told = changed(checked(&service));
    assert_eq!(told.pending.len(), 1);
    assert_eq!(checked(&told), Decision::Keep(Ignored::NothingDue.into()));
}

#[test]
fn what_the_comparison_can_tell_is_said_where_the_steps_are_known() {
    let outlook = |policy_of: fn(&mut Rollout)| {
        let mut found = place("shifting, no traffic yet");
        found.phase = Phase::Preflight { since: noon() };
        policy_of(&mut found);
        let ready = judged(&found, Verdict::Ready(measured()));
        match decide(&found, &ready, &seeing(Ok(observed(stable(), "f1"))), minutes(5)) {
            Decision::Change { reason: Reason::Following { outlook, .. }, .. } => outlook,
            other => panic!("{:?}", other.reason()),
        }
    };
    assert!(outlook(|_| {}).is_some());
    assert_eq!(outlook(|found| found.policy.strategy.steps.clear()), None);
}

#[test]
fn who_calls_off_a_deployment_in_the_queue_takes_back_somebody_elses_and_waits_with_its_own() {
    let mut adopted = place("shifting, no traffic yet");
    adopted.phase = Phase::Queued;
    let called_off = |rollout: &Rollout| {
        let harmful = judged(rollout, Verdict::RollBack(harm()));
        decide(rollout, &harmful, &seeing(Ok(observed(stable(), "f1"))), minutes(5))
    };
    assert_ne!(changed(called_off(&adopted)).phase.name(), PhaseName::Queued);
    let ignored = Ignored::VerdictElsewhere { phase: PhaseName::Queued };
    assert_eq!(called_off(&queued()), Decision::Keep(ignored.into()));
}

#[test]
fn a_deployment_that_is_not_found_may_still_be_started_by_somebody_for_a_while() {
    let unknown = place("rolling back, deployment not found");
    let nothing = Observation { deployment: Ok(None), ..seeing(Ok(observed(stable(), "f9"))) };
    assert_eq!(look(&unknown, &nothing, 0), Decision::Keep(Ignored::AlreadyGoingBack.into()));
    assert_eq!(changed(look(&unknown, &nothing, 1)).phase.name(), PhaseName::RolledBack);
}

#[test]
fn a_way_back_that_code_deploy_is_on_may_take_an_hour() {
    let mut stopped = place("rolling back, stop recorded");
    moves(&mut stopped).status = Some(DeploymentStatus::Stopped);
    let under_way = seen(DeploymentStatus::Stopped, Some(DeploymentStatus::InProgress), split(10.0));
    assert_eq!(look(&stopped, &under_way, 60), Decision::Keep(Ignored::AlreadyGoingBack.into()));
    assert_eq!(changed(look(&stopped, &under_way, 61)).phase.name(), PhaseName::Stuck);
}

#[test]
fn people_are_told_at_once_of_what_nothing_takes_back() {
    let mut through = place("rolling back, stop recorded");
    moves(&mut through).platform = Platform::Ecs;
    let over = seen(DeploymentStatus::Succeeded, None, candidate());
    assert_eq!(changed(look(&through, &over, 5)).phase.name(), PhaseName::Stuck);
}

#[test]
fn a_start_that_a_freeze_held_is_wished_anew_before_it_is_tried() {
    let starting = place("shifting, its deployment being started");
    let of = |rollout: &Rollout| {
        let starts = |pending: &&Pending| matches!(pending.effect, Effect::StartDeployment { .. });
        rollout.pending.iter().find(starts).cloned().expect("it is to be started")
    };
    let at = |rollout: &Rollout, result, minute| {
        let performed = Trigger::Performed { effect: of(rollout).id, result };
        changed(decide(rollout, &performed, &seeing(Ok(observed(stable(), "f1"))), minutes(minute)))
    };
    let freeze = Freeze { by: "ana".to_owned(), because: "the sale".to_owned(), since: noon() };
    let clearance = |rollout: &Rollout, freeze| of(rollout).effect.clearance(rollout, freeze);
    assert_eq!(clearance(&starting, Some(freeze.clone())), Clearance::Frozen(freeze.clone()));
    let noted = at(&starting, Performed::Frozen(freeze), 5);
    assert_eq!(clearance(&noted, None), Clearance::Thawed);
    let anew = at(&noted, Performed::Thawed, 6);
    assert_eq!(clearance(&anew, None), Clearance::Granted);
    assert_eq!(of(&anew).effect, of(&starting).effect);
    assert_ne!(of(&anew).id, of(&starting).id);
}
