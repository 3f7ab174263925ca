//! What went wrong so far, counted: which faults a run has really met.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Call, Harm};

/// How often each fault struck.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Struck {
    /// What was done to calls, by the kind of harm.
    pub calls: BTreeMap<Call, BTreeMap<String, u64>>,
    /// Everything else, by its name in a scenario.
    pub kinds: BTreeMap<String, u64>,
}

impl Struck {
    /// A call was harmed.
    pub(crate) fn harmed(&mut self, call: Call, harm: Harm) {
        *self.calls.entry(call).or_default().entry(harm.kind().to_owned()).or_default() += 1;
    }

    /// Something else went wrong.
    pub(crate) fn met(&mut self, kind: &str) {
        *self.kinds.entry(kind.to_owned()).or_default() += 1;
    }

    /// Both together.
    pub fn add(&mut self, other: &Self) {
        for (call, harms) in &other.calls {
            let known = self.calls.entry(*call).or_default();
            for (harm, count) in harms {
                *known.entry(harm.clone()).or_default() += count;
            }
        }
        for (kind, count) in &other.kinds {
            *self.kinds.entry(kind.clone()).or_default() += count;
        }
    }
}
