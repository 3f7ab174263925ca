//! The bus.

mod eventbridge;

pub use eventbridge::{EventBridge, RIGHTS};
