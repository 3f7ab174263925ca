//! Aliases of Lambda functions: two published versions with the same role and dead-letter configuration, weights, and a
//! revision that every write changes.

use std::sync::Arc;

use async_trait::async_trait;
use tidegate_domain::target::{Fence, Observed, Routing, Target, Version, kinds};
use tidegate_domain::verdict::Finding;
use tidegate_engine::ports::{Capabilities, Examination, Fault, FaultKind, Routed, TrafficRouter};

use crate::faults::Call;
use crate::gate::Gate;
use crate::state::State;
use crate::world::{self, LambdaFunction};

/// The router.
pub(super) fn router(gate: Gate) -> Arc<dyn TrafficRouter> {
    Arc::new(LambdaAlias(gate))
}

struct LambdaAlias(Gate);

#[async_trait]
impl TrafficRouter for LambdaAlias {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            kind: kinds::lambda::KIND.name,
            granularity: 1,
            fenced: true,
            observes: &["lambda:GetAlias"],
            examines: &["lambda:GetFunctionConfiguration"],
            routes: &["lambda:UpdateAlias"],
        }
    }

    async fn observe(&self, target: &Target) -> Result<Observed, Fault> {
        let observe = |state: &mut State| {
            let key = state.key;
            state.world.carrier(target).map(|alias| alias.observed(key)).ok_or_else(|| missing(target))
        };
        self.0.call(Call::Observe, || target.to_string(), observe).await
    }

    async fn examine(
        &self,
        target: &Target,
        stable: &Version,
        candidate: &Version,
    ) -> Result<Examination, Fault> {
        let examine = |state: &mut State| {
            let alias = state.world.carrier(target).ok_or_else(|| missing(target))?;
            let function = state.world.functions.get(&alias.function).ok_or_else(|| missing(target))?;
            let findings = findings(function, stable, candidate);
            Ok(Examination { findings, longest_request: Some(function.timeout) })
        };
        self.0.call(Call::Examine, || target.to_string(), examine).await
    }

    async fn route(&self, target: &Target, wish: &Routing, fence: &Fence) -> Result<Routed, Fault> {
        let by = self.0.writer();
        let route = |state: &mut State| {
            let (key, now) = (state.key, state.now);
            let alias = state.world.carrier(target).ok_or_else(|| missing(target))?;
            refusal(state.world.functions.get(&alias.function), wish)
                .map_or(Ok(()), |problem| Err(Fault::new(name(target), FaultKind::Refused(problem))))?;
            let alias = state.world.carriers.get_mut(&target.key()).ok_or_else(|| missing(target))?;
            let routed = alias.write(key, now, by, wish, fence);
            match &routed {
                Routed::Written(written) => state.note(format!("{target}: {}", written.routing)),
                Routed::FenceLost => state.struck.met("fenceLost"),
            }
            Ok(routed)
        };
        self.0.call(Call::Route, || format!("{target}: {wish}"), route).await
    }
}

fn name(target: &Target) -> String {
    format!("alias {}", target.values().join(":"))
}

fn missing(target: &Target) -> Fault {
    Fault::new(name(target), FaultKind::Missing("no such alias".to_owned()))
}

/// What stands against letting `candidate` in beside `stable`.
fn findings(function: &LambdaFunction, stable: &Version, candidate: &Version) -> Vec<Finding> {
    let Some(found) = function.versions.get(candidate) else {
        return vec![Finding::CandidateUnfit(format!("version {candidate} does not exist"))];
    };
    let unfit = match found.state {
        world::State::Active => None,
        world::State::Pending => Some("is pending"),
        world::State::Failed => Some("has failed"),
    };
    let unfit = unfit.map(|why| Finding::CandidateUnfit(format!("version {candidate} {why}")));
    let mut findings: Vec<Finding> = unfit.into_iter().collect();
    if let Some(stable) = function.versions.get(stable) {
        if stable.role != found.role {
            findings.push(Finding::Incompatible("the execution roles differ".to_owned()));
        }
        if stable.dead_letters != found.dead_letters {
            findings.push(Finding::Incompatible("the dead-letter configurations differ".to_owned()));
        }
    }
    findings
}

/// What Lambda refuses of a routing.
fn refusal(function: Option<&LambdaFunction>, wish: &Routing) -> Option<String> {
    let versions = std::iter::once(&wish.primary).chain(wish.canary.as_ref().map(|canary| &canary.version));
    let unknown =
        |version: &&Version| !function.is_some_and(|function| function.versions.contains_key(*version));
    if let Some(unknown) = versions.clone().find(unknown) {
        return Some(format!("version {unknown} does not exist"));
    }
    let canary = wish.canary.as_ref()?;
    (canary.version == wish.primary).then(|| "both versions of the routing are the same".to_owned())
}
