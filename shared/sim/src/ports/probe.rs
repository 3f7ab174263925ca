//! The asking of versions and URLs in the simulated world.

use async_trait::async_trait;
use serde_json::Value;
use tidegate_domain::check::Answer;
use tidegate_domain::units::Span;
use tidegate_engine::ports::{Fault, FaultKind, HttpRequest, Probe};

use crate::faults::Call;
use crate::gate::Gate;
use crate::world::Answers;

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
                Some(answers) => Ok(in_time(&answers, timeout)),
                None => Err(Fault::new(name(), FaultKind::Missing("no such function".to_owned()))),
            })
            .await
    }

    async fn http(&self, request: &HttpRequest, timeout: Span) -> Result<Answer, Fault> {
        let url = || request.url.clone();
        self.0.call(Call::Http, url, |state| Ok(in_time(&state.world.fetched(&request.url), timeout))).await
    }
}

fn in_time(answers: &Answers, timeout: Span) -> Answer {
    let answer = Answer::from(answers);
    if answers.takes > u64::from(timeout.as_seconds()) * 1_000 {
        return Answer { error: Some(format!("no answer within {timeout}")), ..answer };
    }
    answer
}
