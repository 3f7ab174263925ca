//! The answer of `decide` to every pair of place and trigger, as text to be read: `cargo insta review` shows what a change
//! changes. Triggers with the same answer share a line, in the order of the triggers.

use std::fmt::Write as _;

use insta::assert_snapshot;
use tidegate_domain::decide::{Decision, decide};
use tidegate_domain::deployment::{DeploymentId, DeploymentStatus, Standing};
use tidegate_domain::effect::{Effect, EffectId, Performed};
use tidegate_domain::rollout::{PhaseName, Rollout, RolloutId};
use tidegate_domain::target::{Fence, Observed, Routing};
use tidegate_domain::trigger::{Followed, Judged, Observation, Trigger, Verb};
use tidegate_domain::verdict::{HoldCause, Pass, Preflight, Verdict};

use super::places::{self, Place};
use super::render;
use super::world::{
    candidate, command, evidence, harm, measured, minutes, observed, seeing, split, stable, third, version,
};

pub fn verdicts() -> Vec<(&'static str, Verdict)> {
    let firing = Preflight { firing: vec!["red".to_owned()], ..measured() };
    vec![
        ("ready", Verdict::Ready(measured())),
        ("ready, red fires", Verdict::Ready(firing)),
        ("continue", Verdict::Continue),
        ("pass", Verdict::Promote(Pass::Evidence(evidence()))),
        ("checks passed", Verdict::Promote(Pass::Checks)),
        ("gate over", Verdict::Promote(Pass::GateOver)),
        ("proceed", Verdict::Promote(Pass::Proceed(evidence()))),
        ("watch over", Verdict::Promote(Pass::WatchOver)),
        ("roll back", Verdict::RollBack(harm())),
        ("hold", Verdict::Hold(HoldCause::Alarm { alarm: "amber".to_owned() })),
        ("inconclusive", Verdict::Inconclusive(evidence())),
    ]
}

fn judged(rollout: &Rollout, verdict: Verdict) -> Trigger {
    Trigger::Judged(Judged { version: rollout.version, verdict })
}

fn alarm() -> Trigger {
    Trigger::AlarmFired { alarm: "red".to_owned() }
}

fn replaced() -> Trigger {
    Trigger::Replaced { by: RolloutId("checkout-live-9".to_owned()), candidate: version(9) }
}

/// What performing the first pending effect may come to, and the same of an effect that is not pending.
fn results(rollout: &Rollout) -> Vec<(String, Trigger)> {
    let wished = |observed| Performed::Routed { observed, fence_moved: true };
    let Some(pending) = rollout.pending.first() else {
        let effect = EffectId { version: 3, index: 0 };
        let results = [Performed::Done, wished(observed(split(50.0), "f2"))];
        let named = results.map(|result| Trigger::Performed { effect, result });
        return named.map(|trigger| ("performed, not pending".to_owned(), trigger)).into();
    };
    let wish = pending.effect.wish().map_or_else(stable, |(wish, _)| wish.clone());
    let routed = rollout.routed.as_ref().map_or_else(stable, |routed| routed.routing.clone());
    let lost = |found: Routing| Performed::FenceLost(observed(found, "f2"));
    let of_wish = wish.clone();
    let results = vec![
        ("done", Performed::Done),
        ("routed", wished(observed(of_wish, "f2"))),
        ("routed, same fence", Performed::Routed { observed: observed(wish, "f1"), fence_moved: false }),
        ("fence lost, as before", lost(routed)),
        ("fence lost, all stable", lost(stable())),
        ("fence lost, other share", lost(split(30.0))),
        ("fence lost, third version", lost(third())),
        ("denied", Performed::Denied("not allowed".to_owned())),
        ("started", Performed::Started(DeploymentId("d-1".to_owned()))),
    ];
    let of_flags = vec![
        ("flags can be set", Performed::FlagsExamined(Vec::new())),
        ("flags cannot be set", Performed::FlagsExamined(vec!["no such flag".to_owned()])),
        ("flags set", Performed::FlagsSet),
        ("flags back", Performed::FlagsBack(Vec::new())),
        ("flags back but one", Performed::FlagsBack(vec!["basket enabled".to_owned()])),
    ];
    let has_flags = !rollout.policy.flags.is_empty();
    let results = results.into_iter().chain(of_flags.into_iter().filter(|_| has_flags));
    let effect = pending.id;
    let name = |what: &str| format!("{effect} {what}");
    results.map(|(what, result)| (name(what), Trigger::Performed { effect, result })).collect()
}

/// Every trigger, where the target is as the rollout set it.
fn triggers(rollout: &Rollout) -> Vec<(String, Trigger)> {
    let mut all = vec![("reconcile".to_owned(), Trigger::Reconcile)];
    let named = |(name, verdict): (&str, Verdict)| (format!("judged {name}"), judged(rollout, verdict));
    all.extend(verdicts().into_iter().map(named));
    let stale = Judged { version: rollout.version - 1, verdict: Verdict::RollBack(harm()) };
    all.push(("judged roll back, stale".to_owned(), Trigger::Judged(stale)));
    all.extend(Verb::ALL.map(|verb| (verb.to_string(), Trigger::Commanded(command(verb)))));
    all.push(("alarm".to_owned(), alarm()));
    all.push(("replaced".to_owned(), replaced()));
    all.extend(results(rollout));
    all
}

/// The triggers whose answer depends on what was observed.
fn observing(rollout: &Rollout) -> Vec<(String, Trigger)> {
    let looks = |trigger: &Trigger| match trigger {
        Trigger::Reconcile | Trigger::AlarmFired { .. } | Trigger::Replaced { .. } => true,
        Trigger::Judged(judged) => judged.version == rollout.version,
        Trigger::Commanded(command) => !command.verb.tries_again(),
        Trigger::Performed { .. } => false,
    };
    triggers(rollout).into_iter().filter(|(_, trigger)| looks(trigger)).collect()
}

/// Triggers with the same answer on one line.
fn grouped(answers: Vec<(String, String)>) -> String {
    let mut lines: Vec<(Vec<String>, String)> = Vec::new();
    for (trigger, answer) in answers {
        match lines.iter_mut().find(|(_, known)| *known == answer) {
            Some((triggers, _)) => triggers.push(trigger),
            None => lines.push((vec![trigger], answer)),
        }
    }
    let mut text = String::new();
    for (mut triggers, answer) in lines {
        triggers.dedup();
        writeln!(text, "  {}\n      -> {answer}", triggers.join("; ")).expect("a string");
    }
    text
}

fn answer(place: &Place, seen: &Observation, trigger: &Trigger) -> String {
    let seen = Observation { target_taken: place.taken, ..seen.clone() };
    render::decision(&place.rollout, &decide(&place.rollout, trigger, &seen, minutes(place.minute)))
}

fn answers(place: &Place, seen: &Observation, triggers: Vec<(String, Trigger)>) -> String {
    grouped(triggers.into_iter().map(|(name, trigger)| (name, answer(place, seen, &trigger))).collect())
}

fn as_expected(place: &Place) -> Observed {
    place.rollout.routed.clone().unwrap_or_else(|| observed(stable(), "f1"))
}

fn table(places: Vec<Place>) -> String {
    let mut text = String::new();
    for place in places {
        writeln!(text, "{}", place.name).expect("a string");
        text.push_str(&answers(&place, &seeing(Ok(as_expected(&place))), triggers(&place.rollout)));
        let mut fixing = place;
        fixing.rollout.request.fix_forward = true;
        let line = vec![("alarm, to fix forward".to_owned(), alarm())];
        text.push_str(&answers(&fixing, &seeing(Ok(as_expected(&fixing))), line));
        text.push('\n');
    }
    text
}

/// What is answered differently when the target is not as the rollout set it. Fences aside: they are what was found.
fn drift_table(places: Vec<Place>) -> String {
    let found = [
        ("all stable", Ok(observed(stable(), "f9"))),
        ("other share", Ok(observed(split(40.0), "f9"))),
        ("third version", Ok(observed(third(), "f9"))),
        ("unreadable", Err("the alias is gone".to_owned())),
    ];
    let mut text = String::new();
    for place in places {
        let same_fence = Observed { fence: Fence("f9".to_owned()), ..as_expected(&place) };
        let expected = seeing(Ok(same_fence));
        for (name, routing) in &found {
            let seen = seeing(routing.clone());
            let (other, same): (Vec<_>, Vec<_>) =
                observing(&place.rollout).into_iter().partition(|(_, trigger)| {
                    answer(&place, &seen, trigger) != answer(&place, &expected, trigger)
                });
            let count = same.len();
            writeln!(text, "{} × {name} ({count} answers as above)", place.name).expect("a string");
            text.push_str(&answers(&place, &seen, other));
            text.push('\n');
        }
    }
    text
}

#[test]
fn before_any_traffic_every_trigger_has_its_answer() {
    assert_snapshot!("decide_before", table(places::before()));
    assert_snapshot!("decide_before_drift", drift_table(places::before()));
}

#[test]
fn while_baking_every_trigger_has_its_answer() {
    assert_snapshot!("decide_baking", table(places::baking_places()));
    assert_snapshot!("decide_baking_drift", drift_table(places::baking_places()));
}

#[test]
fn while_paused_every_trigger_has_its_answer() {
    assert_snapshot!("decide_paused", table(places::paused_places()));
    assert_snapshot!("decide_paused_drift", drift_table(places::paused_places()));
}

pub fn standing_as(status: DeploymentStatus, way_back: Option<DeploymentStatus>) -> Followed {
    let taken_back_by = way_back.map(|_| DeploymentId("d-2".to_owned()));
    let id = DeploymentId("d-1".to_owned());
    Followed {
        standing: Standing { id, status, taken_back_by, problem: None },
        target_groups: None,
        way_back,
    }
}

/// What is answered to a look at the deployment and at the target, by where both stand.
fn deployment_table(places: Vec<Place>) -> String {
    use DeploymentStatus::{Failed, InProgress, Ready, Stopped, Succeeded};
    let deployments = [
        ("no deployment", Ok(None)),
        ("in progress", Ok(Some(standing_as(InProgress, None)))),
        ("ready", Ok(Some(standing_as(Ready, None)))),
        ("succeeded", Ok(Some(standing_as(Succeeded, None)))),
        ("failed", Ok(Some(standing_as(Failed, None)))),
        ("stopped", Ok(Some(standing_as(Stopped, None)))),
        ("stopped, way back under way", Ok(Some(standing_as(Stopped, Some(InProgress))))),
        ("stopped, way back done", Ok(Some(standing_as(Stopped, Some(Succeeded))))),
        ("stopped, way back failed", Ok(Some(standing_as(Stopped, Some(Failed))))),
        ("unreadable", Err("not allowed".to_owned())),
    ];
    let found = [("stable", stable()), ("10 %", split(10.0)), ("candidate", candidate()), ("third", third())];
    let mut text = String::new();
    for place in places {
        writeln!(text, "{}", place.name).expect("a string");
        let mut answers = Vec::new();
        for (deployment, followed) in &deployments {
            for (name, routing) in &found {
                let seen = Observation {
                    deployment: followed.clone(),
                    ..seeing(Ok(observed(routing.clone(), "f9")))
                };
                let answered = answer(&place, &seen, &Trigger::Reconcile);
                answers.push((format!("{deployment}, {name}"), answered));
            }
        }
        text.push_str(&grouped(answers));
        text.push('\n');
    }
    text
}

#[test]
fn while_code_deploy_moves_the_traffic_every_trigger_has_its_answer() {
    assert_snapshot!("decide_shifting", table(places::shifting()));
    assert_snapshot!("decide_shifting_deployment", deployment_table(places::shifting()));
}

#[test]
fn while_code_deploy_takes_it_back_every_trigger_has_its_answer() {
    assert_snapshot!("decide_deployed_back", table(places::deployed_back()));
    assert_snapshot!("decide_deployed_back_deployment", deployment_table(places::deployed_back()));
}

#[test]
fn while_watching_every_trigger_has_its_answer() {
    assert_snapshot!("decide_watching", table(places::watching()));
    assert_snapshot!("decide_watching_drift", drift_table(places::watching()));
}

#[test]
fn on_the_way_back_every_trigger_has_its_answer() {
    assert_snapshot!("decide_back", table(places::back()));
    assert_snapshot!("decide_back_drift", drift_table(places::back()));
}

#[test]
fn with_flags_every_trigger_has_its_answer() {
    assert_snapshot!("decide_flags", table(places::with_flags()));
}

#[test]
fn after_the_end_every_trigger_has_its_answer() {
    assert_snapshot!("decide_over", table(places::over()));
}

#[test]
fn every_phase_has_a_place_in_the_tables() {
    let mut seen: Vec<PhaseName> = places::all().iter().map(|place| place.rollout.phase.name()).collect();
    seen.dedup();
    assert_eq!(seen, PhaseName::ALL);
}

#[test]
fn a_stale_verdict_changes_nothing_in_any_place() {
    for place in places::all() {
        for (name, verdict) in verdicts() {
            for version in [place.rollout.version - 1, place.rollout.version + 1] {
                let trigger = Trigger::Judged(Judged { version, verdict: verdict.clone() });
                let seen = seeing(Ok(as_expected(&place)));
                let decision = decide(&place.rollout, &trigger, &seen, minutes(place.minute));
                assert!(matches!(decision, Decision::Keep(_)), "{}: {name} of {version}", place.name);
            }
        }
    }
}

#[test]
fn whoever_is_superseded_beyond_reach_still_takes_its_flags_back() {
    let mut beyond = places::deployed_back().remove(0);
    beyond.rollout.flags.asked = [0].into();
    let decision =
        decide(&beyond.rollout, &replaced(), &seeing(Err("not read".to_owned())), minutes(beyond.minute));
    let Decision::Change { next, .. } = decision else { panic!("{:?}", decision.reason()) };
    assert_eq!(next.phase.name(), PhaseName::Superseded);
    assert!(next.pending.iter().any(|pending| matches!(pending.effect, Effect::RestoreFlags)));
}
