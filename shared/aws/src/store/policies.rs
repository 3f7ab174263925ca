//! Policies, which of them guards a target, and which have a kill switch for an alarm.

use std::collections::BTreeSet;

use tidegate_domain::policy::Mode;
use tidegate_engine::ports::{Fault, FaultKind, PolicyRecord};

use super::Table;
use super::commit::built_put;
use super::keys::{self, Item, Key, text};
use super::reading::{field, json_in, timestamp_in};
use super::transaction::ITEMS;
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

    /// A policy that guards a target, or has kill switches, is written together with the items by which it is found.
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
        let what = format!("policy {}", policy.name);
        let found_by = found_by(policy);
        if found_by.is_empty() {
            let call = self.sdk.dynamodb().put_item().table_name(&self.name).set_item(Some(item));
            call.send().await.map_err(|error| fault(format!("PutItem {what}"), error))?;
            return Ok(());
        }
        let items =
            std::iter::once(item).chain(found_by).map(|item| built_put(&what, self.put(item).build()));
        let items = items.collect::<Result<Vec<_>, _>>()?;
        if items.len() > ITEMS {
            let problem =
                format!("{} items; a transaction takes {ITEMS}. It names too many alarms", items.len());
            return Err(Fault::new(what, FaultKind::Refused(problem)));
        }
        self.transact(&what, items).await.map(|_| ())
    }

    pub(super) async fn read_guard(&self, target: &str) -> Result<Option<String>, Fault> {
        let Some(item) = self.get(Key::guard(target)).await? else { return Ok(None) };
        field(&format!("guard of {target}"), &item, "policy").map(|name| Some(name.to_owned()))
    }
}

/// The items by which a policy is found: by the target that it guards, and by the alarms of its kill switches. One that cannot be
/// read is found by nothing; whoever uses it is told what is wrong.
fn found_by(record: &PolicyRecord) -> Vec<Item> {
    let Ok(policy) = record.policy() else { return Vec::new() };
    let target = match policy.mode {
        Mode::Guard => policy.target,
        Mode::Drive => None,
    };
    let guard = target.map(|target| {
        let mut guard = Key::guard(&target.key()).item();
        guard.insert("policy".to_owned(), text(&record.name));
        guard
    });
    let alarms: BTreeSet<&str> = policy.kill_switches.iter().map(|switch| switch.alarm.as_str()).collect();
    let switches = alarms.into_iter().map(|alarm| Key::kill_switch(alarm, &record.name).item());
    guard.into_iter().chain(switches).collect()
}
