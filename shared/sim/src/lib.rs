//! The ports on a simulated cloud under virtual time, all of it from one seed.
//!
//! A [`Scenario`] says what the world is and what happens in it; a [`Simulation`] plays it with Tidegate's own functions, which
//! a [`Deploy`] builds, and a [`Report`] tells what came of it. A [`Cloud`] is the same without an end, for people to play with.
//!
//! # How it runs
//! One thread and one virtual clock. Each invocation is a future of its own with ports of its own; every port call passes a
//! gate with a point before its effect and one after it, at which other invocations run, virtual time goes by and faults
//! strike. So executions cross between any two calls, and a crash can fall between any two. Nothing here reads a clock, the
//! environment or the system's entropy: the same scenario and seed give the same bytes of report.
//!
//! # Where things are
//! | module | job |
//! |---|---|
//! | `scenario`, `script` | what a scenario says, and what it makes of the cloud |
//! | `world` | functions, versions, traffic, deployments, flags, metrics, alarms as they really are |
//! | `table` | the documents and the conditions of their transactions |
//! | `bus` | who receives what |
//! | `gate`, `faults` | what a call meets |
//! | `mix` | a world and its faults, drawn from a seed; faults as people name them |
//! | `invariants` | what must always hold |
//! | `releases` | other releases of the functions |
//! | `ports`, `routers` | the engine's traits on all that; a new router is one file and one line |
//! | `cloud`, `simulation` | what is due next goes on next |
//! | `view`, `report` | what there is to see |

mod bus;
mod cloud;
mod dice;
mod faults;
mod gate;
pub mod invariants;
pub mod mix;
mod ports;
mod queue;
pub mod releases;
mod report;
mod routers;
pub mod scenario;
pub mod scenarios;
mod script;
mod simulation;
mod state;
mod table;
mod view;
pub mod world;

pub use cloud::{Cloud, Deploy, NotSaved, Step, complete};
pub use faults::{Aim, Call, Chances, Harm, NotAHarm, Struck};
pub use report::{Minute, Report, RolloutReport, TargetReport};
pub use scenario::Scenario;
pub use simulation::Simulation;
pub use view::{Counted, DeadLetter, Happened, Sent, View};
