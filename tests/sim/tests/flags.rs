//! Two toggles of Tidegate's and a person change three flags of one profile at once. In whatever order their calls of AppConfig
//! and of the table come, nothing is lost: all three changes are in force at the end, and nothing else has changed by a byte.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use proptest::prelude::*;
use serde_json::{Value, json};
use tidegate_domain::flag::toggle::{AskedBy, Goal, Progress, Stage, Toggle, ToggleId};
use tidegate_domain::flag::{FlagDeployment, HostedVersion, Profile, Wanted};
use tidegate_domain::rollout::RolloutId;
use tidegate_domain::units::Span;
use tidegate_engine::Toggling;
use tidegate_engine::ports::{Fault, FlagPlace, Flags, Function, Numbered, Ports};
use tidegate_sim::{Cloud, Scenario};

const TEXT: &str = r#"{ "version": "1",
  "flags": { "one": {"name":"One"}, "two":{ "name": "Two" },  "three": {"name": "Three"} },
  "values": {
    "two":   {"enabled":false ,  "colour" : "gr\u00fcn"},
    "one":   {"enabled": false},
    "three": {"enabled" :false, "limit": 1.50}
  } }
"#;

/// The same with all three flags on.
const WISHED: &str = r#"{ "version": "1",
  "flags": { "one": {"name":"One"}, "two":{ "name": "Two" },  "three": {"name": "Three"} },
  "values": {
    "two":   {"enabled":true ,  "colour" : "gr\u00fcn"},
    "one":   {"enabled": true},
    "three": {"enabled" :true, "limit": 1.50}
  } }
"#;

/// A function that does nothing: the actors of these tests call for themselves.
struct Idle;

#[async_trait]
impl Function for Idle {
    async fn invoke(&self, _: &Value) -> Result<Value, Fault> {
        Ok(Value::Null)
    }
}

fn cloud() -> Cloud {
    let scenario = json!({
        "title": "Three flags", "story": "Everybody at once.",
        "policy": { "version": 1, "name": "checkout", "strategy": "AllAtOnce" },
        "world": { "checkout": { "stable": "7", "traffic": { "rps": 0 }, "versions": { "7": {} } } },
        "appConfig": { "applications": { "shop": { "environments": { "prod": {} }, "profiles": { "flags": TEXT } } } },
        "limit": "4h",
    });
    let scenario: Scenario = serde_json::from_value(scenario).expect("a sound scenario");
    Cloud::new(scenario, 7, Arc::new(|_, _| Box::new(Idle))).expect("a sound scenario")
}

fn profile() -> Profile {
    let named = |name: &str| name.to_owned();
    Profile { application: named("shop"), environment: named("prod"), profile: named("flags") }
}

/// Lets others run once.
async fn turn() {
    let mut waited = false;
    poll_fn(|_| {
        let ready = std::mem::replace(&mut waited, true);
        if ready { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// AppConfig, with others running before each call of it.
struct Crossed(Arc<dyn Flags>);

#[async_trait]
impl Flags for Crossed {
    async fn find(&self, profile: &Profile) -> Result<FlagPlace, Fault> {
        self.0.find(profile).await
    }

    async fn deployments(&self, place: &FlagPlace) -> Result<Vec<FlagDeployment>, Fault> {
        turn().await;
        self.0.deployments(place).await
    }

    async fn deployment(&self, place: &FlagPlace, number: u64) -> Result<FlagDeployment, Fault> {
        turn().await;
        self.0.deployment(place, number).await
    }

    async fn latest(&self, place: &FlagPlace) -> Result<Option<HostedVersion>, Fault> {
        turn().await;
        self.0.latest(place).await
    }

    async fn content(&self, place: &FlagPlace, version: u64) -> Result<String, Fault> {
        // What a version holds never changes: when it is read makes no difference.
        self.0.content(place, version).await
    }

    async fn write(
        &self,
        place: &FlagPlace,
        text: &str,
        after: Option<u64>,
        description: &str,
    ) -> Result<Numbered, Fault> {
        turn().await;
        self.0.write(place, text, after, description).await
    }

    async fn start(
        &self,
        place: &FlagPlace,
        version: u64,
        strategy: Option<&str>,
        after: Option<u64>,
        description: &str,
    ) -> Result<Numbered, Fault> {
        turn().await;
        self.0.start(place, version, strategy, after, description).await
    }

    async fn stop(&self, place: &FlagPlace, number: u64) -> Result<(), Fault> {
        turn().await;
        self.0.stop(place, number).await
    }
}

type Actor = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A toggle of a rollout, brought on until it is over. Each has its own document, so that its calls of the table cross with nobody's.
fn toggle(ports: &Ports, flag: &'static str) -> Actor {
    let Ports { store, flags, bus, clock, .. } = ports.clone();
    let toggling = Toggling { store, flags: Arc::new(Crossed(flags)), bus, clock };
    Box::pin(async move {
        let rollout = RolloutId(format!("rollout-{flag}"));
        let id = ToggleId::of_rollout(&rollout, &profile());
        let mut known = toggling.ask(wanting(&rollout, flag, &toggling)).await.expect("nothing fails here");
        while !matches!(known.stage, Stage::Done { .. }) {
            assert!(!matches!(known.stage, Stage::Failed { .. } | Stage::Lost { .. }), "{known:?}");
            assert_eq!(known.goal, Goal::Set);
            turn().await;
            known = toggling.go_on(&id, true).await.expect("nothing fails here").expect("it is there");
        }
    })
}

/// A toggle of a rollout that goes back after it was looked at so often, whether or not it is through by then.
fn there_and_back(ports: &Ports, flag: &'static str, looks: usize) -> Actor {
    let Ports { store, flags, bus, clock, .. } = ports.clone();
    let toggling = Toggling { store, flags: Arc::new(Crossed(flags)), bus, clock };
    Box::pin(async move {
        let rollout = RolloutId(format!("rollout-{flag}"));
        let id = ToggleId::of_rollout(&rollout, &profile());
        toggling.ask(wanting(&rollout, flag, &toggling)).await.expect("nothing fails here");
        for _ in 0..looks {
            turn().await;
            toggling.go_on(&id, true).await.expect("nothing fails here");
        }
        loop {
            turn().await;
            let known = toggling.take_back(&rollout, &profile()).await.expect("nothing fails here");
            if let Progress::Back(left) = known.progress() {
                assert_eq!(left, [], "{known:?}");
                return;
            }
            toggling.go_on(&id, true).await.expect("nothing fails here");
        }
    })
}

fn wanting(rollout: &RolloutId, flag: &str, toggling: &Toggling) -> Toggle {
    let wanted = Wanted { flag: flag.to_owned(), variant: None, enabled: Some(true), attributes: [].into() };
    let id = ToggleId::of_rollout(rollout, &profile());
    let asked = AskedBy::Rollout { rollout: rollout.clone() };
    Toggle::asked(id, profile(), asked, vec![wanted], toggling.clock.now())
}

/// A person who keeps to the API's rules: reads the newest version, writes on condition that it still is, deploys on condition that
/// nobody else did, and reads again on a conflict.
fn person(ports: &Ports, flag: &'static str) -> Actor {
    let flags = Crossed(ports.flags.clone());
    Box::pin(async move {
        let place = flags.find(&profile()).await.expect("it is there");
        loop {
            let latest = flags.latest(&place).await.expect("no fault").expect("a version").number;
            let deployments = flags.deployments(&place).await.expect("no fault");
            let last = deployments.first().map(|deployment| deployment.number);
            if deployments.iter().any(|deployment| deployment.state.is_under_way()) {
                turn().await;
                continue;
            }
            let text = flags.content(&place, latest).await.expect("no fault");
            let changed = turned_on(&text, flag);
            let version = if changed == text {
                latest
            } else {
                match flags.write(&place, &changed, Some(latest), "by hand").await.expect("no fault") {
                    Numbered::Number(version) => version,
                    Numbered::Overtaken => continue,
                }
            };
            match flags.start(&place, version, None, last, "by hand").await.expect("no fault") {
                Numbered::Number(_) => return,
                Numbered::Overtaken => {}
            }
        }
    })
}

/// A text with one flag on, changed by hand.
fn turned_on(text: &str, flag: &str) -> String {
    let values = text.find("\"values\"").expect("a document");
    let at = values + text[values..].find(&format!("\"{flag}\"")).expect("the flag");
    let end = at + text[at..].find('}').expect("its end");
    format!("{}{}{}", &text[..at], text[at..end].replace("false", "true"), &text[end..])
}

/// Plays the actors by a schedule, and then in turns with time going by, until all are done. A number of the schedule names who
/// runs until its next call; one above all of them lets time go by.
fn play(mut cloud: Cloud, mut actors: Vec<Actor>, schedule: &[usize]) -> Cloud {
    let mut done = vec![false; actors.len()];
    let step = |actors: &mut Vec<Actor>, done: &mut Vec<bool>, who: usize| {
        if !done[who] {
            done[who] = actors[who].as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
        }
    };
    for who in schedule {
        if *who < actors.len() { step(&mut actors, &mut done, *who) } else { cloud.advance(Span::seconds(3)) }
    }
    for round in 0.. {
        if done.iter().all(|done| *done) {
            break;
        }
        assert!(round < 400, "somebody never comes to an end: {done:?} by {schedule:?}");
        for who in 0..actors.len() {
            step(&mut actors, &mut done, who);
        }
        cloud.advance(Span::seconds(1));
    }
    cloud.advance(Span::minutes(1));
    cloud
}

fn in_force(cloud: &Cloud) -> String {
    cloud.view().world().app_config.in_force(&profile()).expect("something is in force").to_owned()
}

fn log(cloud: &Cloud) -> String {
    cloud.view().log().iter().map(|happened| happened.what.clone()).collect::<Vec<_>>().join("\n")
}

/// Every way in which one actor's first calls can fall between the other's.
fn interleavings(first: usize, second: usize) -> Vec<Vec<usize>> {
    if first == 0 || second == 0 {
        return vec![[vec![0; first], vec![1; second]].concat()];
    }
    let with = |who: usize, rest: Vec<Vec<usize>>| {
        rest.into_iter().map(move |schedule| [vec![who], schedule].concat()).collect::<Vec<_>>()
    };
    [with(0, interleavings(first - 1, second)), with(1, interleavings(first, second - 1))].concat()
}

/// Calls of AppConfig until a deployment is started, and one step more.
const CALLS: usize = 6;

#[test]
fn a_toggle_and_a_person_lose_nothing_in_any_order() {
    for schedule in interleavings(CALLS, CALLS) {
        let cloud = cloud();
        let actors = vec![toggle(&cloud.ports(), "one"), person(&cloud.ports(), "two")];
        let over = play(cloud, actors, &schedule);
        let wished = turned_on(&turned_on(TEXT, "one"), "two");
        assert_eq!(in_force(&over), wished, "{schedule:?}\n{}", log(&over));
    }
}

#[test]
fn two_toggles_lose_nothing_in_any_order() {
    for schedule in interleavings(CALLS, CALLS) {
        let cloud = cloud();
        let actors = vec![toggle(&cloud.ports(), "one"), toggle(&cloud.ports(), "two")];
        let over = play(cloud, actors, &schedule);
        let wished = turned_on(&turned_on(TEXT, "one"), "two");
        assert_eq!(in_force(&over), wished, "{schedule:?}\n{}", log(&over));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_toggles_and_a_person_lose_nothing(schedule in prop::collection::vec(0_usize..4, 0..60)) {
        let cloud = cloud();
        let ports = cloud.ports();
        let actors = vec![toggle(&ports, "one"), toggle(&ports, "two"), person(&ports, "three")];
        let over = play(cloud, actors, &schedule);
        prop_assert_eq!(in_force(&over), WISHED, "{}", log(&over));
    }

    #[test]
    fn what_goes_back_takes_nothing_with_it(
        looks in 0_usize..6,
        schedule in prop::collection::vec(0_usize..4, 0..60),
    ) {
        let cloud = cloud();
        let ports = cloud.ports();
        let actors = vec![there_and_back(&ports, "one", looks), toggle(&ports, "two"), toggle(&ports, "three")];
        let over = play(cloud, actors, &schedule);
        let wished = turned_on(&turned_on(TEXT, "two"), "three");
        prop_assert_eq!(in_force(&over), wished, "{}", log(&over));
    }
}
