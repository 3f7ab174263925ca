//! What a call may meet at the gate: crossing executions, kills, sleeps, throttles, timeouts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use tidegate_domain::effect::Owner;
use tidegate_domain::units::Span;
use tidegate_engine::ports::FaultKind;
use tidegate_sim::{Aim, Call, Harm, Simulation};

use crate::stubs::{busy, cloud, deploy, scenario, target};

fn aim(call: Call, does: Harm) -> Aim {
    Aim { function: Some(Owner::HealthCheck), call: Some(call), nth: 1, lasts: None, does }
}

/// How many writes the alias saw, and how many deliveries failed for good, after one aimed fault and five minutes.
fn after(harm: Option<Harm>) -> (usize, usize) {
    let mut cloud = cloud(busy());
    if let Some(harm) = harm {
        cloud.aim(aim(Call::Route, harm));
    }
    cloud.advance(Span::seconds(100));
    let view = cloud.view();
    (view.world().carrier(&target()).unwrap().writes.len(), view.dead_letters().len())
}

#[test]
fn a_kill_before_leaves_no_effect_and_a_kill_after_leaves_one() {
    assert_eq!(after(None), (4, 0));
    assert_eq!(after(Some(Harm::KillBefore)), (0, 0));
    assert_eq!(after(Some(Harm::KillAfter)), (1, 0));
}

#[test]
fn a_throttled_call_has_no_effect_and_one_that_times_out_has_one() {
    assert_eq!(after(Some(Harm::Throttle)), (0, 0));
    assert_eq!(after(Some(Harm::TimeOut)), (1, 0));
    assert_eq!(after(Some(Harm::Deny)), (0, 0));
}

#[test]
fn a_function_that_sleeps_wakes_up_and_goes_on_unless_its_time_is_over() {
    // The first sweep comes after a minute and sleeps beyond the second one, whose writes take the fence from it.
    let mut cloud = cloud(busy());
    cloud.aim(aim(Call::Route, Harm::Sleep(Span::seconds(30))));
    cloud.advance(Span::seconds(85));
    assert_eq!(cloud.view().world().carrier(&target()).unwrap().writes.len(), 0);
    cloud.advance(Span::seconds(10));
    assert_eq!(cloud.view().world().carrier(&target()).unwrap().writes.len(), 4);

    let mut cloud = crate::stubs::cloud(busy());
    cloud.aim(aim(Call::Route, Harm::Sleep(Span::seconds(70))));
    cloud.advance(Span::seconds(130));
    let log: Vec<String> = cloud.view().log().iter().map(|happened| happened.what.clone()).collect();
    assert!(log.iter().any(|what| what.contains("killed after 1m")), "{log:#?}");
}

#[test]
fn executions_cross_between_any_two_calls() {
    // Two copies of each sweep write the same alias: where they cross, one of them loses its fence.
    let lost = Arc::new(AtomicU32::new(0));
    let counting = lost.clone();
    let racing = deploy(move |owner, ports, _| {
        let lost = counting.clone();
        Box::pin(async move {
            if owner == Owner::HealthCheck {
                let target = target();
                let router = ports.routers.of(&target)?;
                let observed = router.observe(&target).await?;
                let came = router.route(&target, &observed.routing, &observed.fence).await?;
                if came == tidegate_engine::ports::Routed::FenceLost {
                    lost.fetch_add(1, Ordering::Relaxed);
                }
            }
            Ok(Value::Null)
        })
    });
    let mut scenario = scenario();
    scenario.chances.duplicates = "100%".parse().unwrap();
    for seed in 0..20 {
        Simulation::new(scenario.clone(), seed, racing.clone()).unwrap().run();
    }
    assert!(lost.load(Ordering::Relaxed) > 0, "no two executions ever crossed");
}

#[test]
fn calls_are_counted_by_function_and_name() {
    let mut cloud = cloud(busy());
    cloud.advance(Span::seconds(100));
    let view = cloud.view();
    let counted = view.calls()[&Owner::HealthCheck][&Call::Route];
    assert_eq!((counted.calls, counted.items), (4, 4));
    assert_eq!(view.invocations()[&Owner::HealthCheck], 1);
}

#[test]
fn a_denied_call_says_which_one_it_was() {
    let mut cloud = cloud(deploy(|_, ports, _| {
        Box::pin(async move {
            let fault = ports.alarms.firing(&["loud".to_owned()]).await.unwrap_err();
            assert!(matches!(fault.kind, FaultKind::Denied(_)));
            assert!(fault.to_string().contains("alarms.firing loud"), "{fault}");
            Ok(Value::Null)
        })
    }));
    cloud.aim(aim(Call::Firing, Harm::Deny));
    cloud.advance(Span::seconds(65));
    assert_eq!(cloud.view().invocations()[&Owner::HealthCheck], 1);
}
