//! What CloudWatch keeps of a Lambda alias, in the namespace `AWS/Lambda`.
//!
//! A point carries the time at which an invocation began and comes when it has ended. Of one version behind an alias there are
//! points only while the alias has weights. A minute with invocations and without an Errors point had no errors; whoever reads
//! both series makes that zero, because a series alone cannot tell it from a minute without data.

use std::collections::BTreeMap;

use tidegate_engine::ports::{Fault, Measure, MetricQuery};

use super::{Place, Unit, above, refused};

pub(super) fn locate(query: &MetricQuery) -> Result<Place, Fault> {
    let (metric, statistic) = match &query.measure {
        Measure::Requests => ("Invocations", "Sum".to_owned()),
        Measure::Failures => ("Errors", "Sum".to_owned()),
        Measure::Throttles => ("Throttles", "Sum".to_owned()),
        Measure::SlowerThan(milliseconds) => ("Duration", above(query, *milliseconds, Unit::Same)?),
        Measure::Quantile(percent) => ("Duration", format!("p{percent}")),
        Measure::CloudWatch(_) => {
            return Err(refused(query, "a metric of the user's own is not Lambda's".to_owned()));
        }
    };
    let (function, alias) = (query.target.setting("function"), query.target.setting("alias"));
    let mut dimensions = BTreeMap::from([
        ("FunctionName".to_owned(), function.to_owned()),
        ("Resource".to_owned(), format!("{function}:{alias}")),
    ]);
    if let Some(version) = &query.version {
        dimensions.insert("ExecutedVersion".to_owned(), version.0.clone());
    }
    Ok(Place {
        namespace: "AWS/Lambda".to_owned(),
        metric: metric.to_owned(),
        dimensions,
        statistic,
        unit: Unit::Same,
    })
}
