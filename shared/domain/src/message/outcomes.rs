//! What each kind of outcome says: how loud it is, its verb, and what Tidegate did.

use crate::policy::{OutcomeKind, Severity};

impl OutcomeKind {
    /// How loud an outcome is unless the policy says otherwise.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Succeeded | Self::Superseded | Self::FlagsSet => Severity::Info,
            Self::Refused | Self::Paused | Self::FlagsRefused => Severity::Warning,
            Self::RolledBack
            | Self::TakenOver
            | Self::Stuck
            | Self::Quarantined
            | Self::FlagsStuck
            | Self::FlagsRolledBack => Severity::Critical,
        }
    }

    /// The outcome in one verb.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::RolledBack => "was rolled back",
            Self::Superseded => "was superseded",
            Self::TakenOver => "was taken over",
            Self::Refused => "was refused",
            Self::Paused => "is paused",
            Self::Stuck => "is STUCK on its way back",
            Self::Quarantined => "received an event that cannot be read",
            Self::FlagsSet => "are set",
            Self::FlagsRefused => "are NOT set",
            Self::FlagsStuck => "are not set yet",
            Self::FlagsRolledBack => "were rolled back",
        }
    }

    pub(super) const fn done(self) -> &'static str {
        match self {
            Self::Succeeded => "the candidate carries all traffic",
            Self::RolledBack => "all traffic is back on stable, read back from the target",
            Self::Superseded => "no traffic is left on it; the newer candidate starts",
            Self::TakenOver => "nothing: what somebody else changed is never overwritten",
            Self::Refused => "nothing: Tidegate moved no traffic",
            Self::Paused => "the weight stays where it is; it is still judged, and a rollback stays possible",
            Self::Stuck => {
                "the way back is tried again every minute; until then the candidate may have traffic"
            }
            Self::Quarantined => "the event was kept, nothing else was done",
            Self::FlagsSet => "what was asked is in force",
            Self::FlagsRefused => "nothing is left half done",
            Self::FlagsStuck => "it is tried again every few minutes",
            Self::FlagsRolledBack => "AppConfig was told to take the deployment back",
        }
    }
}

impl Severity {
    /// The severity's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}
