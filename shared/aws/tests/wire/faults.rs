//! What goes wrong on any wire.

use serde_json::json;
use tidegate_engine::ports::FaultKind;

use crate::harness::{Answer, Wire};
use crate::samples::id;

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_is_tried_again_so_often_and_no_more() {
    let wire = Wire::serving(|_| Answer::Broken);
    let fault = wire.aws().store().load(&id()).await.unwrap_err();
    assert!(fault.may_pass(), "{fault}");
    assert!(fault.to_string().contains("the connection broke"), "{fault}");
    assert_eq!(wire.requests().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_succeeds_at_the_second_try() {
    let throttled = Answer::Error(400, "ThrottlingException", json!({ "message": "slow down" }));
    let wire = Wire::answering([throttled, Answer::Json(json!({}))]);
    assert_eq!(wire.aws().store().load(&id()).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_down_passes_by_itself() {
    let wire = Wire::serving(|_| Answer::Error(503, "ServiceUnavailable", json!({})));
    assert!(wire.aws().store().load(&id()).await.unwrap_err().may_pass());
}

#[tokio::test]
async fn what_is_not_allowed_is_tried_once() {
    let wire = Wire::answering([Answer::Error(
        400,
        "AccessDeniedException",
        json!({ "Message": "no dynamodb:GetItem" }),
    )]);
    let fault = wire.aws().store().load(&id()).await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Denied(_)), "{fault}");
    assert!(std::error::Error::source(&fault).is_some(), "the SDK's error is kept");
}

#[tokio::test]
async fn a_table_that_is_not_there_is_missing() {
    let wire =
        Wire::answering([Answer::Error(400, "ResourceNotFoundException", json!({ "message": "no table" }))]);
    let fault = wire.aws().store().load(&id()).await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Missing(_)), "{fault}");
}
