//! What can go wrong when calling the world. Adapters classify once; whether to try again is decided at a handler's edge.

use tidegate_wire::document::Undecodable;

/// A call to the world that failed.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {kind}")]
pub struct Fault {
    /// Which call, on what: `UpdateAlias checkout:live`.
    pub what: String,
    /// What kind of failure.
    pub kind: FaultKind,
    /// What the adapter's library says.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Kinds of failure, by what helps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// Throttled, timed out, unavailable: may pass by itself.
    #[error("may pass by itself ({0})")]
    Passing(String),
    /// Not allowed: somebody has to change a policy.
    #[error("access denied ({0})")]
    Denied(String),
    /// The thing does not exist.
    #[error("not found ({0})")]
    Missing(String),
    /// The request was refused as it stands.
    #[error("refused ({0})")]
    Refused(String),
    /// Something stored or answered cannot be read.
    #[error("unreadable ({0})")]
    Unreadable(String),
}

impl Fault {
    /// A fault without a library's error behind it.
    pub fn new(what: impl Into<String>, kind: FaultKind) -> Self {
        Self { what: what.into(), kind, source: None }
    }

    /// A stored document that this release does not work on. One of a newer release passes as soon as this function is updated too.
    pub fn undecodable(what: impl Into<String>, error: Undecodable) -> Self {
        let problem = error.to_string();
        let kind = match error {
            Undecodable::Newer { .. } => FaultKind::Passing(problem),
            Undecodable::Shape { .. } => FaultKind::Unreadable(problem),
        };
        Self::new(what, kind).because(error)
    }

    /// Keeps the library's error as the source.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Whether trying again may help without anybody acting.
    pub fn may_pass(&self) -> bool {
        matches!(self.kind, FaultKind::Passing(_))
    }
}
