//! Facts made by hand, and what is said of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tidegate_aws::config::{BUS, TABLE};
use tidegate_aws::inspection::{Deployed, Rule};
use tidegate_domain::effect::Owner;
use tidegate_domain::freeze::Freeze;
use tidegate_domain::policy::json_of;
use tidegate_domain::target::{Canary, Fence, Observed, Routing, Target, Version};
use tidegate_domain::units::Weight;
use tidegate_domain::verdict::Finding;
use tidegate_engine::ports::{Examination, Fault, FaultKind, PolicyRecord, Tagged};

use super::facts::{Installed, TableFacts, TargetFacts};
use super::{Facts, Report, State};
use crate::backend::aws::Named;
use crate::show;

const POLICY: &str = "\
version: 1
name: checkout
strategy: Canary10Percent5Minutes
analysis:
  alarms:
    - { name: checkout-5xx }
";

fn missing(what: &str) -> Fault {
    Fault::new(what, FaultKind::Missing("ResourceNotFoundException".to_owned()))
}

fn at(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

fn rule(name: &str, source: &str) -> Rule {
    let pattern = json!({ "source": [source], "detail-type": ["AWS API Call via CloudTrail"] });
    Rule { name: name.to_owned(), bus: "default".to_owned(), enabled: true, pattern }
}

/// An installation and a target that lack nothing.
fn whole() -> Facts {
    let environment =
        BTreeMap::from([(TABLE.to_owned(), "t".to_owned()), (BUS.to_owned(), "tidegate".to_owned())]);
    let deployed = |owner: Owner| Deployed {
        arn: format!("arn:aws:lambda:eu-west-1:1:function:tidegate-{owner}"),
        state: "Active".to_owned(),
        last_update: "Successful".to_owned(),
        environment: environment.clone(),
    };
    let policy = PolicyRecord {
        name: "checkout".to_owned(),
        text: POLICY.to_owned(),
        json: json_of(POLICY).unwrap(),
        applied: at("2026-03-01T09:00:00Z"),
        by: "ana".to_owned(),
    };
    let routing = Routing::all(&Version("7".to_owned()));
    Facts {
        now: at("2026-03-01T10:02:30Z"),
        region: "eu-west-1".to_owned(),
        named: Named { stack: "tidegate".to_owned(), bus: "tidegate".to_owned(), table: None },
        access_key: Ok("AKIA1".to_owned()),
        installed: Some(Installed {
            table: Some(TableFacts { name: "t".to_owned(), item: Ok(()), freeze: Ok(None), live: Ok(2) }),
            bus: Ok("arn:aws:events:eu-west-1:1:event-bus/tidegate".to_owned()),
            functions: Owner::ALL.map(|owner| (owner, Ok(deployed(owner)))).into(),
            rules: Ok(vec![rule("versions", "aws.lambda"), rule("requests", "tidegate")]),
            last_sweep: Ok(Some(at("2026-03-01T10:01:00Z"))),
            last_version_event: Some(at("2026-02-27T00:00:00Z")),
        }),
        target: Some(TargetFacts {
            target: Target::lambda("checkout", "live"),
            tagged: Ok(Some(Tagged { policy: "checkout".to_owned(), alias: None })),
            policy: Some(Ok(Some(policy))),
            observed: Ok(Observed { routing, fence: Fence("r".to_owned()) }),
            holder: Some(Ok(None)),
            newest: Ok(Some(Version("8".to_owned()))),
            examined: Some(Ok(Examination::default())),
            alarms: Some(Ok(BTreeSet::from(["checkout-5xx".to_owned()]))),
        }),
    }
}

fn rendered(facts: &Facts) -> String {
    anstream::adapter::strip_str(&show::doctor::report(&Report::on(facts))).to_string()
}

#[test]
fn a_whole_installation_is_all_ok() {
    let facts = whole();
    assert!(Report::on(&facts).ok);
    insta::assert_snapshot!(rendered(&facts));
}

#[test]
fn everything_that_fails_says_what_to_do() {
    let mut facts = whole();
    let installed = facts.installed.as_mut().unwrap();
    let denied = "AccessDeniedException: ana is not authorized to perform: dynamodb:Query on resource: t";
    installed.table.as_mut().unwrap().live =
        Err(Fault::new("Query shelf live", FaultKind::Denied(denied.to_owned())));
    installed.table.as_mut().unwrap().freeze = Ok(Some(Freeze {
        by: "ana".to_owned(),
        because: "the sale begins at noon".to_owned(),
        since: at("2026-03-01T09:00:00Z"),
    }));
    installed.bus = Err(missing("DescribeEventBus tidegate"));
    installed.functions[0].1.as_mut().unwrap().environment.insert(TABLE.to_owned(), "other".to_owned());
    installed.functions[1].1.as_mut().unwrap().state = "Failed (InvalidRuntime)".to_owned();
    installed.functions[4].1 = Err(missing("GetFunctionConfiguration tidegate-notify"));
    installed.rules.as_mut().unwrap()[0].enabled = false;
    installed.last_sweep = Ok(Some(at("2026-03-01T09:40:00Z")));
    installed.last_version_event = None;
    let target = facts.target.as_mut().unwrap();
    let canary = Canary { version: Version("8".to_owned()), weight: Weight::from_percent(10.0).unwrap() };
    target.observed.as_mut().unwrap().routing.canary = Some(canary);
    target.alarms = Some(Ok(BTreeSet::new()));
    let finding = Finding::Incompatible("the execution role differs: stable a, candidate b".to_owned());
    target.examined = Some(Ok(Examination { findings: vec![finding], longest_request: None }));
    target.policy.as_mut().unwrap().as_mut().unwrap().as_mut().unwrap().json = json!({ "version": 2 });
    insta::assert_snapshot!(rendered(&facts));
    let report = Report::on(&facts);
    assert!(!report.ok);
    assert!(report.checks.iter().all(|check| (check.state == State::Ok) == check.todo.is_none()));
}

#[test]
fn what_is_not_there_is_not_asked_about_further() {
    let mut facts = whole();
    facts.target.as_mut().unwrap().tagged = Err(missing("GetFunctionConfiguration checkout"));
    let report = Report::on(&facts);
    assert_eq!(report.checks.last().map(|check| check.name.as_str()), Some("function"));

    let told = "no credentials: the credential provider was not enabled".to_owned();
    facts.access_key = Err(Fault::new("credentials", FaultKind::Denied(told)));
    (facts.installed, facts.target) = (None, None);
    insta::assert_snapshot!(rendered(&facts));
}

#[test]
fn machines_get_every_check_with_its_state() {
    let document = serde_json::to_value(Report::on(&whole())).unwrap();
    assert_eq!(document["ok"], true);
    assert_eq!(
        document["checks"][0],
        json!({ "name": "credentials", "state": "ok", "found": "access key AKIA1, region eu-west-1", "todo": null })
    );
}
