//! Toggles against a small AppConfig: one environment, one profile, what is written and what is deployed.

mod appconfig;
mod ends;

use jiff::Timestamp;
use tidegate_domain::flag::toggle::{AskedBy, Goal, Progress, Stage, Toggle, ToggleId};
use tidegate_domain::flag::{FlagState, Profile, Wanted};
use tidegate_domain::policy::OutcomeKind;
use tidegate_domain::rollout::RolloutId;
use tidegate_domain::units::Span;

use self::appconfig::{AppConfig, DOCUMENT, document};

fn noon() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().expect("a time")
}

fn profile() -> Profile {
    let [application, environment, profile] = ["shop", "prod", "flags"].map(str::to_owned);
    Profile { application, environment, profile }
}

fn wanted(flag: &str, enabled: bool) -> Vec<Wanted> {
    let attributes = std::collections::BTreeMap::new();
    vec![Wanted { flag: flag.to_owned(), variant: None, enabled: Some(enabled), attributes }]
}

fn of_rollout(flag: &str) -> Toggle {
    let rollout = RolloutId("checkout-live-8".to_owned());
    let id = ToggleId::of_rollout(&rollout, &profile());
    Toggle::asked(id, profile(), AskedBy::Rollout { rollout }, wanted(flag, true), noon())
}

fn of_person(flag: &str, enabled: bool) -> Toggle {
    let asked = AskedBy::Person { by: "ana".to_owned(), why: Some("a test".to_owned()) };
    Toggle::asked(ToggleId("t-1".to_owned()), profile(), asked, wanted(flag, enabled), noon())
}

fn of_alarm(flag: &str) -> Toggle {
    let asked = AskedBy::Alarm { alarm: "red".to_owned(), policy: "checkout".to_owned(), topic: None };
    let toggle = Toggle::asked(ToggleId("k-1".to_owned()), profile(), asked, wanted(flag, false), noon());
    Toggle { preempt: true, ..toggle }
}

fn told(toggle: &Toggle) -> Option<(OutcomeKind, String)> {
    toggle.untold.as_ref().map(|outcome| (outcome.kind, outcome.reason.to_string()))
}

fn failed(toggle: &Toggle) -> &str {
    let Stage::Failed { why } = &toggle.stage else { panic!("{:?}", toggle.stage) };
    why
}

#[test]
fn a_flag_is_set_by_a_new_version_of_what_is_in_force() {
    let mut aws = AppConfig::new();
    let toggle = aws.bring(of_rollout("basket"));
    assert_eq!(toggle.stage, Stage::Deploying { number: 2, served: None });
    aws.state(2, FlagState::Baking);
    let toggle = aws.bring(toggle);
    assert_eq!(toggle.progress(), Progress::Served, "all clients get it while its alarms are watched");
    aws.state(2, FlagState::Complete);
    let toggle = aws.bring(toggle);
    assert_eq!(toggle.stage, Stage::Done { left: Vec::new() });
    assert_eq!(aws.in_force(), document("basket", "true"));
    let log: Vec<&str> = toggle.log.iter().map(|note| note.what.as_str()).collect();
    assert_eq!(
        log,
        [
            "asked for by rollout checkout-live-8",
            "from version 1: basket enabled false becomes true",
            "AppConfig deployment 2 is started",
            "all clients get AppConfig deployment 2",
            "AppConfig deployment 2 is through",
        ]
    );
}

#[test]
fn what_is_so_already_is_not_deployed_and_not_taken_back() {
    let mut aws = AppConfig::new();
    let toggle = aws.bring(of_rollout("search"));
    assert_eq!(toggle.progress(), Progress::Served);
    let back = aws.bring(toggle.going_back(noon()).expect("a way back"));
    assert_eq!(back.progress(), Progress::Back(Vec::new()));
    assert_eq!(aws.deployments.len(), 1);
}

#[test]
fn an_unfinished_deployment_is_stopped_on_the_way_back() {
    let mut aws = AppConfig::new();
    let toggle = aws.bring(of_rollout("basket"));
    let back = aws.bring(toggle.going_back(noon()).expect("a way back"));
    assert_eq!(back.progress(), Progress::Back(Vec::new()));
    assert_eq!(aws.states(), [FlagState::Complete, FlagState::RolledBack]);
    assert_eq!(aws.in_force(), DOCUMENT);
}

#[test]
fn the_last_deployment_is_reverted_within_its_time() {
    let mut aws = AppConfig::new();
    let toggle = aws.through(of_rollout("basket"));
    let back = aws.bring(toggle.going_back(noon()).expect("a way back"));
    assert_eq!(back.progress(), Progress::Back(Vec::new()));
    assert_eq!(aws.states(), [FlagState::Complete, FlagState::Reverted]);
    // Whoever changes the newest version does not bring the flag back.
    let (newest, text) = aws.versions.last().expect("some");
    assert_eq!((newest.description.as_str(), text.as_str()), ("Tidegate restored", DOCUMENT));
    assert_eq!(
        aws.bring(of_person("search", false)).progress(),
        Progress::UnderWay("AppConfig deployment 3 is under way".to_owned())
    );
}

#[test]
fn after_its_time_the_old_values_are_written_anew() {
    let mut aws = AppConfig::new();
    let toggle = aws.through(of_rollout("basket"));
    aws.now = Span::hours(72).after(noon());
    let back = aws.through(toggle.going_back(aws.now).expect("a way back"));
    assert_eq!(back.progress(), Progress::Back(Vec::new()));
    assert_eq!(aws.states(), [FlagState::Complete; 3]);
    assert_eq!(aws.in_force(), DOCUMENT);
}

#[test]
fn after_somebody_elses_deployment_only_its_own_value_goes_back() {
    let mut aws = AppConfig::new();
    let toggle = aws.through(of_rollout("basket"));
    let theirs = aws.in_force().replace("\"limit\": 1.50", "\"limit\": 2");
    aws.somebody_deploys(&theirs);
    let back = aws.through(toggle.going_back(noon()).expect("a way back"));
    assert_eq!(back.progress(), Progress::Back(Vec::new()));
    assert_eq!(aws.in_force(), DOCUMENT.replace("\"limit\": 1.50", "\"limit\": 2"));
}

#[test]
fn what_somebody_else_changed_since_stays_and_is_named() {
    let mut aws = AppConfig::new();
    let toggle = of_rollout("basket");
    let colour = [("colour".to_owned(), "blue".into())].into();
    let wanted = vec![Wanted { attributes: colour, ..toggle.wanted[0].clone() }];
    let toggle = aws.through(Toggle { wanted, ..toggle });
    let theirs = aws.in_force().replace("\"colour\": \"blue\"", "\"colour\": \"green\"");
    aws.somebody_deploys(&theirs);
    let back = aws.through(toggle.going_back(noon()).expect("a way back"));
    let Progress::Back(left) = back.progress() else { panic!("{:?}", back.stage) };
    assert_eq!(left.iter().map(ToString::to_string).collect::<Vec<_>>(), ["basket colour"]);
    assert_eq!(aws.in_force(), DOCUMENT.replace("\"colour\": \"red\"", "\"colour\": \"green\""));
}

#[test]
fn two_changes_of_one_profile_go_back_together() {
    let mut aws = AppConfig::new();
    let first = aws.through(of_rollout("basket"));
    let later = Toggle { wanted: wanted("search", false), ..of_rollout("basket") };
    let both = aws.through(first.wanting(&later, noon()).expect("over"));
    assert_eq!(aws.in_force(), document("basket", "true").replace("true }", "false }"));
    let back = aws.through(both.going_back(noon()).expect("a way back"));
    assert_eq!(back.progress(), Progress::Back(Vec::new()));
    assert_eq!(aws.in_force(), DOCUMENT);
}

#[test]
fn more_is_wanted_only_of_what_is_over() {
    let mut aws = AppConfig::new();
    let toggle = aws.bring(of_rollout("basket"));
    assert_eq!(toggle.wanting(&of_rollout("search"), noon()), None);
    let back = aws.bring(toggle.going_back(noon()).expect("a way back"));
    assert_eq!(back.wanting(&of_rollout("search"), noon()), None);
}

#[test]
fn an_undeployed_draft_is_refused_with_both_versions() {
    let mut aws = AppConfig::new();
    aws.somebody_writes(&DOCUMENT.replace("1.50", "9"));
    let toggle = aws.bring(of_person("basket", true));
    assert_eq!(
        failed(&toggle),
        "version 2, which somebody wrote and never deployed while version 1 is in force: deploy it, write a newer one without \
         it, or ship it along with shipPending"
    );
    assert_eq!(told(&toggle).expect("told").0, OutcomeKind::FlagsRefused);
    let shipped = aws.through(Toggle { ship_pending: true, ..of_person("basket", true) });
    assert_eq!(shipped.stage, Stage::Done { left: Vec::new() });
    assert_eq!(aws.in_force(), document("basket", "true").replace("1.50", "9"));
}

#[test]
fn what_was_shipped_along_stays_when_the_flag_goes_back() {
    let mut aws = AppConfig::new();
    aws.somebody_writes(&DOCUMENT.replace("1.50", "9"));
    let toggle = aws.through(Toggle { ship_pending: true, ..of_rollout("basket") });
    let back = aws.through(toggle.going_back(noon()).expect("a way back"));
    assert_eq!(back.progress(), Progress::Back(Vec::new()));
    assert_eq!(aws.in_force(), DOCUMENT.replace("1.50", "9"));
}

#[test]
fn a_rollout_waits_a_little_for_a_draft_to_be_deployed() {
    let mut aws = AppConfig::new();
    let theirs = DOCUMENT.replace("1.50", "9");
    aws.somebody_writes(&theirs);
    let toggle = aws.bring(of_rollout("basket"));
    assert!(matches!(toggle.stage, Stage::Due { .. }));
    aws.now = Span::minutes(6).after(noon());
    assert!(failed(&aws.bring(toggle.clone())).starts_with("version 2, which somebody wrote"));
    aws.somebody_deploys(&theirs);
    let toggle = aws.through(toggle);
    assert_eq!(toggle.progress(), Progress::Served);
    assert_eq!(aws.in_force(), document("basket", "true").replace("1.50", "9"));
}

#[test]
fn a_kill_switch_stops_what_deploys_and_leaves_a_draft_where_it_is() {
    let mut aws = AppConfig::new();
    aws.somebody_writes(&DOCUMENT.replace("1.50", "9"));
    aws.starts(2);
    aws.somebody_writes(&DOCUMENT.replace("1.50", "10"));
    let killed = aws.through(of_alarm("search"));
    assert_eq!(killed.stage, Stage::Done { left: Vec::new() });
    assert_eq!(aws.states(), [FlagState::Complete, FlagState::RolledBack, FlagState::Complete]);
    assert_eq!(aws.in_force(), document("search", "false"));
    let words: Vec<&str> = killed.log.iter().map(|note| note.what.as_str()).collect();
    assert!(words.contains(&"deployment 2 is stopped, so that search off can be deployed now"), "{words:?}");
    let (kind, words) = told(&killed).expect("told");
    assert_eq!(kind, OutcomeKind::FlagsSet);
    assert_eq!(
        words,
        "search off: all clients get it, by AppConfig deployment 3 (asked for by alarm red, by policy checkout)"
    );
}

#[test]
fn somebody_elses_deployment_is_waited_for_longer_each_time_and_then_told() {
    let mut aws = AppConfig::new();
    aws.somebody_writes(&DOCUMENT.replace("1.50", "9"));
    aws.starts(2);
    let mut toggle = of_person("basket", true);
    let mut waits = Vec::new();
    while toggle.told_late.is_none() {
        toggle = aws.bring(toggle);
        let Stage::Due { not_before, .. } = toggle.stage else { panic!("{:?}", toggle.stage) };
        waits.push(Span::between(aws.now, not_before).as_minutes());
        aws.now = not_before;
    }
    assert_eq!(waits[..6], [1, 1, 2, 3, 5, 5]);
    let (kind, words) = told(&toggle).expect("told");
    assert_eq!(kind, OutcomeKind::FlagsStuck);
    assert!(words.contains("it waits for deployment 2 of this profile in the same environment"), "{words}");
    assert_eq!(toggle.log.len(), 2, "waiting is noted once");
    aws.now = Span::hours(25).after(noon());
    let given_up = aws.bring(toggle.told(aws.now));
    let words = "given up after 1d of waiting for deployment 2 of this profile in the same environment";
    assert_eq!(failed(&given_up), words);
}

#[test]
fn what_appconfig_takes_back_after_clients_had_it_is_lost_to_its_rollout() {
    let mut aws = AppConfig::new();
    let toggle = aws.bring(of_rollout("basket"));
    aws.state(2, FlagState::Baking);
    let toggle = aws.bring(toggle);
    aws.state(2, FlagState::RolledBack);
    let toggle = aws.bring(toggle);
    assert_eq!(
        toggle.stage,
        Stage::Lost { why: "AppConfig took deployment 2 back: alarm flags-red".to_owned() }
    );
    assert!(toggle.is_live(), "its rollout is to hear of it");
    let back = aws.bring(toggle.going_back(noon()).expect("a way back"));
    assert_eq!(back.progress(), Progress::Back(Vec::new()));
}

#[test]
fn what_appconfig_takes_back_while_it_grows_is_lost_to_a_rollout_and_refused_to_a_person() {
    let mut aws = AppConfig::new();
    let toggle = aws.bring(of_rollout("basket"));
    aws.state(2, FlagState::RolledBack);
    let why = "AppConfig took deployment 2 back: alarm flags-red".to_owned();
    assert_eq!(aws.bring(toggle).stage, Stage::Lost { why: why.clone() });
    let toggle = aws.bring(of_person("search", false));
    aws.state(3, FlagState::RolledBack);
    assert_eq!(aws.bring(toggle).stage, Stage::Failed { why: why.replace('2', "3") });
}

#[test]
fn what_somebody_deployed_along_goes_back_too() {
    let mut aws = AppConfig::new();
    let planned = aws.planned(&of_rollout("basket"));
    // Somebody else's deployment begins between the plan and its start; the version is written all the same.
    aws.starts(1);
    let overtaken = aws.bring(planned);
    assert!(matches!(overtaken.stage, Stage::Due { .. }), "{:?}", overtaken.stage);
    aws.state(2, FlagState::RolledBack);
    let theirs = aws.versions.last().expect("some").1.replace("1.50", "2");
    aws.somebody_deploys(&theirs);
    let toggle = aws.through(overtaken);
    assert_eq!(toggle.progress(), Progress::Served);
    let back = aws.through(toggle.going_back(noon()).expect("a way back"));
    assert_eq!(back.progress(), Progress::Back(Vec::new()));
    assert_eq!(aws.in_force(), DOCUMENT.replace("1.50", "2"));
}

#[test]
fn a_way_back_waits_for_whoever_may_be_about_to_deploy() {
    let mut aws = AppConfig::new();
    let planned = aws.planned(&of_rollout("basket"));
    let back = planned.going_back(noon()).expect("a way back");
    let back = aws.bring(back);
    assert!(matches!(back.stage, Stage::Due { .. }), "{:?}", back.stage);
    // The sleeper wakes up and carries out what it had read.
    aws.performs(&planned);
    assert_eq!(aws.states(), [FlagState::Complete, FlagState::Deploying]);
    aws.state(2, FlagState::Complete);
    aws.now = Span::seconds(120).after(noon());
    let back = aws.through(back);
    assert_eq!(back.progress(), Progress::Back(Vec::new()));
    assert_eq!(aws.in_force(), DOCUMENT);
}

#[test]
fn whoever_wakes_up_after_the_way_back_deploys_nothing() {
    let mut aws = AppConfig::new();
    let planned = aws.planned(&of_rollout("basket"));
    let toggle = aws.through(planned.clone());
    let back = aws.through(toggle.going_back(noon()).expect("a way back"));
    aws.performs(&planned);
    assert_eq!((back.goal, aws.in_force()), (Goal::Restore, DOCUMENT));
}

#[test]
fn a_flag_that_is_not_there_is_refused_by_name() {
    let mut aws = AppConfig::new();
    let toggle = aws.bring(of_person("baskett", true));
    assert!(failed(&toggle).contains("baskett"), "{}", failed(&toggle));
    assert_eq!(aws.versions.len(), 1);
}

#[test]
fn a_toggle_is_read_as_it_was_written() {
    let mut aws = AppConfig::new();
    for toggle in [of_rollout("basket"), of_person("basket", true), of_alarm("search")] {
        let toggle = aws.through(toggle);
        let written = serde_json::to_string(&toggle).expect("a document");
        assert_eq!(serde_json::from_str::<Toggle>(&written).expect("the same document"), toggle);
    }
}
