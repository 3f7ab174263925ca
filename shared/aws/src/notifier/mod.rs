//! The way to people.

mod sns;

pub use sns::{RIGHTS, Sns};
