//! Transactions: all items are written or none, and a cancelled one says which conditions did not hold.
//!
//! The SDK puts one token into all its tries of a call, so that a try after a lost answer is no second write. A caller that
//! gives up and commits again meets its own write as a conflict, reads the document, and finds there what it wanted.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use tidegate_engine::ports::{Fault, FaultKind};

use super::Table;
use crate::faults::{answered, fault};

/// How often a transaction is tried that met another one. The other is over in milliseconds, and then the conditions decide.
const ATTEMPTS: u32 = 3;

/// DynamoDB takes so many items in one transaction.
pub(super) const ITEMS: usize = 100;

/// What became of a transaction.
pub(super) enum Transacted {
    /// Everything is written.
    Done,
    /// Nothing is: the conditions at these places did not hold.
    Unmet(Vec<usize>),
}

impl Table {
    pub(super) async fn transact(
        &self,
        what: &str,
        items: Vec<TransactWriteItem>,
    ) -> Result<Transacted, Fault> {
        let mut failure = FaultKind::Passing("met other transactions".to_owned());
        for _ in 0..ATTEMPTS {
            let call = self.sdk.dynamodb().transact_write_items().set_transact_items(Some(items.clone()));
            let Err(error) = call.send().await else { return Ok(Transacted::Done) };
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
                error.as_service_error()
            else {
                return Err(fault(what, error));
            };
            let reasons = cancelled.cancellation_reasons();
            let unmet: Vec<usize> = places(reasons, "ConditionalCheckFailed").collect();
            if !unmet.is_empty() {
                return Ok(Transacted::Unmet(unmet));
            }
            failure =
                reasons.iter().find_map(refusal).unwrap_or_else(|| answered(400, "TransactionConflict", ""));
            if !matches!(failure, FaultKind::Passing(_)) {
                return Err(Fault::new(what, failure).because(error));
            }
        }
        Err(Fault::new(what, failure))
    }
}

fn places<'a>(reasons: &'a [CancellationReason], code: &'a str) -> impl Iterator<Item = usize> + 'a {
    reasons.iter().enumerate().filter(move |(_, reason)| reason.code() == Some(code)).map(|(place, _)| place)
}

/// The kind of what stopped a transaction other than a condition: `TransactionConflict`, `ThrottlingError`, `ValidationError`.
fn refusal(reason: &CancellationReason) -> Option<FaultKind> {
    let code = reason.code().filter(|code| *code != "None")?;
    Some(answered(400, code, reason.message().unwrap_or_default()))
}
