//! The world: functions with published versions, what carries traffic to them, deployments, metrics and alarms. It has no opinion on
//! rollouts; the ports look at it and the scenario changes it.

pub(crate) mod alarm;
pub(crate) mod answers;
pub(crate) mod appconfig;
pub(crate) mod carrier;
pub(crate) mod codedeploy;
pub(crate) mod history;
pub(crate) mod metrics;
pub(crate) mod traffic;
pub(crate) mod version;

use std::collections::BTreeMap;
use std::sync::Mutex;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tidegate_domain::target::{Target, Version};
use tidegate_domain::units::Span;

pub use self::alarm::Alarm;
pub use self::answers::Answers;
pub use self::appconfig::{
    AppConfig, Application, Environment, Growth, Hosted, Released, Serving, Strategy, Where,
};
pub use self::carrier::{Astray, Carrier, Traffic, Write, Writer};
pub use self::codedeploy::{CodeDeploy, Deployed, DeploymentGroup, Style};
pub use self::history::History;
pub use self::metrics::Lateness;
pub use self::traffic::Served;
pub use self::version::{Behaviour, Latency, Published, State, WhenFlag};

use self::traffic::Cell;
use crate::dice::Key;

/// A disturbance that hits every version of a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outage {
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// The share of requests that fail because of it.
    pub errors: f64,
}

/// A Lambda function.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LambdaFunction {
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// How long one request may take.
    pub timeout: Span,
    /// Its published versions.
    pub versions: BTreeMap<Version, Published>,
    /// What hits all of them.
    pub outages: Vec<Outage>,
}

/// The world.
#[derive(Debug, Serialize, Deserialize)]
pub struct World {
    /// Names all chance in it.
    pub(crate) key: Key,
    /// The functions, by name.
    pub functions: BTreeMap<String, LambdaFunction>,
    /// What carries traffic, by the target's key.
    pub carriers: BTreeMap<String, Carrier>,
    /// The alarms, by name.
    pub alarms: BTreeMap<String, Alarm>,
    /// Deployment groups and their deployments.
    pub code_deploy: CodeDeploy,
    /// Applications with their flags.
    pub app_config: AppConfig,
    /// What answers otherwise than with success: versions and functions by their name, and URLs.
    pub answers: BTreeMap<String, Answers>,
    /// How late metrics are.
    pub lateness: History<Lateness>,
    /// Minutes that are over, computed once: they do not change any more.
    #[serde(skip)]
    known: Mutex<BTreeMap<(String, Timestamp), Vec<Cell>>>,
}

impl World {
    /// An empty world.
    pub(crate) fn new(seed: u64, lateness: Lateness) -> Self {
        Self {
            key: Key::of(seed),
            functions: BTreeMap::new(),
            carriers: BTreeMap::new(),
            alarms: BTreeMap::new(),
            code_deploy: CodeDeploy::default(),
            app_config: AppConfig::default(),
            answers: BTreeMap::new(),
            lateness: History::since_ever(lateness),
            known: Mutex::default(),
        }
    }

    /// What carries the traffic of a target.
    pub fn carrier(&self, target: &Target) -> Option<&Carrier> {
        self.carriers.get(&target.key())
    }

    /// What each version behind a carrier really served in a minute that is over.
    pub fn served(&self, carrier: &Carrier, minute: Timestamp) -> BTreeMap<Version, Served> {
        let mut served: BTreeMap<Version, Served> = BTreeMap::new();
        for cell in self.known_minute(carrier, minute) {
            let version = served.entry(cell.version).or_default();
            version.requests += cell.requests;
            version.errors += cell.failures;
        }
        served
    }
}
