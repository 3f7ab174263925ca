//! The statistics: ticks in, verdict out.
//!
//! The judge answers one question at every tick of a rollout: has the candidate harmed users more than the stable
//! version does, by more than a stated margin? It may be asked every minute without inflating false rollbacks: its
//! evidence is an e-process, and by Ville's inequality the chance that it ever reaches 1/α without harm is at most α.
//!
//! It is a pure function of the stored list of ticks. No clock, no input or output, no randomness, no state between
//! ticks, and `libm` for the same bits on every target: the evidence is recomputed from scratch each time, so late
//! or revised data, a repeated tick or a restart cannot corrupt it.
//!
//! # Where things are
//! | module | job |
//! |---|---|
//! | `input`, `fault`, `preset` | what is given, checked, and the numbers behind one word |
//! | `kernel`, `dispersion` | the evidence of one comparison, and how it is tempered |
//! | `fast`, `pass`, `interval`, `split`, `guard`, `effort` | what is made of it |
//! | `combine`, `verdict`, `judge` | many metrics, one answer |
//! | `trace` | the evidence tick by tick, for looking at afterwards |
//!
//! # How to feed it
//! - A tick is a complete minute. Rolling back uses them all, since late data hits both arms alike; passing leaves
//!   out the last `unsettled` ones, or a hanging candidate would show its fast successes alone.
//! - Latency is counts: requests slower than the stable version's p50, p90 and p99 before the rollout, three metrics
//!   with the margins [`LATENCY_MARGINS`], each with a third of the weight.
//! - Where a fall is the harm (orders), [`Harm::Decrease`] swaps the arms.
//!
//! # What it cannot tell
//! - A slow drift of one version alone, unrelated to the release, looks like harm. The margin `r0` is the remedy.
//! - At one request per second nothing that compares sees errors rise by one point: use a [`Guard`].
//! - Where a well-placed absolute limit sits near the base rate, it is faster than any comparison.
//!
//! The formulas, the proof that the evidence is evidence, the presets and the order of the rules: `README.md` of this
//! crate.
//!
//! # Sources
//! Lindon & Malek, "Anytime-Valid Inference for Multinomial Count Data"; Lindon, Sanden & Shirikian, "Rapid
//! Regression Detection in Software Deployments through Sequential Testing" (arXiv 2205.14762); Howard & Ramdas on
//! time-uniform confidence sequences; Wang & Ramdas on e-BH; Ville's inequality.
//!
//! # Example
//! ```
//! use tidegate_judge::{
//!     Counts, Harm, Input, Kind, Metric, Preset, RollBackCause, Routing, StepTime, Tick, Verdict, judge,
//! };
//!
//! // The first minute at 5 %: every request to the candidate fails.
//! let tick = Tick { candidate: Counts { total: 300, bad: 300 }, stable: Counts { total: 5700, bad: 6 } };
//! let preset = Preset::Balanced;
//! let errors = Metric {
//!     name: "errors".to_owned(),
//!     kind: Kind::Errors,
//!     harm: Harm::Increase,
//!     ticks: vec![tick],
//!     r0: preset.error_margin(),
//!     r1: preset.pass_ratio(),
//!     weight: 1.0,
//!     step_start: 0,
//!     unsettled: 0,
//! };
//! let judgement = judge(&Input {
//!     metrics: vec![errors],
//!     guards: vec![],
//!     thresholds: preset.thresholds(),
//!     routing: Routing::PerRequest,
//!     split: vec![],
//!     step: StepTime::BeforeBake,
//!     told_share: 0.05,
//!     minutes_left: 9,
//! });
//! let judgement = judgement.expect("the input has no faults");
//! assert_eq!(judgement.verdict, Verdict::RollBack(RollBackCause::FastPath));
//! assert_eq!(judgement.culprits, ["errors"]);
//! ```

mod combine;
mod dispersion;
mod effort;
mod fast;
mod fault;
mod guard;
mod input;
mod interval;
mod judge;
mod judgement;
mod kernel;
mod pass;
mod preset;
mod split;
mod trace;
mod verdict;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod validity;

pub use effort::Effort;
pub use fault::InputFault;
pub use input::{Counts, Guard, Harm, Input, Kind, Metric, Routing, SplitTick, StepTime, Tick};
pub use interval::interval;
pub use judge::judge;
pub use judgement::{HoldCause, Interval, Judgement, MetricJudgement, RollBackCause, Verdict};
pub use pass::{LEAST_EXPECTED_EVENTS, PASSES_AT};
pub use preset::{LATENCY_MARGINS, Preset, Thresholds};
pub use trace::{CombinedEvidence, TickEvidence, combined_trace, trace};
