//! What CloudWatch keeps of the target groups behind an application load balancer, in the namespace `AWS/ApplicationELB`.
//!
//! In a blue/green deployment each task set of a service has a target group of its own, so that a version is told by where its
//! requests go. A minute with requests and without a point of errors had none, as with Lambda.

use std::collections::BTreeMap;

use tidegate_domain::deployment::TargetGroup;
use tidegate_engine::ports::{Fault, Measure, MetricQuery};

use super::{Place, Unit, above, refused};

pub(super) fn locate(query: &MetricQuery) -> Result<Place, Fault> {
    let sum = || "Sum".to_owned();
    let (metric, statistic, unit) = match &query.measure {
        Measure::Requests => ("RequestCount", sum(), Unit::Same),
        Measure::Failures => ("HTTPCode_Target_5XX_Count", sum(), Unit::Same),
        Measure::SlowerThan(milliseconds) => {
            ("TargetResponseTime", above(query, *milliseconds, Unit::Seconds)?, Unit::Same)
        }
        Measure::Quantile(percent) => ("TargetResponseTime", format!("p{percent}"), Unit::Seconds),
        Measure::Throttles => {
            return Err(refused(query, "a load balancer counts no throttled requests".to_owned()));
        }
        Measure::CloudWatch(_) => {
            return Err(refused(query, "a metric of the user's own is no load balancer's".to_owned()));
        }
    };
    let Some(TargetGroup { load_balancer, name }) = &query.target_group else {
        let unknown = "behind which target group of an application load balancer it runs is not known";
        return Err(refused(query, unknown.to_owned()));
    };
    let dimensions = BTreeMap::from([
        ("LoadBalancer".to_owned(), load_balancer.clone()),
        ("TargetGroup".to_owned(), name.clone()),
    ]);
    let (namespace, metric) = ("AWS/ApplicationELB".to_owned(), metric.to_owned());
    Ok(Place { namespace, metric, dimensions, statistic, unit })
}
