//! The facts: everything that is read, each with what came of reading it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use tidegate_aws::config::{Installation, TABLE};
use tidegate_aws::inspection::{Deployed, Inspector, Rule};
use tidegate_aws::{Account, Aws};
use tidegate_domain::effect::Owner;
use tidegate_domain::freeze::Freeze;
use tidegate_domain::policy::{CloudWatchMetric, Statistic};
use tidegate_domain::rollout::RolloutId;
use tidegate_domain::target::{Observed, Target, Version};
use tidegate_domain::units::Span;
use tidegate_engine::ports::{
    Examination, Fault, Measure, MetricQuery, Metrics, PolicyRecord, Store, Tagged, Window,
};

use crate::backend::aws::Named;
use crate::exit::Failure;

/// The bus that AWS's own events come on.
const DEFAULT_BUS: &str = "default";

/// What was read.
pub struct Facts {
    /// When.
    pub now: Timestamp,
    /// Where.
    pub region: String,
    /// Of which installation.
    pub named: Named,
    /// As whom: the id of the access key.
    pub access_key: Result<String, Fault>,
    /// What is installed; `None` without credentials.
    pub installed: Option<Installed>,
    /// The target, where one is named.
    pub target: Option<TargetFacts>,
}

/// What is installed.
pub struct Installed {
    /// The table; `None` where nobody says its name.
    pub table: Option<TableFacts>,
    /// The bus.
    pub bus: Result<String, Fault>,
    /// Each function.
    pub functions: Vec<(Owner, Result<Deployed, Fault>)>,
    /// The rules that lead to them.
    pub rules: Result<Vec<Rule>, Fault>,
    /// The minute in which health-check last ran, in the past hour.
    pub last_sweep: Result<Option<Timestamp>, Fault>,
    /// The day on which a version event last came; `None` where none came in two weeks.
    pub last_version_event: Option<Timestamp>,
}

/// The table.
pub struct TableFacts {
    /// Its name.
    pub name: String,
    /// Whether an item can be read.
    pub item: Result<(), Fault>,
    /// Whether weights may rise.
    pub freeze: Result<Option<Freeze>, Fault>,
    /// How many rollouts stand in the index of live ones.
    pub live: Result<usize, Fault>,
}

/// A target.
pub struct TargetFacts {
    /// Which.
    pub target: Target,
    /// What its tags say.
    pub tagged: Result<Option<Tagged>, Fault>,
    /// The policy that they name; `None` where they name none, or there is no table.
    pub policy: Option<Result<Option<PolicyRecord>, Fault>>,
    /// How it divides its traffic.
    pub observed: Result<Observed, Fault>,
    /// Which rollout has it.
    pub holder: Option<Result<Option<RolloutId>, Fault>>,
    /// Its newest version.
    pub newest: Result<Option<Version>, Fault>,
    /// What stands against letting that version in; `None` where it carries the traffic, or there is none.
    pub examined: Option<Result<Examination, Fault>>,
    /// Which alarms of the policy exist; `None` without a policy that can be read.
    pub alarms: Option<Result<BTreeSet<String>, Fault>>,
}

impl Facts {
    /// Reads everything of an installation, and of a target.
    pub async fn gathered(named: Named, target: Option<Target>) -> Result<Self, Failure> {
        let account = Account::of_person().await?;
        // Ports but the store name neither table nor bus.
        let aws = account.installation(Installation { table: String::new(), bus: named.bus.clone() });
        let (now, region) = (aws.clock().now(), account.region().to_owned());
        let access_key = account.access_key().await;
        let mut facts = Self { now, region, named, access_key, installed: None, target: None };
        if facts.access_key.is_err() {
            return Ok(facts);
        }
        let (installed, store) = Installed::gathered(&account, &facts.named, now).await;
        facts.installed = Some(installed);
        if let Some(target) = target {
            facts.target = Some(TargetFacts::gathered(target, &aws, &account.inspector(), store).await);
        }
        Ok(facts)
    }
}

impl Installed {
    async fn gathered(account: &Account, named: &Named, now: Timestamp) -> (Self, Option<Arc<dyn Store>>) {
        let inspector = account.inspector();
        let mut functions = Vec::new();
        for owner in Owner::ALL {
            functions.push((owner, inspector.function(&named.function(owner)).await));
        }
        let table = named.table.clone().or_else(|| table_of(&functions));
        let aws = account
            .installation(Installation { table: table.clone().unwrap_or_default(), bus: named.bus.clone() });
        let store = table.is_some().then(|| aws.store());
        let rules = rules(&inspector, &functions, &named.bus).await;
        let last_version_event =
            match rules.as_ref().map(|rules| rules.iter().find(|rule| is_of_versions(rule))) {
                Ok(Some(rule)) => last_match(aws.metrics().as_ref(), rule, now).await,
                Ok(None) | Err(_) => None,
            };
        let installed = Self {
            table: match (table, &store) {
                (Some(name), Some(store)) => Some(TableFacts::gathered(name, store.as_ref()).await),
                (_, None) | (None, Some(_)) => None,
            },
            bus: inspector.bus(&named.bus).await,
            rules,
            last_sweep: last_sweep(aws.metrics().as_ref(), &named.function(Owner::HealthCheck), now).await,
            last_version_event,
            functions,
        };
        (installed, store)
    }
}

/// The table that the functions work on.
fn table_of(functions: &[(Owner, Result<Deployed, Fault>)]) -> Option<String> {
    functions.iter().find_map(|(_, found)| found.as_ref().ok()?.environment.get(TABLE).cloned())
}

async fn rules(
    inspector: &Inspector,
    functions: &[(Owner, Result<Deployed, Fault>)],
    bus: &str,
) -> Result<Vec<Rule>, Fault> {
    let mut rules = Vec::new();
    for deployed in functions.iter().filter_map(|(_, found)| found.as_ref().ok()) {
        for bus in [bus, DEFAULT_BUS] {
            // A bus that is not there has no rules; that it is not there is told already.
            match inspector.rules_to(&deployed.arn, bus).await {
                Ok(found) => rules.extend(found),
                Err(fault) if matches!(fault.kind, tidegate_engine::ports::FaultKind::Missing(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
    }
    Ok(rules)
}

/// Whether a rule takes the events of new versions, as CloudTrail puts them on the bus.
pub fn is_of_versions(rule: &Rule) -> bool {
    let named = |member: &str, value: &str| {
        let listed = rule.pattern.get(member).and_then(Value::as_array);
        listed.is_some_and(|listed| listed.iter().any(|one| one == value))
    };
    named("source", "aws.lambda") && named("detail-type", "AWS API Call via CloudTrail")
}

async fn last_sweep(
    metrics: &dyn Metrics,
    function: &str,
    now: Timestamp,
) -> Result<Option<Timestamp>, Fault> {
    let of_function = BTreeMap::from([("FunctionName".to_owned(), function.to_owned())]);
    last_point(
        metrics,
        "AWS/Lambda",
        "Invocations",
        of_function,
        past(now, Span::minutes(60), Span::minutes(1)),
    )
    .await
}

/// The day of a rule's last match. That it cannot be read is no fault of the installation.
async fn last_match(metrics: &dyn Metrics, rule: &Rule, now: Timestamp) -> Option<Timestamp> {
    let of_rule = BTreeMap::from([("RuleName".to_owned(), rule.name.clone())]);
    let window = past(now, Span::hours(14 * 24), Span::hours(24));
    last_point(metrics, "AWS/Events", "TriggeredRules", of_rule, window).await.ok().flatten()
}

/// The last period in which a metric was above zero.
async fn last_point(
    metrics: &dyn Metrics,
    namespace: &str,
    metric: &str,
    dimensions: BTreeMap<String, String>,
    window: Window,
) -> Result<Option<Timestamp>, Fault> {
    let measure = CloudWatchMetric {
        namespace: namespace.to_owned(),
        metric: metric.to_owned(),
        dimensions,
        statistic: Statistic::Sum,
    };
    // A metric that is named whole is nobody's in particular.
    let target = Target::lambda("any", "any");
    let query =
        MetricQuery { target, version: None, target_group: None, measure: Measure::CloudWatch(measure) };
    let series = metrics.read(&[query], window).await?;
    let points = series.into_iter().flatten().filter(|(_, value)| *value > 0.0);
    Ok(points.map(|(at, _)| at).max())
}

/// The whole periods of a time that ends with the one under way.
fn past(now: Timestamp, length: Span, period: Span) -> Window {
    let seconds = i64::from(period.as_seconds());
    let begun = now.as_second() - now.as_second().rem_euclid(seconds);
    let at = |second| Timestamp::from_second(second).unwrap_or(now);
    Window { from: at(begun - i64::from(length.as_seconds())), to: at(begun + seconds), period }
}

impl TableFacts {
    async fn gathered(name: String, store: &dyn Store) -> Self {
        // Any item will do, also one that is not there.
        let item = store.policy("doctor").await.map(|_| ());
        let live = store.listed().await.map(|listed| listed.rollouts.len());
        let freeze = store.freeze_switch().await.map(|switch| switch.freeze());
        Self { name, item, freeze, live }
    }
}

impl TargetFacts {
    async fn gathered(
        target: Target,
        aws: &Aws<Installation>,
        inspector: &Inspector,
        store: Option<Arc<dyn Store>>,
    ) -> Self {
        let function = target.setting("function").to_owned();
        let routers = aws.routers();
        let tagged = aws.functions().tagged(&function).await;
        let policy = match (&tagged, &store) {
            (Ok(Some(tagged)), Some(store)) => Some(store.policy(&tagged.policy).await),
            (Ok(Some(_)), None) | (Ok(None) | Err(_), _) => None,
        };
        let observed = match routers.of(&target) {
            Ok(router) => router.observe(&target).await,
            Err(fault) => Err(fault),
        };
        let holder = match &store {
            Some(store) => Some(store.lock_holder(&target).await),
            None => None,
        };
        let newest = inspector.newest_version(&function).await;
        let examined = match (&observed, &newest, routers.of(&target)) {
            (Ok(observed), Ok(Some(newest)), Ok(router)) if observed.routing.primary != *newest => {
                Some(router.examine(&target, &observed.routing.primary, newest).await)
            }
            _ => None,
        };
        let alarms = match &policy {
            Some(Ok(Some(record))) => match record.policy() {
                Ok(policy) => {
                    let names: Vec<String> =
                        policy.analysis.alarms.into_iter().map(|rule| rule.name).collect();
                    Some(inspector.existing_alarms(&names).await)
                }
                Err(_) => None,
            },
            Some(Ok(None) | Err(_)) | None => None,
        };
        Self { target, tagged, policy, observed, holder, newest, examined, alarms }
    }
}
