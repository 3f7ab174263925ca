//! The engine: what it needs of the world (ports), and the one loop that every function runs: observe, decide, commit,
//! perform, record.
//!
//! It knows no AWS and no JSON. What is decided is decided in the domain; what a function may perform is given to it as its
//! [`Hands`].

mod admission;
mod checking;
mod door;
mod following;
mod hooks;
mod looping;
pub mod measures;
mod observing;
pub mod ports;
mod routing;
pub mod spans;
pub mod sweep;
mod toggling;

pub use door::{Answer, Door, Respond, fnv1a};
pub use hooks::Hooks;
pub use looping::{Engine, Handled, Hands};
pub use routing::{held, route, settled};
pub use toggling::Toggling;
