//! The protocol of rollouts once more, as a model: two rollouts of one target, two functions that run at once and may be
//! killed or sleep between any two of their calls, verdicts that come late and twice, somebody who moves the traffic by hand, and
//! a freeze.
//!
//! It is written after ARCHITECTURE.md and not after the code, so that the two can be held against each other. What judges is left
//! out: a verdict may come whenever there is something to judge. So are flags, CodeDeploy and time, of which each has its own tests.

mod canonical;
mod decide;
mod protocol;
mod world;

pub use self::decide::{End, Kind};
pub use self::protocol::{Edge, Flaw, Limits, Protocol};
