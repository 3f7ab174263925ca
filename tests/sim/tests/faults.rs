//! What goes wrong on AWS goes wrong here: duplicates, delays, losses, crashes, throttles and sleepers, from many seeds, with
//! the invariants checked after every step; and aimed at each call in turn.

use std::collections::BTreeMap;

use serde_json::json;
use tidegate_domain::effect::Owner;
use tidegate_domain::flag::Profile;
use tidegate_domain::rollout::{PhaseName, RolloutId};
use tidegate_domain::target::{Routing, Version};
use tidegate_domain::trigger::Verb;
use tidegate_domain::units::Span;
use tidegate_sim::scenario::{Action, Happening};
use tidegate_sim::{Aim, Call, Chances, Harm, Report, Scenario};
use tidegate_tests_sim::{end, play, scenario};

/// Scenarios that between them take every way a rollout can go.
const WAYS: [&str; 10] = [
    "healthy",
    "five-times-errors",
    "abort",
    "alarm-rolls-back",
    "superseded",
    "harm-at-the-gate",
    "drift-back-to-stable",
    "pause-resume",
    "watch-harm",
    "queue",
];

/// So many rollouts at least, each from a seed of its own.
const ROLLOUTS: u64 = 1_000;

/// Scenarios that between them take every way a flag can go.
const WAYS_OF_FLAGS: [&str; 8] = [
    "flags-at-25",
    "flags-before-traffic",
    "flags-healthy",
    "flags-somebody-else",
    "flags-environment-busy",
    "flags-monitor",
    "flags-guard",
    "kill-switch",
];

fn share(percent: f64) -> tidegate_sim::scenario::Share {
    format!("{percent}%").parse().unwrap()
}

/// A cloud at its worst that still delivers in the end.
fn storm() -> Chances {
    Chances {
        kill: share(0.5),
        sleep: share(0.2),
        throttle: share(1.0),
        time_out: share(0.5),
        duplicates: share(15.0),
        late: share(10.0),
        lost: share(1.0),
        stale_index: Span::seconds(5),
        ..Chances::default()
    }
}

#[test]
fn a_thousand_rollouts_under_storm_keep_every_invariant() {
    let mut ends: BTreeMap<PhaseName, u64> = BTreeMap::new();
    for seed in 1..=ROLLOUTS {
        let way = WAYS[usize::try_from(seed).unwrap() % WAYS.len()];
        let stormy = Scenario { chances: storm(), ..scenario(way) };
        let (simulation, _) = play(stormy, seed);
        for rollout in simulation.view().rollouts().values() {
            *ends.entry(rollout.phase.name()).or_default() += 1;
        }
    }
    let ended = |phase| ends.get(&phase).copied().unwrap_or_default();
    let all: u64 = ends.values().sum();
    assert!(all >= ROLLOUTS, "{ends:?}");
    for phase in [PhaseName::Succeeded, PhaseName::RolledBack, PhaseName::Superseded, PhaseName::TakenOver] {
        assert!(ended(phase) > 0, "no rollout ended as {phase}: {ends:?}");
    }
    let open: u64 = ends.iter().filter(|(phase, _)| !phase.is_terminal()).map(|(_, count)| count).sum();
    assert!(open * 100 <= all, "more than one in a hundred was still open at its scenario's limit: {ends:?}");
}

#[test]
fn flags_under_storm_keep_every_invariant() {
    let mut open = Vec::new();
    for seed in 1..=400 {
        let way = WAYS_OF_FLAGS[usize::try_from(seed).unwrap() % WAYS_OF_FLAGS.len()];
        let chances = Chances { no_flag_events: share(10.0), ..storm() };
        let (simulation, _) = play(Scenario { chances, ..scenario(way) }, seed);
        let view = simulation.view();
        let rollouts = view.rollouts().values().filter(|rollout| !rollout.phase.is_terminal());
        open.extend(rollouts.map(|rollout| format!("{way}, seed {seed}: {}", rollout.reason)));
        let toggles = view.toggles().values().filter(|toggle| toggle.is_live());
        open.extend(toggles.map(|toggle| format!("{way}, seed {seed}: {:?}", toggle.stage)));
    }
    assert!(open.len() <= 4, "more than one in a hundred was still open: {open:#?}");
}

fn with_fault(way: &str, aim: Aim) -> Scenario {
    let mut cut = scenario(way);
    cut.happens.insert(0, Happening { at: Span::ZERO, on: None, then: Action::Fault(aim) });
    cut
}

/// Every call that each function made, as aims: the first, the second, ... of each.
fn calls_of(report: &Report) -> Vec<(Owner, Call, u64)> {
    let counted = report.calls.iter();
    let each = counted
        .flat_map(|(owner, calls)| calls.iter().map(move |(call, counted)| (*owner, *call, counted.calls)));
    each.flat_map(|(owner, call, count)| (1..=count).map(move |nth| (owner, call, nth))).collect()
}

/// Cuts one function at a call, in every way there is, and compares how it all ends.
fn cut_everywhere(way: &str, seed: u64, functions: &[Owner]) {
    let (whole, report) = play(scenario(way), seed);
    let expected = end(&whole);
    let cuts: Vec<_> =
        calls_of(&report).into_iter().filter(|(owner, ..)| functions.contains(owner)).collect();
    assert!(cuts.len() > 3, "{way}: {cuts:?}");
    for (owner, call, nth) in cuts {
        for does in [Harm::KillBefore, Harm::KillAfter, Harm::TimeOut, Harm::Throttle] {
            let aim = Aim { function: Some(owner), call: Some(call), nth, lasts: None, does };
            let (cut, _) = play(with_fault(way, aim), seed);
            assert_eq!(end(&cut), expected, "{way}: {owner} {does} at its {nth}. {call}");
        }
    }
}

#[test]
fn a_rollback_cut_at_any_call_ends_as_if_it_had_not_been() {
    cut_everywhere("five-times-errors", 7, &[Owner::Rollback, Owner::Notify]);
    cut_everywhere("abort", 7, &[Owner::Rollback]);
    cut_everywhere("alarm-rolls-back", 7, &[Owner::Rollback]);
}

#[test]
fn a_promotion_cut_at_any_call_ends_as_if_it_had_not_been() {
    cut_everywhere("healthy", 7, &[Owner::TrafficShift, Owner::Notify]);
    cut_everywhere("superseded", 7, &[Owner::TrafficShift, Owner::Rollback]);
}

#[test]
fn flags_cut_at_any_call_end_as_if_they_had_not_been() {
    cut_everywhere("flags-at-25", 7, &[Owner::FeatureFlag, Owner::Rollback]);
    cut_everywhere("flags-somebody-else", 7, &[Owner::FeatureFlag]);
    cut_everywhere("flags-healthy", 7, &[Owner::FeatureFlag]);
    cut_everywhere("kill-switch", 7, &[Owner::FeatureFlag, Owner::Notify]);
}

#[test]
fn the_page_for_a_quarantined_event_comes_wherever_notify_is_cut() {
    cut_everywhere("unreadable-event", 7, &[Owner::Notify]);
}

#[test]
fn a_version_that_waits_to_be_deployed_brings_nothing_back_that_somebody_reverts_meanwhile() {
    let mut reverted = scenario("flags-dies-after-write");
    for somebodys in reverted.happens.iter_mut().filter(|happening| happening.at == Span::minutes(19)) {
        somebodys.at = Span::minutes(9);
    }
    let revert = json!({ "at": "19m30s", "then": { "stopFlags": { "in": "shop/prod/flags" } } });
    reverted.happens.push(serde_json::from_value(revert).expect("a sound happening"));
    let (simulation, _) = play(reverted, 7);
    let view = simulation.view();
    assert!(view.struck().calls.contains_key(&Call::StartFlags), "nothing died before the start");
    let profile = Profile {
        application: "shop".to_owned(),
        environment: "prod".to_owned(),
        profile: "flags".to_owned(),
    };
    let at_the_end = view.world().app_config.in_force(&profile).expect("something is in force");
    assert!(!at_the_end.contains("true"), "{at_the_end}");
}

#[test]
fn a_sweep_cut_at_any_of_its_first_calls_ends_as_if_it_had_not_been() {
    let (whole, report) = play(scenario("five-times-errors"), 7);
    let expected = end(&whole);
    let early =
        calls_of(&report).into_iter().filter(|(owner, _, nth)| *owner == Owner::HealthCheck && *nth <= 8);
    for (owner, call, nth) in early {
        for does in [Harm::KillBefore, Harm::KillAfter] {
            let aim = Aim { function: Some(owner), call: Some(call), nth, lasts: None, does };
            let (cut, _) = play(with_fault("five-times-errors", aim), 7);
            assert_eq!(end(&cut), expected, "{owner} {does} at its {nth}. {call}");
        }
    }
}

#[test]
fn a_function_that_sleeps_before_any_call_moves_nothing_it_should_not() {
    for way in ["five-times-errors", "abort"] {
        let (whole, report) = play(scenario(way), 7);
        let expected = end(&whole);
        let shifts = calls_of(&report).into_iter().filter(|(owner, ..)| *owner == Owner::TrafficShift);
        for (owner, call, nth) in shifts {
            let aim = Aim {
                function: Some(owner),
                call: Some(call),
                nth,
                lasts: None,
                does: Harm::Sleep(Span::seconds(55)),
            };
            let (slept, _) = play(with_fault(way, aim), 7);
            assert_eq!(end(&slept), expected, "{way}: {owner} sleeps before its {nth}. {call}");
        }
    }
}

#[test]
fn a_writer_that_sleeps_through_an_abort_cannot_raise_the_weight_afterwards() {
    let (whole, _) = play(scenario("healthy"), 7);
    let id = RolloutId("checkout-live-8".to_owned());
    let (start, shifts): (_, Vec<_>) = {
        let view = whole.view();
        let wished =
            view.timeline(&id).iter().filter(|entry| entry.wish.is_some()).map(|entry| entry.at).collect();
        (view.start(), wished)
    };
    assert_eq!(shifts.len(), 4, "three steps and the promotion");
    for (nth, at) in (1..).zip(shifts) {
        let sleeps = Harm::Sleep(Span::seconds(50));
        let (function, call) = (Some(Owner::TrafficShift), Some(Call::Route));
        let mut slept = with_fault("healthy", Aim { function, call, nth, lasts: None, does: sleeps });
        let command = tidegate_sim::scenario::Command {
            verb: Verb::Abort,
            rollout: id.clone(),
            by: "ana".to_owned(),
            why: None,
            again: None,
        };
        let soon = Span::between(start, at) + Span::seconds(20);
        slept.happens.push(Happening { at: soon, on: None, then: Action::Command(command) });
        let (simulation, _) = play(slept, 7);
        let (phases, routings, _) = end(&simulation);
        assert_eq!(phases.get(&id), Some(&PhaseName::RolledBack), "the {nth}. shift");
        assert_eq!(routings, [Routing::all(&Version("7".to_owned()))], "the {nth}. shift");
    }
}
