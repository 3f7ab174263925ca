//! `GetMetricData`: many series in one call, each paid for, so the same series is asked for once.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{
    Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, ScanBy, StatusCode,
};
use jiff::Timestamp;
use tidegate_engine::ports::{Fault, FaultKind, MetricQuery, Metrics, Series, Window};

use super::{Place, locate};
use crate::faults::{fault, unreadable};
use crate::rights::Right;
use crate::sdk::Sdk;

/// What this adapter calls. IAM knows no narrower resource for it than `*`.
pub const RIGHTS: &[Right] =
    &[Right::new("cloudwatch:GetMetricData", "reads requests, errors, latency and metrics of policies")];

/// `GetMetricData` takes so many series in one call.
const SERIES: usize = 500;

/// The metrics port on CloudWatch.
#[derive(Debug)]
pub struct CloudWatch {
    sdk: Arc<Sdk>,
}

impl CloudWatch {
    pub(crate) const fn new(sdk: Arc<Sdk>) -> Self {
        Self { sdk }
    }

    /// Reads at most [`SERIES`] series, page by page.
    async fn read_call(&self, places: &[Place], window: Window) -> Result<Vec<Series>, Fault> {
        let what = || format!("GetMetricData of {} series", places.len());
        let asked = places.iter().enumerate().map(|(n, place)| asked(n, place, window)).collect();
        let call = self.sdk.cloudwatch().get_metric_data().set_metric_data_queries(Some(asked));
        let call = call.start_time(date_time(window.from)).end_time(date_time(window.to));
        let mut pages = call.scan_by(ScanBy::TimestampAscending).into_paginator().send();
        let mut read: Vec<Read> = places.iter().map(|_| Read::default()).collect();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| fault(what(), error))?;
            for result in page.metric_data_results.unwrap_or_default() {
                let place = result.id.as_deref().and_then(|id| id.strip_prefix('q')?.parse::<usize>().ok());
                let series = place.and_then(|place| read.get_mut(place));
                series.ok_or_else(|| unreadable(what(), "an answer to what was not asked"))?.take(result);
            }
        }
        read.into_iter().zip(places).map(|(read, place)| read.finish(place)).collect()
    }
}

#[async_trait]
impl Metrics for CloudWatch {
    async fn read(&self, queries: &[MetricQuery], window: Window) -> Result<Vec<Series>, Fault> {
        let wanted = queries.iter().map(locate).collect::<Result<Vec<_>, _>>()?;
        let mut places = wanted.clone();
        places.sort();
        places.dedup();
        let mut found = BTreeMap::new();
        for places in places.chunks(SERIES) {
            found.extend(places.iter().zip(self.read_call(places, window).await?));
        }
        Ok(wanted.iter().map(|place| found.get(place).cloned().unwrap_or_default()).collect())
    }
}

/// One series as far as it is read.
#[derive(Default)]
struct Read {
    points: Series,
    /// What the last page said of it: `PartialData` means that more follows.
    status: Option<StatusCode>,
}

impl Read {
    fn take(&mut self, result: MetricDataResult) {
        let times = result.timestamps.unwrap_or_default().into_iter();
        let values = result.values.unwrap_or_default();
        let points = times.zip(values).filter_map(|(at, value)| Some((timestamp(&at)?, value)));
        self.points.extend(points);
        self.status = result.status_code.or(self.status.take());
    }

    fn finish(mut self, place: &Place) -> Result<Series, Fault> {
        let what = || format!("GetMetricData {}/{}", place.namespace, place.metric);
        match self.status {
            Some(StatusCode::Complete) => {
                self.points.sort_by_key(|(at, _)| *at);
                Ok(self.points.into_iter().map(|(at, value)| (at, place.unit.read(value))).collect())
            }
            Some(StatusCode::Forbidden) => Err(Fault::new(what(), FaultKind::Denied("Forbidden".to_owned()))),
            Some(status) => Err(Fault::new(what(), FaultKind::Passing(status.to_string()))),
            None => Err(unreadable(what(), "no answer to what was asked")),
        }
    }
}

fn asked(n: usize, place: &Place, window: Window) -> MetricDataQuery {
    let metric = Metric::builder().namespace(&place.namespace).metric_name(&place.metric);
    let dimensions =
        place.dimensions.iter().map(|(name, value)| Dimension::builder().name(name).value(value).build());
    let metric = metric.set_dimensions(Some(dimensions.collect())).build();
    let period = i32::try_from(window.period.as_seconds()).unwrap_or(i32::MAX);
    let stat = MetricStat::builder().metric(metric).period(period).stat(&place.statistic).build();
    MetricDataQuery::builder().id(format!("q{n}")).metric_stat(stat).return_data(true).build()
}

fn date_time(at: Timestamp) -> DateTime {
    DateTime::from_secs(at.as_second())
}

fn timestamp(at: &DateTime) -> Option<Timestamp> {
    Timestamp::from_second(at.secs()).ok()
}
