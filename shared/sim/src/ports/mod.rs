//! The ports of the engine on the simulated cloud. Every call of every port passes the gate of its caller.

mod beside;
mod deployments;
mod flags;
mod metrics;
mod probe;
mod store;

use std::sync::Arc;

use tidegate_engine::ports::Ports;
use tidegate_wire::document::Codec;

use crate::gate::Gate;
use crate::routers;

/// Every port, for the caller of this gate, who is of this release.
pub(crate) fn ports(gate: &Gate, release: Codec) -> Ports {
    Ports {
        store: Arc::new(store::TableStore { gate: gate.clone(), release }),
        routers: routers::registered(gate),
        metrics: Arc::new(metrics::CloudMetrics(gate.clone())),
        alarms: Arc::new(metrics::CloudAlarms(gate.clone())),
        functions: Arc::new(beside::CloudFunctions(gate.clone())),
        deployments: Arc::new(deployments::CloudDeployments(gate.clone())),
        probe: Arc::new(probe::CloudProbe(gate.clone())),
        flags: Arc::new(flags::CloudFlags(gate.clone())),
        bus: Arc::new(beside::CloudBus(gate.clone())),
        notifier: Arc::new(beside::CloudNotifier(gate.clone())),
        clock: Arc::new(beside::VirtualClock(gate.clone())),
    }
}
