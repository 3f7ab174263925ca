//! What is installed, as facts for `tidegate doctor`. It reads, and judges nothing: what is well is said by whoever asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_cloudwatch::types::AlarmType;
use aws_sdk_eventbridge::types::RuleState;
use serde_json::Value;
use tidegate_domain::target::Version;
use tidegate_engine::ports::{Fault, FaultKind};

use crate::faults::{fault, unreadable};
use crate::rights::Right;
use crate::sdk::Sdk;

/// What is called here. A person needs them for `tidegate doctor`; no function does.
pub const RIGHTS: &[Right] = &[
    Right::new("cloudwatch:DescribeAlarms", "sees whether the alarms of a policy exist"),
    Right::new("events:DescribeEventBus", "sees whether the bus exists"),
    Right::new(
        "events:DescribeRule",
        "reads which events come to a function, and whether the rule is enabled",
    ),
    Right::new("events:ListRuleNamesByTarget", "finds the rules that lead to a function"),
    Right::new("lambda:GetFunctionConfiguration", "reads state and environment of Tidegate's functions"),
    Right::new("lambda:ListVersionsByFunction", "finds the newest version of a target"),
];

/// `DescribeAlarms` takes so many names in one call.
const NAMES: usize = 100;

/// One of Tidegate's functions as it is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    /// Its ARN.
    pub arn: String,
    /// `Active`, `Pending`, `Inactive` or `Failed`, and why.
    pub state: String,
    /// Whether the last change to it came through: `Successful`, `InProgress` or `Failed`.
    pub last_update: String,
    /// Its environment.
    pub environment: BTreeMap<String, String>,
}

/// A rule that leads events to a function.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// The bus that it listens on.
    pub bus: String,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Which events it takes.
    pub pattern: Value,
}

/// Looks at an account.
#[derive(Debug)]
pub struct Inspector {
    sdk: Arc<Sdk>,
}

impl Inspector {
    pub(crate) const fn new(sdk: Arc<Sdk>) -> Self {
        Self { sdk }
    }

    /// The ARN of a bus.
    pub async fn bus(&self, name: &str) -> Result<String, Fault> {
        let what = format!("DescribeEventBus {name}");
        let answer = self.sdk.eventbridge().describe_event_bus().name(name).send().await;
        let arn = answer.map_err(|error| fault(&what, error))?.arn;
        arn.ok_or_else(|| unreadable(what, "the answer has no Arn"))
    }

    /// A function, as its unpublished version is.
    pub async fn function(&self, name: &str) -> Result<Deployed, Fault> {
        let what = format!("GetFunctionConfiguration {name}");
        let answer = self.sdk.lambda().get_function_configuration().function_name(name).send().await;
        let found = answer.map_err(|error| fault(&what, error))?;
        let arn = found.function_arn.ok_or_else(|| unreadable(what, "the answer has no FunctionArn"))?;
        let reason = found.state_reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
        let state = found.state.map_or_else(String::new, |state| format!("{state}{reason}"));
        let last_update = found.last_update_status.map_or_else(String::new, |status| status.to_string());
        let environment = found.environment.and_then(|environment| environment.variables).unwrap_or_default();
        Ok(Deployed { arn, state, last_update, environment: environment.into_iter().collect() })
    }

    /// The rules of a bus that lead to a function.
    pub async fn rules_to(&self, function_arn: &str, bus: &str) -> Result<Vec<Rule>, Fault> {
        let what = format!("ListRuleNamesByTarget {function_arn}");
        let mut rules = Vec::new();
        let mut next = None;
        loop {
            let call = self.sdk.eventbridge().list_rule_names_by_target().target_arn(function_arn);
            let page = call.event_bus_name(bus).set_next_token(next).send().await;
            let page = page.map_err(|error| fault(&what, error))?;
            for name in page.rule_names.unwrap_or_default() {
                rules.extend(self.rule(name, bus).await?);
            }
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(rules);
            }
        }
    }

    /// A rule; `None` where it has gone since it was listed, or takes no events.
    async fn rule(&self, name: String, bus: &str) -> Result<Option<Rule>, Fault> {
        let what = format!("DescribeRule {bus}/{name}");
        let answer = self.sdk.eventbridge().describe_rule().name(&name).event_bus_name(bus).send().await;
        let found = match answer.map_err(|error| fault(&what, error)) {
            Ok(found) => found,
            Err(gone) if matches!(gone.kind, FaultKind::Missing(_)) => return Ok(None),
            Err(other) => return Err(other),
        };
        let Some(pattern) = found.event_pattern else { return Ok(None) };
        let pattern = serde_json::from_str(&pattern)
            .map_err(|error| unreadable(what, format!("its pattern is no JSON: {error}")))?;
        let enabled = found.state.is_some_and(|state| state != RuleState::Disabled);
        Ok(Some(Rule { name, bus: bus.to_owned(), enabled, pattern }))
    }

    /// The newest published version of a function.
    pub async fn newest_version(&self, function: &str) -> Result<Option<Version>, Fault> {
        let call = self.sdk.lambda().list_versions_by_function().function_name(function);
        let mut pages = call.into_paginator().send();
        let mut newest: Option<u64> = None;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| fault(format!("ListVersionsByFunction {function}"), error))?;
            let numbers = page.versions().iter().filter_map(|version| version.version()?.parse().ok());
            newest = numbers.chain(newest).max();
        }
        Ok(newest.map(|number| Version(number.to_string())))
    }

    /// Which of these alarms exist, plain or composite. Without names nothing is asked: a call without names would answer with
    /// every alarm of the account.
    pub async fn existing_alarms(&self, names: &[String]) -> Result<BTreeSet<String>, Fault> {
        let mut existing = BTreeSet::new();
        for names in names.chunks(NAMES) {
            let call = self.sdk.cloudwatch().describe_alarms().set_alarm_names(Some(names.to_vec()));
            let call = call.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm);
            let mut pages = call.max_records(100).into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|error| fault("DescribeAlarms", error))?;
                let plain = page.metric_alarms.unwrap_or_default().into_iter().map(|alarm| alarm.alarm_name);
                let composite = page.composite_alarms.unwrap_or_default().into_iter();
                existing.extend(plain.chain(composite.map(|alarm| alarm.alarm_name)).flatten());
            }
        }
        Ok(existing)
    }
}
