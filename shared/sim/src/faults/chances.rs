//! What goes wrong by chance.

use serde::{Deserialize, Serialize};
use tidegate_domain::units::Span;

use crate::scenario::Share;

/// What goes wrong by chance. All of it is off unless stated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Chances {
    /// A call kills its invocation, as often before its effect as after it.
    pub kill: Share,
    /// An invocation stands still before a call, for up to the longest function timeout.
    pub sleep: Share,
    /// A call is refused for the moment.
    pub throttle: Share,
    /// A call takes effect and is told to have timed out.
    pub time_out: Share,
    /// A call is refused for good.
    pub deny: Share,
    /// A message comes a second time.
    pub duplicates: Share,
    /// A message comes late, by up to `late_by`.
    pub late: Share,
    /// How late the late ones are at most.
    pub late_by: Span,
    /// A message on the bus never comes. Real buses deliver at least once; events of AWS services are best effort.
    pub lost: Share,
    /// CodeDeploy says nothing of what a deployment came to.
    pub no_deployment_events: Share,
    /// AppConfig says nothing of what a deployment came to.
    pub no_flag_events: Share,
    /// The index of live rollouts lags behind the documents by up to this long.
    pub stale_index: Span,
}

impl Default for Chances {
    fn default() -> Self {
        let none = Share::NONE;
        Self {
            kill: none,
            sleep: none,
            throttle: none,
            time_out: none,
            deny: none,
            duplicates: none,
            late: none,
            late_by: Span::minutes(3),
            lost: none,
            no_deployment_events: none,
            no_flag_events: none,
            stale_index: Span::ZERO,
        }
    }
}
