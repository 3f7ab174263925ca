//! The ports on the AWS SDK: one folder a port, one file a service.
//!
//! A function's `main.rs` calls [`Aws::of_function`] once and takes the ports that it may use, one by one. Each port stands
//! behind a feature of its name, so that a binary links only the SDK crates that it calls. Nothing here decides
//! anything: adapters translate, classify what goes wrong ([`faults`]) and state the rights that they need ([`rights`]).

#[cfg(feature = "profiles")]
mod account;
#[cfg(feature = "alarms")]
pub mod alarms;
mod aws;
#[cfg(feature = "bus")]
pub mod bus;
#[cfg(feature = "clients")]
mod calls;
pub mod clock;
pub mod config;
#[cfg(feature = "deployments")]
pub mod deployments;
pub mod faults;
#[cfg(feature = "flags")]
pub mod flags;
#[cfg(feature = "functions")]
pub mod functions;
#[cfg(feature = "inspection")]
pub mod inspection;
pub mod invocation;
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(feature = "notifier")]
pub mod notifier;
#[cfg(feature = "probe")]
pub mod probe;
pub mod rights;
#[cfg(feature = "routers")]
pub mod routers;
#[cfg(feature = "runtime")]
pub mod runtime;
mod sdk;
#[cfg(feature = "store")]
pub mod store;
#[cfg(any(feature = "deployments", feature = "functions"))]
mod tags;

#[cfg(feature = "profiles")]
pub use account::Account;
pub use aws::Aws;
pub use config::Settings;
