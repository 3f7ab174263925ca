//! Rollouts in flight while the functions are updated one by one, and while an update is taken back: documents of two releases
//! stand in one table, and functions of two releases work on them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::json;
use tidegate_domain::effect::Owner;
use tidegate_domain::rollout::{PhaseName, RolloutId};
use tidegate_domain::units::Span;
use tidegate_sim::{Chances, Scenario, Sent, Simulation};
use tidegate_tests_sim::releases::{
    BEFORE, FUNCTIONS, Install, NEEDS_MORE, SAYS_MORE, WRITES_NEW_NAMES, WRITES_OLD_NAMES, play_updating,
};
use tidegate_tests_sim::{end, house, scenario};
use tidegate_wire::document::{Codec, RELEASE};

/// Scenarios that between them take every way that documents go.
const WAYS: [&str; 16] = [
    "healthy",
    "five-times-errors",
    "abort",
    "pause-resume",
    "superseded",
    "queue",
    "watch-harm",
    "crash-in-rollback",
    "codedeploy-healthy",
    "codedeploy-five-times-errors",
    "codedeploy-hooks",
    "flags-at-25",
    "flags-healthy",
    "flags-somebody-else",
    "flags-guard",
    "kill-switch",
];

/// Updates after which each release reads what the other one wrote.
const EITHER_WAY: [(&str, Codec, Codec); 6] = [
    ("from the release before", BEFORE, RELEASE),
    ("back to the release before", RELEASE, BEFORE),
    ("to one that says more", RELEASE, SAYS_MORE),
    ("back from one that says more", SAYS_MORE, RELEASE),
    ("to one with new names", WRITES_OLD_NAMES, WRITES_NEW_NAMES),
    ("back from one with new names", WRITES_NEW_NAMES, WRITES_OLD_NAMES),
];

/// When each function is updated: in some order, at some point of a scenario, within the minutes that the update of a stack takes.
#[derive(Debug, Clone)]
struct Plan {
    order: Vec<Owner>,
    at: Index,
    gaps: Vec<u32>,
}

fn plans() -> impl Strategy<Value = Plan> {
    let order = Just(FUNCTIONS.to_vec()).prop_shuffle();
    let gaps = prop::collection::vec(0_u32..30, FUNCTIONS.len());
    (order, any::<Index>(), gaps).prop_map(|(order, at, gaps)| Plan { order, at, gaps })
}

impl Plan {
    /// The update of an installation that without it came to rest like this.
    fn to(&self, release: Codec, whole: &Simulation) -> Vec<Install> {
        let view = whole.view();
        let length = Span::between(view.start(), view.now()).as_seconds();
        let mut at =
            Span::seconds(u32::try_from(self.at.index(length as usize)).expect("less")).after(view.start());
        let installs = self.order.iter().zip(&self.gaps).map(|(function, gap)| {
            at = Span::seconds(*gap).after(at);
            Install { at, function: *function, release }
        });
        installs.collect()
    }
}

/// What people were told, but for the time.
fn told(simulation: &Simulation) -> Vec<(String, String)> {
    let sent = |sent: &Sent| (sent.outcome_id.clone(), sent.subject.clone());
    let mut told: Vec<_> = simulation.view().notices().iter().map(sent).collect();
    told.sort();
    told
}

/// How many events were quarantined, and how many were given up.
fn lost(simulation: &Simulation) -> (usize, usize) {
    let view = simulation.view();
    (view.quarantine().len(), view.dead_letters().len())
}

/// The last thing that people were told of each rollout, and everything that they were told more than once.
fn ends_told(simulation: &Simulation) -> (BTreeMap<String, String>, Vec<String>) {
    let view = simulation.view();
    let last = view
        .notices()
        .iter()
        .filter_map(|sent| Some((sent.rollout.as_ref()?.to_string(), format!("{:?}", sent.kind))));
    let mut ids: Vec<String> = view.notices().iter().map(|sent| sent.outcome_id.clone()).collect();
    ids.sort();
    let twice = ids.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0].clone());
    (last.collect(), twice.collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_update_changes_nothing_of_the_rollouts_in_flight(
        way in select(&WAYS[..]),
        (name, from, to) in select(&EITHER_WAY[..]),
        plan in plans(),
        seed in 1_u64..1_000_000,
    ) {
        let whole = play_updating(scenario(way), seed, from, &[]);
        let updated = play_updating(scenario(way), seed, from, &plan.to(to, &whole));
        prop_assert_eq!(end(&updated), end(&whole), "{} {}", way, name);
        prop_assert_eq!(told(&updated), told(&whole), "{} {}", way, name);
        prop_assert_eq!(lost(&updated), lost(&whole), "{} {}", way, name);
    }

    #[test]
    fn documents_of_a_format_that_some_functions_do_not_know_yet_wait_for_them(
        way in select(&WAYS[..]),
        plan in plans(),
        seed in 1_u64..1_000_000,
    ) {
        let whole = play_updating(scenario(way), seed, RELEASE, &[]);
        let updated = play_updating(scenario(way), seed, RELEASE, &plan.to(NEEDS_MORE, &whole));
        prop_assert_eq!(end(&updated), end(&whole), "{}", way);
        prop_assert_eq!(ends_told(&updated), ends_told(&whole), "{}", way);
        prop_assert_eq!(lost(&updated), lost(&whole), "{}", way);
    }

    #[test]
    fn an_update_in_a_storm_keeps_every_invariant(
        way in select(&WAYS[..]),
        (_, from, to) in select(&EITHER_WAY[..]),
        plan in plans(),
        seed in 1_u64..1_000_000,
    ) {
        let storm = r#"{"kill": "0.5%", "throttle": "1%", "timeOut": "0.5%", "duplicates": "15%", "late": "10%", "lost": "1%"}"#;
        let chances: Chances = serde_json::from_str(storm).expect("chances");
        let stormy = Scenario { chances, ..scenario(way) };
        let whole = play_updating(stormy.clone(), seed, from, &[]);
        play_updating(stormy, seed, from, &plan.to(to, &whole));
    }
}

fn install(simulation: &mut Simulation, release: Codec) {
    for function in FUNCTIONS {
        simulation.cloud().install(function, release);
    }
}

#[test]
fn after_a_downgrade_a_document_that_only_the_newer_release_knows_is_left_as_it_is_and_rings() {
    let mut simulation = Simulation::new(scenario("healthy"), 7, house()).expect("a sound scenario");
    let id = RolloutId("checkout-live-8".to_owned());
    let text = |simulation: &Simulation| simulation.view().text(&id).map(str::to_owned);
    install(&mut simulation, NEEDS_MORE);
    simulation.cloud().advance(Span::minutes(12));
    install(&mut simulation, RELEASE);
    simulation.cloud().advance(Span::minutes(2));
    let left = text(&simulation).expect("it is there");
    assert!(left.contains(r#""format":3"#), "{left}");
    simulation.cloud().advance(Span::minutes(10));
    assert_eq!(text(&simulation), Some(left));
    let told =
        simulation.view().dead_letters().iter().any(|letter| letter.error.contains("of a newer release"));
    assert!(told, "{:?}", simulation.view().dead_letters());
    install(&mut simulation, NEEDS_MORE);
    simulation.run();
    assert_eq!(simulation.view().rollouts()[&id].phase.name(), PhaseName::Succeeded);
}

#[test]
fn a_message_that_a_newer_function_wrote_is_given_back_and_not_quarantined() {
    let mut simulation = Simulation::new(scenario("healthy"), 7, house()).expect("a sound scenario");
    let outcome = json!({ "outcomeId": "checkout-live-8@3", "kind": "levitating" });
    for (kind, detail) in [
        ("Rollout Outcome", json!({ "outcome": outcome })),
        ("Rollout Command", json!({ "verb": "levitate" })),
    ] {
        simulation.cloud().put_event(json!({ "source": "tidegate", "detail-type": kind, "detail": detail }));
    }
    simulation.cloud().advance(Span::minutes(5));
    let view = simulation.view();
    let given_back: Vec<_> =
        view.dead_letters().iter().map(|letter| (letter.what.as_str(), letter.attempts)).collect();
    assert_eq!(given_back, [("Rollout Outcome", 3)]);
    assert!(view.quarantine().iter().all(|letter| letter.problem.contains("Rollout Command")));
    assert!(!view.quarantine().is_empty(), "what people ask is kept");
}
