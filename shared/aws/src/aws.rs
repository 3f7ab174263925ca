//! The assembly: from settings to ports.

use std::sync::Arc;

use aws_types::SdkConfig;
#[cfg(feature = "alarms")]
use tidegate_engine::ports::Alarms;
#[cfg(feature = "bus")]
use tidegate_engine::ports::Bus;
use tidegate_engine::ports::Clock;
#[cfg(feature = "deployments")]
use tidegate_engine::ports::Deployments;
#[cfg(feature = "flags")]
use tidegate_engine::ports::Flags;
#[cfg(feature = "functions")]
use tidegate_engine::ports::Functions;
#[cfg(feature = "metrics")]
use tidegate_engine::ports::Metrics;
#[cfg(feature = "notifier")]
use tidegate_engine::ports::Notifier;
#[cfg(feature = "probe")]
use tidegate_engine::ports::Probe;
#[cfg(feature = "routers")]
use tidegate_engine::ports::Routers;
#[cfg(feature = "store")]
use tidegate_engine::ports::Store;

use crate::clock::System;
use crate::config::{Home, Installation, Settings};
use crate::invocation::Invocation;
use crate::sdk::{self, Sdk};

/// An installation on AWS, as a function has it, or as a person does, whom nobody tells the topic of on-call or how flags are deployed. Taking a port
/// costs nothing; its client is created by its first call.
#[derive(Debug, Clone)]
pub struct Aws<S = Settings> {
    settings: S,
    sdk: Arc<Sdk>,
}

impl Aws {
    /// Of a function: with the settings, the region and the role that its environment names.
    pub fn of_function(settings: Settings, home: Home) -> Self {
        Self::on(settings, &sdk::of_function(home))
    }

    /// The settings that it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The way to people.
    #[cfg(feature = "notifier")]
    pub fn notifier(&self) -> Arc<dyn Notifier> {
        Arc::new(crate::notifier::Sns::new(self.sdk.clone(), self.settings.topic.clone()))
    }

    /// AppConfig.
    #[cfg(feature = "flags")]
    pub fn flags(&self) -> Arc<dyn Flags> {
        Arc::new(crate::flags::AppConfig::new(self.sdk.clone(), self.settings.flag_strategy.clone()))
    }
}

impl<S: AsRef<Installation>> Aws<S> {
    /// On a configuration of the caller's own; retries and time limits are always ours.
    pub fn on(settings: S, config: &SdkConfig) -> Self {
        Self::with(settings, Arc::new(Sdk::new(config)))
    }

    pub(crate) const fn with(settings: S, sdk: Arc<Sdk>) -> Self {
        Self { settings, sdk }
    }

    /// AppConfig as a person looks at it: deploying is feature-flag's, which is told how.
    #[cfg(feature = "flags")]
    pub fn flags_to_look_at(&self) -> Arc<dyn Flags> {
        Arc::new(crate::flags::AppConfig::new(self.sdk.clone(), None))
    }

    /// The time.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(System)
    }

    /// The invocation that its calls are made in.
    pub fn invocation(&self) -> Arc<Invocation> {
        self.sdk.invocation.clone()
    }

    /// The table.
    #[cfg(feature = "store")]
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::new(crate::store::Table::new(self.sdk.clone(), self.settings.as_ref().table.clone()))
    }

    /// The traffic routers.
    #[cfg(feature = "routers")]
    pub fn routers(&self) -> Routers {
        crate::routers::all(&self.sdk)
    }

    /// The metrics.
    #[cfg(feature = "metrics")]
    pub fn metrics(&self) -> Arc<dyn Metrics> {
        Arc::new(crate::metrics::CloudWatch::new(self.sdk.clone()))
    }

    /// The alarms.
    #[cfg(feature = "alarms")]
    pub fn alarms(&self) -> Arc<dyn Alarms> {
        Arc::new(crate::alarms::CloudWatch::new(self.sdk.clone()))
    }

    /// The functions under Tidegate.
    #[cfg(feature = "functions")]
    pub fn functions(&self) -> Arc<dyn Functions> {
        Arc::new(crate::functions::Lambda::new(self.sdk.clone()))
    }

    /// CodeDeploy's deployments.
    #[cfg(feature = "deployments")]
    pub fn deployments(&self) -> Arc<dyn Deployments> {
        Arc::new(crate::deployments::CodeDeploy::new(self.sdk.clone()))
    }

    /// The asking of versions before they get any traffic.
    #[cfg(feature = "probe")]
    pub fn probe(&self) -> Arc<dyn Probe> {
        Arc::new(crate::probe::Direct::new(self.sdk.clone()))
    }

    /// The bus.
    #[cfg(feature = "bus")]
    pub fn bus(&self) -> Arc<dyn Bus> {
        Arc::new(crate::bus::EventBridge::new(self.sdk.clone(), self.settings.as_ref().bus.clone()))
    }
}
