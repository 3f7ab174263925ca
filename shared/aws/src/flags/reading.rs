//! Reading deployments and versions.

use aws_sdk_appconfig::operation::get_deployment::GetDeploymentOutput;
use aws_sdk_appconfig::primitives::DateTime;
use aws_sdk_appconfig::types::{
    DeploymentEvent, DeploymentEventType as Event, DeploymentState as State, DeploymentSummary, TriggeredBy,
};
use jiff::Timestamp;
use tidegate_domain::flag::toggle::SIGNATURE;
use tidegate_domain::flag::{FlagDeployment, FlagState, HostedVersion};
use tidegate_engine::ports::{Fault, FaultKind, FlagPlace};

use super::{AppConfig, PAGE};
use crate::faults::{fault, unreadable};

/// So many pages of deployments are read at most: what is in force is nearly always on the first.
const PAGES: usize = 10;

impl AppConfig {
    pub(super) async fn list_deployments(&self, place: &FlagPlace) -> Result<Vec<FlagDeployment>, Fault> {
        let what = format!("ListDeployments {}/{}", place.application, place.environment);
        let name = self.memory.name(place);
        let call = self.sdk.appconfig().list_deployments().application_id(&place.application);
        let mut pages = call.environment_id(&place.environment).into_paginator().page_size(PAGE).send();
        let mut found = Vec::new();
        for _ in 0..PAGES {
            let page = pages.next().await.transpose().map_err(|error| fault(&what, error))?;
            let is_last =
                page.as_ref().is_none_or(|page| page.next_token.as_deref().is_none_or(str::is_empty));
            for summary in page.and_then(|page| page.items).unwrap_or_default() {
                found.push(summarised(&what, place, name.as_deref(), summary)?);
            }
            let is_through = |known: &FlagDeployment| known.of_profile && known.state == FlagState::Complete;
            if is_last || found.iter().any(is_through) {
                found.sort_unstable_by_key(|deployment| std::cmp::Reverse(deployment.number));
                return Ok(found);
            }
        }
        let problem = format!("none of the last {} deployments of the profile is through", found.len());
        Err(Fault::new(what, FaultKind::Refused(problem)))
    }

    pub(super) async fn get_deployment(
        &self,
        place: &FlagPlace,
        wanted: u64,
    ) -> Result<FlagDeployment, Fault> {
        let what = format!("GetDeployment {}/{} {wanted}", place.application, place.environment);
        let call = self.sdk.appconfig().get_deployment().application_id(&place.application);
        let call = call.environment_id(&place.environment).deployment_number(number_of(&what, wanted)?);
        let answer = call.send().await.map_err(|error| fault(&what, error))?;
        let problem = answer.event_log.as_deref().and_then(problem);
        let of_profile = answer.configuration_profile_id.as_deref() == Some(&place.profile);
        let GetDeploymentOutput {
            deployment_number,
            configuration_version,
            percentage_complete,
            description,
            ..
        } = answer;
        Ok(FlagDeployment {
            number: number(&what, deployment_number)?,
            of_profile,
            version: configuration_version.unwrap_or_default(),
            state: state(answer.state.as_ref()),
            percentage: percentage_complete.map_or(0.0, f64::from),
            completed: answer.completed_at.as_ref().and_then(timestamp),
            problem,
            description,
        })
    }

    /// In which order versions are listed is not documented. A page that counts down is taken to begin with the newest.
    pub(super) async fn newest_version(&self, place: &FlagPlace) -> Result<Option<HostedVersion>, Fault> {
        let what = format!("ListHostedConfigurationVersions {}/{}", place.application, place.profile);
        let call = self.sdk.appconfig().list_hosted_configuration_versions();
        let call = call.application_id(&place.application).configuration_profile_id(&place.profile);
        let mut pages = call.into_paginator().page_size(PAGE).send();
        let mut newest: Option<HostedVersion> = None;
        while let Some(page) = pages.next().await {
            let versions = page.map_err(|error| fault(&what, error))?.items.unwrap_or_default();
            let counts_down = versions.len() > 1
                && versions.is_sorted_by(|one, next| one.version_number > next.version_number);
            for version in versions {
                let number = number(&what, version.version_number)?;
                if newest.as_ref().is_none_or(|newest| newest.number < number) {
                    let description = in_words(version.description.unwrap_or_default());
                    newest = Some(HostedVersion { number, description });
                }
            }
            if counts_down {
                break;
            }
        }
        Ok(newest)
    }

    pub(super) async fn text(&self, place: &FlagPlace, version: u64) -> Result<String, Fault> {
        let what = format!("GetHostedConfigurationVersion {}/{} {version}", place.application, place.profile);
        let call = self.sdk.appconfig().get_hosted_configuration_version();
        let call = call.application_id(&place.application).configuration_profile_id(&place.profile);
        let answer = call.version_number(number_of(&what, version)?).send().await;
        let content = answer.map_err(|error| fault(&what, error))?.content;
        let bytes = content.ok_or_else(|| unreadable(&what, "the answer has no content"))?.into_inner();
        String::from_utf8(bytes).map_err(|error| unreadable(what, "it is no UTF-8").because(error))
    }
}

/// One of the list. Where it does not say its profile's id, it says its name.
fn summarised(
    what: &str,
    place: &FlagPlace,
    name: Option<&str>,
    summary: DeploymentSummary,
) -> Result<FlagDeployment, Fault> {
    let of_profile = match summary.configuration_profile_id.as_deref() {
        Some(id) => id == place.profile,
        None => name.is_some() && summary.configuration_name.as_deref() == name,
    };
    Ok(FlagDeployment {
        number: number(what, summary.deployment_number)?,
        of_profile,
        version: summary.configuration_version.unwrap_or_default(),
        state: state(summary.state.as_ref()),
        percentage: summary.percentage_complete.map_or(0.0, f64::from),
        completed: summary.completed_at.as_ref().and_then(timestamp),
        problem: None,
        description: None,
    })
}

/// A state that is not known keeps the environment: nothing is started beside it.
fn state(state: Option<&State>) -> FlagState {
    match state {
        Some(State::Validating) => FlagState::Validating,
        Some(State::Baking) => FlagState::Baking,
        Some(State::Complete) => FlagState::Complete,
        Some(State::RollingBack) => FlagState::RollingBack,
        Some(State::RolledBack) => FlagState::RolledBack,
        Some(State::Reverted) => FlagState::Reverted,
        _ => FlagState::Deploying,
    }
}

/// Why a deployment was taken back: who did it, and what AppConfig or an extension says of it.
fn problem(events: &[DeploymentEvent]) -> Option<String> {
    let of = |wanted: &Event| events.iter().find(|event| event.event_type.as_ref() == Some(wanted));
    let event = of(&Event::RollbackStarted)
        .or_else(|| of(&Event::RevertCompleted))
        .or_else(|| of(&Event::RollbackCompleted))?;
    let who = match event.triggered_by {
        Some(TriggeredBy::CloudwatchAlarm) => "an alarm of the environment took it back",
        Some(TriggeredBy::User) => "somebody took it back",
        Some(TriggeredBy::InternalError) => "an internal error of AppConfig took it back",
        _ => "AppConfig took it back",
    };
    let invoked = event.action_invocations().iter();
    let said = invoked.filter_map(|invocation| {
        let words = invocation.error_message.as_deref().or(invocation.error_code.as_deref())?;
        Some(format!(
            "extension {}: {words}",
            invocation.extension_identifier.as_deref().unwrap_or("unknown")
        ))
    });
    let told: Vec<String> =
        event.description.iter().filter(|text| !text.is_empty()).cloned().chain(said).collect();
    Some(if told.is_empty() { who.to_owned() } else { format!("{who} ({})", told.join("; ")) })
}

/// Numbers of AppConfig's count from one.
pub(super) fn number(what: &str, number: i32) -> Result<u64, Fault> {
    let positive = u64::try_from(number).ok().filter(|number| *number > 0);
    positive.ok_or_else(|| unreadable(what, format!("{number} is no number of a version or a deployment")))
}

/// A number as AppConfig takes it.
pub(super) fn number_of(what: &str, number: u64) -> Result<i32, Fault> {
    let problem = || FaultKind::Refused(format!("AppConfig knows no number {number}"));
    i32::try_from(number).map_err(|error| Fault::new(what, problem()).because(error))
}

fn timestamp(at: &DateTime) -> Option<Timestamp> {
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}

/// A version's description goes into a header, which takes no more than ASCII: other bytes are written as `%` and two digits.
pub(super) fn in_header(description: &str) -> String {
    let written = |byte: u8| match byte {
        b' '..=b'~' if byte != b'%' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    description.bytes().map(written).collect()
}

/// What [`in_header`] wrote, read; others' words stay as they are.
fn in_words(header: String) -> String {
    if !header.starts_with(SIGNATURE) {
        return header;
    }
    let mut parts = header.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let Some((Ok(byte), rest)) =
            part.split_at_checked(2).map(|(digits, rest)| (u8::from_str_radix(digits, 16), rest))
        else {
            return header;
        };
        bytes.push(byte);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).unwrap_or(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_goes_through_a_header_and_comes_back() {
        for words in ["Tidegate checkout-8@shop/prod/flags 3", "Tidegate größe@100 % 1\n", "Tidegate %C3 1"]
        {
            let header = in_header(words);
            assert!(header.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{header}");
            assert_eq!(in_words(header), words);
        }
        for theirs in ["50%25 off", "Tidegate %", "Tidegate %ZZ", "Tidegate %FF"] {
            assert_eq!(in_words(theirs.to_owned()), theirs);
        }
    }

    #[test]
    fn a_state_that_is_not_known_keeps_the_environment() {
        for unknown in [None, Some(State::from("PAUSED"))] {
            assert!(state(unknown.as_ref()).is_under_way());
        }
    }
}
