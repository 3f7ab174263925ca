//! Whose a deployment is, and the lifecycle hooks that wait for an answer.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use tidegate_domain::deployment::DeploymentId;
use tidegate_domain::rollout::RolloutId;
use tidegate_engine::ports::{Clock as _, Fault, Filed, Hook};
use tracing::warn;

use super::Table;
use super::commit::ABSENT;
use super::keys::{HOOK_KEPT, HOOKS, Item, Key, PASSED_OVER_KEPT, expires, text};
use super::reading::{field, json_in, to_json};
use crate::clock::System;
use crate::faults::fault;

impl Table {
    /// The item that says that a rollout follows a deployment.
    pub(super) fn filing(deployment: &DeploymentId, rollout: &RolloutId) -> Item {
        let mut item = Key::deployment(deployment).item();
        item.insert("rollout".to_owned(), text(&rollout.0));
        item
    }

    pub(super) async fn read_filed(&self, deployment: &DeploymentId) -> Result<Option<Filed>, Fault> {
        let Some(item) = self.get(Key::deployment(deployment)).await? else { return Ok(None) };
        let what = format!("deployment {deployment}");
        let read = |name| field(&what, &item, name).map(str::to_owned);
        Ok(Some(if item.contains_key("rollout") {
            Filed::Followed(RolloutId(read("rollout")?))
        } else {
            Filed::PassedOver(read("passedOver")?)
        }))
    }

    pub(super) async fn write_passed_over(&self, deployment: &DeploymentId, why: &str) -> Result<(), Fault> {
        let call = self.put_of(Key::deployment(deployment)).item("passedOver", text(why));
        let call = call.item("expires", expires(System.now(), PASSED_OVER_KEPT));
        let call = call.condition_expression("attribute_not_exists(#rollout)");
        let call = call.expression_attribute_names("#rollout", "rollout");
        unless_there(&format!("PutItem deployment {deployment}"), call).await
    }

    pub(super) async fn write_hook(&self, hook: &Hook) -> Result<(), Fault> {
        let what = format!("PutItem hook of {}", hook.deployment);
        let call = self.put_of(Key::hook(hook)).item("hook", to_json(&what, hook)?);
        let call = call.item("expires", expires(hook.asked, HOOK_KEPT));
        let call = call.condition_expression(ABSENT).expression_attribute_names("#pk", "pk");
        unless_there(&what, call).await
    }

    pub(super) async fn read_hooks(&self) -> Result<Vec<Hook>, Fault> {
        let items = self.partition(HOOKS, true, None).await?;
        let known = |item| {
            let hook = json_in::<Hook>(HOOKS, item, "hook");
            hook.inspect_err(|fault| warn!("a hook is passed over that only another release knows: {fault}"))
                .ok()
        };
        let mut hooks: Vec<Hook> = items.iter().filter_map(known).collect();
        hooks.sort_by_key(|hook| hook.asked);
        Ok(hooks)
    }

    pub(super) async fn delete_hook(&self, hook: &Hook) -> Result<(), Fault> {
        let call = self.sdk.dynamodb().delete_item().table_name(&self.name);
        let answer = call.set_key(Some(Key::hook(hook).item())).send().await;
        answer.map_err(|error| fault(format!("DeleteItem hook of {}", hook.deployment), error))?;
        Ok(())
    }

    fn put_of(&self, key: Key) -> PutItemFluentBuilder {
        self.sdk.dynamodb().put_item().table_name(&self.name).set_item(Some(key.item()))
    }
}

/// Puts an item; where its condition does not hold, what is there stays.
async fn unless_there(what: &str, call: PutItemFluentBuilder) -> Result<(), Fault> {
    match call.send().await {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(()),
        Err(error) => Err(fault(what, error)),
    }
}
