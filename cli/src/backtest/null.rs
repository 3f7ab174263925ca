//! How often a policy takes back a version that is as good as the other: one version's counts are divided by chance into
//! candidate and stable, minute by minute at the weight of the moment, and played, many times.
//!
//! The requests of a minute are divided by a binomial law, as a weighted router does it; the bad events among them by a
//! hypergeometric one, because which requests are bad has nothing to do with who served them. So whatever the recording holds
//! (waves, bursts, outages) both arms have it, and every rollback is one for nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution, Hypergeometric};
use tidegate_domain::policy::{Gate, Policy};
use tidegate_domain::rollout::{LEAST_JUDGED, PauseCause, Phase, SETTLE};
use tidegate_domain::ticks::Arms;
use tidegate_domain::units::Span;
use tidegate_domain::verdict::{Baseline, Cause, Counts};

use super::{LAST_LOOKS, MINUTE, Replay, Unstarted, baseline};
use crate::recorded::names::Recording;

/// How a rollout without a cause for it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With all traffic.
    Promoted,
    /// Taken back, for nothing.
    RolledBack(Because),
    /// Undecided after its extension: somebody is asked.
    Inconclusive,
    /// Held for missing data.
    Held,
    /// The recording ended first.
    Unfinished,
}

/// What a rollback rested on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Because {
    Harm,
    Guard,
    Baseline,
    Undecided,
    Deadline,
}

impl Because {
    /// In a word or two.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Harm => "harm",
            Self::Guard => "guard",
            Self::Baseline => "baseline",
            Self::Undecided => "undecided",
            Self::Deadline => "deadline",
        }
    }

    const fn of(cause: &Cause) -> Self {
        match cause {
            Cause::HarmShown(_) | Cause::FailsOutright(_) => Self::Harm,
            Cause::GuardBroken { .. } => Self::Guard,
            Cause::WorseThanBaseline { .. } => Self::Baseline,
            Cause::Undecided(_) => Self::Undecided,
            // Nobody aborts, supersedes or deploys here, no alarm fires, and no flag is taken back.
            Cause::DeadlinePassed { .. }
            | Cause::ChecksFailed(_)
            | Cause::DeploymentEnded { .. }
            | Cause::FlagsTakenBack(_)
            | Cause::AlarmFired { .. }
            | Cause::Aborted { .. }
            | Cause::Superseded { .. } => Self::Deadline,
        }
    }
}

/// One rollout of many: how it ended, after how many minutes.
#[derive(Debug, Clone, Copy)]
pub struct Try {
    pub ended: Ended,
    pub minutes: u32,
}

/// Plays the policy many times over one version's recording. The same seed gives the same tries.
pub fn tries(
    policy: &Policy,
    recording: &Recording<'_>,
    times: u32,
    seed: u64,
) -> Result<Vec<Try>, Unstarted> {
    let Some((first, last)) = recording.span() else {
        return Err(Unstarted("nothing was recorded".to_owned()));
    };
    let alone =
        Alone { policy, recording, baseline: baseline(recording, 0), first, last, needed: needed(policy) };
    alone.once(seed, 0)?;
    let threads = u32::try_from(std::thread::available_parallelism().map_or(1, usize::from)).unwrap_or(1);
    std::thread::scope(|scope| {
        let alone = &alone;
        let share = |thread: u32| {
            let mine = (0..times).filter(move |number| number % threads == thread);
            move || mine.map(|number| Ok((number, alone.once(seed, number)?))).collect::<Result<Vec<_>, _>>()
        };
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(share(thread))).collect();
        let mut tries = BTreeMap::new();
        for thread in running {
            // A panic in there is a fault of this program, and is not hidden.
            tries.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(tries.into_values().collect())
    })
}

/// How long a rollout may take with each step extended once.
fn needed(policy: &Policy) -> Span {
    let steps = policy.strategy.steps.iter().map(|step| {
        let gate = match step.gate {
            Some(Gate::Timed(time)) => time,
            Some(Gate::Manual) | None => Span::ZERO,
        };
        step.bake.max(LEAST_JUDGED) * 2 + SETTLE + MINUTE + gate
    });
    steps.sum::<Span>() + policy.strategy.watch + LAST_LOOKS
}

/// One version's recording, and the policy that is tried on it.
struct Alone<'a> {
    policy: &'a Policy,
    recording: &'a Recording<'a>,
    baseline: Baseline,
    first: Timestamp,
    last: Timestamp,
    needed: Span,
}

impl Alone<'_> {
    /// One try. A recording that is longer than a rollout is begun at a random minute.
    fn once(&self, seed: u64, number: u32) -> Result<Try, Unstarted> {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        dice.set_stream(u64::from(number));
        let spare = Span::between(self.needed.after(self.first), self.last).as_minutes();
        let start = Span::minutes(below(&mut dice, spare + 1)).after(self.first);
        let mut replay = Replay::begin(self.policy, self.baseline.clone(), start)?;
        let (mut at, mut minutes) = (start, 0);
        while at <= LAST_LOOKS.after(self.last) {
            if let Some(ended) = ended(&replay) {
                return Ok(Try { ended, minutes });
            }
            let metrics = self.divided(at, replay.rollout().weight().fraction(), &mut dice);
            replay.minute(at, metrics);
            at = MINUTE.after(at);
            minutes += 1;
        }
        Ok(Try { ended: ended(&replay).unwrap_or_else(|| unfinished(&replay)), minutes })
    }

    /// A minute, divided by chance. Metrics that count the same requests have them divided the same way.
    fn divided(&self, at: Timestamp, weight: f64, dice: &mut ChaCha8Rng) -> BTreeMap<String, Arms> {
        let mut shared = None;
        let minute = self.recording.arms[0].get(&at).into_iter().flatten();
        let divided = minute.map(|(name, counts)| {
            let candidate = match shared {
                Some(drawn) if self.recording.sharing.contains(name) => drawn,
                _ => binomial(counts.total, weight, dice),
            };
            if self.recording.sharing.contains(name) {
                shared = Some(candidate);
            }
            let bad = hypergeometric(counts.total, counts.bad, candidate, dice);
            let arms = Arms {
                candidate: Counts { total: candidate, bad },
                stable: Counts { total: counts.total - candidate, bad: counts.bad - bad },
            };
            (name.clone(), arms)
        });
        divided.collect()
    }
}

/// How the rollout ended, once it has. One that is undecided asks somebody, and nobody is there to answer.
fn ended(replay: &Replay) -> Option<Ended> {
    let phase = &replay.rollout().phase;
    if let Phase::RolledBack { cause } = phase {
        Some(Ended::RolledBack(Because::of(cause)))
    } else if matches!(phase, Phase::Succeeded) {
        Some(Ended::Promoted)
    } else if matches!(phase, Phase::Paused { cause: PauseCause::Inconclusive, .. }) {
        Some(Ended::Inconclusive)
    } else {
        None
    }
}

/// How a rollout stands when the recording ends before it.
const fn unfinished(replay: &Replay) -> Ended {
    if replay.is_promoted() {
        Ended::Promoted
    } else if matches!(replay.rollout().phase, Phase::Paused { cause: PauseCause::Hold(_), .. }) {
        Ended::Held
    } else {
        Ended::Unfinished
    }
}

fn below(dice: &mut ChaCha8Rng, bound: u32) -> u32 {
    use rand::RngExt as _;
    dice.random_range(0..bound)
}

fn binomial(n: u64, probability: f64, dice: &mut ChaCha8Rng) -> u64 {
    Binomial::new(n, probability.clamp(0.0, 1.0)).map_or(0, |law| law.sample(dice))
}

/// How many of `bad` among `total` are among `drawn` of them.
fn hypergeometric(total: u64, bad: u64, drawn: u64, dice: &mut ChaCha8Rng) -> u64 {
    Hypergeometric::new(total, bad, drawn).map_or(0, |law| law.sample(dice))
}

/// A share with its 95 % interval after Wilson (1927): `(p̂ + z²/2n ± z·√(p̂(1−p̂)/n + z²/4n²)) / (1 + z²/n)`.
pub fn wilson(count: u32, of: u32) -> (f64, f64, f64) {
    const Z: f64 = 1.959_963_984_540_054;
    let n = f64::from(of);
    if of == 0 {
        return (0.0, 0.0, 1.0);
    }
    let share = f64::from(count) / n;
    let centre = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (share, ((centre - spread) / scale).max(0.0), ((centre + spread) / scale).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilsons_interval_is_that_of_the_textbook() {
        let (share, low, high) = wilson(10, 100);
        assert!((share - 0.1).abs() < 1e-12 && (low - 0.05523).abs() < 1e-5 && (high - 0.17437).abs() < 1e-5);
        let (share, low, high) = wilson(0, 1000);
        assert!(share.abs() < 1e-12 && low.abs() < 1e-12 && (high - 0.003_827).abs() < 1e-6, "{low} {high}");
    }

    #[test]
    fn a_division_keeps_every_request_and_every_bad_one() {
        let mut dice = ChaCha8Rng::seed_from_u64(1);
        let (mut candidates, mut bads) = (0, 0);
        for _ in 0..2000 {
            let candidate = binomial(1000, 0.25, &mut dice);
            let bad = hypergeometric(1000, 100, candidate, &mut dice);
            assert!(bad <= 100 && bad <= candidate && 100 - bad <= 1000 - candidate);
            (candidates, bads) = (candidates + candidate, bads + bad);
        }
        // Of 2000 draws with means 250 and 25: five standard errors of each mean.
        assert!(candidates.abs_diff(500_000) < 3_100 && bads.abs_diff(50_000) < 970, "{candidates} {bads}");
        assert_eq!(hypergeometric(1_000_000_000, 0, 5, &mut dice), 0);
        assert_eq!(hypergeometric(1_000_000, 1_000_000, 77, &mut dice), 77);
    }
}
