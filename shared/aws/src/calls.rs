//! Calls of AWS as they are counted and traced: one span a call, from its start to the end of its last try.

use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use tidegate_engine::spans::TARGET;
use tracing::field::Empty;
use tracing::{Span, debug_span};

use crate::invocation::Invocation;

/// Counts and traces the calls of an invocation.
#[derive(Debug)]
pub(crate) struct Calls(pub(crate) Arc<Invocation>);

/// The span of a call, kept with what the SDK knows of it; it ends with that.
#[derive(Debug)]
struct Call(Span);

impl Storable for Call {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for Calls {
    fn name(&self) -> &'static str {
        "Calls"
    }

    // The first hook that knows which operation it is.
    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        known: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.count_call();
        if let Some(call) = known.load::<Metadata>() {
            let span = debug_span!(
                target: TARGET, "call", aws.service = call.service(), aws.operation = call.name(),
                aws.request_id = Empty, http.status = Empty, fault = Empty
            );
            known.interceptor_state().store_put(Call(span));
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        made: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        known: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(Call(span)) = known.load::<Call>() else { return Ok(()) };
        match made.response() {
            Some(response) => {
                span.record("http.status", response.status().as_u16());
                let id = ["x-amzn-requestid", "x-amz-request-id"]
                    .iter()
                    .find_map(|id| response.headers().get(*id));
                id.map(|id| span.record("aws.request_id", id));
            }
            None => drop(span.record("fault", true)),
        }
        Ok(())
    }
}
