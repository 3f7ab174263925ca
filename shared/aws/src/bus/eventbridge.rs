//! EventBridge. A call can succeed while some of its entries fail; those are put again, a bounded number of times.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use tidegate_engine::ports::{Bus, Fault, FaultKind};
use tidegate_wire::bus::{Message, SOURCE};

use crate::faults::{answered, fault, unreadable};
use crate::rights::Right;
use crate::sdk::Sdk;

/// What this adapter calls.
pub const RIGHTS: &[Right] =
    &[Right::new("events:PutEvents", "puts verdicts, effects and outcomes on the bus")];

/// `PutEvents` takes so many entries in one call, ...
const ENTRIES: usize = 10;
/// ... and so many bytes at least everywhere; newer limits are higher.
const BYTES: usize = 256 * 1024;
/// How often an entry is put in all.
const ATTEMPTS: u32 = 3;

/// The bus port on EventBridge.
#[derive(Debug)]
pub struct EventBridge {
    sdk: Arc<Sdk>,
    bus: String,
}

impl EventBridge {
    pub(crate) const fn new(sdk: Arc<Sdk>, bus: String) -> Self {
        Self { sdk, bus }
    }

    /// Puts one call's entries, those that fail again, and says what the last failure was.
    async fn put(&self, mut entries: Vec<PutEventsRequestEntry>) -> Result<(), Fault> {
        let mut failure = None;
        for _ in 0..ATTEMPTS {
            let call = self.sdk.eventbridge().put_events().set_entries(Some(entries.clone()));
            let answer = call.send().await.map_err(|error| fault(self.what(), error))?;
            if answer.failed_entry_count == 0 {
                return Ok(());
            }
            let results = answer.entries.unwrap_or_default();
            let of_each = results.len() == entries.len();
            let failed = entries.into_iter().zip(results).filter(|(_, result)| result.error_code.is_some());
            let (again, results): (Vec<_>, Vec<_>) = failed.unzip();
            if again.is_empty() || !of_each {
                return Err(unreadable(self.what(), "entries failed, and the answer does not say which"));
            }
            entries = again;
            failure = results.iter().map(refusal).max_by_key(|kind| !matches!(kind, FaultKind::Passing(_)));
            if failure.as_ref().is_some_and(|kind| !matches!(kind, FaultKind::Passing(_))) {
                break;
            }
        }
        Err(Fault::new(
            self.what(),
            failure.unwrap_or_else(|| FaultKind::Passing("entries failed".to_owned())),
        ))
    }

    fn entry(&self, message: &Message) -> Result<PutEventsRequestEntry, Fault> {
        let detail =
            message.detail().map_err(|error| unreadable(message.detail_type(), "no JSON").because(error))?;
        let entry = PutEventsRequestEntry::builder().event_bus_name(&self.bus).source(SOURCE);
        // Whoever the message wakes goes on in the trace of whoever sent it.
        let entry = entry.set_trace_header(self.sdk.invocation.trace().map(|trace| trace.header()));
        Ok(entry.detail_type(message.detail_type()).detail(detail).build())
    }

    fn what(&self) -> String {
        format!("PutEvents {}", self.bus)
    }
}

#[async_trait]
impl Bus for EventBridge {
    async fn publish(&self, messages: &[Message]) -> Result<(), Fault> {
        let entries = messages.iter().map(|message| self.entry(message)).collect::<Result<Vec<_>, _>>()?;
        for batch in batches(entries) {
            self.put(batch).await?;
        }
        Ok(())
    }
}

/// What an entry's failure is. Its codes are those of the calls, `ThrottlingException` and `InternalFailure` among them.
fn refusal(result: &PutEventsResultEntry) -> FaultKind {
    answered(400, result.error_code().unwrap_or_default(), result.error_message().unwrap_or_default())
}

/// In as few calls as the limits allow, in the same order. An entry beyond the limit goes alone, for EventBridge to judge.
fn batches(entries: Vec<PutEventsRequestEntry>) -> Vec<Vec<PutEventsRequestEntry>> {
    let mut batches: Vec<Vec<_>> = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let size = size(&entry);
        match batches.last_mut() {
            Some(batch) if batch.len() < ENTRIES && bytes + size <= BYTES => {
                batch.push(entry);
                bytes += size;
            }
            Some(_) | None => {
                batches.push(vec![entry]);
                bytes = size;
            }
        }
    }
    batches
}

/// An entry's size as EventBridge counts it.
fn size(entry: &PutEventsRequestEntry) -> usize {
    [entry.source(), entry.detail_type(), entry.detail()].into_iter().flatten().map(str::len).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(bytes: usize) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder().detail("x".repeat(bytes)).build()
    }

    #[test]
    fn a_batch_keeps_to_both_limits() {
        let sizes = |entries: Vec<_>| batches(entries).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(vec![entry(1); 23]), [10, 10, 3]);
        assert_eq!(sizes(vec![entry(100 * 1024); 5]), [2, 2, 1]);
        assert_eq!(sizes(vec![entry(1), entry(300 * 1024), entry(1)]), [1, 1, 1]);
        assert!(sizes(Vec::new()).is_empty());
    }
}
