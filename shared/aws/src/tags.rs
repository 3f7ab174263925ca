//! What the tags of a resource say of Tidegate, whichever service keeps them.

use tidegate_engine::ports::{Fault, FaultKind, Tagged};

const POLICY_TAG: &str = "tidegate:policy";
const ALIAS_TAG: &str = "tidegate:alias";

/// What these tags say; `None` where they name no policy. An empty value is none.
pub(crate) fn tagged(value: impl Fn(&str) -> Option<String>) -> Option<Tagged> {
    let tag = |name| value(name).filter(|value| !value.is_empty());
    Some(Tagged { policy: tag(POLICY_TAG)?, alias: tag(ALIAS_TAG) })
}

/// An answer, or none of a resource that is gone: its events come after it, and it has no tags.
pub(crate) fn unless_gone<T>(answer: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Fault { kind: FaultKind::Missing(_), .. }) => Ok(None),
        Err(fault) => Err(fault),
    }
}
