//! What the commands work on: the ports of an installation, and a way to let time go by. The simulated cloud is always there,
//! AWS behind the feature of its name.

#[cfg(feature = "aws")]
pub mod aws;
mod simulated;

use std::sync::Arc;

use async_trait::async_trait;
use tidegate_domain::units::Span;
use tidegate_engine::ports::{Bus, Clock, Flags, Ports, Routers, Store};

use crate::args::Global;
use crate::exit::Failure;

pub use simulated::{SimulatedWorld, faulty};

/// What a person's commands may use: they ask on the bus, read, and move nothing.
#[derive(Clone)]
pub struct Needs {
    /// The table.
    pub store: Arc<dyn Store>,
    /// The routers, to look at targets.
    pub routers: Routers,
    /// AppConfig, to look at.
    pub flags: Arc<dyn Flags>,
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl From<&Ports> for Needs {
    fn from(ports: &Ports) -> Self {
        let Ports { store, routers, flags, bus, clock, .. } = ports.clone();
        Self { store, routers, flags, bus, clock }
    }
}

/// An installation of Tidegate that a person works on.
#[async_trait]
pub trait Backend: Send {
    /// Its ports, as this person may use them.
    fn ports(&self) -> Needs;

    /// How often it is worth looking at what came of something.
    fn pace(&self) -> Span;

    /// Lets time go by: a person's, or a world's.
    async fn pass(&mut self, time: Span);

    /// Whether a command is the only one who lets time go by, so that nothing happens in between.
    fn lives_within_commands(&self) -> bool;

    /// Keeps what has to be kept for the next command.
    async fn close(&mut self) -> Result<(), Failure>;
}

/// The installation that the command line names.
pub async fn open(global: &Global) -> Result<Box<dyn Backend>, Failure> {
    match &global.world {
        Some(file) => Ok(Box::new(SimulatedWorld::open(file)?)),
        None => on_aws(global).await,
    }
}

#[cfg(feature = "aws")]
async fn on_aws(global: &Global) -> Result<Box<dyn Backend>, Failure> {
    Ok(Box::new(aws::OnAws::open(&global.place).await?))
}

#[cfg(not(feature = "aws"))]
#[expect(clippy::unused_async, reason = "as where it reaches AWS")]
async fn on_aws(_: &Global) -> Result<Box<dyn Backend>, Failure> {
    Err(no_aws())
}

/// What is said where AWS is asked for and cannot be had.
#[cfg(not(feature = "aws"))]
pub fn no_aws() -> Failure {
    Failure::Usage(
        "this build does not reach AWS; name a simulated world with --world FILE, made by: tidegate world new FILE"
            .to_owned(),
    )
}
