//! feature-flag: the only function with rights on AppConfig. In this release it toggles nothing: a policy with flags is
//! refused at admission, and a toggle that somebody asks for is quarantined and paged, never dropped.

use std::sync::Arc;

use async_trait::async_trait;
use tidegate_domain::effect::Owner;
use tidegate_engine::ports::{Bus, Clock, Fault, Ports, Store};
use tidegate_engine::{Answer, Door, Respond};
use tidegate_wire::bus::Message;
use tidegate_wire::intake::Incoming;

/// The ports that this function may use, and no other.
pub struct Needs {
    /// The table.
    pub store: Arc<dyn Store>,
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl From<&Ports> for Needs {
    fn from(ports: &Ports) -> Self {
        let Ports { store, bus, clock, .. } = ports.clone();
        Self { store, bus, clock }
    }
}

/// The function.
pub struct FeatureFlag {
    door: Door,
}

impl FeatureFlag {
    /// The function on its ports.
    pub fn new(needs: impl Into<Needs>) -> Self {
        let Needs { store, bus, clock } = needs.into();
        Self { door: Door { owner: Owner::FeatureFlag, store, bus, clock } }
    }
}

#[async_trait]
impl Respond for FeatureFlag {
    fn door(&self) -> &Door {
        &self.door
    }

    async fn answer(&self, incoming: Incoming) -> Result<Answer, Fault> {
        Ok(match incoming {
            Incoming::Bus { message: Message::FlagToggleRequested(toggle), .. } => {
                Answer::Unreadable(format!(
                    "detail.flag: {} cannot be toggled, this release does not toggle flags; do it in AppConfig",
                    toggle.flag
                ))
            }
            Incoming::Bus { .. } | Incoming::Aws(_) => Answer::elsewhere(Owner::FeatureFlag),
        })
    }
}
