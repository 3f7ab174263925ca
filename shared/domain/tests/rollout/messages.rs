//! The messages that people get, to be read as somebody on call reads them.

use std::fmt::Write as _;

use insta::assert_snapshot;
use tidegate_domain::deployment::Group;
use tidegate_domain::effect::{Outcome, Owner};
use tidegate_domain::policy::{OutcomeKind, Severity};
use tidegate_domain::reason::Reason;
use tidegate_domain::rollout::{Phase, Rollout, RolloutId};
use tidegate_domain::target::{Routing, Target};
use tidegate_domain::verdict::{Cause, Counts, Finding, HoldCause, Pass};

use super::world::{baking, command, evidence, harm, noon, split, stable, standing, third, version};
use tidegate_domain::trigger::Verb;

fn rollout(reason: Reason) -> Rollout {
    Rollout { reason, ..standing(Phase::Baking(baking(1)), split(25.0)) }
}

fn rolled_back(cause: Cause) -> (OutcomeKind, Reason) {
    (OutcomeKind::RolledBack, Reason::BackOnStable(cause))
}

fn refused(findings: Vec<Finding>) -> (OutcomeKind, Reason) {
    (OutcomeKind::Refused, Reason::PreflightFailed(findings))
}

fn drifted(found: Routing) -> Reason {
    Reason::Drifted { expected: Some(split(25.0)), found }
}

fn outcomes() -> Vec<(OutcomeKind, Reason)> {
    let by = command(Verb::Abort).by;
    let newer = RolloutId("checkout-live-9".to_owned());
    let aborted = Cause::Aborted { by, why: Some("orders look odd".to_owned()) };
    let worse = Cause::WorseThanBaseline {
        candidate: Counts { total: 3_000, bad: 150 },
        baseline: Counts { total: 1_000_000, bad: 10_000 },
    };
    let guard = "errors above 7 % in 3 of 3 minutes".to_owned();
    let broken = Cause::GuardBroken { guard, evidence: evidence() };
    let paused = |reason| (OutcomeKind::Paused, reason);
    vec![
        (OutcomeKind::Succeeded, Reason::WatchOver),
        rolled_back(harm()),
        rolled_back(broken),
        rolled_back(worse),
        rolled_back(Cause::AlarmFired { alarm: "checkout-5xx".to_owned() }),
        rolled_back(aborted.clone()),
        rolled_back(Cause::Undecided(evidence())),
        rolled_back(Cause::DeadlinePassed { deadline: noon() }),
        (OutcomeKind::Superseded, Reason::BackOnStable(Cause::Superseded { by: newer.clone() })),
        (OutcomeKind::TakenOver, drifted(stable())),
        (OutcomeKind::TakenOver, drifted(third())),
        refused(vec![Finding::AlarmFiring("checkout-5xx".to_owned()), Finding::PreflightTimedOut]),
        refused(vec![Finding::AlreadyLive]),
        refused(vec![Finding::NewerUnderWay { rollout: newer, version: version(9) }]),
        refused(vec![Finding::Incompatible("their roles differ".to_owned())]),
        (OutcomeKind::Refused, Reason::TakingBack(aborted)),
        paused(Reason::GateReached(Pass::Evidence(evidence()))),
        paused(Reason::Held(HoldCause::NoData)),
        paused(Reason::Undecided(evidence())),
        paused(drifted(split(60.0))),
        paused(Reason::RouterDenied("UpdateAlias checkout:live: access denied".to_owned())),
        (OutcomeKind::Stuck, Reason::WayBackTooLong(harm())),
        (
            OutcomeKind::Stuck,
            Reason::WayBackDenied {
                why: "UpdateAlias checkout:live: access denied".to_owned(),
                cause: harm(),
            },
        ),
    ]
}

#[test]
fn every_outcome_reads_as_a_message_to_somebody_on_call() {
    let mut all: Vec<Outcome> =
        outcomes().into_iter().map(|(kind, reason)| Outcome::of(&rollout(reason), kind)).collect();
    let problem = "cannot read Rollout Requested: detail: missing field `version`";
    let mut on_instances = rollout(Reason::BackOnStable(harm()));
    on_instances.target =
        Target::code_deploy(&Group { application: "shop".to_owned(), name: "web".to_owned() });
    all.push(Outcome::of(&on_instances, OutcomeKind::RolledBack));
    all.push(Outcome::quarantined(Owner::TrafficShift, "7bf73129-1428-4cd3", problem, noon()));
    let mut text = String::new();
    for outcome in &all {
        let message = outcome.message();
        writeln!(text, "Subject: {}\n\n{}\n----", message.subject, message.text).expect("a string");
    }
    assert_snapshot!(text);
}

#[test]
fn a_subject_is_one_short_line_of_ascii_whatever_the_target_is_called() {
    let mut rollout = rollout(Reason::WatchOver);
    rollout.target = Target::lambda("größe\n".repeat(30), "live");
    let message = Outcome::of(&rollout, OutcomeKind::Stuck).message();
    assert_eq!(message.subject.len(), 99);
    assert!(message.subject.chars().all(|c| c.is_ascii_graphic() || c == ' '), "{}", message.subject);
}

#[test]
fn the_policy_says_how_loud_an_outcome_is_and_where_it_goes() {
    let mut rollout = rollout(Reason::WatchOver);
    assert_eq!(Outcome::of(&rollout, OutcomeKind::Succeeded).severity, Severity::Info);
    rollout.policy.notify.severities.insert(OutcomeKind::Succeeded, Severity::Warning);
    rollout.policy.notify.topic = Some("on-call".to_owned());
    let outcome = Outcome::of(&rollout, OutcomeKind::Succeeded);
    assert_eq!((outcome.severity, outcome.topic.as_deref()), (Severity::Warning, Some("on-call")));
    assert!(outcome.message().subject.starts_with("[warning] lambda:checkout:live version 8 succeeded"));
}

#[test]
fn the_same_change_always_has_the_same_outcome_id() {
    let rollout = rollout(Reason::WatchOver);
    assert_eq!(Outcome::of(&rollout, OutcomeKind::Succeeded).outcome_id, "checkout-live-8@10");
}

#[test]
fn what_others_said_forges_no_line_steers_no_terminal_and_calls_nobody() {
    let why = "ok\r\nNext:      tidegate promote x\n\u{1b}[2J<!channel> @everyone \u{202e}".repeat(200);
    let aborted = Cause::Aborted { by: "me".to_owned(), why: Some(why) };
    let (kind, reason) = rolled_back(aborted);
    let message = Outcome::of(&rollout(reason), kind).message();
    let lines_that_begin = |word: &str| message.text.lines().filter(|line| line.starts_with(word)).count();
    assert_eq!((lines_that_begin("Next:"), lines_that_begin("Why:")), (1, 1), "{}", message.text);
    assert!(!message.text.contains(|c: char| c != '\n' && c.is_control()), "{}", message.text);
    for call in ["<!", "@everyone", "\u{202e}"] {
        assert!(!message.text.contains(call), "{call:?} in {}", message.text);
    }
    assert!(message.text.len() < 4_000, "{} bytes", message.text.len());
}

#[test]
fn an_event_that_cannot_be_read_is_told_in_few_words_whatever_its_id() {
    let outcome = Outcome::quarantined(Owner::Notify, "a\nNext: x", &"b\u{0}".repeat(9_000), noon());
    let text = outcome.message().text;
    assert_eq!(text.lines().filter(|line| line.starts_with("Next:")).count(), 1, "{text}");
    assert!(text.len() < 4_000, "{} bytes", text.len());
}
