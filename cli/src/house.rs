//! The house put together: which function answers for which owner. On AWS each of them is a binary of its own; wherever all of
//! them run in one process, as on the simulated cloud, they come from here.

use std::sync::Arc;

use tidegate_domain::effect::Owner;
use tidegate_engine::ports::{Function, Ports};
use tidegate_feature_flag::FeatureFlag;
use tidegate_health_check::HealthCheck;
use tidegate_notify::Notify;
use tidegate_rollback::Rollback;
use tidegate_sim::Deploy;
use tidegate_traffic_shift::TrafficShift;

/// The function of an owner on these ports; it keeps the ones that it may use.
pub fn function_on(owner: Owner, ports: &Ports) -> Box<dyn Function> {
    match owner {
        Owner::TrafficShift => Box::new(TrafficShift::new(ports)),
        Owner::HealthCheck => Box::new(HealthCheck::new(ports)),
        Owner::FeatureFlag => Box::new(FeatureFlag::new(ports)),
        Owner::Rollback => Box::new(Rollback::new(ports)),
        Owner::Notify => Box::new(Notify::new(ports)),
    }
}

/// The same for the simulated cloud, which builds a function anew for each invocation.
pub fn deploy() -> Deploy {
    Arc::new(|owner, ports: Ports| function_on(owner, &ports))
}
