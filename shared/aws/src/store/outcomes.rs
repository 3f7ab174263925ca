//! Outcomes: claimed with a lease, sent, recorded as sent.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use jiff::Timestamp;
use tidegate_engine::ports::{Claim, Fault};

use super::Table;
use super::keys::{Key, OUTCOME_KEPT, expires, moment, text};
use super::reading::field;
use crate::faults::fault;

const CLAIMED: &str = "claimed";
const SENT: &str = "sent";

impl Table {
    /// A claim whose answer is lost is held by nobody who knows of it; it ends with its lease.
    pub(super) async fn claim_outcome(
        &self,
        id: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Claim, Fault> {
        let what = format!("PutItem claim of {id}");
        let call =
            self.sdk.dynamodb().put_item().table_name(&self.name).set_item(Some(Key::outcome(id).item()));
        let call = call
            .item("state", text(CLAIMED))
            .item("until", text(moment(until)))
            .item("expires", expires(now, OUTCOME_KEPT));
        let call =
            call.condition_expression("attribute_not_exists(#pk) OR (#state = :claimed AND #until <= :now)");
        let call = call.expression_attribute_names("#pk", "pk").expression_attribute_names("#state", "state");
        let call = call
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":claimed", text(CLAIMED));
        let call = call.expression_attribute_values(":now", text(moment(now)));
        let call = call.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = call.send().await else { return Ok(Claim::Won) };
        let Some(PutItemError::ConditionalCheckFailedException(refused)) = error.as_service_error() else {
            return Err(fault(what, error));
        };
        match refused.item() {
            Some(item) if field(&what, item, "state")? == SENT => Ok(Claim::Sent),
            Some(_) | None => Ok(Claim::Held),
        }
    }

    pub(super) async fn outcome_sent(&self, id: &str, now: Timestamp) -> Result<(), Fault> {
        let call =
            self.sdk.dynamodb().update_item().table_name(&self.name).set_key(Some(Key::outcome(id).item()));
        let call = call.update_expression("SET #state = :sent, #expires = :expires");
        let call = call
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#expires", "expires");
        let call = call.expression_attribute_values(":sent", text(SENT));
        let call = call.expression_attribute_values(":expires", expires(now, OUTCOME_KEPT));
        call.send().await.map_err(|error| fault(format!("UpdateItem outcome {id}"), error))?;
        Ok(())
    }
}
