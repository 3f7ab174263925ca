//! Which faults were really met: each call killed before and after its effect, each kind of fault, each pair of phase and
//! trigger.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use tidegate_domain::rollout::PhaseName;
use tidegate_domain::trigger::Trigger;
use tidegate_engine::spans::DECISIONS;
use tidegate_sim::{Call, Harm, Struck};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// The kinds of faults beside those of calls, by their names in scenarios.
const KINDS: [&str; 33] = [
    "duplicates",
    "late",
    "lost",
    "staleIndex",
    "noDeploymentEvents",
    "noFlagEvents",
    "noSweepFor",
    "skew",
    "metrics",
    "update",
    "alarm",
    "traffic",
    "outage",
    "misroutes",
    "behaves",
    "publish",
    "deploy",
    "start",
    "command",
    "reroute",
    "stopDeployment",
    "tagged",
    "writeFlags",
    "deployFlags",
    "stopFlags",
    "toggleFlag",
    "deletePolicy",
    "restore",
    "conflict",
    "repetition",
    "locked",
    "fenceLost",
    "overtaken",
];

/// How often each pair of phase and trigger was decided.
#[derive(Debug, Clone, Default)]
pub struct Pairs(pub BTreeMap<(String, String), u64>);

/// What many seeds reached together.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// What was decided.
    pub pairs: Pairs,
    /// What went wrong.
    pub struck: Struck,
}

impl Pairs {
    /// What is decided meanwhile.
    pub fn seen_in<T>(done: impl FnOnce() -> T) -> (Self, T) {
        let listening = Listening::default();
        let came = tracing::subscriber::with_default(listening.clone(), done);
        let pairs = listening.0.lock().map(|pairs| pairs.clone()).unwrap_or_default();
        (pairs, came)
    }
}

impl Coverage {
    /// Both together.
    pub fn add(&mut self, other: &Self) {
        self.struck.add(&other.struck);
        for (pair, count) in &other.pairs.0 {
            *self.pairs.0.entry(pair.clone()).or_default() += count;
        }
    }

    fn harmed(&self, call: Call, harm: &str) -> u64 {
        self.struck.calls.get(&call).and_then(|harms| harms.get(harm)).copied().unwrap_or_default()
    }

    fn harmed_anywhere(&self, harm: &str) -> u64 {
        Call::ALL.iter().map(|call| self.harmed(*call, harm)).sum()
    }

    fn kind(&self, kind: &str) -> u64 {
        self.struck.kinds.get(kind).copied().unwrap_or_default()
    }

    fn decided(&self, phase: PhaseName, trigger: &str) -> u64 {
        self.pairs.0.get(&(phase.to_string(), trigger.to_owned())).copied().unwrap_or_default()
    }

    /// What was never reached although it can be, and what was reached although it is said that it cannot be.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut look = |what: String, reached: u64, why_not: Option<&str>| match (reached, why_not) {
            (0, None) => faults.push(format!("{what} was never reached")),
            (1.., Some(why)) => {
                faults.push(format!("{what} was reached {reached} times; listed as impossible: {why}"));
            }
            (0, Some(_)) | (1.., None) => {}
        };
        for call in Call::ALL {
            for harm in CRASHES {
                let what = format!("{} {call}", harm.kind());
                look(what, self.harmed(*call, harm.kind()), never_called(*call));
            }
        }
        for harm in HARMS {
            look(harm.to_owned(), self.harmed_anywhere(harm), None);
        }
        for kind in KINDS {
            look(kind.to_owned(), self.kind(kind), None);
        }
        for phase in PhaseName::ALL {
            for trigger in Trigger::NAMES {
                let what = format!("{phase} × {trigger}");
                if !is_a_race(phase, trigger) {
                    look(what, self.decided(phase, trigger), impossible(phase, trigger));
                }
            }
        }
        faults
    }

    /// All of it as tables in Markdown.
    pub fn tables(&self) -> String {
        let mut text = "## Crash points\n\nHow often a function died before the effect of a call, and after it.\n\n| Call | before | after |\n|---|---:|---:|\n".to_owned();
        for call in Call::ALL {
            let [before, after] = CRASHES.map(|harm| self.harmed(*call, harm.kind()));
            let _ = if let Some(why) = never_called(*call) {
                writeln!(text, "| `{call}` | – | {why} |")
            } else {
                writeln!(text, "| `{call}` | {before} | {after} |")
            };
        }
        text.push_str("\n## Kinds of faults\n\n| Fault | times |\n|---|---:|\n");
        for harm in HARMS {
            let _ = writeln!(text, "| {harm} | {} |", self.harmed_anywhere(harm));
        }
        for kind in KINDS {
            let _ = writeln!(text, "| {kind} | {} |", self.kind(kind));
        }
        let _ = writeln!(
            text,
            "\n## Decisions by phase and trigger\n\n| Phase | {} |",
            Trigger::NAMES.join(" | ")
        );
        let _ = writeln!(text, "|---|{}", "---:|".repeat(Trigger::NAMES.len()));
        let mut reasons = BTreeSet::new();
        for phase in PhaseName::ALL {
            let cells = Trigger::NAMES.map(|trigger| match impossible(phase, trigger) {
                Some(why) => {
                    reasons.insert(format!("{phase} × {trigger}: {why}"));
                    "–".to_owned()
                }
                None if is_a_race(phase, trigger) => format!("({})", self.decided(phase, trigger)),
                None => self.decided(phase, trigger).to_string(),
            });
            let _ = writeln!(text, "| {phase} | {} |", cells.join(" | "));
        }
        if !reasons.is_empty() {
            text.push_str("\n(n): by a race within seconds alone, not demanded. –: cannot occur.\n\n");
            for reason in reasons {
                let _ = writeln!(text, "- {reason}");
            }
        }
        text
    }
}

const CRASHES: [Harm; 2] = [Harm::KillBefore, Harm::KillAfter];

const HARMS: [&str; 6] = ["kill before", "kill after", "sleep", "throttle", "time out", "deny"];

/// Calls that no function ever makes in these worlds, with the reason.
const NEVER_CALLED: [(Call, &str); 7] = [
    (Call::Ended, "the command's alone"),
    (Call::Snapshot, "the command's alone"),
    (Call::Timeline, "the command's alone"),
    (Call::Quarantined, "the command's alone"),
    (Call::PutPolicy, "the command's alone"),
    (Call::PutFreezeSwitch, "the command's alone"),
    (Call::VersionWithCode, "for events without a version, which the simulated CloudTrail does not send"),
];

fn never_called(call: Call) -> Option<&'static str> {
    NEVER_CALLED.iter().find(|(known, _)| *known == call).map(|(_, why)| *why)
}

/// Pairs that cannot occur, with the reason.
const IMPOSSIBLE: [(PhaseName, &str, &str); 1] =
    [(PhaseName::Queued, "replaced", "who waits holds no target that another one could want")];

fn impossible(phase: PhaseName, trigger: &str) -> Option<&'static str> {
    let known = IMPOSSIBLE.iter().find(|(known, by, _)| *known == phase && *by == trigger);
    known.map(|(.., why)| *why)
}

/// Pairs that only a race between two functions reaches, within seconds: shown, and not demanded of CI's seeds.
const RACES: [(&str, &[PhaseName]); 2] = [
    (
        "alarm fired",
        &[
            PhaseName::Queued,
            PhaseName::Succeeded,
            PhaseName::Superseded,
            PhaseName::TakenOver,
            PhaseName::Refused,
        ],
    ),
    (
        "replaced",
        &[
            PhaseName::Preflight,
            PhaseName::Shifting,
            PhaseName::RollingBack,
            PhaseName::Stuck,
            PhaseName::Succeeded,
            PhaseName::RolledBack,
            PhaseName::Superseded,
            PhaseName::TakenOver,
            PhaseName::Refused,
        ],
    ),
];

fn is_a_race(phase: PhaseName, trigger: &str) -> bool {
    RACES.iter().any(|(by, phases)| *by == trigger && phases.contains(&phase))
}

/// Keeps the decisions and passes over everything else.
#[derive(Clone, Default)]
struct Listening(Arc<Mutex<Pairs>>);

#[derive(Default)]
struct Pair {
    phase: String,
    trigger: String,
}

impl Visit for Pair {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "phase" => self.phase = format!("{value:?}"),
            "trigger" => self.trigger = format!("{value:?}").replace('"', ""),
            _ => {}
        }
    }
}

impl Subscriber for Listening {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == DECISIONS
    }

    fn event(&self, event: &Event<'_>) {
        let mut pair = Pair::default();
        event.record(&mut pair);
        if let Ok(mut pairs) = self.0.lock() {
            *pairs.0.entry((pair.phase, pair.trigger)).or_default() += 1;
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
