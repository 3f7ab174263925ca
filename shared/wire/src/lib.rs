//! Everything that crosses a boundary as JSON: AWS's events and hook payloads, the bus contract, the stored document.
//!
//! Intake is strict: what is ours and cannot be read is refused with its place. Stored documents are tolerant and carry their
//! format's version, so that functions of two releases can run side by side. No JSON key stands outside this crate and the
//! types that it serializes.

pub mod aws;
pub mod bus;
pub mod document;
pub mod intake;
pub mod timeline;
