//! Ends of toggles that came otherwise than planned: what may have been done all the same still goes back.

use tidegate_domain::flag::FlagState;
use tidegate_domain::flag::toggle::{GIVEN_UP_AFTER, Progress, Stage};
use tidegate_domain::units::Span;

use super::appconfig::{AppConfig, DOCUMENT};
use super::{noon, of_alarm, of_rollout};

#[test]
fn a_plan_that_was_performed_and_then_refused_goes_back_all_the_same() {
    let mut aws = AppConfig::new();
    let planned = aws.planned(&of_rollout("basket"));
    // Whoever performed it died before writing so, and whoever came next may not read AppConfig any more.
    aws.performs(&planned).expect("a result");
    aws.state(2, FlagState::Complete);
    let refused = planned.unreadable("not allowed", noon());
    assert!(matches!(refused.stage, Stage::Failed { .. }), "{:?}", refused.stage);
    let back = aws.through(refused.going_back(noon()).expect("a way back"));
    aws.now = Span::minutes(3).after(noon());
    assert_eq!(aws.through(back).progress(), Progress::Back(Vec::new()));
    assert_eq!(aws.in_force(), DOCUMENT);
}

#[test]
fn who_changed_nothing_waits_for_nobody_on_the_way_back() {
    let mut aws = AppConfig::new();
    aws.starts(1);
    let toggle = aws.bring(of_rollout("basket"));
    assert!(matches!(toggle.stage, Stage::Due { .. }), "{:?}", toggle.stage);
    let back = aws.bring(toggle.going_back(noon()).expect("a way back"));
    assert_eq!(back.progress(), Progress::Back(Vec::new()));
}

#[test]
fn more_that_is_wanted_a_day_later_has_its_own_time_to_wait() {
    let mut aws = AppConfig::new();
    let toggle = aws.through(of_rollout("basket"));
    aws.now = Span::hours(30).after(noon());
    let more = toggle.wanting(&of_rollout("search"), aws.now).expect("it is over");
    aws.starts(1);
    let waits = aws.bring(more);
    assert!(matches!(waits.stage, Stage::Due { .. }), "{:?}", waits.stage);
}

#[test]
fn what_can_not_be_put_back_for_a_day_is_named_and_let_go_of() {
    let mut aws = AppConfig::new();
    let back = aws.through(of_rollout("basket")).going_back(noon()).expect("a way back");
    let waits = back.unreadable("no such profile", noon());
    assert!(matches!(waits.stage, Stage::Due { .. }), "{:?}", waits.stage);
    let over = waits.unreadable("no such profile", (GIVEN_UP_AFTER + Span::minutes(1)).after(noon()));
    let Progress::Back(left) = over.progress() else { panic!("{:?}", over.stage) };
    assert_eq!(left.iter().map(ToString::to_string).collect::<Vec<_>>(), ["basket enabled"]);
}

#[test]
fn a_kill_switch_does_not_stop_what_another_toggle_deploys_at_once() {
    let mut aws = AppConfig::new();
    aws.starts(1);
    let mut read = aws.read();
    read.at_once = Some(2);
    let waits = tidegate_domain::flag::toggle::decide(&of_alarm("search"), &read, noon()).expect("it waits");
    assert!(matches!(waits.stage, Stage::Due { .. }), "{:?}", waits.stage);
}
