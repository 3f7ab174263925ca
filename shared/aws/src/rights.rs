//! The IAM actions that each adapter needs, as data: a contract test holds them against the infrastructure.

/// One IAM action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Right {
    /// The action, such as `dynamodb:GetItem`.
    pub action: &'static str,
    /// What it is needed for.
    pub why: &'static str,
}

impl Right {
    /// A right and its reason.
    pub const fn new(action: &'static str, why: &'static str) -> Self {
        Self { action, why }
    }
}

/// The rights of most adapters, by port. Those of a router stand in its capabilities and those of deployments beside their
/// adapter, divided by what is done, because one function may read what another moves.
pub fn all() -> Vec<(&'static str, &'static [Right])> {
    vec![
        #[cfg(feature = "store")]
        ("store", crate::store::RIGHTS),
        #[cfg(feature = "inspection")]
        ("inspection", crate::inspection::RIGHTS),
        #[cfg(feature = "metrics")]
        ("metrics", crate::metrics::RIGHTS),
        #[cfg(feature = "alarms")]
        ("alarms", crate::alarms::RIGHTS),
        #[cfg(feature = "flags")]
        ("flags", crate::flags::RIGHTS),
        #[cfg(feature = "functions")]
        ("functions", crate::functions::RIGHTS),
        #[cfg(feature = "probe")]
        ("probe", crate::probe::RIGHTS),
        #[cfg(feature = "bus")]
        ("bus", crate::bus::RIGHTS),
        #[cfg(feature = "notifier")]
        ("notifier", crate::notifier::RIGHTS),
    ]
}
