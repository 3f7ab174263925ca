//! Metrics and alarms of the simulated world.

use async_trait::async_trait;
use tidegate_engine::ports::{Alarms, Fault, FaultKind, Measure, MetricQuery, Metrics, Series, Window};

use crate::faults::Call;
use crate::gate::Gate;
use crate::world::traffic::MINUTE;

/// The metrics, for one caller.
pub(super) struct CloudMetrics(pub Gate);

#[async_trait]
impl Metrics for CloudMetrics {
    async fn read(&self, queries: &[MetricQuery], window: Window) -> Result<Vec<Series>, Fault> {
        let Window { from, to, period } = window;
        let whole = |at: jiff::Timestamp| at.as_second() % 60 == 0 && at.subsec_nanosecond() == 0;
        if !(whole(from) && whole(to) && period >= MINUTE && period.as_seconds() % 60 == 0) {
            let problem = format!(
                "{from} to {to} by {period}: ends lie on whole minutes, and periods are whole minutes"
            );
            return Err(Fault::new("read metrics", FaultKind::Refused(problem)));
        }
        if let Some(query) = queries.iter().find(|query| asks_for_no_version(query)) {
            let problem = "a dimension asks for a version, and the query names none".to_owned();
            return Err(Fault::new(format!("metrics of {}", query.target), FaultKind::Refused(problem)));
        }
        let about = || format!("{} series from {from} to {to}", queries.len());
        self.0
            .call_for(Call::Read, queries.len(), about, |state| {
                Ok(queries.iter().map(|query| state.world.series(query, window, state.now)).collect())
            })
            .await
    }
}

/// As on AWS: a series per version that is asked for without one does not exist.
fn asks_for_no_version(query: &MetricQuery) -> bool {
    let Measure::CloudWatch(metric) = &query.measure else { return false };
    query.version.is_none() && metric.dimensions.values().any(|value| value.contains("{version}"))
}

/// The alarms, for one caller.
pub(super) struct CloudAlarms(pub Gate);

#[async_trait]
impl Alarms for CloudAlarms {
    async fn firing(&self, names: &[String]) -> Result<Vec<String>, Fault> {
        self.0
            .call_for(
                Call::Firing,
                names.len(),
                || names.join(", "),
                |state| {
                    let fires =
                        |name: &&String| state.world.alarms.get(*name).is_some_and(|alarm| alarm.firing);
                    Ok(names.iter().filter(fires).cloned().collect())
                },
            )
            .await
    }
}
