//! Aliases of Lambda functions: one version carries the traffic, a second one a share of it. The fence is the alias's
//! `RevisionId`, which Lambda itself checks.
//!
//! A write whose answer is lost is tried again by the SDK, and its own first try has used the fence up: it comes back as
//! [`Routed::FenceLost`] although it was written. Whoever loses a fence reads the target before anything else, so this is seen.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput as Configuration;
use aws_sdk_lambda::types::{
    AliasRoutingConfiguration, LastUpdateStatus, SnapStartApplyOn, SnapStartOptimizationStatus, State,
};
use tidegate_domain::target::{Canary, Fence, Observed, Routing, Target, Version, kinds};
use tidegate_domain::units::{Span, Weight};
use tidegate_domain::verdict::Finding;
use tidegate_engine::ports::{Capabilities, Examination, Fault, FaultKind, Routed, TrafficRouter};

use crate::faults::{fault, unreadable};
use crate::sdk::Sdk;

/// The router for [`kinds::lambda`].
#[derive(Debug)]
pub struct LambdaAlias {
    sdk: Arc<Sdk>,
}

impl LambdaAlias {
    pub(crate) const fn new(sdk: Arc<Sdk>) -> Self {
        Self { sdk }
    }

    /// A version's configuration; `None` where the function has no such version.
    async fn configuration(&self, function: &str, version: &Version) -> Result<Option<Configuration>, Fault> {
        let call =
            self.sdk.lambda().get_function_configuration().function_name(function).qualifier(&version.0);
        match call.send().await {
            Ok(configuration) => Ok(Some(configuration)),
            Err(error) => {
                let fault = fault(format!("GetFunctionConfiguration {function}:{version}"), error);
                if matches!(fault.kind, FaultKind::Missing(_)) { Ok(None) } else { Err(fault) }
            }
        }
    }
}

#[async_trait]
impl TrafficRouter for LambdaAlias {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            kind: kinds::lambda::KIND.name,
            granularity: 1,
            fenced: true,
            observes: &["lambda:GetAlias"],
            examines: &["lambda:GetFunctionConfiguration"],
            routes: &["lambda:UpdateAlias"],
        }
    }

    async fn observe(&self, target: &Target) -> Result<Observed, Fault> {
        let (function, alias) = names(target);
        let what = format!("GetAlias {function}:{alias}");
        let answer = self.sdk.lambda().get_alias().function_name(function).name(alias).send().await;
        let answer = answer.map_err(|error| fault(&what, error))?;
        observed(&what, answer.function_version, answer.routing_config, answer.revision_id)
    }

    async fn examine(
        &self,
        target: &Target,
        stable: &Version,
        candidate: &Version,
    ) -> Result<Examination, Fault> {
        let (function, _) = names(target);
        let mut findings = Vec::new();
        let mut found = Vec::new();
        for version in [stable, candidate] {
            if !is_published(version) {
                findings.push(Finding::CandidateUnfit(format!(
                    "{version} is no published version; an alias with weights takes no other"
                )));
                continue;
            }
            match self.configuration(function, version).await? {
                Some(configuration) => found.push((version, configuration)),
                None => findings.push(Finding::CandidateUnfit(format!("version {version} does not exist"))),
            }
        }
        findings.extend(found.iter().flat_map(|(version, configuration)| unfit(version, configuration)));
        if let [(_, stable), (_, candidate)] = found.as_slice() {
            findings.extend(differences(stable, candidate));
        }
        let timeouts = found.iter().filter_map(|(_, configuration)| configuration.timeout);
        let longest = timeouts.filter_map(|seconds| u32::try_from(seconds).ok()).max();
        Ok(Examination { findings, longest_request: longest.map(Span::seconds) })
    }

    async fn route(&self, target: &Target, wish: &Routing, fence: &Fence) -> Result<Routed, Fault> {
        let (function, alias) = names(target);
        let what = format!("UpdateAlias {function}:{alias}");
        let call = self.sdk.lambda().update_alias().function_name(function).name(alias);
        let call = call.function_version(&wish.primary.0).routing_config(weights(wish)).revision_id(&fence.0);
        match call.send().await {
            Ok(answer) => observed(&what, answer.function_version, answer.routing_config, answer.revision_id)
                .map(Routed::Written),
            Err(error) if error.code() == Some("PreconditionFailedException") => Ok(Routed::FenceLost),
            Err(error) => Err(fault(what, error)),
        }
    }
}

fn names(target: &Target) -> (&str, &str) {
    (target.setting("function"), target.setting("alias"))
}

fn is_published(version: &Version) -> bool {
    version.0.parse::<u64>().is_ok()
}

/// The weights of a routing. The empty map must be sent: an absent one leaves the weights that the alias has.
fn weights(wish: &Routing) -> AliasRoutingConfiguration {
    let canary = wish.canary.iter().filter(|canary| canary.weight > Weight::ZERO);
    let weights: HashMap<_, _> =
        canary.map(|canary| (canary.version.0.clone(), canary.weight.fraction())).collect();
    AliasRoutingConfiguration::builder().set_additional_version_weights(Some(weights)).build()
}

fn observed(
    what: &str,
    primary: Option<String>,
    routing: Option<AliasRoutingConfiguration>,
    revision: Option<String>,
) -> Result<Observed, Fault> {
    let (Some(primary), Some(fence)) = (primary, revision) else {
        return Err(unreadable(what, "the answer has no FunctionVersion or no RevisionId"));
    };
    let mut weights =
        routing.and_then(|routing| routing.additional_version_weights).unwrap_or_default().into_iter();
    let canary = match (weights.next(), weights.next()) {
        (None, _) => None,
        (Some((version, share)), None) => {
            let weight = weight(share).ok_or_else(|| unreadable(what, format!("{share} is no weight")))?;
            Some(Canary { version: Version(version), weight })
        }
        (Some(_), Some(_)) => return Err(unreadable(what, "more than two versions share the traffic")),
    };
    Ok(Observed { routing: Routing { primary: Version(primary), canary }, fence: Fence(fence) })
}

/// A share as Lambda states it, in the steps that a [`Weight`] has. Others may have set finer ones; however small, a share
/// never reads as none.
fn weight(share: f64) -> Option<Weight> {
    let hundredths = (share * 10_000.0).round();
    let hundredths = if share > 0.0 { hundredths.max(1.0) } else { hundredths };
    Weight::from_percent(hundredths / 100.0).ok()
}

/// What keeps a version from being routed to. What AWS leaves unsaid is no finding.
fn unfit(version: &Version, configuration: &Configuration) -> Vec<Finding> {
    let mut problems = Vec::new();
    let active = configuration.state.as_ref().is_none_or(|state| *state == State::Active);
    let updating = active && configuration.last_update_status == Some(LastUpdateStatus::InProgress);
    if updating || configuration.state == Some(State::Pending) {
        return vec![Finding::NotYet(format!("version {version} is being prepared"))];
    }
    if let Some(state) = configuration.state.as_ref().filter(|state| **state != State::Active) {
        let reason =
            configuration.state_reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        problems.push(format!("version {version} is {state}, not Active{reason}"));
    }
    if let Some(status) =
        configuration.last_update_status.as_ref().filter(|status| **status != LastUpdateStatus::Successful)
    {
        problems.push(format!("the last update of version {version} is {status}, not Successful"));
    }
    if let Some(snap) = &configuration.snap_start {
        let wanted = snap.apply_on == Some(SnapStartApplyOn::PublishedVersions);
        if wanted && snap.optimization_status == Some(SnapStartOptimizationStatus::Off) {
            problems.push(format!("version {version} asks for SnapStart and has no snapshot"));
        }
    }
    problems.into_iter().map(Finding::CandidateUnfit).collect()
}

/// What AWS demands to be equal of two versions behind one alias, and is not.
fn differences(stable: &Configuration, candidate: &Configuration) -> Vec<Finding> {
    fn queue(configuration: &Configuration) -> Option<&str> {
        let queue = configuration.dead_letter_config.as_ref()?.target_arn.as_deref()?;
        (!queue.is_empty()).then_some(queue)
    }
    let pairs = [
        ("execution role", stable.role.as_deref(), candidate.role.as_deref()),
        ("dead-letter queue", queue(stable), queue(candidate)),
    ];
    let differing = pairs.into_iter().filter(|(_, stable, candidate)| stable != candidate);
    let told = |(what, stable, candidate): (&str, Option<&str>, Option<&str>)| {
        let (stable, candidate) = (stable.unwrap_or("none"), candidate.unwrap_or("none"));
        Finding::Incompatible(format!("the {what} differs: stable {stable}, candidate {candidate}"))
    };
    differing.map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_never_reads_as_none() {
        let percent = |share| weight(share).map(Weight::percent);
        assert_eq!(percent(0.07), Some(7.0));
        assert_eq!(percent(0.123_456), Some(12.35));
        assert_eq!(percent(0.000_001), Some(0.01));
        assert_eq!(percent(0.0), Some(0.0));
        assert_eq!(percent(1.5), None);
    }
}
