//! Functions, bus, people and time of the simulated cloud.

use async_trait::async_trait;
use jiff::Timestamp;
use tidegate_domain::target::Version;
use tidegate_engine::ports::{Bus, Clock, Fault, FaultKind, Functions, Notice, Notifier, Tagged};
use tidegate_wire::bus::Message;

use crate::bus;
use crate::faults::Call;
use crate::gate::Gate;

/// What version events do not say, for one caller.
pub(super) struct CloudFunctions(pub Gate);

#[async_trait]
impl Functions for CloudFunctions {
    async fn tagged(&self, function: &str) -> Result<Option<Tagged>, Fault> {
        self.0
            .call(
                Call::Tagged,
                || function.to_owned(),
                |state| {
                    let tags = state.world.functions.get(function).map(|function| &function.tags);
                    let tag = |name: &str| tags.and_then(|tags| tags.get(name)).cloned();
                    Ok(tag("tidegate:policy").map(|policy| Tagged { policy, alias: tag("tidegate:alias") }))
                },
            )
            .await
    }

    async fn version_with_code(&self, function: &str, code_sha256: &str) -> Result<Option<Version>, Fault> {
        self.0
            .call(
                Call::VersionWithCode,
                || function.to_owned(),
                |state| {
                    let versions = state
                        .world
                        .functions
                        .get(function)
                        .into_iter()
                        .flat_map(|function| &function.versions);
                    let with_code = versions.filter(|(_, published)| published.code_sha256 == code_sha256);
                    Ok(with_code
                        .max_by_key(|(_, published)| published.at)
                        .map(|(version, _)| version.clone()))
                },
            )
            .await
    }
}

/// The bus, for one caller.
pub(super) struct CloudBus(pub Gate);

#[async_trait]
impl Bus for CloudBus {
    async fn publish(&self, messages: &[Message]) -> Result<(), Fault> {
        let names = || messages.iter().map(Message::detail_type).collect::<Vec<_>>().join(", ");
        self.0
            .call_for(Call::Publish, messages.len(), names, |state| {
                for message in messages {
                    let unwritten = |e: serde_json::Error| {
                        Fault::new(message.detail_type(), FaultKind::Refused(e.to_string())).because(e)
                    };
                    state.put_event(bus::message(message).map_err(unwritten)?);
                }
                Ok(())
            })
            .await
    }
}

/// The way to people, for one caller.
pub(super) struct CloudNotifier(pub Gate);

#[async_trait]
impl Notifier for CloudNotifier {
    async fn send(&self, notice: &Notice) -> Result<(), Fault> {
        let about = || notice.outcome.outcome_id.clone();
        self.0
            .call(Call::Send, about, |state| {
                state.notify(notice);
                Ok(())
            })
            .await
    }
}

/// The virtual time.
pub(super) struct VirtualClock(pub Gate);

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}
