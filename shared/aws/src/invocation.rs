//! The invocation under way: in which trace it is, and how many calls of AWS it has made. A function handles one at a time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The invocation under way.
#[derive(Debug, Default)]
pub struct Invocation {
    trace: Mutex<Option<Trace>>,
    calls: AtomicU64,
}

impl Invocation {
    /// Another one begins, in the trace that this header names.
    pub fn begin(&self, header: Option<&str>) {
        *self.trace.lock().unwrap_or_else(PoisonError::into_inner) = header.and_then(Trace::parse);
        self.calls.store(0, Ordering::Relaxed);
    }

    /// Its trace.
    pub fn trace(&self) -> Option<Trace> {
        self.trace.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A call of AWS is made.
    pub fn count_call(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    /// So many calls of AWS were made.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

/// A place in a trace, as `X-Amzn-Trace-Id` names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The trace.
    pub root: String,
    /// The segment that this function's are part of.
    pub parent: String,
    /// Whether it is recorded.
    pub sampled: bool,
}

impl Trace {
    /// Reads `Root=1-…;Parent=…;Sampled=1`, in any order; what else the header says is left out.
    pub fn parse(header: &str) -> Option<Self> {
        let part = |name: &str| {
            let mut parts = header.split(';').filter_map(|part| part.trim().split_once('='));
            parts.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        let sampled = part("Sampled").as_deref() == Some("1");
        Some(Self { root: part("Root")?, parent: part("Parent")?, sampled })
    }

    /// The header that puts others into this trace. Lambda's `Lineage` is not handed on: functions that wake each other until a
    /// rollout is over are no loop that it should stop.
    pub fn header(&self) -> String {
        let Self { root, parent, sampled } = self;
        format!("Root={root};Parent={parent};Sampled={}", u8::from(*sampled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_in_any_order_and_handed_on_without_what_else_it_says() {
        let trace = Trace::parse(
            "Parent=53995c3f42cd8ad8; Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1;Lineage=a:0",
        );
        assert_eq!(
            trace.unwrap().header(),
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
        );
        assert!(
            !Trace::parse("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8")
                .unwrap()
                .sampled
        );
        assert_eq!(Trace::parse("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"), None);
        assert_eq!(Trace::parse(""), None);
    }

    #[test]
    fn calls_and_trace_are_those_of_one_invocation() {
        let invocation = Invocation::default();
        invocation.begin(Some("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"));
        invocation.count_call();
        assert_eq!((invocation.calls(), invocation.trace().is_some()), (1, true));
        invocation.begin(None);
        assert_eq!((invocation.calls(), invocation.trace()), (0, None));
    }
}
