//! AppConfig as the ports show it, and what it does by itself.

use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tidegate_domain::flag::{FlagState, Profile};
use tidegate_domain::target::{Target, Version};
use tidegate_domain::units::Span;
use tidegate_engine::ports::{Fault, FaultKind, FlagPlace, Flags, Function, Numbered};
use tidegate_sim::{Cloud, Deploy, Scenario, complete};

const FLAGS: &str = r#"
title: Flags
story: Nobody rolls anything out.
policy: { version: 1, name: checkout, strategy: AllAtOnce }
world:
  checkout:
    stable: 7
    traffic: { rps: 100 }
    versions: { 7: { errors: 0%, whenFlag: { flag: new-basket, in: shop/prod/flags, errors: 100% } } }
alarms: { checkout-5xx: {} }
appConfig:
  applications:
    shop:
      environments: { prod: { monitors: [checkout-5xx] }, test: { guard: checkout } }
      profiles: { flags: '{ "values": { "new-basket": { "enabled": false } } }', other: {} }
  strategies: { slow: { duration: 10m, growth: 50%, bake: 5m } }
limit: 8h
"#;

const ON: &str = r#"{ "values": { "new-basket": { "enabled": true } } }"#;

/// A function that answers the same to everything, and keeps what it was asked.
struct Says(Value, Arc<Mutex<Vec<Value>>>);

#[async_trait]
impl Function for Says {
    async fn invoke(&self, payload: &Value) -> Result<Value, Fault> {
        self.1.lock().unwrap().push(payload.clone());
        match &self.0 {
            Value::Null => Err(Fault::new("tick", FaultKind::Passing("it failed".to_owned()))),
            answer => Ok(answer.clone()),
        }
    }
}

struct Shop {
    cloud: Cloud,
    place: FlagPlace,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Shop {
    fn new(environment: &str, answer: &Value) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (asked.clone(), answer.clone());
        let deploy: Deploy = Arc::new(move |_, _| Box::new(Says(answer.clone(), kept.clone())));
        let scenario = Scenario::from_yaml(FLAGS).unwrap_or_else(|faults| panic!("{faults}"));
        let cloud = Cloud::new(scenario, 7, deploy).unwrap();
        let place = complete(cloud.ports().flags.find(&profile(environment))).unwrap().unwrap();
        Self { cloud, place, asked }
    }

    fn flags(&self) -> Arc<dyn Flags> {
        self.cloud.ports().flags
    }

    fn write(&self, text: &str, after: u64) -> Numbered {
        complete(self.flags().write(&self.place, text, Some(after), "by hand")).unwrap().unwrap()
    }

    fn start(&self, version: u64, strategy: Option<&str>, after: u64) -> Result<Numbered, Fault> {
        complete(self.flags().start(&self.place, version, strategy, Some(after), "by hand")).unwrap()
    }

    fn state(&self, number: u64) -> (FlagState, f64) {
        let found = complete(self.flags().deployment(&self.place, number)).unwrap().unwrap();
        (found.state, found.percentage)
    }

    fn stop(&self, number: u64) -> Result<(), Fault> {
        complete(self.flags().stop(&self.place, number)).unwrap()
    }

    fn share(&self, environment: &str) -> f64 {
        let view = self.cloud.view();
        view.world().app_config.share_with(&profile(environment), "new-basket", view.now())
    }
}

fn profile(environment: &str) -> Profile {
    let named = str::to_owned;
    Profile { application: named("shop"), environment: named(environment), profile: named("flags") }
}

fn going_on() -> Value {
    json!({ "Directive": "CONTINUE" })
}

#[test]
fn what_was_overtaken_does_nothing() {
    let shop = Shop::new("prod", &going_on());
    assert_eq!(shop.write(ON, 1), Numbered::Number(2));
    assert_eq!(shop.write(ON, 1), Numbered::Overtaken);
    assert_eq!(shop.start(2, None, 1).unwrap(), Numbered::Overtaken, "the profiles were two deployments");
    assert_eq!(shop.start(2, Some("slow"), 2).unwrap(), Numbered::Number(3));
    assert_eq!(shop.start(2, None, 3).unwrap(), Numbered::Overtaken, "one is under way");
    assert_eq!(shop.write("no JSON", 2), Numbered::Number(3));
}

#[test]
fn what_cannot_be_deployed_is_refused() {
    let shop = Shop::new("prod", &going_on());
    assert_eq!(shop.write("no JSON", 1), Numbered::Number(2));
    for (version, strategy) in [(2, None), (9, None), (1, Some("AppConfig.Sometimes"))] {
        let refused = shop.start(version, strategy, 2).unwrap_err();
        assert!(matches!(refused.kind, FaultKind::Refused(_)), "{refused}");
    }
    let found = complete(shop.flags().find(&Profile { profile: "none".to_owned(), ..profile("prod") }));
    assert!(matches!(found.unwrap().unwrap_err().kind, FaultKind::Missing(_)));
}

#[test]
fn clients_get_it_step_by_step_and_requests_fail_as_their_share_grows() {
    let mut shop = Shop::new("prod", &going_on());
    shop.write(ON, 1);
    shop.start(2, Some("slow"), 2).unwrap();
    shop.cloud.advance(Span::minutes(4));
    assert_eq!((shop.state(3), shop.share("prod")), ((FlagState::Deploying, 50.0), 0.5));
    let minute = Span::minutes(2).after(shop.cloud.view().start());
    {
        let view = shop.cloud.view();
        let world = view.world();
        let carrier = world.carrier(&Target::lambda("checkout", "live")).unwrap();
        let served = world.served(carrier, minute)[&Version("7".to_owned())];
        let failed = served.errors * 100 / served.requests;
        assert!((45..=55).contains(&failed), "{served:?}");
    }
    shop.cloud.advance(Span::minutes(7));
    assert_eq!(shop.state(3), (FlagState::Baking, 100.0));
    shop.cloud.advance(Span::minutes(6));
    assert_eq!((shop.state(3), shop.share("prod")), ((FlagState::Complete, 100.0), 1.0));
    assert!(shop.share("test") < 0.1, "another environment");
}

#[test]
fn a_monitor_takes_a_deployment_back_and_says_why() {
    let mut shop = Shop::new("prod", &going_on());
    let text = FLAGS.replace(
        "limit:",
        "happens: [{ at: 2m, then: { alarm: { name: checkout-5xx, fires: true } } }]\nlimit:",
    );
    let scenario = Scenario::from_yaml(&text).unwrap_or_else(|faults| panic!("{faults}"));
    let deploy: Deploy = Arc::new(|_, _| Box::new(Says(going_on(), Arc::default())));
    shop.cloud = Cloud::new(scenario, 7, deploy).unwrap();
    shop.write(ON, 1);
    shop.start(2, Some("slow"), 2).unwrap();
    shop.cloud.advance(Span::minutes(3));
    assert_eq!((shop.state(3).0, shop.share("prod")), (FlagState::RolledBack, 0.0));
    let told = complete(shop.flags().deployment(&shop.place, 3)).unwrap().unwrap();
    assert_eq!(told.problem.as_deref(), Some("CloudWatch alarm checkout-5xx is in ALARM"));
}

#[test]
fn what_is_through_is_reverted_within_three_days_and_what_is_over_is_no_fault() {
    let mut shop = Shop::new("prod", &going_on());
    shop.write(ON, 1);
    shop.start(2, None, 2).unwrap();
    shop.cloud.advance(Span::minutes(1));
    assert_eq!((shop.state(3).0, shop.share("prod")), (FlagState::Complete, 1.0));
    shop.stop(3).unwrap();
    assert_eq!((shop.state(3).0, shop.share("prod")), (FlagState::Reverted, 0.0));
    shop.stop(3).unwrap();
    let too_late = shop.stop(1).unwrap_err();
    assert!(matches!(too_late.kind, FaultKind::Refused(_)), "{too_late}");
    shop.start(2, Some("slow"), 3).unwrap();
    shop.stop(4).unwrap();
    assert_eq!(shop.state(4).0, FlagState::RollingBack);
    shop.cloud.advance(Span::minutes(1));
    assert_eq!(shop.state(4).0, FlagState::RolledBack);
}

#[test]
fn an_extension_is_asked_each_minute_and_what_it_says_is_done() {
    for (answer, state) in [
        (going_on(), FlagState::Complete),
        (json!({ "Directive": "ROLL_BACK", "Description": "errors" }), FlagState::RolledBack),
        (Value::Null, FlagState::RolledBack),
        (json!({ "ok": true }), FlagState::RolledBack),
    ] {
        let mut shop = Shop::new("test", &answer);
        shop.write(ON, 1);
        shop.start(2, Some("slow"), 2).unwrap();
        shop.cloud.advance(Span::minutes(16));
        assert_eq!(shop.state(3).0, state, "{answer}");
        let asked = shop.asked.lock().unwrap();
        let ticks: Vec<&Value> =
            asked.iter().filter(|payload| payload["Type"] == "AtDeploymentTick").collect();
        let least = if state == FlagState::Complete { 14 } else { 1 };
        assert!(ticks.len() >= least, "{} for {answer}", ticks.len());
        assert_eq!(ticks[0]["Parameters"], json!({ "Policy": "checkout" }));
        assert_eq!(ticks[0]["Environment"]["Name"], "test");
    }
}
