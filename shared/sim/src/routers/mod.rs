//! The routers of the simulated cloud.
//!
//! # A new one
//! 1. One file here, named as the service: a type with a [`Gate`] that implements `TrafficRouter`, and a function `router`
//!    that makes one. Copy [`lambda_alias`] and change what it says about itself: its capabilities, and what `examine` finds.
//!    `observe` and `route` pass the gate ([`Gate::call`]) and work on the [`Carrier`](crate::world::Carrier) of the target,
//!    which keeps routing, revision and traffic for every kind of target. A service that checks no fence writes with
//!    `overwrite` instead of `write`.
//! 2. One line in [`ROUTERS`].
//!
//! A scenario then names such a target under `world.<function>.target`; nothing else has to change.

mod lambda_alias;

use std::sync::Arc;

use tidegate_engine::ports::{Routers, TrafficRouter};

use crate::gate::Gate;

/// A router, made for the caller of a gate.
type Made = fn(Gate) -> Arc<dyn TrafficRouter>;

/// Every router, one line each.
const ROUTERS: &[Made] = &[lambda_alias::router];

/// The routers for the caller of this gate.
pub(crate) fn registered(gate: &Gate) -> Routers {
    Routers::new(ROUTERS.iter().map(|router| router(gate.clone())).collect())
}
