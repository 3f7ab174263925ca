//! Deployments of CodeDeploy under Tidegate: what guarding is worth, and that messages which are lost, doubled, late and out of
//! order change nothing but the minute in which things happen.

use std::collections::BTreeMap;

use tidegate_domain::rollout::PhaseName;
use tidegate_domain::target::Routing;
use tidegate_domain::units::Span;
use tidegate_sim::scenario::{Action, Happening};
use tidegate_sim::world::Writer;
use tidegate_sim::{Aim, Call, Harm, Scenario};
use tidegate_tests_sim::guarded::course;
use tidegate_tests_sim::{play, scenario, scenarios};

#[test]
fn sams_canary_is_taken_back_before_its_second_step_where_the_alarm_sees_nothing() {
    const SEEDS: u64 = 40;
    let scenario = scenario("codedeploy-sam-canary");
    let courses: Vec<_> = (0..SEEDS).map(|seed| course(&scenario, seed)).collect();
    let back = courses.iter().filter(|course| course.back_after.is_some()).count();
    let alarms = courses.iter().filter(|course| course.alarm).count();
    assert!(back >= 39, "{back} of {SEEDS} were taken back in time");
    assert!(alarms <= 1, "the alarm fired in {alarms} of {SEEDS}");
    assert!(courses.iter().all(|course| course.told_once), "somebody was told twice, or not at all");
}

/// How a rollout ended, and where its traffic is.
fn end(scenario: &Scenario, seed: u64) -> (BTreeMap<String, PhaseName>, Vec<Routing>, usize, Span) {
    let (simulation, report) = play(scenario.clone(), seed);
    let view = simulation.view();
    let phases = view.rollouts().iter().map(|(id, rollout)| (id.to_string(), rollout.phase.name())).collect();
    let routings = view.world().carriers.values().map(|carrier| carrier.routing.now().clone()).collect();
    let times = view.rollouts().values().map(|rollout| Span::between(view.start(), rollout.updated));
    (phases, routings, report.notices.len(), times.max().unwrap_or_default())
}

/// The same courses under messages that come as they please: the same ends, within minutes.
fn only_the_minute_changes(name: &str, most: Span) {
    let plain = scenario(name);
    for (what, chances) in [
        ("lost", r#"{"noDeploymentEvents": "100%"}"#),
        ("doubled", r#"{"duplicates": "100%"}"#),
        ("late and out of order", r#"{"duplicates": "50%", "late": "60%", "lateBy": "4m"}"#),
    ] {
        for seed in 0..12 {
            let (phases, routings, told, ended) = end(&plain, seed);
            let mut disturbed = plain.clone();
            disturbed.chances = serde_json::from_str(chances).expect("chances");
            let (other_phases, other_routings, other_told, other_ended) = end(&disturbed, seed);
            assert_eq!(phases, other_phases, "{name}, {what}, seed {seed}");
            assert_eq!(routings, other_routings, "{name}, {what}, seed {seed}");
            assert_eq!(told, other_told, "{name}, {what}, seed {seed}");
            let later =
                Span::between(ended.min(other_ended).after(START), ended.max(other_ended).after(START));
            assert!(later <= most, "{name}, {what}, seed {seed}: {ended} and {other_ended}");
        }
    }
}

const START: jiff::Timestamp = jiff::Timestamp::UNIX_EPOCH;

#[test]
fn however_its_messages_come_a_bad_deployment_is_taken_back() {
    only_the_minute_changes("codedeploy-five-times-errors", Span::minutes(10));
}

#[test]
fn however_its_messages_come_a_deployment_that_somebody_stops_is_followed() {
    only_the_minute_changes("codedeploy-stopped", Span::minutes(10));
}

#[test]
fn however_its_messages_come_a_good_deployment_succeeds() {
    only_the_minute_changes("codedeploy-healthy", Span::minutes(12));
}

/// A scenario with other words in some places.
fn changed(name: &str, changes: &[(&str, &str)]) -> Scenario {
    let path = scenarios().join(format!("{name}.yaml"));
    let mut text = std::fs::read_to_string(path).expect("a scenario");
    for (from, to) in changes {
        assert!(text.contains(from), "{name} has no {from}");
        text = text.replacen(from, to, 1);
    }
    Scenario::from_yaml(&text).unwrap_or_else(|faults| panic!("{name}:\n{faults}"))
}

/// How its rollouts ended, in the order of their names.
fn ends(scenario: &Scenario, seed: u64) -> Vec<PhaseName> {
    end(scenario, seed).0.into_values().collect()
}

const DEPLOYED: &str = "  - { at: 5m, then: { deploy: 8 } }";

#[test]
fn an_alias_that_goes_back_to_an_older_version_in_the_watch_is_left_to_its_deployment() {
    let again = "
  - { at: 25m, then: { deploy: 7 } }
  - { at: 26m10s, then: { command: { verb: promote, rollout: checkout-live-d-SIM000001, by: ana } } }
";
    let mut older = changed("codedeploy-healthy", &[(DEPLOYED, &format!("{DEPLOYED}{again}"))]);
    older.chances = serde_json::from_str(r#"{"late": "80%", "lateBy": "6m"}"#).expect("chances");
    for seed in 0..20 {
        let ends = ends(&older, seed);
        assert!(matches!(ends[0], PhaseName::Succeeded | PhaseName::TakenOver), "seed {seed}: {ends:?}");
        assert_eq!(ends[1], PhaseName::Succeeded, "seed {seed}");
    }
}

#[test]
fn an_alias_is_not_taken_back_while_another_deployment_of_its_group_waits_for_a_hook() {
    let next = "
  - { at: 14m, then: { fault: { call: functions.tagged, does: throttle, for: 15m } } }
  - { at: 14m10s, then: { behaves: { version: 8, errors: 40% } } }
  - { at: 14m20s, then: { deploy: 7 } }
";
    let hooks = "config: AllAtOnce, hooks: [BeforeAllowTraffic]";
    let config = "config: Canary10Percent10Minutes";
    let other = changed("codedeploy-healthy", &[(config, hooks), (DEPLOYED, &format!("{DEPLOYED}{next}"))]);
    for seed in 0..5 {
        let (simulation, _) = play(other.clone(), seed);
        let view = simulation.view();
        let mut writes = view.world().carriers.values().flat_map(|carrier| &carrier.writes);
        assert!(!writes.any(|write| matches!(write.by, Writer::Function(_))), "seed {seed}");
        assert!(view.rollouts().values().all(|rollout| rollout.phase.is_terminal()), "seed {seed}");
    }
}

#[test]
fn a_first_deployment_that_fails_is_over_and_the_next_is_followed() {
    let first = r#"    "s3://releases/shop-8.zip": { errors: 1% }"#;
    let next = r#"
  - { at: 60m, then: { deploy: "s3://releases/shop-9.zip" } }
"#;
    let deployed = r#"  - { at: 5m, then: { deploy: "s3://releases/shop-8.zip" } }"#;
    let fails = r#"    "s3://releases/shop-8.zip": { state: failed }
      "s3://releases/shop-9.zip": { errors: 1% }"#;
    let (deploys, limit) = (format!("{deployed}{next}"), ("limit: 2h", "limit: 4h"));
    let fails = changed("codedeploy-first", &[(first, fails), (deployed, &deploys), limit]);
    assert_eq!(ends(&fails, 1), [PhaseName::Refused, PhaseName::Succeeded]);
}

#[test]
fn a_first_deployment_that_is_called_off_before_it_starts_ends() {
    let asked = "
  - { at: 4m, then: { fault: { call: deployments.start, does: throttle, for: 2h } } }
  - { at: 5m, then: { start: { version: \"web:8\", by: ana, id: web-8 } } }
  - { at: 20m, then: { command: { verb: abort, rollout: web-8, by: ana } } }
";
    let deployed = "  - { at: 5m, then: { deploy: \"web:8\" } }";
    let first = ("tagged: true", "first: true");
    let drives = ("mode: guard", "strategy: AllAtOnce");
    let off = changed("codedeploy-ecs-healthy", &[(deployed, asked), first, drives]);
    assert_eq!(ends(&off, 1), [PhaseName::Refused]);
}

#[test]
fn the_steps_that_a_policy_states_set_no_deadline_to_the_deployment_of_somebody_else() {
    let states = ("mode: guard", "mode: guard\n  strategy: Canary10Percent5Minutes");
    let slow = ("config: Canary10Percent10Minutes", "config: Linear10PercentEvery10Minutes");
    assert_eq!(ends(&changed("codedeploy-healthy", &[states, slow]), 1), [PhaseName::Succeeded]);
}

/// SAM's own names for the ways of CodeDeploy.
const PRESETS: [&str; 9] = [
    "Canary10Percent5Minutes",
    "Canary10Percent10Minutes",
    "Canary10Percent15Minutes",
    "Canary10Percent30Minutes",
    "Linear10PercentEvery1Minute",
    "Linear10PercentEvery2Minutes",
    "Linear10PercentEvery3Minutes",
    "Linear10PercentEvery10Minutes",
    "AllAtOnce",
];

#[test]
fn under_every_preset_of_sam_a_good_version_stays_and_a_bad_one_goes() {
    const CONFIG: &str = "config: Canary10Percent10Minutes";
    for preset in PRESETS {
        let config = format!("config: {preset}");
        let long = ("limit: 4h", "limit: 8h");
        let good = changed("codedeploy-healthy", &[(CONFIG, &config), long]);
        let bad = changed(
            "codedeploy-healthy",
            &[(CONFIG, &config), ("8: { errors: 1% }", "8: { errors: 8% }"), long],
        );
        for seed in 1..=3 {
            assert_eq!(ends(&good, seed), [PhaseName::Succeeded], "{preset}, seed {seed}");
            assert_eq!(ends(&bad, seed), [PhaseName::RolledBack], "{preset}, seed {seed}");
        }
    }
}

#[test]
fn a_crash_around_passing_over_what_cannot_be_guarded_loses_no_page_and_sends_no_second_one() {
    for does in [Harm::KillBefore, Harm::KillAfter] {
        let mut faulty = scenario("codedeploy-healthy");
        let policy = faulty.policy().expect("the scenario's own").name;
        let aim = Aim { function: None, call: Some(Call::PassOver), nth: 1, lasts: None, does };
        for then in [Action::DeletePolicy(policy), Action::Fault(aim)] {
            faulty.happens.push(Happening { at: Span::ZERO, on: None, then });
        }
        let (simulation, report) = play(faulty, 1);
        let told = report.notices.iter().filter(|sent| sent.text.contains("d-SIM000001 is not guarded"));
        assert_eq!(told.count(), 1, "{does}");
        assert_eq!(simulation.view().struck().calls[&Call::PassOver].len(), 1, "{does} struck");
    }
}
