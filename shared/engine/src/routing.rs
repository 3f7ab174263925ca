//! The ways in which a wish becomes fact.

use tidegate_domain::effect::Performed;
use tidegate_domain::freeze::Freeze;
use tidegate_domain::target::{Fence, Routing, Target};

use crate::ports::{Fault, Routers};

/// Writes a wish with the fence that was observed before the decision, and reads the target back. Doing so twice does it
/// once: the second write finds its fence lost and its wish fact.
///
/// A fault that may pass is an error; a write that is refused for good is an answer. A read-back that fails is an error too: what
/// was written stands, and whoever comes next finds it.
pub async fn route(
    routers: &Routers,
    target: &Target,
    wish: &Routing,
    fence: &Fence,
) -> Result<Performed, Fault> {
    let written = match routers.of(target) {
        Ok(router) => router.route(target, wish, fence).await.map(|_| router),
        Err(unknown) => Err(unknown),
    };
    let router = match written {
        Ok(router) => router,
        Err(fault) if fault.may_pass() => return Err(fault),
        Err(fault) => return Ok(Performed::Denied(fault.to_string())),
    };
    let found = router.observe(target).await?;
    if found.routing.sends_as(wish) {
        let fence_moved = found.fence != *fence;
        return Ok(Performed::Routed { observed: found, fence_moved });
    }
    Ok(Performed::FenceLost(found))
}

/// What a wish comes to while frozen: nothing is written. Where it is fact already, whoever wrote it was faster than the freeze.
pub async fn held(
    routers: &Routers,
    target: &Target,
    wish: &Routing,
    fence: &Fence,
    freeze: Freeze,
) -> Result<Performed, Fault> {
    let found = match routers.of(target) {
        Ok(router) => router.observe(target).await,
        Err(unknown) => Err(unknown),
    };
    match found {
        Ok(found) if found.routing.sends_as(wish) => {
            Ok(Performed::Routed { fence_moved: found.fence != *fence, observed: found })
        }
        Err(fault) if fault.may_pass() => Err(fault),
        Err(fault) => Ok(Performed::Denied(fault.to_string())),
        Ok(_) => Ok(Performed::Frozen(freeze)),
    }
}

/// What a call without a routing came to: a fault that may pass is an error, any other an answer.
pub fn settled<T>(
    called: Result<T, Fault>,
    done: impl FnOnce(T) -> Performed,
) -> Result<Option<Performed>, Fault> {
    match called {
        Ok(value) => Ok(Some(done(value))),
        Err(fault) if fault.may_pass() => Err(fault),
        Err(fault) => Ok(Some(Performed::Denied(fault.to_string()))),
    }
}
