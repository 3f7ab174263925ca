//! All interleavings of a small world keep what must always hold, each mistake that is planted is found, and the rollouts that
//! the code makes take the steps of the model and no others.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::json;
use stateright::{Checker, HasDiscoveries, Model};
use tidegate_domain::rollout::PhaseName;
use tidegate_sim::Scenario;
use tidegate_tests_model::{Edge, End, Flaw, Kind, Limits, Protocol};
use tidegate_tests_sim::{play, scenario};

/// Two functions, two rollouts, three steps, and one of these at a time: all of them at once are too many for a test.
const WORLDS: [Limits; 4] = [
    Limits { kills: 1, by_hand: 0, setbacks: 0, freezes: 0 },
    Limits { kills: 0, by_hand: 1, setbacks: 0, freezes: 0 },
    Limits { kills: 0, by_hand: 0, setbacks: 1, freezes: 0 },
    Limits { kills: 0, by_hand: 0, setbacks: 0, freezes: 1 },
];

/// Scenarios that between them take every way of a rollout whose traffic Tidegate moves.
const WAYS: [&str; 15] = [
    "healthy",
    "five-times-errors",
    "abort",
    "alarm-rolls-back",
    "superseded",
    "harm-at-the-gate",
    "drift-back-to-stable",
    "drift-third-version",
    "drift-in-the-watch",
    "pause-resume",
    "watch-harm",
    "queue",
    "unfit-candidate",
    "stuck-way-back",
    "promote-by-hand",
];

#[test]
fn every_interleaving_keeps_what_must_always_hold_and_the_code_takes_the_same_steps() {
    let of_code = edges_of_code();
    let edges = Arc::new(Mutex::new(BTreeSet::new()));
    for limits in WORLDS {
        let model = Protocol { limits, edges: edges.clone(), ..Protocol::default() };
        let checker = model.checker().threads(2).spawn_bfs().join();
        println!("{limits:?}: {} states", checker.unique_state_count());
        checker.assert_properties();
    }
    let of_model = edges.lock().unwrap().clone();
    let only = |these: &BTreeSet<Edge>, others: &BTreeSet<Edge>| {
        these.difference(others).copied().collect::<Vec<_>>()
    };
    assert_eq!((only(&of_model, &of_code), only(&of_code, &of_model)), (Vec::new(), Vec::new()));
}

/// A share is decided on and not written when the freeze comes: the first one, and all traffic.
fn frozen_before_a_write() -> [Scenario; 2] {
    let asleep =
        json!({ "function": "traffic-shift", "call": "store.freezeSwitch", "nth": 2, "does": "sleep 50s" });
    let promoted = json!({ "verb": "promoteFull", "rollout": "checkout-live-8", "by": "ana" });
    let freeze = json!({ "freeze": { "by": "bob", "because": "the sale" } });
    let publish = json!({ "at": "5m", "then": { "publish": "8" } });
    let sleep = |at| json!({ "at": at, "then": { "fault": asleep } });
    let first = [sleep("4m"), publish.clone(), json!({ "at": "5m30s", "then": freeze })];
    let all = [
        publish,
        sleep("12m"),
        json!({ "at": "12m10s", "then": { "command": promoted } }),
        json!({ "at": "12m40s", "then": freeze }),
    ];
    [first.to_vec(), all.to_vec()].map(|happens| {
        let happens = happens.into_iter().map(|happening| serde_json::from_value(happening).unwrap());
        Scenario { happens: happens.collect(), ..scenario("freeze-sleeping-function") }
    })
}

/// The steps that rollouts take on the simulated cloud.
fn edges_of_code() -> BTreeSet<Edge> {
    let mut edges = BTreeSet::new();
    for way in WAYS.map(scenario).into_iter().chain(frozen_before_a_write()) {
        let (simulation, _) = play(way, 1);
        let view = simulation.view();
        for id in view.rollouts().keys() {
            let kinds: Vec<Kind> = view.timeline(id).iter().filter_map(|entry| kind(entry.to)).collect();
            edges.extend(kinds.windows(2).filter(|step| step[0] != step[1]).map(|step| (step[0], step[1])));
        }
    }
    edges
}

/// A phase of the code's, as the model has it: a pause is a step that takes longer, and a way back that fails is one that goes on.
fn kind(phase: PhaseName) -> Option<Kind> {
    Some(match phase {
        PhaseName::Queued => Kind::Queued,
        PhaseName::Preflight => Kind::Preflight,
        PhaseName::Baking | PhaseName::Paused => Kind::Baking,
        PhaseName::Watching => Kind::Watching,
        PhaseName::RollingBack | PhaseName::Stuck => Kind::RollingBack,
        PhaseName::Succeeded => Kind::Ended(End::Succeeded),
        PhaseName::RolledBack => Kind::Ended(End::RolledBack),
        PhaseName::Superseded => Kind::Ended(End::Superseded),
        PhaseName::TakenOver => Kind::Ended(End::TakenOver),
        PhaseName::Refused => Kind::Ended(End::Refused),
        // CodeDeploy's way is not part of the model.
        PhaseName::Shifting => return None,
    })
}

/// Each mistake, and the beginning of the property by which it is found first.
#[test]
fn every_mistake_is_found() {
    let crash = Limits { kills: 1, by_hand: 0, setbacks: 1, freezes: 0 };
    let freeze = Limits { kills: 0, by_hand: 0, setbacks: 0, freezes: 1 };
    for (flaw, property) in [
        (Flaw::NoFence, "who says that traffic is back has none"),
        (Flaw::OldVerdicts, "a weight rises only after a pass"),
        (Flaw::NoVersionCheck, "an end stays"),
        (Flaw::NoLock, "one rollout at most is active"),
        (Flaw::ActsFirst, "once nothing goes wrong any more"),
        (Flaw::BackOnlyIfNeeded, "who says that traffic is back has none"),
        (Flaw::SaidUnread, "who says that traffic is back has none"),
        (Flaw::ForgetsEffects, "once nothing goes wrong any more"),
        (Flaw::GivesUpAtOnce, "a rollout is given up for somebody else's write alone"),
        (Flaw::WritesWhatWasHeld, "a rollout is given up for somebody else's write alone"),
    ] {
        let limits =
            if matches!(flaw, Flaw::GivesUpAtOnce | Flaw::WritesWhatWasHeld) { freeze } else { crash };
        let model = Protocol { limits, flaw: Some(flaw), ..Protocol::default() };
        let checker = model.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
        let found = checker.discoveries().into_iter().map(|(name, path)| (name, path.into_actions()));
        let found: Vec<_> = found.collect();
        assert!(found.iter().any(|(name, _)| name.starts_with(property)), "{flaw:?}: {found:?}");
    }
}
