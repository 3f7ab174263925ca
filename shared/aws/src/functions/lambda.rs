//! Lambda functions: their tags and their published versions.

use std::sync::Arc;

use async_trait::async_trait;
use tidegate_domain::target::Version;
use tidegate_engine::ports::{Fault, Functions, Tagged};

use crate::faults::{fault, unreadable};
use crate::rights::Right;
use crate::sdk::Sdk;
use crate::tags::{tagged, unless_gone};

/// What this adapter calls.
pub const RIGHTS: &[Right] = &[
    Right::new(
        "lambda:GetFunctionConfiguration",
        "learns a function's ARN, the only name that tags are kept under",
    ),
    Right::new("lambda:ListTags", "reads the policy's name from a function's tags"),
    Right::new("lambda:ListVersionsByFunction", "finds the version with a known code"),
];

/// The functions port on Lambda.
#[derive(Debug)]
pub struct Lambda {
    sdk: Arc<Sdk>,
}

impl Lambda {
    pub(crate) const fn new(sdk: Arc<Sdk>) -> Self {
        Self { sdk }
    }
}

#[async_trait]
impl Functions for Lambda {
    /// `GetFunction` would answer in one call, but it also hands out the function's code: too much of a right.
    async fn tagged(&self, function: &str) -> Result<Option<Tagged>, Fault> {
        let what = format!("GetFunctionConfiguration {function}");
        let known = self.sdk.lambda().get_function_configuration().function_name(function).send().await;
        let Some(known) = unless_gone(known.map_err(|error| fault(&what, error)))? else { return Ok(None) };
        let arn = known.function_arn;
        let arn = arn.ok_or_else(|| unreadable(what, "the answer has no FunctionArn"))?;
        let answer = self.sdk.lambda().list_tags().resource(unqualified(&arn)).send().await;
        let answer = unless_gone(answer.map_err(|error| fault(format!("ListTags {function}"), error)))?;
        let tags = answer.and_then(|answer| answer.tags).unwrap_or_default();
        Ok(tagged(|name| tags.get(name).cloned()))
    }

    async fn version_with_code(&self, function: &str, code_sha256: &str) -> Result<Option<Version>, Fault> {
        let mut newest = None;
        let mut marker = None;
        loop {
            let call =
                self.sdk.lambda().list_versions_by_function().function_name(function).set_marker(marker);
            let page = call
                .send()
                .await
                .map_err(|error| fault(format!("ListVersionsByFunction {function}"), error))?;
            let same = page.versions().iter().filter(|version| version.code_sha256() == Some(code_sha256));
            let numbers = same.filter_map(|version| version.version()?.parse::<u64>().ok());
            newest = numbers.chain(newest).max();
            marker = page.next_marker.filter(|marker| !marker.is_empty());
            if marker.is_none() {
                return Ok(newest.map(|number| Version(number.to_string())));
            }
        }
    }
}

/// The ARN of a function without a version or an alias: tags are the function's.
fn unqualified(arn: &str) -> String {
    arn.splitn(8, ':').take(7).collect::<Vec<_>>().join(":")
}
