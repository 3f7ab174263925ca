//! Starting a deployment.
//!
//! `CreateDeployment` has no client token, so it is tried once: a try whose answer is lost may have created one. Whoever made
//! the call looks for its description and comes again.

use aws_sdk_codedeploy::Config;
use aws_sdk_codedeploy::config::retry::RetryConfig;
use aws_sdk_codedeploy::error::ProvideErrorMetadata;
use aws_sdk_codedeploy::types::{
    Alarm, AlarmConfiguration, AutoRollbackConfiguration, AutoRollbackEvent, TimeBasedCanary,
    TimeBasedLinear, TrafficRoutingConfig, TrafficRoutingType,
};
use tidegate_domain::deployment::{DeploymentId, Group, Order, Timetable};
use tidegate_engine::ports::{Fault, FaultKind};

use super::{CodeDeploy, revision};
use crate::faults::{fault, unreadable};

impl CodeDeploy {
    pub(super) async fn create(&self, order: &Order, description: &str) -> Result<DeploymentId, Fault> {
        let what = format!("CreateDeployment {}", order.group);
        let revision = revision::location(&order.revision)
            .map_err(|problem| Fault::new(what.clone(), FaultKind::Refused(problem)))?;
        let config = order.config.as_ref();
        if let Some((name, timetable)) = config.and_then(|config| Some((&config.name, config.creates?))) {
            self.create_config(&order.group, name, timetable).await?;
        }
        let call = self.sdk.codedeploy().create_deployment().revision(revision).description(description);
        let call = call.application_name(&order.group.application).deployment_group_name(&order.group.name);
        let call = call.set_deployment_config_name(config.map(|config| config.name.clone()));
        let call = call.auto_rollback_configuration(always_back());
        let call = call.set_override_alarm_configuration(order.alarms.as_deref().map(alarms));
        let once = Config::builder().retry_config(RetryConfig::disabled());
        let answer = call.customize().config_override(once).send().await;
        let id = answer.map_err(|error| fault(&what, error))?.deployment_id;
        id.map(DeploymentId).ok_or_else(|| unreadable(what, "the answer has no deploymentId"))
    }

    /// Creates a configuration, where there is none of that name. It is for one platform alone, which is the group's.
    async fn create_config(&self, group: &Group, name: &str, timetable: Timetable) -> Result<(), Fault> {
        let platform = self.group_info(group).await?.compute_platform;
        let call = self.sdk.codedeploy().create_deployment_config().deployment_config_name(name);
        let call = call.set_compute_platform(platform).traffic_routing_config(routing(timetable));
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("DeploymentConfigAlreadyExistsException") => Ok(()),
            Err(error) => Err(fault(format!("CreateDeploymentConfig {name}"), error)),
        }
    }
}

/// Whatever ends a deployment before its end, its traffic goes back.
fn always_back() -> AutoRollbackConfiguration {
    AutoRollbackConfiguration::builder()
        .enabled(true)
        .events(AutoRollbackEvent::DeploymentFailure)
        .events(AutoRollbackEvent::DeploymentStopOnAlarm)
        .events(AutoRollbackEvent::DeploymentStopOnRequest)
        .build()
}

/// These alarms in place of the group's own; none at all where there are none.
fn alarms(names: &[String]) -> AlarmConfiguration {
    let alarms = names.iter().map(|name| Alarm::builder().name(name).build()).collect();
    AlarmConfiguration::builder().enabled(!names.is_empty()).set_alarms(Some(alarms)).build()
}

fn routing(timetable: Timetable) -> TrafficRoutingConfig {
    let number = |minutes: u32| i32::try_from(minutes).unwrap_or(i32::MAX);
    let config = TrafficRoutingConfig::builder();
    match timetable {
        Timetable::AllAtOnce => config.r#type(TrafficRoutingType::AllAtOnce).build(),
        Timetable::Canary { percent, minutes } => {
            let canary =
                TimeBasedCanary::builder().canary_percentage(percent.into()).canary_interval(number(minutes));
            config.r#type(TrafficRoutingType::TimeBasedCanary).time_based_canary(canary.build()).build()
        }
        Timetable::Linear { percent, minutes } => {
            let linear =
                TimeBasedLinear::builder().linear_percentage(percent.into()).linear_interval(number(minutes));
            config.r#type(TrafficRoutingType::TimeBasedLinear).time_based_linear(linear.build()).build()
        }
    }
}
