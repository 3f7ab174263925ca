//! Writing versions, starting and stopping deployments.
//!
//! A version and a deployment are created on condition of the newest number that was read before. A second try of the SDK would
//! meet the first one's work as somebody else's, so both calls are tried once: whoever made them reads, and finds what was
//! created by its description or its version.

use aws_sdk_appconfig::Config;
use aws_sdk_appconfig::config::retry::RetryConfig;
use aws_sdk_appconfig::error::ProvideErrorMetadata;
use aws_sdk_appconfig::primitives::Blob;
use tidegate_domain::flag::FlagState;
use tidegate_engine::ports::{Fault, FlagPlace, Numbered};

use super::AppConfig;
use super::reading::{in_header, number, number_of};
use crate::faults::fault;

/// Another version, or another deployment, was there before; or one is under way.
const CONFLICT: &str = "ConflictException";
/// What AppConfig says, among others, where a deployment is not to be stopped any more.
const BAD_REQUEST: &str = "BadRequestException";

impl AppConfig {
    pub(super) async fn create_version(
        &self,
        place: &FlagPlace,
        text: &str,
        after: Option<u64>,
        description: &str,
    ) -> Result<Numbered, Fault> {
        let what = format!("CreateHostedConfigurationVersion {}/{}", place.application, place.profile);
        let after = after.map(|after| number_of(&what, after)).transpose()?;
        let call = self.sdk.appconfig().create_hosted_configuration_version();
        let call = call.application_id(&place.application).configuration_profile_id(&place.profile);
        let call = call.content_type("application/json").content(Blob::new(text));
        let call = call.description(in_header(description)).set_latest_version_number(after);
        match call.customize().config_override(once()).send().await {
            Ok(answer) => number(&what, answer.version_number).map(Numbered::Number),
            Err(error) if error.code() == Some(CONFLICT) => Ok(Numbered::Overtaken),
            Err(error) => Err(fault(what, error)),
        }
    }

    pub(super) async fn start_deployment(
        &self,
        place: &FlagPlace,
        version: u64,
        strategy: &str,
        after: Option<u64>,
        description: &str,
    ) -> Result<Numbered, Fault> {
        let what = format!("StartDeployment {}/{}", place.application, place.environment);
        let after = after.map(|after| number_of(&what, after)).transpose()?;
        let call = self.sdk.appconfig().start_deployment().application_id(&place.application);
        let call = call.environment_id(&place.environment).configuration_profile_id(&place.profile);
        let call = call.configuration_version(version.to_string()).deployment_strategy_id(strategy);
        let call = call.description(description).set_latest_deployment_number(after);
        match call.customize().config_override(once()).send().await {
            Ok(answer) => number(&what, answer.deployment_number).map(Numbered::Number),
            Err(error) if error.code() == Some(CONFLICT) => Ok(Numbered::Overtaken),
            Err(error) => Err(fault(what, error)),
        }
    }

    /// One that was taken back before is looked at, because AppConfig says of it what it says of anything that it will not do.
    pub(super) async fn stop_deployment(&self, place: &FlagPlace, wanted: u64) -> Result<(), Fault> {
        let what = format!("StopDeployment {}/{} {wanted}", place.application, place.environment);
        let call = self.sdk.appconfig().stop_deployment().application_id(&place.application);
        let call = call.environment_id(&place.environment).deployment_number(number_of(&what, wanted)?);
        let Err(error) = call.allow_revert(true).send().await else { return Ok(()) };
        let is_over = error.code() == Some(BAD_REQUEST)
            && match self.get_deployment(place, wanted).await?.state {
                FlagState::RollingBack | FlagState::RolledBack | FlagState::Reverted => true,
                FlagState::Validating | FlagState::Deploying | FlagState::Baking | FlagState::Complete => {
                    false
                }
            };
        if is_over { Ok(()) } else { Err(fault(what, error)) }
    }
}

/// No second try.
fn once() -> aws_sdk_appconfig::config::Builder {
    Config::builder().retry_config(RetryConfig::disabled())
}
