//! Reading one deployment, or one group.

use aws_sdk_codedeploy::error::ProvideErrorMetadata;
use aws_sdk_codedeploy::primitives::DateTime;
use aws_sdk_codedeploy::types::{
    CloudFormationTarget, ComputePlatform, DeploymentGroupInfo, DeploymentInfo, DeploymentOverview,
    DeploymentStatus as Status, DeploymentTarget, EcsTarget, InstanceTarget, LambdaFunctionInfo,
    LambdaTarget, LifecycleEvent as Event, LifecycleEventStatus, RollbackInfo,
};
use jiff::Timestamp;
use tidegate_domain::deployment::{
    Content, Deployment, DeploymentId, DeploymentStatus, Group, GroupFacts, LifecycleEvent, Platform,
    Standing, TargetGroups,
};
use tidegate_domain::target::Version;
use tidegate_domain::units::Weight;
use tidegate_engine::ports::Fault;

use super::ecs::serving_groups;
use super::{CodeDeploy, revision};
use crate::faults::{fault, unreadable};
use crate::tags::unless_gone;

/// What only the targets of a deployment say.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) content: Option<Content>,
    pub(super) weight: Option<Weight>,
    pub(super) target_groups: Option<TargetGroups>,
}

impl CodeDeploy {
    /// What CodeDeploy itself says of a deployment.
    pub(super) async fn info(&self, id: &DeploymentId) -> Result<DeploymentInfo, Fault> {
        let what = format!("GetDeployment {id}");
        let answer = self.sdk.codedeploy().get_deployment().deployment_id(&id.0).send().await;
        let info = answer.map_err(|error| fault(&what, error))?.deployment_info;
        info.ok_or_else(|| unreadable(what, "the answer has no deploymentInfo"))
    }

    /// What CodeDeploy itself says of a group.
    pub(super) async fn group_info(&self, group: &Group) -> Result<DeploymentGroupInfo, Fault> {
        let what = format!("GetDeploymentGroup {group}");
        let call = self.sdk.codedeploy().get_deployment_group();
        let call = call.application_name(&group.application).deployment_group_name(&group.name);
        let info = call.send().await.map_err(|error| fault(&what, error))?.deployment_group_info;
        info.ok_or_else(|| unreadable(what, "the answer has no deploymentGroupInfo"))
    }

    pub(super) async fn read_standing(&self, id: &DeploymentId) -> Result<Standing, Fault> {
        let info = self.info(id).await?;
        let (taken_back_by, _) = way_back(id, info.rollback_info.as_ref());
        let status = status(id, info.status.as_ref())?;
        Ok(Standing { id: id.clone(), status, taken_back_by, problem: problem(&info) })
    }

    /// Instances are told by counts, so that their targets, which may be thousands, are not read.
    pub(super) async fn read(&self, id: &DeploymentId) -> Result<Deployment, Fault> {
        let what = format!("GetDeployment {id}");
        let info = self.info(id).await?;
        let (taken_back_by, takes_back) = way_back(id, info.rollback_info.as_ref());
        let missing = |name| unreadable(&what, format!("the answer has no {name}"));
        let group = Group {
            application: info.application_name.clone().ok_or_else(|| missing("applicationName"))?,
            name: info.deployment_group_name.clone().ok_or_else(|| missing("deploymentGroupName"))?,
        };
        let platform = platform(&what, info.compute_platform.as_ref())?;
        let target = match platform {
            Platform::Lambda | Platform::Ecs => self.target(id).await?,
            Platform::Server => None,
        };
        let seen = match (platform, &target) {
            (Platform::Lambda, Some(target)) => of_function(target),
            (Platform::Ecs, Some(target)) => self.of_service(&group, &info, target).await?,
            (Platform::Lambda | Platform::Ecs, None) => Seen::default(),
            (Platform::Server, _) => of_instances(&info),
        };
        Ok(Deployment {
            id: id.clone(),
            group,
            platform,
            status: status(id, info.status.as_ref())?,
            config: info.deployment_config_name.clone().unwrap_or_default(),
            content: seen.content,
            weight: seen.weight,
            target_groups: seen.target_groups,
            waits_at: target.as_ref().and_then(|target| waits_at(events(target))),
            taken_back_by,
            takes_back,
            problem: problem(&info),
            created: info.create_time.as_ref().and_then(timestamp).ok_or_else(|| missing("createTime"))?,
            description: info.description.unwrap_or_default(),
        })
    }

    pub(super) async fn read_group(&self, group: &Group) -> Result<GroupFacts, Fault> {
        let info = self.group_info(group).await?;
        let platform = platform(&format!("GetDeploymentGroup {group}"), info.compute_platform.as_ref())?;
        let service = info.ecs_services.as_ref().and_then(|services| {
            let first = services.first()?;
            Some((first.cluster_name.clone()?, first.service_name.clone()?))
        });
        let (current, target_group) = match (platform, &service) {
            (Platform::Ecs, Some((cluster, service))) => self.serving(cluster, service).await?,
            (Platform::Server, _) => (self.last_revision(&info).await?, None),
            (Platform::Lambda, _) | (Platform::Ecs, None) => (None, None),
        };
        let target_groups = serving_groups(info.load_balancer_info.as_ref(), target_group);
        let alarms = info.alarm_configuration;
        let has_alarms = alarms.is_some_and(|alarms| alarms.enabled && !alarms.alarms().is_empty());
        Ok(GroupFacts { platform, service, current, target_groups, has_alarms })
    }

    /// The revision of a group's last successful deployment. The group names the deployment alone.
    async fn last_revision(&self, info: &DeploymentGroupInfo) -> Result<Option<Version>, Fault> {
        let last = info.last_successful_deployment.as_ref().and_then(|last| last.deployment_id.clone());
        let Some(last) = last else { return Ok(None) };
        let last = unless_gone(self.info(&DeploymentId(last)).await)?;
        Ok(last.and_then(|last| revision::version(last.revision.as_ref()?)))
    }

    /// The one target of a deployment to Lambda or ECS; `None` as long as it has not begun.
    pub(super) async fn target(&self, id: &DeploymentId) -> Result<Option<DeploymentTarget>, Fault> {
        let what = format!("ListDeploymentTargets {id}");
        let mut next = None;
        let first = loop {
            let call = self.sdk.codedeploy().list_deployment_targets().deployment_id(&id.0);
            let page = match call.set_next_token(next).send().await {
                Ok(page) => page,
                Err(error) if error.code() == Some(NOT_STARTED) => return Ok(None),
                Err(error) => return Err(fault(what, error)),
            };
            next = page.next_token.filter(|token| !token.is_empty());
            match page.target_ids.unwrap_or_default().into_iter().next() {
                Some(first) => break first,
                None if next.is_none() => return Ok(None),
                None => {}
            }
        };
        let call = self.sdk.codedeploy().batch_get_deployment_targets().deployment_id(&id.0);
        match call.target_ids(first).send().await {
            Ok(answer) => Ok(answer.deployment_targets.unwrap_or_default().into_iter().next()),
            Err(error) if error.code() == Some(NOT_STARTED) => Ok(None),
            Err(error) => Err(fault(format!("BatchGetDeploymentTargets {id}"), error)),
        }
    }
}

const NOT_STARTED: &str = "DeploymentNotStartedException";

fn of_function(target: &DeploymentTarget) -> Seen {
    let function = target.lambda_target.as_ref().and_then(|target| target.lambda_function_info.as_ref());
    let content = function.and_then(alias_and_versions);
    let weight = function.and_then(|function| percent(function.target_version_weight));
    Seen { weight: weight.filter(|_| content.is_some()), content, target_groups: None }
}

fn alias_and_versions(function: &LambdaFunctionInfo) -> Option<Content> {
    let stated = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    Some(Content::Lambda {
        function: stated(&function.function_name)?,
        alias: stated(&function.function_alias)?,
        current: stated(&function.current_version).map(Version),
        target: Version(stated(&function.target_version)?),
    })
}

/// The candidate's share is that of the instances that have it.
fn of_instances(info: &DeploymentInfo) -> Seen {
    let current = info.previous_revision.as_ref().and_then(revision::version);
    let target = info.revision.as_ref().and_then(revision::version);
    let content = target.map(|target| Content::Server { current, target });
    let weight = info.deployment_overview.as_ref().and_then(share);
    Seen { weight: weight.filter(|_| content.is_some()), content, target_groups: None }
}

fn share(counts: &DeploymentOverview) -> Option<Weight> {
    let DeploymentOverview { pending, in_progress, succeeded, failed, skipped, ready, .. } = counts;
    let count = |number: i64| u32::try_from(number).ok().map(f64::from);
    let all = count(pending + in_progress + succeeded + failed + skipped + ready).filter(|all| *all > 0.0)?;
    percent(count(*succeeded)? / all * 100.0)
}

/// A share in the steps that a [`Weight`] has. However small, it never reads as none, and never as all before it is.
pub(super) fn percent(share: f64) -> Option<Weight> {
    let hundredths = (share * 100.0).round();
    let hundredths = if share > 0.0 { hundredths.max(1.0) } else { hundredths };
    let hundredths = if share < 100.0 { hundredths.min(9_999.0) } else { hundredths };
    Weight::from_percent(hundredths / 100.0).ok()
}

/// The lifecycle events of a target, whatever it is.
pub(super) fn events(target: &DeploymentTarget) -> &[Event] {
    let of_function = target.lambda_target.as_ref().map(LambdaTarget::lifecycle_events);
    let of_service = target.ecs_target.as_ref().map(EcsTarget::lifecycle_events);
    let of_instance = target.instance_target.as_ref().map(InstanceTarget::lifecycle_events);
    let of_stack = target.cloud_formation_target.as_ref().map(CloudFormationTarget::lifecycle_events);
    of_function.or(of_service).or(of_instance).or(of_stack).unwrap_or_default()
}

fn waits_at(events: &[Event]) -> Option<LifecycleEvent> {
    let under_way = events.iter().filter(|event| event.status == Some(LifecycleEventStatus::InProgress));
    let mut names = under_way.filter_map(|event| event.lifecycle_event_name.as_deref());
    names.find_map(|name| LifecycleEvent::ALL.into_iter().find(|event| event.name() == name))
}

/// The deployment that takes this one back, and the one that this one takes back.
pub(super) fn way_back(
    id: &DeploymentId,
    info: Option<&RollbackInfo>,
) -> (Option<DeploymentId>, Option<DeploymentId>) {
    let other = |named: Option<&String>| {
        named.filter(|named| !named.is_empty() && **named != id.0).cloned().map(DeploymentId)
    };
    let back = info.and_then(|info| other(info.rollback_deployment_id.as_ref()));
    (back, info.and_then(|info| other(info.rollback_triggering_deployment_id.as_ref())))
}

fn problem(info: &DeploymentInfo) -> Option<String> {
    let told = info.error_information.as_ref()?;
    let message = told.message.clone().filter(|message| !message.is_empty());
    message.or_else(|| told.code.as_ref().map(ToString::to_string))
}

pub(super) fn status(id: &DeploymentId, status: Option<&Status>) -> Result<DeploymentStatus, Fault> {
    match status {
        Some(Status::Created) => Ok(DeploymentStatus::Created),
        Some(Status::Queued) => Ok(DeploymentStatus::Queued),
        Some(Status::InProgress) => Ok(DeploymentStatus::InProgress),
        Some(Status::Baking) => Ok(DeploymentStatus::Baking),
        Some(Status::Ready) => Ok(DeploymentStatus::Ready),
        Some(Status::Succeeded) => Ok(DeploymentStatus::Succeeded),
        Some(Status::Failed) => Ok(DeploymentStatus::Failed),
        Some(Status::Stopped) => Ok(DeploymentStatus::Stopped),
        other => {
            Err(unreadable(format!("GetDeployment {id}"), format!("{other:?} is no status that is known")))
        }
    }
}

fn platform(what: &str, platform: Option<&ComputePlatform>) -> Result<Platform, Fault> {
    match platform {
        Some(ComputePlatform::Lambda) => Ok(Platform::Lambda),
        Some(ComputePlatform::Ecs) => Ok(Platform::Ecs),
        Some(ComputePlatform::Server) => Ok(Platform::Server),
        other => Err(unreadable(what, format!("{other:?} is no platform that is known"))),
    }
}

fn timestamp(at: &DateTime) -> Option<Timestamp> {
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_never_reads_as_none_nor_as_all_before_it_is() {
        let read = |share| percent(share).map(Weight::percent);
        assert_eq!(read(33.333_333), Some(33.33));
        assert_eq!(read(0.000_1), Some(0.01));
        assert_eq!(read(99.999), Some(99.99));
        assert_eq!((read(0.0), read(100.0), read(101.0)), (Some(0.0), Some(100.0), None));
    }
}
