//! Metrics: where each kind of target keeps them, and the reading. A new kind is one file here and one line in [`locate`].

mod cloudwatch;
mod ecs_service;
mod lambda_alias;

use std::collections::BTreeMap;

use tidegate_domain::policy::CloudWatchMetric;
use tidegate_domain::target::kinds;
use tidegate_engine::ports::{Fault, FaultKind, Measure, MetricQuery};

pub use cloudwatch::{CloudWatch, RIGHTS};

/// One series as CloudWatch names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    namespace: String,
    metric: String,
    dimensions: BTreeMap<String, String>,
    statistic: String,
    unit: Unit,
}

/// What the values of a series are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    /// What is asked for.
    Same,
    /// Seconds where milliseconds are asked for.
    Seconds,
}

impl Unit {
    fn read(self, value: f64) -> f64 {
        match self {
            Self::Same => value,
            Self::Seconds => value * 1000.0,
        }
    }
}

/// Where the answer to a query is kept.
fn locate(query: &MetricQuery) -> Result<Place, Fault> {
    if let Measure::CloudWatch(metric) = &query.measure {
        return of_the_user(query, metric);
    }
    match query.target.kind() {
        kind if kind == kinds::lambda::KIND.name => lambda_alias::locate(query),
        "ecs" => ecs_service::locate(query),
        "codeDeploy" => Err(refused(query, NO_METRICS.to_owned())),
        kind => {
            Err(refused(query, format!("no metrics are known for kind {kind:?}; known: {}", kinds::known())))
        }
    }
}

const NO_METRICS: &str = "nothing counts requests by the revision that an instance has; judge by alarms and by metrics of your own";

/// A metric of the user's own. In its dimensions `{version}` stands for the version, and the name of a target's setting in
/// braces, such as `{function}`, for that setting.
fn of_the_user(query: &MetricQuery, metric: &CloudWatchMetric) -> Result<Place, Fault> {
    let settings = kinds::find(query.target.kind()).map_or(&[][..], |kind| kind.settings);
    let mut dimensions = BTreeMap::new();
    for (name, value) in &metric.dimensions {
        let settled = settings.iter().fold(value.clone(), |value, setting| {
            value.replace(&format!("{{{}}}", setting.name), query.target.setting(setting.name))
        });
        let settled = match &query.version {
            Some(version) => settled.replace("{version}", &version.0),
            None if settled.contains("{version}") => {
                return Err(refused(
                    query,
                    format!("dimension {name} asks for a version, and the query names none"),
                ));
            }
            None => settled,
        };
        dimensions.insert(name.clone(), settled);
    }
    Ok(Place {
        namespace: metric.namespace.clone(),
        metric: metric.metric.clone(),
        dimensions,
        statistic: metric.statistic.name().to_owned(),
        unit: Unit::Same,
    })
}

/// The trimmed count of the values above a bound, which itself is excluded: `TC(250.5:)`. CloudWatch reads ten decimals; a
/// microsecond is fine enough.
fn above(query: &MetricQuery, milliseconds: f64, unit: Unit) -> Result<String, Fault> {
    if !milliseconds.is_finite() || milliseconds < 0.0 {
        return Err(refused(query, format!("{milliseconds} ms is no latency")));
    }
    let microseconds = (milliseconds * 1000.0).round();
    Ok(match unit {
        Unit::Same => format!("TC({}:)", microseconds / 1000.0),
        Unit::Seconds => format!("TC({}:)", microseconds / 1_000_000.0),
    })
}

fn refused(query: &MetricQuery, problem: String) -> Fault {
    Fault::new(format!("metrics of {}", query.target), FaultKind::Refused(problem))
}
