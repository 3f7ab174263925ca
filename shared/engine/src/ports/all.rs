//! All ports together, as an installation has them. A function takes the ones that it may use and no other.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::{
    Alarms, Bus, Clock, Deployments, Fault, Flags, Functions, Metrics, Notifier, Probe, Routers, Store,
};

/// Every port of an installation.
#[derive(Clone)]
pub struct Ports {
    /// The table.
    pub store: Arc<dyn Store>,
    /// The traffic routers.
    pub routers: Routers,
    /// The metrics.
    pub metrics: Arc<dyn Metrics>,
    /// The alarms.
    pub alarms: Arc<dyn Alarms>,
    /// The functions under Tidegate.
    pub functions: Arc<dyn Functions>,
    /// CodeDeploy's deployments.
    pub deployments: Arc<dyn Deployments>,
    /// The asking of versions before they get any traffic.
    pub probe: Arc<dyn Probe>,
    /// AppConfig.
    pub flags: Arc<dyn Flags>,
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The way to people.
    pub notifier: Arc<dyn Notifier>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// One of Tidegate's functions, as its runtime calls it.
#[async_trait]
pub trait Function: Send + Sync {
    /// Handles one payload. An error asks the caller for another delivery; whatever cannot get better by that is no error.
    async fn invoke(&self, payload: &Value) -> Result<Value, Fault>;
}
