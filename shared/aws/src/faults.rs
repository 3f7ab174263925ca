//! What went wrong, classified once: from the SDK's errors to the ports' faults. What to do about it is decided elsewhere.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tidegate_engine::ports::{Fault, FaultKind};

/// The fault that a failed call is; `what` says which call, on what.
pub fn fault<E>(what: impl Into<String>, error: SdkError<E, HttpResponse>) -> Fault
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let kind = match &error {
        SdkError::ConstructionFailure(_) => FaultKind::Refused("the request cannot be built".to_owned()),
        SdkError::TimeoutError(_) => FaultKind::Passing("timed out".to_owned()),
        _ if is_without_credentials(&error) => FaultKind::Denied(no_credentials(&error)),
        SdkError::DispatchFailure(_) => {
            FaultKind::Passing(format!("the service was not reached: {}", root(&error)))
        }
        SdkError::ResponseError(answer) => answered(answer.raw().status().as_u16(), "", "unreadable answer"),
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            answered(
                status,
                answer.err().code().unwrap_or_default(),
                answer.err().message().unwrap_or_default(),
            )
        }
        _ => FaultKind::Passing("the call failed in a way that the SDK does not name".to_owned()),
    };
    Fault::new(what, kind).because(error)
}

/// Whether a call failed before anybody was asked, for want of credentials.
fn is_without_credentials(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source()).any(<dyn Error>::is::<CredentialsError>)
}

/// The words for it.
pub(crate) fn no_credentials(error: &dyn Error) -> String {
    // The chain tells a line for each place that it looked at.
    let told = root(error).lines().map(str::trim).collect::<Vec<_>>().join("; ");
    format!("{NO_CREDENTIALS}: {told}")
}

/// What the words of a fault for want of credentials begin with.
pub const NO_CREDENTIALS: &str = "no credentials";

/// The innermost cause: `connection refused`, `no providers in chain provided credentials`.
fn root(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// The kind of an error that the service answered with.
pub fn answered(status: u16, code: &str, message: &str) -> FaultKind {
    let told = match (code, message) {
        ("", "") => format!("status {status}"),
        ("", message) => format!("status {status}: {message}"),
        (code, "") => code.to_owned(),
        (code, message) => format!("{code}: {message}"),
    };
    let is = |marks: &[&str]| marks.iter().any(|mark| code.contains(mark));
    if status >= 500 || status == 429 || is(PASSING) {
        FaultKind::Passing(told)
    } else if is(DENIED) || matches!(status, 401 | 403) {
        FaultKind::Denied(told)
    } else if is(MISSING) || status == 404 {
        FaultKind::Missing(told)
    } else if code.is_empty() && status < 300 {
        FaultKind::Unreadable(told)
    } else {
        FaultKind::Refused(told)
    }
}

/// Parts of the codes of what passes by itself. `ResourceConflict` is Lambda's word for "an update is in progress",
/// `DeploymentLimitExceeded` CodeDeploy's for "another deployment is under way".
const PASSING: &[&str] = &[
    "Throttl",
    "TooManyRequests",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "RequestTimeout",
    "SlowDown",
    "TransactionConflict",
    "TransactionInProgress",
    "ResourceConflict",
    "ConcurrentModification",
    "DeploymentLimitExceeded",
    "SnapStartNotReady",
    "InternalServerError",
    "InternalFailure",
    "InternalError",
    "ServiceUnavailable",
];
/// Parts of the codes of what somebody has to allow.
const DENIED: &[&str] = &[
    "AccessDenied",
    "NotAuthorized",
    "AuthorizationError",
    "UnauthorizedOperation",
    "ExpiredToken",
    "UnrecognizedClient",
    "InvalidClientTokenId",
    "InvalidSignature",
    "MissingAuthentication",
    "OptInRequired",
];
/// Parts of the codes of what is not there.
const MISSING: &[&str] = &["NotFound", "DoesNotExist"];

/// Something in an answer or in the table that cannot be read.
pub fn unreadable(what: impl Into<String>, problem: impl Into<String>) -> Fault {
    Fault::new(what, FaultKind::Unreadable(problem.into()))
}

/// A request that the SDK will not build. All that it demands is given, so only a fault of ours can lead here.
pub fn unbuildable(what: &str) -> impl Fn(aws_smithy_types::error::operation::BuildError) -> Fault {
    move |error| Fault::new(what, FaultKind::Refused(error.to_string())).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_classified_by_its_code_before_its_status() {
        let kind = |status, code| answered(status, code, "");
        for (status, code) in [
            (400, "ThrottlingException"),
            (400, "ProvisionedThroughputExceededException"),
            (400, "TransactionConflictException"),
            (409, "ResourceConflictException"),
            (400, "DeploymentLimitExceededException"),
            (429, "TooManyRequestsException"),
            (500, ""),
            (503, "ServiceUnavailable"),
        ] {
            assert!(matches!(kind(status, code), FaultKind::Passing(_)), "{status} {code}");
        }
        for (status, code) in [
            (400, "AccessDeniedException"),
            (403, "AuthorizationError"),
            (400, "ExpiredTokenException"),
            (403, ""),
        ] {
            assert!(matches!(kind(status, code), FaultKind::Denied(_)), "{status} {code}");
        }
        for (status, code) in [
            (400, "ResourceNotFoundException"),
            (400, "DeploymentDoesNotExistException"),
            (404, "NotFound"),
            (404, ""),
        ] {
            assert!(matches!(kind(status, code), FaultKind::Missing(_)), "{status} {code}");
        }
        for (status, code) in
            [(400, "ValidationException"), (400, "InvalidParameterValueException"), (400, "")]
        {
            assert!(matches!(kind(status, code), FaultKind::Refused(_)), "{status} {code}");
        }
        assert!(matches!(kind(200, ""), FaultKind::Unreadable(_)));
    }
}
