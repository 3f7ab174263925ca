//! Outcomes: claimed, sent.

use serde_json::{Value, json};
use tidegate_engine::ports::Claim;

use crate::harness::{Answer, Wire};
use crate::samples::{at, item};

async fn claim(wire: &Wire) -> Claim {
    wire.aws().store().claim("checkout-live-8@9", at("10:00:00"), at("10:02:00")).await.unwrap()
}

fn refused(old: &Value) -> Answer {
    Answer::Error(400, "ConditionalCheckFailedException", json!({ "message": "no", "Item": old }))
}

#[tokio::test]
async fn a_claim_is_won_where_there_is_none_or_its_lease_is_over() {
    let wire = Wire::answering([Answer::Json(json!({}))]);
    assert_eq!(claim(&wire).await, Claim::Won);
    let body = wire.only_request().body;
    assert_eq!(
        body["ConditionExpression"],
        "attribute_not_exists(#pk) OR (#state = :claimed AND #until <= :now)"
    );
    assert_eq!(body["Item"]["until"]["S"], "2026-03-01T10:02:00.000000Z");
    assert_eq!(body["ExpressionAttributeValues"][":now"]["S"], "2026-03-01T10:00:00.000000Z");
    assert_eq!(body["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
}

#[tokio::test]
async fn a_claim_that_is_not_won_says_whether_it_was_sent() {
    let state = |state: &str| item(&[("state", state.to_owned())]);
    assert_eq!(claim(&Wire::answering([refused(&state("claimed"))])).await, Claim::Held);
    assert_eq!(claim(&Wire::answering([refused(&state("sent"))])).await, Claim::Sent);
}

#[tokio::test]
async fn what_was_sent_is_recorded() {
    let wire = Wire::answering([Answer::Json(json!({}))]);
    wire.aws().store().sent("checkout-live-8@9", at("10:00:00")).await.unwrap();
    let body = wire.only_request().body;
    assert_eq!(body["Key"]["pk"]["S"], "OUTCOME#checkout-live-8@9");
    assert_eq!(body["UpdateExpression"], "SET #state = :sent, #expires = :expires");
}
