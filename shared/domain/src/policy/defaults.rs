//! Every default of a policy, and every limit, in one place. What the judge states is taken from the judge.

use tidegate_judge::Thresholds;

use super::raw::{Method, Preset};
use super::{AlarmAction, FlagMoment, Gate, Harm, Mode, OnInconclusive, Step, Strategy};
use crate::units::Span;

/// Who moves the traffic.
pub(super) const MODE: Mode = Mode::Drive;
/// How long to watch after full promotion.
pub(super) const WATCH: Span = Span::minutes(30);
/// How strict the judge is.
pub(super) const PRESET: Preset = Preset::Balanced;
/// What a step that stays undecided leads to.
pub(super) const ON_INCONCLUSIVE: OnInconclusive = OnInconclusive::Hold;
/// What a firing alarm does.
pub(super) const ALARM_ACTION: AlarmAction = AlarmAction::RollBack;
/// Whether a router that divides the traffic otherwise than told holds the rollout.
pub(super) const TRAFFIC_SPLIT: bool = true;
/// Which direction of a metric of the user's own is the harm.
pub(super) const HARM: Harm = Harm::Increase;
/// When a flag switches.
pub(super) const FLAG_MOMENT: FlagMoment = FlagMoment::Promotion;
/// A guard fires when every one of the last three minutes was above its limit: m of n.
pub(super) const GUARD_MINUTES: (u32, u32) = (3, 3);

/// A metric's weight where its list states none; weights are relative to each other.
pub(super) const WEIGHT: f64 = 1.0;
/// The weight of errors in the metrics that come with every target ...
pub(super) const ERRORS_WEIGHT: f64 = 0.6;
/// ... and that of latency, in all three quantiles together.
pub(super) const LATENCY_WEIGHT: f64 = 0.4;
/// The quantiles of latency, in percent, each with its margin. The tail is noisier, so its margin is wider.
pub(super) const LATENCY_MARGINS: [(u8, f64); 3] = {
    let [p50, p90, p99] = tidegate_judge::LATENCY_MARGINS;
    [(50, p50), (90, p90), (99, p99)]
};

/// The shortest and the longest bake of one step, and the same of a timed pause.
pub(super) const BAKE: (Span, Span) = (Span::minutes(1), Span::hours(7 * 24));
/// The most steps: one for each percent. A document has to hold them all, and each of them takes its minutes.
pub(super) const STEPS: usize = 100;
/// The longest watch.
pub(super) const LONGEST_WATCH: Span = Span::hours(7 * 24);
/// The highest ratio that a margin or a pass may be.
pub(super) const HIGHEST_RATIO: f64 = 100.0;
/// The lowest and the highest weight that a metric may state.
pub(super) const LOWEST_WEIGHT: f64 = 0.01;
pub(super) const HIGHEST_WEIGHT: f64 = 100.0;
/// The longest name of anything in AWS that a policy speaks of, in characters ...
pub(super) const LONGEST_NAME: usize = 255;
/// ... but for a topic, which may be an ARN.
pub(super) const LONGEST_TOPIC: usize = 2048;
/// The longest time for which a candidate may be called cold.
pub(super) const LONGEST_WARM_UP: Span = Span::minutes(15);
/// The longest window of a guard, in minutes.
pub(super) const GUARD_WINDOW: u32 = 60;
/// `DescribeAlarms` takes so many names in one call.
pub(super) const ALARMS: usize = 90;

/// The most checks, and how long all of them may take in all: they are asked within one call of a function.
pub(super) const CHECKS: usize = 10;
pub(super) const CHECKS_TIME: Span = Span::seconds(45);
/// How long a check may take to be answered.
pub(super) const CHECK_TIMEOUT: Span = Span::seconds(10);
/// The method of a request.
pub(super) const METHOD: Method = Method::Get;
/// The most places in the JSON of one answer.
pub(super) const PLACES: usize = 20;
/// The longest payload, body, header and URL of a check, in bytes: the policy is part of each rollout's document.
pub(super) const LONGEST_PAYLOAD: usize = 8192;
pub(super) const LONGEST_HEADER: usize = 1024;
pub(super) const LONGEST_URL: usize = 2048;

/// The numbers of a preset.
pub(super) struct Numbers {
    pub(super) margin: f64,
    pub(super) pass: f64,
    pub(super) alpha_slow: f64,
    pub(super) alpha_fast: f64,
}

impl Preset {
    /// The judge states them; here they are looked up.
    pub(super) const fn numbers(self) -> Numbers {
        let judge = match self {
            Self::Balanced => tidegate_judge::Preset::Balanced,
            Self::Tolerant => tidegate_judge::Preset::Tolerant,
        };
        let Thresholds { alpha_slow, alpha_fast } = judge.thresholds();
        Numbers { margin: judge.error_margin(), pass: judge.pass_ratio(), alpha_slow, alpha_fast }
    }
}

/// The least that a bake counts for in a deadline: three judged minutes, their settling, and the one they begin in. Steps of
/// a minute each would otherwise outlive twice their bakes however good the candidate is.
const LEAST_BAKE: Span = Span::minutes(6);

/// How long a rollout may take: twice its bakes, timed pauses and watch, and a day for each manual gate, at
/// least half an hour. Where AWS moves the traffic in steps that the policy does not state, three days for those.
pub(super) fn deadline(mode: Mode, strategy: &Strategy) -> Span {
    let gates = strategy.steps.iter().filter(|step| step.gate == Some(Gate::Manual)).count();
    let unstated = strategy.is_open || (mode == Mode::Guard && strategy.steps.is_empty());
    let days = u32::try_from(gates).unwrap_or(u32::MAX).saturating_add(if unstated { 3 } else { 0 });
    let steps =
        strategy.steps.iter().map(|step| Step { bake: step.bake.max(LEAST_BAKE), ..step.clone() }).collect();
    let longest_likely = Strategy { steps, ..*strategy };
    (shortest(&longest_likely) * 2 + Span::hours(24) * days).max(Span::minutes(30))
}

/// The least time that a rollout takes, manual gates aside.
pub(super) fn shortest(strategy: &Strategy) -> Span {
    let pauses = strategy.steps.iter().filter_map(|step| match step.gate {
        Some(Gate::Timed(span)) => Some(span),
        Some(Gate::Manual) | None => None,
    });
    strategy.steps.iter().map(|step| step.bake).chain(pauses).sum::<Span>() + strategy.watch
}
