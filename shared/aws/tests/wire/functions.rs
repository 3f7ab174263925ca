//! What functions say of themselves.

use serde_json::{Value, json};
use tidegate_domain::target::Version;
use tidegate_engine::ports::{FaultKind, Tagged};

use crate::harness::{Answer, Wire};
use crate::lambda::configuration;

fn tags(tags: &Value) -> Wire {
    Wire::answering([configuration("8", &[]), Answer::Json(json!({ "Tags": tags }))])
}

#[tokio::test]
async fn tags_are_asked_for_by_the_arn_of_the_function_not_of_a_version() {
    let wire = tags(&json!({ "tidegate:policy": "checkout", "tidegate:alias": "live", "team": "shop" }));
    let tagged = wire.aws().functions().tagged("checkout").await.unwrap();
    assert_eq!(tagged, Some(Tagged { policy: "checkout".to_owned(), alias: Some("live".to_owned()) }));
    let paths: Vec<_> = wire.requests().into_iter().map(|request| request.path).collect();
    let arn = "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Acheckout";
    assert_eq!(
        paths,
        ["/2015-03-31/functions/checkout/configuration".to_owned(), format!("/2017-03-31/tags/{arn}")]
    );
}

#[tokio::test]
async fn a_function_without_the_tag_is_not_ours() {
    for others in [json!({}), json!({ "tidegate:alias": "live" }), json!({ "tidegate:policy": "" })] {
        assert_eq!(tags(&others).aws().functions().tagged("checkout").await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_function_that_is_gone_is_not_ours() {
    let gone = || Answer::Error(404, "ResourceNotFoundException", json!({ "Message": "Function not found" }));
    for answers in [vec![gone()], vec![configuration("8", &[]), gone()]] {
        let wire = Wire::answering(answers);
        assert_eq!(wire.aws().functions().tagged("checkout").await.unwrap(), None);
    }
}

#[tokio::test]
async fn the_newest_version_with_the_code_is_found_on_any_page() {
    let page =
        |versions: Value, marker: Value| Answer::Json(json!({ "Versions": versions, "NextMarker": marker }));
    let version = |version: &str, code: &str| json!({ "Version": version, "CodeSha256": code });
    let wire = Wire::answering([
        page(json!([version("$LATEST", "new"), version("2", "new"), version("9", "new")]), json!("more")),
        page(json!([version("10", "new"), version("11", "other")]), Value::Null),
    ]);
    let found = wire.aws().functions().version_with_code("checkout", "new").await.unwrap();
    assert_eq!(found, Some(Version("10".to_owned())));
    assert_eq!(wire.requests()[1].path, "/2015-03-31/functions/checkout/versions?Marker=more");
}

#[tokio::test]
async fn an_unknown_code_has_no_version() {
    let wire = Wire::answering([Answer::Json(
        json!({ "Versions": [{ "Version": "$LATEST", "CodeSha256": "new" }] }),
    )]);
    assert_eq!(wire.aws().functions().version_with_code("checkout", "new").await.unwrap(), None);
}

#[tokio::test]
async fn a_right_that_is_missing_is_told() {
    let wire = Wire::answering([Answer::Error(
        403,
        "AccessDeniedException",
        json!({ "Message": "no lambda:ListVersions" }),
    )]);
    let fault = wire.aws().functions().version_with_code("checkout", "new").await.unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Denied(_)), "{fault}");
}
