//! Judges the installation.

use tidegate_aws::config::{BUS, TABLE};
use tidegate_aws::inspection::{Deployed, Rule};
use tidegate_domain::effect::Owner;
use tidegate_domain::units::Span;
use tidegate_engine::ports::{Fault, FaultKind};

use super::Check;
use super::facts::{Facts, Installed, TableFacts, is_of_versions};
use crate::show::numbers::moment;

/// How long without a sweep is too long; the installation's own alarm says the same.
const SWEPT: Span = Span::minutes(5);

const DEPLOY: &str = "deploy the stack anew";

/// Who asks.
pub fn credentials(facts: &Facts) -> Check {
    match &facts.access_key {
        Ok(key) => Check::ok("credentials", format!("access key {key}, region {}", facts.region)),
        Err(fault) => Check::fault("credentials", fault),
    }
}

/// Everything that is installed.
pub fn checks(facts: &Facts, installed: &Installed) -> Vec<Check> {
    let mut checks = match &installed.table {
        Some(table) => vec![item(table), index(table), freeze(table)],
        None => vec![Check::failed(
            "table",
            format!("nobody says its name: not even {} is there", facts.named.function(Owner::TrafficShift)),
            "say --stack NAME, or --table NAME with the stack's output Table; and the region: AWS_REGION",
        )],
    };
    checks.push(bus(facts, installed));
    let table = installed.table.as_ref().map(|table| table.name.as_str());
    checks.extend(installed.functions.iter().map(|(owner, found)| function(facts, *owner, found, table)));
    checks.push(sweep(facts, installed));
    checks.extend(rules(facts, installed));
    checks
}

fn item(table: &TableFacts) -> Check {
    match &table.item {
        Ok(()) => Check::ok("table", format!("{} can be read", table.name)),
        Err(fault) => Check::fault("table", fault),
    }
}

fn index(table: &TableFacts) -> Check {
    match &table.live {
        Ok(live) => Check::ok("index", format!("rollouts under way: {live}")),
        Err(fault) => Check::fault("index", fault),
    }
}

fn freeze(table: &TableFacts) -> Check {
    match &table.freeze {
        Ok(None) => Check::ok("freeze", "weights may rise"),
        Ok(Some(freeze)) => Check::unknown(
            "freeze",
            format!("{freeze}; no weight rises, which may be as it should be"),
            "when it is over: tidegate freeze off",
        ),
        Err(fault) => Check::fault("freeze", fault),
    }
}

fn bus(facts: &Facts, installed: &Installed) -> Check {
    match &installed.bus {
        Ok(_) => Check::ok("bus", format!("{} is there", facts.named.bus)),
        Err(Fault { kind: FaultKind::Missing(_), .. }) => Check::failed(
            "bus",
            format!("{} is not there", facts.named.bus),
            "say --bus NAME, the stack's output Bus; and the region: AWS_REGION",
        ),
        Err(fault) => Check::fault("bus", fault),
    }
}

/// A function: that it is there and runs, and that it works on the same table and bus.
fn function(facts: &Facts, owner: Owner, found: &Result<Deployed, Fault>, table: Option<&str>) -> Check {
    let name = facts.named.function(owner);
    let deployed = match found {
        Ok(deployed) => deployed,
        Err(Fault { kind: FaultKind::Missing(_), .. }) => {
            return Check::failed(
                owner.name(),
                format!("{name} is not there"),
                format!("{DEPLOY}, or say --stack NAME"),
            );
        }
        Err(fault) => return Check::fault(owner.name(), fault),
    };
    if deployed.state != "Active" || deployed.last_update != "Successful" {
        let found = format!("{name} is {}, its last update {}", deployed.state, deployed.last_update);
        return Check::failed(owner.name(), found, format!("wait if it is being deployed, else {DEPLOY}"));
    }
    for (variable, ours) in [(TABLE, table), (BUS, Some(facts.named.bus.as_str()))] {
        let theirs = deployed.environment.get(variable).map(String::as_str);
        if ours.is_some() && theirs != ours {
            let (theirs, ours) = (theirs.unwrap_or("nothing"), ours.unwrap_or_default());
            let found = format!("{name} has {variable}={theirs}, and you look at {ours}");
            return Check::failed(
                owner.name(),
                found,
                "say the same --stack, --table and --bus, or deploy the stack anew",
            );
        }
    }
    Check::ok(owner.name(), format!("{name} is Active"))
}

fn sweep(facts: &Facts, installed: &Installed) -> Check {
    let schedule = format!("{}-sweep", facts.named.stack);
    let todo = || {
        format!(
            "look at the schedule {schedule} and at the logs of {}",
            facts.named.function(Owner::HealthCheck)
        )
    };
    match &installed.last_sweep {
        Ok(Some(at)) if Span::between(*at, facts.now) <= SWEPT => {
            Check::ok("sweep", format!("health-check last ran at {}", moment(*at)))
        }
        Ok(Some(at)) => Check::failed(
            "sweep",
            format!("health-check last ran at {}; rollouts are not judged", moment(*at)),
            todo(),
        ),
        Ok(None) => Check::failed(
            "sweep",
            "health-check did not run in the past hour; rollouts are not judged",
            todo(),
        ),
        Err(fault) => Check::fault("sweep", fault),
    }
}

/// The rules, and what a rollout that starts by itself needs.
fn rules(facts: &Facts, installed: &Installed) -> Vec<Check> {
    let rules = match &installed.rules {
        Ok(rules) => rules,
        Err(fault) => return vec![Check::fault("rules", fault)],
    };
    let disabled: Vec<&Rule> = rules.iter().filter(|rule| !rule.enabled).collect();
    let enabled = if rules.is_empty() {
        Check::failed("rules", "no rule leads to any function", DEPLOY)
    } else if disabled.is_empty() {
        Check::ok("rules", format!("{} lead to the functions, all enabled", rules.len()))
    } else {
        let names: Vec<&str> = disabled.iter().map(|rule| rule.name.as_str()).collect();
        let todo: Vec<String> = disabled.into_iter().map(enable).collect();
        Check::failed("rules", format!("disabled: {}", names.join(", ")), todo.join("; "))
    };
    let versions = rules.iter().find(|rule| is_of_versions(rule));
    let of_versions = match versions {
        Some(rule) if rule.enabled => {
            Check::ok("new versions", format!("rule {} takes their events", rule.name))
        }
        Some(rule) => Check::failed(
            "new versions",
            format!("rule {} is disabled; no rollout starts by itself", rule.name),
            enable(rule),
        ),
        None => {
            Check::failed("new versions", "no rule takes their events; no rollout starts by itself", DEPLOY)
        }
    };
    vec![enabled, of_versions, trail(facts, installed)]
}

fn enable(rule: &Rule) -> String {
    format!("aws events enable-rule --event-bus-name {} --name {}", rule.bus, rule.name)
}

/// The trail without which Lambda's events never reach the bus. What it lets through is proof; its absence is none.
fn trail(facts: &Facts, installed: &Installed) -> Check {
    match installed.last_version_event {
        Some(day) => Check::ok("trail", format!("events of new versions came on or after {}", moment(day))),
        None => Check::unknown(
            "trail",
            "no event of a new version in two weeks; it takes a CloudTrail trail with management events that are written",
            format!(
                "aws cloudtrail describe-trails --region {}; then aws cloudtrail get-event-selectors --trail-name NAME: \
                 IncludeManagementEvents is true, ReadWriteType All or WriteOnly",
                facts.region
            ),
        ),
    }
}
