//! The time, as the machine tells it. The only file that may ask it.

use jiff::Timestamp;
use tidegate_engine::ports::Clock;

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct System;

impl Clock for System {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the Clock port")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
