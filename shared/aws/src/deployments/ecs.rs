//! What ECS says of a service that CodeDeploy moves: CodeDeploy knows task sets by their ids and weights, ECS knows what they
//! run and behind which target groups.

use aws_sdk_codedeploy::types::{
    DeploymentInfo, DeploymentTarget, EcsTarget, EcsTaskSet, LoadBalancerInfo, TargetLabel,
};
use aws_sdk_ecs::types::TaskSet;
use tidegate_domain::deployment::{Content, DeploymentId, Group, TargetGroups};
use tidegate_domain::target::Version;
use tidegate_engine::ports::Fault;

use super::reading::{Seen, percent, status};
use super::{CodeDeploy, revision};
use crate::faults::fault;
use crate::tags::unless_gone;

impl CodeDeploy {
    /// The candidate's task set comes into being with the deployment and may be gone after it; then the AppSpec says what it
    /// ran. What the service runs without one is what had the traffic before, as long as the deployment is not over.
    pub(super) async fn of_service(
        &self,
        group: &Group,
        info: &DeploymentInfo,
        target: &DeploymentTarget,
    ) -> Result<Seen, Fault> {
        let Some(target) = &target.ecs_target else { return Ok(Seen::default()) };
        let Some((cluster, service)) = names(target) else { return Ok(Seen::default()) };
        let sets = self.task_sets(&cluster, &service).await?;
        let (blue, green) =
            (side(target, &TargetLabel::Blue, &sets), side(target, &TargetLabel::Green, &sets));
        let candidate = match green.set.and_then(task_definition) {
            Some(candidate) => Some(candidate),
            None => self.named_in_app_spec(info).await?,
        };
        let Some(candidate) = candidate else { return Ok(Seen::default()) };
        let id = DeploymentId(info.deployment_id.clone().unwrap_or_default());
        let is_over = status(&id, info.status.as_ref())?.is_over();
        let primary = sets.iter().find(|set| set.status.as_deref() == Some(PRIMARY) && set.id != green.id);
        let current = blue.set.or(primary.filter(|_| !is_over)).and_then(task_definition);
        let candidate_group = green.set.and_then(target_group);
        let target_groups = match blue.set.or(primary.filter(|_| !is_over)).and_then(target_group) {
            Some(stable) => self.load_balancer(group, info).await?.map(|load_balancer| TargetGroups {
                load_balancer,
                stable,
                candidate: candidate_group,
            }),
            None => None,
        };
        let content = Content::Ecs { cluster, service, current, target: candidate };
        Ok(Seen { content: Some(content), weight: percent(green.weight), target_groups })
    }

    /// The task definition that a service runs, and the target group that it is behind.
    pub(super) async fn serving(
        &self,
        cluster: &str,
        service: &str,
    ) -> Result<(Option<Version>, Option<String>), Fault> {
        let what = format!("DescribeServices {cluster}/{service}");
        let call = self.sdk.ecs().describe_services().cluster(cluster).services(service);
        let answer = unless_gone(call.send().await.map_err(|error| fault(what, error)))?;
        let Some(found) = answer.and_then(|answer| answer.services?.into_iter().next()) else {
            return Ok((None, None));
        };
        let primary = found.task_sets().iter().find(|set| set.status.as_deref() == Some(PRIMARY));
        let version = primary.and_then(task_definition);
        Ok((version.or_else(|| found.task_definition.as_deref().map(short)), primary.and_then(target_group)))
    }

    async fn task_sets(&self, cluster: &str, service: &str) -> Result<Vec<TaskSet>, Fault> {
        let what = format!("DescribeTaskSets {cluster}/{service}");
        let call = self.sdk.ecs().describe_task_sets().cluster(cluster).service(service);
        let answer = unless_gone(call.send().await.map_err(|error| fault(what, error)))?;
        Ok(answer.and_then(|answer| answer.task_sets).unwrap_or_default())
    }

    /// The task definition that the deployment's AppSpec names. CodeDeploy gives the text back by its hash.
    async fn named_in_app_spec(&self, info: &DeploymentInfo) -> Result<Option<Version>, Fault> {
        let Some(location) = &info.revision else { return Ok(None) };
        if let Some(text) = revision::app_spec(location) {
            return Ok(revision::task_definition(text).map(short));
        }
        let application = info.application_name.as_deref().unwrap_or_default();
        let call = self.sdk.codedeploy().get_application_revision().application_name(application);
        let answer = call.revision(location.clone()).send().await;
        let what = format!("GetApplicationRevision {application}");
        let answer = unless_gone(answer.map_err(|error| fault(what, error)))?;
        let found = answer.and_then(|answer| answer.revision);
        Ok(found.and_then(|found| revision::task_definition(revision::app_spec(&found)?).map(short)))
    }

    /// The load balancer behind the production listener, as CloudWatch names it. One that is no application load balancer
    /// counts no requests.
    async fn load_balancer(&self, group: &Group, info: &DeploymentInfo) -> Result<Option<String>, Fault> {
        if let Some(listener) = info.load_balancer_info.as_ref().and_then(listener) {
            return Ok(of_listener(listener));
        }
        let group = self.group_info(group).await?;
        Ok(group.load_balancer_info.as_ref().and_then(listener).and_then(of_listener))
    }
}

/// The load balancer and the target group that serve a service now, where its group says both.
pub(super) fn serving_groups(
    info: Option<&LoadBalancerInfo>,
    target_group: Option<String>,
) -> Option<TargetGroups> {
    let load_balancer = info.and_then(listener).and_then(of_listener)?;
    Some(TargetGroups { load_balancer, stable: target_group?, candidate: None })
}

const PRIMARY: &str = "PRIMARY";

/// One of the two sides of a blue/green deployment.
struct Side<'a> {
    id: Option<String>,
    weight: f64,
    set: Option<&'a TaskSet>,
}

fn side<'a>(target: &EcsTarget, label: &TargetLabel, sets: &'a [TaskSet]) -> Side<'a> {
    let named = target.task_sets_info().iter().find(|set| set.task_set_label.as_ref() == Some(label));
    let id = named.and_then(|set: &EcsTaskSet| set.identifer.clone());
    let set = sets.iter().find(|set| id.is_some() && set.id == id);
    Side { id, weight: named.map_or(0.0, |set| set.traffic_weight), set }
}

/// Cluster and service: a target's id is `cluster:service`, its ARN ends with `service/cluster/service`.
fn names(target: &EcsTarget) -> Option<(String, String)> {
    let of_id = target.target_id.as_deref().and_then(|id| id.split_once(':'));
    let of_arn = || target.target_arn.as_deref()?.split_once(":service/")?.1.split_once('/');
    let (cluster, service) = of_id.or_else(of_arn)?;
    Some((cluster.to_owned(), service.to_owned()))
}

fn task_definition(set: &TaskSet) -> Option<Version> {
    set.task_definition.as_deref().map(short)
}

/// `arn:aws:ecs:eu-west-1:123456789012:task-definition/shop:8` is `shop:8`.
fn short(name: &str) -> Version {
    Version(name.rsplit('/').next().unwrap_or(name).to_owned())
}

/// The target group of a task set as CloudWatch names it: the end of its ARN.
fn target_group(set: &TaskSet) -> Option<String> {
    let arn = set.load_balancers().iter().find_map(|behind| behind.target_group_arn.as_deref())?;
    arn.find("targetgroup/").map(|start| arn[start..].to_owned())
}

fn listener(info: &LoadBalancerInfo) -> Option<&str> {
    let route = info.target_group_pair_info_list().first()?.prod_traffic_route.as_ref()?;
    route.listener_arns().first().map(String::as_str)
}

/// `…:listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2` is that of `app/shop/50dc6c495c0c9188`.
fn of_listener(arn: &str) -> Option<String> {
    let (_, path) = arn.split_once(":listener/")?;
    let (load_balancer, _) = path.rsplit_once('/')?;
    load_balancer.starts_with("app/").then(|| load_balancer.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_balancer_is_named_by_its_listener() {
        let arn = |path: &str| format!("arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/{path}");
        let app = of_listener(&arn("app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2"));
        assert_eq!(app.as_deref(), Some("app/shop/50dc6c495c0c9188"));
        assert_eq!(of_listener(&arn("net/shop/50dc6c495c0c9188/f2f7dc8efc522ab2")), None);
        assert_eq!(of_listener("shop"), None);
    }
}
