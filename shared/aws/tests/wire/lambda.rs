//! A small Lambda: one alias, its `RevisionId` checked as the service checks it.

use serde_json::{Value, json};

use crate::harness::{Answer, Wire};

/// A function `checkout` whose alias `live` stands on version 7.
pub fn service() -> Wire {
    let mut revision = 1;
    let mut alias = json!({ "Name": "live", "FunctionVersion": "7", "RevisionId": "r1" });
    Wire::serving(move |request| match request.operation.as_str() {
        "GetAlias" => Answer::Json(alias.clone()),
        "UpdateAlias" if request.body["RevisionId"] != alias["RevisionId"] => Answer::Error(
            412,
            "PreconditionFailedException",
            json!({ "Message": "the RevisionId is an old one" }),
        ),
        "UpdateAlias" => {
            revision += 1;
            alias["RevisionId"] = json!(format!("r{revision}"));
            for member in ["FunctionVersion", "RoutingConfig"] {
                if !request.body[member].is_null() {
                    alias[member] = request.body[member].clone();
                }
            }
            Answer::Json(alias.clone())
        }
        operation => panic!("not served: {operation}"),
    })
}

/// A version's configuration; `changes` over what is right.
pub fn configuration(version: &str, changes: &[(&str, Value)]) -> Answer {
    let mut configuration = json!({
        "FunctionName": "checkout", "Version": version,
        "FunctionArn": format!("arn:aws:lambda:eu-west-1:123456789012:function:checkout:{version}"),
        "State": "Active", "LastUpdateStatus": "Successful", "Timeout": 30,
        "Role": "arn:aws:iam::123456789012:role/checkout",
    });
    for (name, value) in changes {
        configuration[*name] = value.clone();
    }
    Answer::Json(configuration)
}
