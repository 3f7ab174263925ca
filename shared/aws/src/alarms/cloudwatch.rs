//! CloudWatch alarms, plain and composite.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_cloudwatch::types::{AlarmType, StateValue};
use tidegate_engine::ports::{Alarms, Fault};

use crate::faults::fault;
use crate::rights::Right;
use crate::sdk::Sdk;

/// What this adapter calls. For composite alarms IAM knows no narrower resource than `*`.
pub const RIGHTS: &[Right] =
    &[Right::new("cloudwatch:DescribeAlarms", "reads which alarms of a policy fire")];

/// `DescribeAlarms` takes so many names, and gives back as many alarms, in one call.
const NAMES: usize = 100;

/// The alarms port on CloudWatch.
#[derive(Debug)]
pub struct CloudWatch {
    sdk: Arc<Sdk>,
}

impl CloudWatch {
    pub(crate) const fn new(sdk: Arc<Sdk>) -> Self {
        Self { sdk }
    }
}

#[async_trait]
impl Alarms for CloudWatch {
    /// Without names nothing is asked: a call without names would answer with every alarm of the account.
    async fn firing(&self, names: &[String]) -> Result<Vec<String>, Fault> {
        let mut firing = Vec::new();
        for names in names.chunks(NAMES) {
            let call = self.sdk.cloudwatch().describe_alarms().set_alarm_names(Some(names.to_vec()));
            // Unless asked for both, AWS answers with plain alarms alone.
            let call = call.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm);
            let mut pages = call.state_value(StateValue::Alarm).max_records(100).into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|error| fault("DescribeAlarms", error))?;
                firing.extend(
                    page.metric_alarms.unwrap_or_default().into_iter().filter_map(|alarm| alarm.alarm_name),
                );
                firing.extend(
                    page.composite_alarms
                        .unwrap_or_default()
                        .into_iter()
                        .filter_map(|alarm| alarm.alarm_name),
                );
            }
        }
        Ok(firing)
    }
}
