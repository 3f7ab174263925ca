//! Policies, and which of them guards a target.

use tidegate_domain::policy::Mode;
use tidegate_domain::target::Target;
use tidegate_engine::ports::{Fault, PolicyRecord};

use super::Table;
use super::commit::built_put;
use super::keys::{self, Key, text};
use super::reading::{field, json_in, timestamp_in};
use crate::faults::fault;

impl Table {
    pub(super) async fn read_policy(&self, name: &str) -> Result<Option<PolicyRecord>, Fault> {
        let Some(item) = self.get(Key::policy(name)).await? else { return Ok(None) };
        let what = format!("policy {name}");
        let read = |attribute| field(&what, &item, attribute).map(str::to_owned);
        let applied = timestamp_in(&what, &item, "applied")?;
        let json = json_in(&what, &item, "json")?;
        Ok(Some(PolicyRecord { name: name.to_owned(), text: read("text")?, json, applied, by: read("by")? }))
    }

    /// A policy that guards a target is written together with the item by which it is found.
    pub(super) async fn write_policy(&self, policy: &PolicyRecord) -> Result<(), Fault> {
        let mut item = Key::policy(&policy.name).item();
        item.extend(
            [
                ("text", text(&policy.text)),
                ("json", text(policy.json.to_string())),
                ("applied", text(keys::moment(policy.applied))),
                ("by", text(&policy.by)),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        let Some(target) = guarded(policy) else {
            let call = self.sdk.dynamodb().put_item().table_name(&self.name).set_item(Some(item));
            call.send().await.map_err(|error| fault(format!("PutItem policy {}", policy.name), error))?;
            return Ok(());
        };
        let what = format!("policy {} of {target}", policy.name);
        let mut guard = Key::guard(&target.key()).item();
        guard.insert("policy".to_owned(), text(&policy.name));
        let items =
            vec![built_put(&what, self.put(item).build())?, built_put(&what, self.put(guard).build())?];
        self.transact(&what, items).await.map(|_| ())
    }

    pub(super) async fn read_guard(&self, target: &str) -> Result<Option<String>, Fault> {
        let Some(item) = self.get(Key::guard(target)).await? else { return Ok(None) };
        field(&format!("guard of {target}"), &item, "policy").map(|name| Some(name.to_owned()))
    }
}

/// The target that a policy guards. One that cannot be read guards nothing; whoever uses it is told what is wrong.
fn guarded(policy: &PolicyRecord) -> Option<Target> {
    let policy = policy.policy().ok()?;
    match policy.mode {
        Mode::Guard => policy.target,
        Mode::Drive => None,
    }
}
