//! What helps against a fault, as far as its kind says it.

use tidegate_aws::faults::NO_CREDENTIALS;
use tidegate_engine::ports::{Fault, FaultKind};

/// What to do about a fault of AWS.
pub fn remedy(fault: &Fault) -> Option<String> {
    match &fault.kind {
        FaultKind::Denied(told) if told.starts_with(NO_CREDENTIALS) => Some(SIGN_IN.to_owned()),
        FaultKind::Denied(told) if STALE.iter().any(|mark| told.contains(mark)) => {
            Some(format!("the credentials are not valid any more, or belong elsewhere; {SIGN_IN}"))
        }
        FaultKind::Denied(told) => Some(format!("somebody has to allow you {}", action(told, &fault.what))),
        FaultKind::Passing(_) => Some(REACH.to_owned()),
        FaultKind::Missing(_) if fault.what.starts_with("GetItem") || fault.what.starts_with("Query") => {
            Some("say the table's name, the stack's output Table: --table NAME, or TIDEGATE_TABLE; and the region: AWS_REGION".to_owned())
        }
        FaultKind::Missing(_) | FaultKind::Refused(_) | FaultKind::Unreadable(_) => None,
    }
}

const SIGN_IN: &str =
    "sign in as for the aws command: aws sso login, AWS_PROFILE, or AWS_ACCESS_KEY_ID and its like";

const REACH: &str =
    "try again; if it stays so, look at the network, the proxy, AWS_REGION and AWS_ENDPOINT_URL";

/// Parts of the codes of credentials that were good once, or somewhere.
const STALE: &[&str] = &["Expired", "UnrecognizedClient", "InvalidClientTokenId", "InvalidSignature"];

/// The IAM action that is missing: AWS mostly names it, and else the call does.
fn action<'a>(told: &'a str, what: &'a str) -> &'a str {
    let named = told.split_once("to perform: ").map_or(what, |(_, named)| named);
    named.split_whitespace().next().unwrap_or(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let denied =
            |told: &str| remedy(&Fault::new("GetItem POLICY#a POLICY", FaultKind::Denied(told.to_owned())));
        let told = "AccessDeniedException: User: arn:aws:iam::1:user/ana is not authorized to perform: dynamodb:GetItem on resource: x";
        assert_eq!(denied(told).as_deref(), Some("somebody has to allow you dynamodb:GetItem"));
        assert_eq!(denied("AccessDenied").as_deref(), Some("somebody has to allow you GetItem"));
        assert_eq!(denied("no credentials: none found").as_deref(), Some(SIGN_IN));
        assert!(
            denied("ExpiredTokenException: too old").is_some_and(|words| words.contains("aws sso login"))
        );
    }
}
