//! What is simulated: traffic that breathes, base rates that drift, and what goes wrong. It draws requests and their
//! failures and knows nothing of the deciders that look at them.

use std::fmt;

use tidegate_judge::{Counts, Tick};

use crate::draws::{Draws, Drift, float};

/// Minutes of a rollout, one tick each.
pub const MINUTES: usize = 30;
/// Minutes of a step.
pub const STEP_MINUTES: usize = 10;
/// The candidate's share of the traffic, step by step.
pub const WEIGHTS: [f64; MINUTES / STEP_MINUTES] = [0.05, 0.25, 0.5];
/// Requests per second of the cells.
pub const RPS: [f64; 4] = [1.0, 10.0, 100.0, 1000.0];
/// Base error rates of the cells.
pub const BASE_RATES: [f64; 3] = [0.0001, 0.001, 0.01];

/// How strongly a rate drifts, as a standard deviation of its logarithm in the long run.
const DRIFT: f64 = 0.3;
/// Both versions' error rate in an outage.
const OUTAGE_RATE: f64 = 0.3;
/// Mean size of a cluster of errors.
const CLUSTER: f64 = 4.0;
/// How much worse the candidate is in the first minute of a step where it starts cold.
const COLD: f64 = 3.0;

/// A service: how much traffic it has, and how often it fails by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Requests per second.
    pub rps: f64,
    /// Base error rate.
    pub base_rate: f64,
}

/// All cells, the quietest first.
pub fn cells() -> impl Iterator<Item = Cell> {
    RPS.into_iter().flat_map(|rps| BASE_RATES.into_iter().map(move |base_rate| Cell { rps, base_rate }))
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rps, {}", self.rps, Percent(self.base_rate))
    }
}

/// A share, written as a percentage without needless zeros.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percent(pub f64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:.2}", self.0 * 100.0);
        write!(f, "{} %", digits.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// What happens to a release that does no harm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Noise {
    /// Nothing: requests fail independently at one rate.
    Independent,
    /// The rate drifts, for both versions alike. All that follow include it.
    Shared,
    /// For three to five minutes both versions fail 30 % of their requests.
    Outage,
    /// Each version's rate scatters by itself from minute to minute, with this coefficient of variation.
    Scatter(f64),
    /// Errors come in clusters of four in the mean.
    Burst,
    /// The candidate fails three times as often in the first minute of each step.
    ColdStart,
}

impl Noise {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Independent,
        Self::Shared,
        Self::Outage,
        Self::Scatter(0.2),
        Self::Scatter(0.5),
        Self::Burst,
        Self::ColdStart,
    ];
}

impl fmt::Display for Noise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Independent => write!(f, "iid"),
            Self::Shared => write!(f, "shared"),
            Self::Outage => write!(f, "outage"),
            Self::Scatter(cv) => write!(f, "CV {cv}"),
            Self::Burst => write!(f, "burst"),
            Self::ColdStart => write!(f, "cold"),
        }
    }
}

/// What a bad release does to the candidate's error rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Effect {
    /// Multiplies it.
    Times(f64),
    /// Adds to it.
    Plus(f64),
    /// Every request fails.
    EverythingFails,
}

impl Effect {
    /// All that are simulated.
    pub const ALL: [Self; 7] = [
        Self::Times(1.5),
        Self::Times(2.0),
        Self::Times(5.0),
        Self::Times(10.0),
        Self::Plus(0.01),
        Self::Plus(0.05),
        Self::EverythingFails,
    ];

    /// The candidate's error rate where stable's is `rate`.
    pub fn on(self, rate: f64) -> f64 {
        match self {
            Self::Times(factor) => rate * factor,
            Self::Plus(more) => rate + more,
            Self::EverythingFails => 1.0,
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(factor) => write!(f, "×{factor}"),
            Self::Plus(more) => write!(f, "+{}", Percent(*more)),
            Self::EverythingFails => write!(f, "all fail"),
        }
    }
}

/// What the release does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Release {
    /// No harm, amid some noise.
    Harmless(Noise),
    /// Harm, amid a shared drift.
    Harmful {
        /// What it does.
        effect: Effect,
        /// Minutes that pass before it does it.
        after: usize,
    },
    /// No harm, but a rate that drifts slowly for a reason of its own, beside the shared drift.
    Drifting(Who),
}

/// Which version's rate drifts by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The candidate's.
    Candidate,
    /// Each version's, independently.
    Each,
}

/// A release of a service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scenario {
    /// The service.
    pub cell: Cell,
    /// The release.
    pub release: Release,
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, ", self.cell)?;
        match self.release {
            Release::Harmless(noise) => write!(f, "{noise}"),
            Release::Harmful { effect, after: 0 } => write!(f, "{effect}"),
            Release::Harmful { effect, after } => write!(f, "{effect} after minute {after}"),
            Release::Drifting(Who::Candidate) => write!(f, "candidate alone"),
            Release::Drifting(Who::Each) => write!(f, "each version by itself"),
        }
    }
}

/// One minute as the deciders may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Minute {
    /// What the two versions served.
    pub tick: Tick,
    /// What a second fleet of the stable version served that is as large as the candidate's. Only a decider that
    /// demands such a fleet looks at it.
    pub baseline: Counts,
}

impl Scenario {
    /// Names the scenario's draws.
    fn key(&self) -> String {
        format!("{self:?}")
    }

    /// Plays one rollout to its end; deciders stop looking when they roll back.
    pub fn play(&self, seed: u64, rollout: u64) -> Vec<Minute> {
        let mut draws = Draws::of(seed, &self.key(), rollout);
        let traffic = Traffic::new(self.cell.rps, &mut draws);
        let mut rates = Rates::new(self, &mut draws);
        (0..MINUTES)
            .map(|minute| {
                let served = traffic.minute(minute, &mut draws);
                let (candidate, stable) = rates.minute(minute, &mut draws);
                let clustered = self.release == Release::Harmless(Noise::Burst);
                let mut counts = |total, rate| Counts { total, bad: bad(total, rate, clustered, &mut draws) };
                Minute {
                    tick: Tick {
                        candidate: counts(served.candidate, candidate),
                        stable: counts(served.stable, stable),
                    },
                    baseline: counts(served.baseline, stable),
                }
            })
            .collect()
    }
}

fn bad(total: u64, rate: f64, clustered: bool, draws: &mut Draws) -> u64 {
    if clustered {
        let clusters = draws.binomial(total, rate / CLUSTER);
        (0..clusters).map(|_| draws.cluster(CLUSTER)).sum::<u64>().min(total)
    } else {
        draws.binomial(total, rate)
    }
}

/// The weight of the candidate in a minute, counted from 0.
pub fn weight(minute: usize) -> f64 {
    WEIGHTS[minute / STEP_MINUTES]
}

/// Requests of one minute.
#[derive(Debug, Clone, Copy)]
pub struct Served {
    /// To the candidate.
    pub candidate: u64,
    /// To the stable version.
    pub stable: u64,
    /// To a baseline fleet as large as the candidate's.
    pub baseline: u64,
}

/// Traffic in a wave of two hours with noise on top, dealt out by the weights.
#[derive(Debug, Clone)]
pub struct Traffic {
    rps: f64,
    phase: f64,
}

impl Traffic {
    /// Traffic of this mean that is anywhere in its wave.
    pub fn new(rps: f64, draws: &mut Draws) -> Self {
        Self { rps, phase: draws.uniform() }
    }

    /// The requests of a minute, counted from 0.
    pub fn minute(&self, minute: usize, draws: &mut Draws) -> Served {
        let turns = float(minute as u64) / 120.0 + self.phase;
        let wave = 1.0 + 0.3 * libm::sin(core::f64::consts::TAU * turns);
        let mean = self.rps * 60.0 * wave * libm::exp(0.1 * draws.normal());
        let requests = draws.poisson(mean);
        let candidate = draws.binomial(requests, weight(minute));
        let baseline = draws.binomial(requests, weight(minute));
        Served { candidate, stable: requests - candidate, baseline }
    }
}

/// The error rates of both versions, minute by minute.
struct Rates {
    base_rate: f64,
    release: Release,
    shared: Drift,
    candidate: Drift,
    stable: Drift,
    outage: std::ops::Range<usize>,
}

impl Rates {
    fn new(scenario: &Scenario, draws: &mut Draws) -> Self {
        let release = scenario.release;
        let outage = if release == Release::Harmless(Noise::Outage) {
            let start = draws.between(2, 25);
            start..start + draws.between(3, 5)
        } else {
            0..0
        };
        let [shared, candidate, stable] = [Drift::default(); 3];
        Self { base_rate: scenario.cell.base_rate, release, shared, candidate, stable, outage }
    }

    /// The candidate's and the stable version's rate.
    fn minute(&mut self, minute: usize, draws: &mut Draws) -> (f64, f64) {
        let shared = drifted(&mut self.shared, draws);
        let rate = self.base_rate * shared;
        if self.outage.contains(&minute) {
            return (OUTAGE_RATE, OUTAGE_RATE);
        }
        match self.release {
            Release::Harmless(Noise::Independent) => (self.base_rate, self.base_rate),
            Release::Harmless(Noise::Shared | Noise::Outage | Noise::Burst) => (rate, rate),
            Release::Harmless(Noise::Scatter(cv)) => (rate * draws.gamma(cv), rate * draws.gamma(cv)),
            Release::Harmless(Noise::ColdStart) => {
                let starts = minute.is_multiple_of(STEP_MINUTES);
                (if starts { rate * COLD } else { rate }, rate)
            }
            Release::Harmful { effect, after } => (if minute < after { rate } else { effect.on(rate) }, rate),
            Release::Drifting(Who::Candidate) => (rate * drifted(&mut self.candidate, draws), rate),
            Release::Drifting(Who::Each) => {
                (rate * drifted(&mut self.candidate, draws), rate * drifted(&mut self.stable, draws))
            }
        }
    }
}

/// The factor of a drift, of mean 1.
fn drifted(drift: &mut Drift, draws: &mut Draws) -> f64 {
    libm::exp(DRIFT * drift.next(draws) - DRIFT * DRIFT / 2.0)
}
