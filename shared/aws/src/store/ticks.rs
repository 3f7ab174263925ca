//! What health-check measured: one item an hour, one attribute a minute; and what it found last.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tidegate_domain::rollout::RolloutId;
use tidegate_domain::ticks::Tick;
use tidegate_domain::verdict::{Evidence, Verdict};
use tidegate_engine::ports::{Fault, Snapshot};

use super::Table;
use super::keys::{self, Key, hour_and_minute};
use super::reading::{json_in, json_of, to_json};
use crate::faults::fault;

/// A snapshot as it is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    at: Timestamp,
    verdict: Verdict,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
}

impl Table {
    /// One update an hour; minutes that it does not name keep what they have.
    pub(super) async fn write_ticks(&self, id: &RolloutId, ticks: &[Tick]) -> Result<(), Fault> {
        let what = format!("UpdateItem ticks of {id}");
        let mut hours: BTreeMap<Timestamp, BTreeMap<String, &Tick>> = BTreeMap::new();
        for tick in ticks {
            let (hour, minute) = hour_and_minute(tick);
            hours.entry(hour).or_default().insert(minute, tick);
        }
        for (hour, minutes) in hours {
            let sets: Vec<String> = minutes.keys().map(|minute| format!("#{minute} = :{minute}")).collect();
            let mut call = self.sdk.dynamodb().update_item().table_name(&self.name);
            call = call
                .set_key(Some(Key::ticks(id, hour).item()))
                .update_expression(format!("SET {}", sets.join(", ")));
            for (minute, tick) in minutes {
                call = call.expression_attribute_values(format!(":{minute}"), to_json(&what, tick)?);
                call = call.expression_attribute_names(format!("#{minute}"), minute);
            }
            call.send().await.map_err(|error| fault(&what, error))?;
        }
        Ok(())
    }

    pub(super) async fn read_ticks(&self, id: &RolloutId) -> Result<Vec<Tick>, Fault> {
        let what = format!("ticks of {id}");
        let mut ticks = Vec::new();
        for item in self.beginning_with(&keys::rollout(id), keys::TICKS).await? {
            let minutes = item.iter().filter(|(name, _)| name.starts_with('m'));
            let read = minutes.map(|(name, value)| json_of::<Tick>(&what, name, value));
            ticks.extend(read.collect::<Result<Vec<_>, _>>()?);
        }
        ticks.sort_by_key(|tick| tick.minute);
        Ok(ticks)
    }

    pub(super) async fn write_snapshot(&self, id: &RolloutId, snapshot: &Snapshot) -> Result<(), Fault> {
        let what = format!("PutItem snapshot of {id}");
        let Snapshot { at, verdict, evidence } = snapshot.clone();
        let stored = to_json(&what, &Stored { at, verdict, evidence })?;
        let call =
            self.sdk.dynamodb().put_item().table_name(&self.name).set_item(Some(Key::snapshot(id).item()));
        call.item("snapshot", stored).send().await.map_err(|error| fault(what, error))?;
        Ok(())
    }

    pub(super) async fn read_snapshot(&self, id: &RolloutId) -> Result<Option<Snapshot>, Fault> {
        let Some(item) = self.get(Key::snapshot(id)).await? else { return Ok(None) };
        let Stored { at, verdict, evidence } = json_in(&format!("snapshot of {id}"), &item, "snapshot")?;
        Ok(Some(Snapshot { at, verdict, evidence }))
    }
}
