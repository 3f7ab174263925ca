//! Tags of a deployment group, and of the ECS service that it deploys to.
//!
//! Tags are kept under ARNs, and nothing that CodeDeploy answers holds the ARN of a group. It is put together: CodeDeploy
//! works for a group with a role, and role and group are of one account.

use std::collections::HashMap;

use aws_sdk_codedeploy::types::DeploymentGroupInfo;
use tidegate_domain::deployment::Group;
use tidegate_engine::ports::{Fault, Tagged};

use super::CodeDeploy;
use crate::faults::{fault, unreadable};
use crate::tags::{tagged, unless_gone};

impl CodeDeploy {
    pub(super) async fn read_tags(&self, group: &Group) -> Result<Option<Tagged>, Fault> {
        let Some(info) = unless_gone(self.group_info(group).await)? else { return Ok(None) };
        let home = self.home(group, &info)?;
        let of_group =
            self.tags_of_group(&home.arn("codedeploy", &format!("deploymentgroup:{group}"))).await?;
        if of_group.is_some() {
            return Ok(of_group);
        }
        for service in info.ecs_services() {
            let (Some(cluster), Some(name)) = (&service.cluster_name, &service.service_name) else {
                continue;
            };
            let of_service =
                self.tags_of_service(&home.arn("ecs", &format!("service/{cluster}/{name}"))).await?;
            if of_service.is_some() {
                return Ok(of_service);
            }
        }
        Ok(None)
    }

    fn home(&self, group: &Group, info: &DeploymentGroupInfo) -> Result<Home, Fault> {
        let parts: Vec<&str> = info.service_role_arn.as_deref().unwrap_or_default().split(':').collect();
        let (["arn", partition, "iam", _, account, ..], Some(region)) = (parts.as_slice(), self.sdk.region())
        else {
            return Err(unreadable(format!("GetDeploymentGroup {group}"), "its serviceRoleArn is no role's"));
        };
        Ok(Home {
            partition: (*partition).to_owned(),
            region: region.to_owned(),
            account: (*account).to_owned(),
        })
    }

    async fn tags_of_group(&self, arn: &str) -> Result<Option<Tagged>, Fault> {
        let mut tags = HashMap::new();
        let mut next = None;
        loop {
            let call = self.sdk.codedeploy().list_tags_for_resource().resource_arn(arn).set_next_token(next);
            let page = call.send().await.map_err(|error| fault(format!("ListTagsForResource {arn}"), error));
            let Some(page) = unless_gone(page)? else { return Ok(None) };
            tags.extend(
                page.tags.unwrap_or_default().into_iter().filter_map(|tag| Some((tag.key?, tag.value?))),
            );
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(tagged(|name| tags.get(name).cloned()));
            }
        }
    }

    async fn tags_of_service(&self, arn: &str) -> Result<Option<Tagged>, Fault> {
        let answer = self.sdk.ecs().list_tags_for_resource().resource_arn(arn).send().await;
        let answer = unless_gone(answer.map_err(|error| fault(format!("ListTagsForResource {arn}"), error)))?;
        let tags = answer.and_then(|answer| answer.tags).unwrap_or_default();
        let tags: HashMap<_, _> = tags.into_iter().filter_map(|tag| Some((tag.key?, tag.value?))).collect();
        Ok(tagged(|name| tags.get(name).cloned()))
    }
}

/// Where a group is.
struct Home {
    partition: String,
    region: String,
    account: String,
}

impl Home {
    fn arn(&self, service: &str, resource: &str) -> String {
        let Self { partition, region, account } = self;
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}
