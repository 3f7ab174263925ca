//! The asking of versions and URLs in the simulated world.

use async_trait::async_trait;
use serde_json::Value;
use tidegate_domain::check::Answer;
use tidegate_domain::units::Span;
use tidegate_engine::ports::{Fault, FaultKind, HttpRequest, Probe};

use crate::faults::Call;
use crate::gate::Gate;

/// The asking, for one caller.
pub(super) struct CloudProbe(pub Gate);

#[async_trait]
impl Probe for CloudProbe {
    async fn invoke(
        &self,
        function: &str,
        qualifier: Option<&str>,
        _: &Value,
        timeout: Span,
    ) -> Result<Answer, Fault> {
        let name =
            || qualifier.map_or_else(|| function.to_owned(), |version| format!("{function}:{version}"));
        self.0
            .call(Call::Invoke, name, |state| match state.world.invoked(function, qualifier) {
                Some(answers) => Ok(answers.within(timeout)),
                None => Err(Fault::new(name(), FaultKind::Missing("no such function".to_owned()))),
            })
            .await
    }

    async fn http(&self, request: &HttpRequest, timeout: Span) -> Result<Answer, Fault> {
        let url = || request.url.clone();
        self.0.call(Call::Http, url, |state| Ok(state.world.fetched(&request.url).within(timeout))).await
    }
}
