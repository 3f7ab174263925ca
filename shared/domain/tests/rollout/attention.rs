//! Whom the sweep wakes, and which verdicts are worth a message.

use std::fmt::Write as _;

use insta::assert_snapshot;
use jiff::Timestamp;
use tidegate_domain::attention::{Alarmed, alarmed, is_news, owner_of, owners_needed};
use tidegate_domain::decide::decide;
use tidegate_domain::effect::Owner;
use tidegate_domain::rollout::PhaseName;
use tidegate_domain::target::Routing;
use tidegate_domain::trigger::{Judged, Trigger};
use tidegate_domain::units::Span;
use tidegate_domain::verdict::Verdict;

use super::decide_table::verdicts;
use super::places::{self, Place};
use super::render;
use super::world::{minutes, observed, queued, seeing, split, stable};

fn woken(place: &Place, found: Option<&Routing>) -> String {
    let owners = owners_needed(&place.rollout, found, None, minutes(place.minute));
    let names: Vec<&str> = owners.into_iter().map(Owner::name).collect();
    if names.is_empty() { "-".to_owned() } else { names.join(", ") }
}

#[test]
fn the_sweep_wakes_whoever_has_something_to_do() {
    let mut text = String::new();
    for place in places::all() {
        let expected = place.rollout.routed.as_ref().map(|routed| &routed.routing);
        let (calm, drifted) = (woken(&place, expected), woken(&place, Some(&split(40.0))));
        let unread = woken(&place, None);
        writeln!(text, "{}: {calm} | drifted: {drifted} | unread: {unread}", place.name).expect("a string");
    }
    assert_snapshot!(text);
}

/// Whatever would change the rollout must be published, or nobody ever decides on it.
#[test]
fn every_verdict_that_would_change_a_rollout_is_news() {
    for place in places::all() {
        let routed = place.rollout.routed.clone().unwrap_or_else(|| observed(stable(), "f1"));
        for (name, verdict) in verdicts() {
            let judged = Judged { version: place.rollout.version, verdict: verdict.clone() };
            let seen = seeing(Ok(routed.clone()));
            let decision = decide(&place.rollout, &Trigger::Judged(judged), &seen, minutes(place.minute));
            let kept = render::decision(&place.rollout, &decision).starts_with("stays");
            assert!(kept || is_news(&place.rollout, &verdict), "{}: {name}", place.name);
        }
    }
}

#[test]
fn nothing_is_news_once_a_rollout_is_over() {
    for place in places::over() {
        for (name, verdict) in verdicts() {
            assert!(!is_news(&place.rollout, &verdict), "{}: {name}", place.name);
        }
    }
}

#[test]
fn only_rollback_decides_on_taking_back() {
    for (name, verdict) in verdicts() {
        let expected =
            if matches!(verdict, Verdict::RollBack(_)) { Owner::Rollback } else { Owner::TrafficShift };
        assert_eq!(owner_of(&verdict), expected, "{name}");
    }
}

#[test]
fn a_rollout_that_goes_back_is_never_left_alone() {
    for place in places::back() {
        let name = place.rollout.phase.name();
        assert!(matches!(name, PhaseName::RollingBack | PhaseName::Stuck));
        assert!(woken(&place, None).contains("rollback"), "{}", place.name);
    }
}

#[test]
fn an_alarm_takes_back_or_holds_as_the_policy_says() {
    let rollout = queued();
    let fired = |alarm| alarmed(&rollout, alarm, Some(minutes(3)));
    assert_eq!(
        [fired("red"), fired("amber"), fired("nobody's")],
        [Alarmed::RollsBack, Alarmed::Holds, Alarmed::Holds]
    );
    assert_eq!(alarmed(&rollout, "red", None), Alarmed::RollsBack, "a message without a time");
}

#[test]
fn an_alarm_from_before_a_rollout_was_asked_for_is_none_of_its_business() {
    let rollout = queued();
    let fired = |at: Timestamp| alarmed(&rollout, "red", Some(at));
    let minute_before = Span::minutes(1).before(rollout.created);
    let longer_before = Span::seconds(61).before(rollout.created);
    assert_eq!(
        [fired(rollout.created), fired(minute_before)],
        [Alarmed::RollsBack; 2],
        "the clocks of two services"
    );
    assert_eq!(fired(longer_before), Alarmed::Before(longer_before));
}
