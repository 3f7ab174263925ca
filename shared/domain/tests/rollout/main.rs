//! The rollout from its public side: what is decided, what must always hold, what is assessed, and what people read.

mod admission;
mod assessment;
mod attention;
mod decide_table;
mod deployments;
mod frozen;
mod messages;
mod outlook;
mod places;
mod preflight;
mod render;
mod round_trips;
mod sleepers;
mod walks;
mod watch;
mod world;
