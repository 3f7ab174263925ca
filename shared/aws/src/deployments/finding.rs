//! Finding deployments: those that are not over, and the one with a description.

use aws_sdk_codedeploy::primitives::DateTime;
use aws_sdk_codedeploy::types::{DeploymentStatus as Status, TimeRange};
use jiff::Timestamp;
use tidegate_domain::deployment::{DeploymentId, Group};
use tidegate_engine::ports::Fault;

use super::CodeDeploy;
use super::reading::way_back;
use crate::faults::fault;

/// `BatchGetDeployments` takes so many ids in one call.
const DEPLOYMENTS: usize = 25;

impl CodeDeploy {
    pub(super) async fn not_over(
        &self,
        group: Option<&Group>,
        since: Option<Timestamp>,
    ) -> Result<Vec<DeploymentId>, Fault> {
        let not_over = [Status::Created, Status::Queued, Status::InProgress, Status::Baking, Status::Ready];
        self.list(group, since, Some(not_over.into())).await
    }

    /// A deployment that takes another one back may carry the other one's description; it is not the one. Where two calls
    /// created two, the older one counts.
    pub(super) async fn described(
        &self,
        group: &Group,
        description: &str,
        since: Timestamp,
    ) -> Result<Option<DeploymentId>, Fault> {
        let mut oldest: Option<(DateTime, DeploymentId)> = None;
        for ids in self.list(Some(group), Some(since), None).await?.chunks(DEPLOYMENTS) {
            let ids = ids.iter().map(|id| id.0.clone()).collect();
            let call = self.sdk.codedeploy().batch_get_deployments().set_deployment_ids(Some(ids));
            let answer =
                call.send().await.map_err(|error| fault(format!("BatchGetDeployments {group}"), error))?;
            for info in answer.deployments_info.unwrap_or_default() {
                let (Some(id), Some(created)) = (info.deployment_id, info.create_time) else { continue };
                let id = DeploymentId(id);
                let (_, takes_back) = way_back(&id, info.rollback_info.as_ref());
                let is_it = info.description.as_deref() == Some(description) && takes_back.is_none();
                if is_it && oldest.as_ref().is_none_or(|(first, _)| created < *first) {
                    oldest = Some((created, id));
                }
            }
        }
        Ok(oldest.map(|(_, id)| id))
    }

    async fn list(
        &self,
        group: Option<&Group>,
        since: Option<Timestamp>,
        statuses: Option<Vec<Status>>,
    ) -> Result<Vec<DeploymentId>, Fault> {
        let what = group.map_or("ListDeployments".to_owned(), |group| format!("ListDeployments {group}"));
        let mut call = self.sdk.codedeploy().list_deployments().set_include_only_statuses(statuses);
        if let Some(group) = group {
            call = call.application_name(&group.application).deployment_group_name(&group.name);
        }
        if let Some(since) = since {
            let range = TimeRange::builder().start(DateTime::from_secs(since.as_second())).build();
            call = call.create_time_range(range);
        }
        let mut pages = call.into_paginator().send();
        let mut ids = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| fault(&what, error))?;
            ids.extend(page.deployments.unwrap_or_default().into_iter().map(DeploymentId));
        }
        Ok(ids)
    }
}
