//! The functions under Tidegate.

mod lambda;

pub use lambda::{Lambda, RIGHTS};
