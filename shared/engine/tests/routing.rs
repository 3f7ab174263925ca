//! `route`: how a wish becomes fact, on a router that holds one alias in memory.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use tidegate_domain::effect::Performed;
use tidegate_domain::target::{Fence, Observed, Routing, Target, Version};
use tidegate_domain::units::Weight;
use tidegate_engine::ports::{Capabilities, Examination, Fault, FaultKind, Routed, Routers, TrafficRouter};
use tidegate_engine::{route, settled};

/// An alias with a revision, a fault that waits for the next write, and a change that somebody makes right after it.
#[derive(Default)]
struct Alias {
    routing: Option<Routing>,
    revision: u32,
    fault: Option<FaultKind>,
    foreign: Option<Routing>,
}

impl Alias {
    fn set(&mut self, routing: Routing) {
        self.routing = Some(routing);
        self.revision += 1;
    }
}

struct InMemory(Mutex<Alias>);

#[async_trait]
impl TrafficRouter for InMemory {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            kind: "lambda",
            granularity: 1,
            fenced: true,
            observes: &[],
            examines: &[],
            routes: &[],
        }
    }

    async fn observe(&self, _: &Target) -> Result<Observed, Fault> {
        let alias = self.0.lock().expect("one thread");
        let routing = alias.routing.clone().expect("an alias");
        Ok(Observed { routing, fence: Fence(alias.revision.to_string()) })
    }

    async fn examine(&self, _: &Target, _: &Version, _: &Version) -> Result<Examination, Fault> {
        Ok(Examination::default())
    }

    async fn route(&self, target: &Target, wish: &Routing, fence: &Fence) -> Result<Routed, Fault> {
        let mut alias = self.0.lock().expect("one thread");
        if let Some(kind) = alias.fault.take() {
            return Err(Fault::new(format!("UpdateAlias {target}"), kind));
        }
        if fence.0 != alias.revision.to_string() {
            return Ok(Routed::FenceLost);
        }
        alias.set(wish.clone());
        let written = Observed { routing: wish.clone(), fence: Fence(alias.revision.to_string()) };
        if let Some(foreign) = alias.foreign.take() {
            alias.set(foreign);
        }
        Ok(Routed::Written(written))
    }
}

/// Nothing in here ever waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the fake never waits"),
    }
}

fn stable() -> Routing {
    Routing::all(&Version("7".to_owned()))
}

fn split(percent: f64) -> Routing {
    let weight = Weight::from_percent(percent).expect("a weight");
    Routing::split(&Version("7".to_owned()), &Version("8".to_owned()), weight)
}

fn fence(revision: u32) -> Fence {
    Fence(revision.to_string())
}

/// Writes 5 % with this fence to an alias that has all traffic on stable, at revision 1, but for what is said of it.
fn routed(said: Alias, carried: u32) -> Result<Performed, Fault> {
    let routing = said.routing.clone().or_else(|| Some(stable()));
    let router = InMemory(Mutex::new(Alias { routing, revision: said.revision.max(1), ..said }));
    let routers = Routers::new(vec![Arc::new(router)]);
    now(route(&routers, &Target::lambda("checkout", "live"), &split(5.0), &fence(carried)))
}

fn observed(routing: Routing, revision: u32) -> Observed {
    Observed { routing, fence: fence(revision) }
}

#[test]
fn a_wish_with_a_valid_fence_becomes_fact_and_moves_the_fence() {
    let expected = Performed::Routed { observed: observed(split(5.0), 2), fence_moved: true };
    assert_eq!(routed(Alias::default(), 1).expect("an answer"), expected);
}

#[test]
fn a_wish_that_is_fact_already_is_done_although_its_fence_is_lost() {
    let written_before = Alias { routing: Some(split(5.0)), revision: 2, ..Alias::default() };
    let expected = Performed::Routed { observed: observed(split(5.0), 2), fence_moved: true };
    assert_eq!(routed(written_before, 1).expect("an answer"), expected);
}

#[test]
fn a_lost_fence_is_answered_with_what_is_there_instead() {
    let changed = Alias { routing: Some(split(30.0)), revision: 4, ..Alias::default() };
    assert_eq!(routed(changed, 1).expect("an answer"), Performed::FenceLost(observed(split(30.0), 4)));
}

#[test]
fn what_somebody_changed_right_after_the_write_is_what_counts() {
    let raced = Alias { foreign: Some(split(60.0)), ..Alias::default() };
    assert_eq!(routed(raced, 1).expect("an answer"), Performed::FenceLost(observed(split(60.0), 3)));
}

#[test]
fn a_refusal_for_good_is_an_answer_and_names_what_was_refused() {
    let denied = FaultKind::Denied("lambda:UpdateAlias".to_owned());
    let answer = routed(Alias { fault: Some(denied), ..Alias::default() }, 1).expect("an answer");
    let why = "UpdateAlias lambda:checkout:live: access denied (lambda:UpdateAlias)".to_owned();
    assert_eq!(answer, Performed::Denied(why));
}

#[test]
fn a_fault_that_may_pass_is_an_error_and_tried_again() {
    let throttled = FaultKind::Passing("throttled".to_owned());
    let fault = routed(Alias { fault: Some(throttled), ..Alias::default() }, 1).expect_err("an error");
    assert!(fault.may_pass(), "{fault}");
}

#[test]
fn a_call_without_a_routing_is_tried_again_refused_or_done() {
    let call = |kind| settled(Err::<(), _>(Fault::new("StopDeployment d-1", kind)), |()| Performed::Done);
    assert!(call(FaultKind::Passing("throttled".to_owned())).expect_err("an error").may_pass());
    let denied = call(FaultKind::Denied("codedeploy:StopDeployment".to_owned())).expect("an answer");
    let why = "StopDeployment d-1: access denied (codedeploy:StopDeployment)".to_owned();
    assert_eq!(denied, Some(Performed::Denied(why)));
    assert_eq!(settled(Ok(()), |()| Performed::Done).expect("an answer"), Some(Performed::Done));
}
