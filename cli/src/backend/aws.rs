//! An installation on AWS, with region, credentials and endpoints as the person's machine has them.

use std::sync::Arc;

use async_trait::async_trait;
use tidegate_aws::config::{Installation, TABLE};
use tidegate_aws::{Account, Aws};
use tidegate_domain::effect::Owner;
use tidegate_domain::units::Span;
use tidegate_engine::ports::{Clock, FaultKind, Flags};

use super::{Backend, Needs};
use crate::args::Place;
use crate::config;
use crate::exit::Failure;

/// How often something is looked at on AWS: quick for a person, and some ten reads a look.
const PACE: Span = Span::seconds(2);

/// What the stack is called where nobody says.
const STACK: &str = "tidegate";

/// Where on AWS an installation is, as far as it is named. The bus is called as its stack, and its functions after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The stack's name.
    pub stack: String,
    /// The bus's name.
    pub bus: String,
    /// The table's name, where somebody says it.
    pub table: Option<String>,
}

impl Named {
    /// From the command line, and where it is silent from the environment.
    pub fn by(place: &Place) -> Self {
        let stack = place.stack.clone().or_else(config::stack).unwrap_or_else(|| STACK.to_owned());
        let bus = place.bus.clone().or_else(config::bus).unwrap_or_else(|| stack.clone());
        Self { stack, bus, table: place.table.clone().or_else(config::table) }
    }

    /// The deployed name of one of Tidegate's functions.
    pub fn function(&self, owner: Owner) -> String {
        format!("{}-{owner}", self.stack)
    }

    /// The installation. Where nobody says the table's name, a function of the stack is asked: its environment names it.
    pub async fn found(&self, account: &Account) -> Result<Installation, Failure> {
        let table = match &self.table {
            Some(table) => table.clone(),
            None => self.table_of_stack(account).await?,
        };
        Ok(Installation { table, bus: self.bus.clone() })
    }

    async fn table_of_stack(&self, account: &Account) -> Result<String, Failure> {
        let function = self.function(Owner::TrafficShift);
        let found = account.inspector().function(&function).await.map_err(|fault| match fault.kind {
            FaultKind::Missing(_) => Failure::Usage(format!(
                "no installation called {} is in {}: {function} is not there; say --stack NAME, or AWS_REGION, or {STATED}",
                self.stack,
                account.region(),
            )),
            FaultKind::Denied(_)
            | FaultKind::Passing(_)
            | FaultKind::Refused(_)
            | FaultKind::Unreadable(_) => Failure::World(fault),
        })?;
        let table = found.environment.get(TABLE).cloned();
        table.ok_or_else(|| Failure::Usage(format!("{function} has no {TABLE}; say {STATED}")))
    }
}

/// How the table's name is said.
const STATED: &str = "--table NAME with the stack's output Table";

/// An installation on AWS.
pub struct OnAws {
    aws: Aws<Installation>,
    clock: Arc<dyn Clock>,
    /// One for all commands of a call: it remembers ids.
    flags: Arc<dyn Flags>,
}

impl OnAws {
    /// The installation that is named.
    pub async fn open(place: &Place) -> Result<Self, Failure> {
        let account = Account::of_person().await?;
        let aws = account.installation(Named::by(place).found(&account).await?);
        let (clock, flags) = (aws.clock(), aws.flags_to_look_at());
        Ok(Self { aws, clock, flags })
    }
}

#[async_trait]
impl Backend for OnAws {
    fn ports(&self) -> Needs {
        let Self { aws, clock, flags } = self;
        Needs {
            store: aws.store(),
            routers: aws.routers(),
            flags: flags.clone(),
            bus: aws.bus(),
            clock: clock.clone(),
        }
    }

    fn pace(&self) -> Span {
        PACE
    }

    async fn pass(&mut self, time: Span) {
        tokio::time::sleep(std::time::Duration::from_secs(time.as_seconds().into())).await;
    }

    fn lives_within_commands(&self) -> bool {
        false
    }

    async fn close(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}
