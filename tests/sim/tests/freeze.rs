//! The freeze: whenever it comes, no weight rises after it but by the one call that was past its check, and all goes on when it is
//! lifted.

use jiff::Timestamp;
use serde_json::json;
use tidegate_domain::decide::LONGEST_FUNCTION_TIMEOUT;
use tidegate_domain::effect::Owner;
use tidegate_domain::freeze::{FreezeChange, Frozen};
use tidegate_domain::rollout::{Phase, PhaseName, Rollout};
use tidegate_domain::units::Span;
use tidegate_engine::ports::Committed;
use tidegate_sim::scenario::{Action, FreezePlan, Happening};
use tidegate_sim::{Aim, Call, Chances, Harm, Scenario, Simulation, Step, complete};
use tidegate_tests_sim::{house, play, scenario};

/// Between the check and the write there is no other call: both take a few seconds at most where nobody sleeps.
const PAST_ITS_CHECK: Span = Span::seconds(9);

fn switch(simulation: &mut Simulation, to: Frozen) {
    let ports = simulation.cloud().ports();
    let change = FreezeChange { at: ports.clock.now(), by: "ana".to_owned(), to };
    let before = complete(ports.store.freeze_switch()).expect("never waits").expect("readable");
    let put = complete(async { ports.store.put_freeze_switch(&before.switched(change)).await });
    assert_eq!(put.expect("never waits").expect("written"), Committed::Done);
}

fn freeze(simulation: &mut Simulation) -> Timestamp {
    switch(simulation, Frozen::On { because: "the sale".to_owned() });
    simulation.view().now()
}

/// When traffic-shift or CodeDeploy gave the candidate more.
fn rises(simulation: &Simulation) -> Vec<Timestamp> {
    let view = simulation.view();
    let share =
        |rollout: &Rollout, routing: &tidegate_domain::target::Routing| routing.weight_of(&rollout.candidate);
    let rollouts: Vec<&Rollout> = view.rollouts().values().collect();
    let writes = view.world().carriers.values().flat_map(|carrier| &carrier.writes);
    writes
        .filter(|write| rollouts.iter().any(|r| share(r, &write.after) > share(r, &write.before)))
        .map(|write| write.at)
        .collect()
}

/// How many steps of traffic-shift and feature-flag a scenario has: each ends at a call.
fn boundaries(way: &str) -> usize {
    let mut simulation = Simulation::new(scenario(way), 7, house()).expect("a sound scenario");
    std::iter::from_fn(|| simulation.step()).filter(is_forward).count()
}

const fn is_forward(step: &Step) -> bool {
    matches!(
        step,
        Step::Invoked(Owner::TrafficShift | Owner::FeatureFlag)
            | Step::WentOn(Owner::TrafficShift | Owner::FeatureFlag)
    )
}

/// Plays a scenario up to its nth step forward, and freezes.
fn frozen_at(scenario: Scenario, nth: usize) -> (Simulation, Timestamp) {
    let mut simulation = Simulation::new(scenario, 7, house()).expect("a sound scenario");
    let mut left = nth;
    while left > 0 {
        let step = simulation.step().expect("as many steps as before");
        left -= usize::from(is_forward(&step));
    }
    let at = freeze(&mut simulation);
    (simulation, at)
}

/// A wish that was not written is given up after some minutes.
const A_WHILE: Span = Span::minutes(6);

fn no_weight_rises_whenever_it_is_frozen(way: &str) {
    let count = boundaries(way);
    assert!(count > 20, "{way}: {count}");
    for nth in 1..=count {
        let (mut simulation, at) = frozen_at(scenario(way), nth);
        simulation.cloud().advance(A_WHILE);
        let late: Vec<Timestamp> = rises(&simulation).into_iter().filter(|rise| *rise > at).collect();
        assert!(
            late.len() <= 1 && late.iter().all(|rise| *rise <= PAST_ITS_CHECK.after(at)),
            "{way}, frozen at {at} ({nth} of {count}): raised at {late:?}"
        );
        let view = simulation.view();
        let wishes = view.rollouts().values().flat_map(|rollout| &rollout.pending);
        assert_eq!(wishes.filter(|pending| pending.effect.wish().is_some()).count(), 0, "{way}, {nth}");
    }
}

#[test]
fn no_weight_rises_at_whichever_call_of_a_rollout_it_is_frozen() {
    no_weight_rises_whenever_it_is_frozen("healthy");
}

#[test]
fn no_weight_rises_at_whichever_call_of_a_rollout_with_flags_it_is_frozen() {
    no_weight_rises_whenever_it_is_frozen("flags-before-traffic");
}

#[test]
fn no_deployment_is_started_at_whichever_call_it_is_frozen() {
    let way = "codedeploy-drive";
    for nth in 1..=boundaries(way) {
        let (mut simulation, at) = frozen_at(scenario(way), nth);
        simulation.cloud().advance(A_WHILE);
        let view = simulation.view();
        let created = view.world().code_deploy.deployments.values().map(|deployment| deployment.created);
        let late: Vec<Timestamp> = created.filter(|created| *created > PAST_ITS_CHECK.after(at)).collect();
        assert!(late.is_empty(), "frozen at {at} ({nth}.): created at {late:?}");
    }
}

/// Who stands before a write can be past its check; who stands anywhere else looks at the freeze once more.
#[test]
fn a_function_that_sleeps_before_any_call_but_the_write_raises_nothing_afterwards() {
    let (whole, report) = play(scenario("healthy"), 7);
    drop(whole);
    let calls = &report.calls[&Owner::TrafficShift];
    for (call, counted) in calls.iter().filter(|(call, _)| **call != Call::Route) {
        for nth in 1..=counted.calls {
            let does = Harm::Sleep(Span::seconds(50));
            let aim = Aim { function: Some(Owner::TrafficShift), call: Some(*call), nth, lasts: None, does };
            let mut simulation = Simulation::new(scenario("healthy"), 7, house()).expect("a sound scenario");
            simulation.cloud().aim(aim);
            let asleep = |simulation: &Simulation| {
                simulation.view().log().iter().any(|happened| happened.what.contains("sleep 50s"))
            };
            while !asleep(&simulation) && simulation.step().is_some() {}
            let at = freeze(&mut simulation);
            simulation.cloud().advance(A_WHILE);
            let late: Vec<Timestamp> = rises(&simulation).into_iter().filter(|rise| *rise > at).collect();
            assert!(late.is_empty(), "asleep before its {nth}. {call} since {at}: raised at {late:?}");
        }
    }
}

fn goes_on_when_it_is_thawed(way: &str, after: Span) {
    let count = boundaries(way);
    for nth in (1..=count).step_by(29) {
        let mut patient = scenario(way);
        patient.policy["deadline"] = "20h".into();
        patient.limit = Span::hours(20);
        let (mut simulation, _) = frozen_at(patient, nth);
        simulation.cloud().advance(after);
        switch(&mut simulation, Frozen::Off { because: None });
        let report = simulation.run();
        let phases: Vec<PhaseName> =
            simulation.view().rollouts().values().map(|rollout| rollout.phase.name()).collect();
        assert_eq!(phases, [PhaseName::Succeeded], "{way}, {nth} of {count}: {report:?}");
    }
}

#[test]
fn whenever_it_was_frozen_the_rollout_goes_on_when_that_is_over() {
    for after in [Span::minutes(1), Span::minutes(40)] {
        goes_on_when_it_is_thawed("healthy", after);
        goes_on_when_it_is_thawed("codedeploy-drive", after);
    }
}

/// Who read the freeze may be about to give a wish up when it is lifted, while somebody else is about to write that wish.
#[test]
fn whoever_gives_a_wish_up_while_the_freeze_is_lifted_comes_too_late_or_first() {
    let mut given_up = 0;
    for seed in 1..=60 {
        let mut doubled = scenario("healthy");
        doubled.chances = Chances {
            duplicates: "100%".parse().expect("a share"),
            late: "50%".parse().expect("a share"),
            ..Chances::default()
        };
        let mut simulation = Simulation::new(doubled, seed, house()).expect("a sound scenario");
        let rollout = |simulation: &Simulation| simulation.view().rollouts().values().next().cloned();
        let wishes = |simulation: &Simulation| {
            let wished =
                |rollout: Rollout| rollout.pending.iter().any(|pending| pending.effect.wish().is_some());
            rollout(simulation).is_some_and(wished)
        };
        while !wishes(&simulation) && simulation.step().is_some() {}
        freeze(&mut simulation);
        let noted = |simulation: &Simulation| rollout(simulation).is_some_and(|r| r.is_held_by_freeze());
        while wishes(&simulation) && !noted(&simulation) && simulation.step().is_some() {}
        simulation.cloud().advance(LONGEST_FUNCTION_TIMEOUT * 2);
        let does = Harm::Sleep(Span::seconds(50));
        let (function, call) = (Some(Owner::TrafficShift), Some(Call::Commit));
        simulation.cloud().aim(Aim { function, call, nth: 1, lasts: None, does });
        let asleep = |simulation: &Simulation| {
            simulation.view().log().iter().any(|happened| happened.what.contains("sleep 50s"))
        };
        while !asleep(&simulation) && simulation.step().is_some() {}
        given_up += u32::from(wishes(&simulation));
        switch(&mut simulation, Frozen::Off { because: None });
        let does = Harm::Sleep(Span::seconds(45));
        let (call, lasts) = (Some(Call::Route), Some(Span::seconds(50)));
        simulation.cloud().aim(Aim { function, call, nth: 1, lasts, does });
        let report = simulation.run();
        let phase = rollout(&simulation).map(|rollout| rollout.phase.name());
        assert_eq!(phase, Some(PhaseName::Succeeded), "{seed}: {report:?}");
    }
    assert!(given_up > 20, "{given_up} slept before they gave a wish up");
}

#[test]
fn held_rollouts_cost_nobody_an_invocation_a_minute() {
    let mut simulation = Simulation::new(scenario("freeze-in-a-step"), 7, house()).expect("a sound scenario");
    let shifts = |simulation: &Simulation| simulation.report().invocations[&Owner::TrafficShift];
    let is_held = |simulation: &Simulation| {
        simulation.view().rollouts().values().any(|rollout| matches!(rollout.phase, Phase::Paused { .. }))
    };
    while !is_held(&simulation) {
        simulation.step().expect("it is held before its end");
    }
    simulation.cloud().advance(Span::minutes(10));
    let before = shifts(&simulation);
    simulation.cloud().advance(Span::minutes(10));
    assert_eq!(shifts(&simulation), before);
    let reads = &simulation.report().calls[&Owner::HealthCheck][&Call::FreezeSwitch];
    assert!(reads.calls <= simulation.report().invocations[&Owner::HealthCheck], "{reads:?}");
}

#[test]
fn a_freeze_under_storm_keeps_every_invariant() {
    let share = |percent: &str| percent.parse().expect("a share");
    let storm = Chances {
        kill: share("0.5%"),
        sleep: share("0.5%"),
        throttle: share("1%"),
        time_out: share("0.5%"),
        duplicates: share("15%"),
        late: share("10%"),
        lost: share("1%"),
        ..Chances::default()
    };
    for seed in 1..=60_u32 {
        let mut stormy = Scenario { chances: storm.clone(), ..scenario("healthy") };
        let plan = FreezePlan { by: "ana".to_owned(), because: "the sale".to_owned() };
        let at = Span::minutes(5) + Span::seconds(seed * 43);
        stormy.happens.push(Happening { at, on: None, then: Action::Freeze(plan) });
        play(stormy, u64::from(seed));
    }
}

#[test]
fn whoever_is_paused_while_its_flags_wait_for_the_end_of_a_freeze_stays_paused() {
    let mut paused = scenario("freeze-flags");
    let ben = json!({ "verb": "pause", "rollout": "checkout-live-8", "by": "ben" });
    let pause = json!({ "at": "18m", "then": { "command": ben } });
    paused.happens.push(serde_json::from_value(pause).expect("a sound happening"));
    let (simulation, report) = play(paused, 1);
    let view = simulation.view();
    let rollout = view.rollouts().values().next().expect("a rollout");
    let before_the_deadline = view.timeline(&rollout.id).iter().rfind(|entry| entry.to == PhaseName::Paused);
    assert!(before_the_deadline.is_some_and(|entry| entry.reason.to_string().contains("all clients get")));
    assert_eq!(rises(&simulation).len(), 2, "no share after the pause");
    let frozen = report.notices.iter().filter(|sent| sent.text.contains("frozen by ana"));
    assert_eq!(frozen.count(), 1);
}
