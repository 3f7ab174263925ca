//! Chance: every rollout has its own seed, made of the run's seed, the scenario and the rollout's number. So a
//! rollout is the same whichever thread plays it, and whatever else is played.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution, Gamma, Geometric, Poisson, StandardNormal};

/// The draws of one rollout, in order.
#[derive(Debug, Clone)]
pub struct Draws(ChaCha8Rng);

impl Draws {
    /// The draws of rollout number `rollout` of a scenario.
    pub fn of(seed: u64, scenario: &str, rollout: u64) -> Self {
        let key = scenario.bytes().fold(mixed(seed), |key, byte| mixed(key ^ u64::from(byte)));
        Self(ChaCha8Rng::seed_from_u64(mixed(key ^ rollout)))
    }

    /// A number from 0 to 1.
    pub fn uniform(&mut self) -> f64 {
        self.0.random()
    }

    /// A whole number from `low` to `high`, both included.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        self.0.random_range(low..=high)
    }

    /// A standard normal number.
    pub fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    /// How many events come where `mean` are expected.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        Poisson::new(mean).map_or(0, |poisson| whole(poisson.sample(&mut self.0)))
    }

    /// How many of `n` trials succeed.
    pub fn binomial(&mut self, n: u64, probability: f64) -> u64 {
        Binomial::new(n, probability.clamp(0.0, 1.0)).map_or(0, |binomial| binomial.sample(&mut self.0))
    }

    /// A factor of mean 1 with this coefficient of variation.
    pub fn gamma(&mut self, cv: f64) -> f64 {
        let variance = cv * cv;
        Gamma::new(1.0 / variance, variance).map_or(1.0, |gamma| gamma.sample(&mut self.0))
    }

    /// The size of a cluster, at least 1 and geometric, of this mean.
    pub fn cluster(&mut self, mean: f64) -> u64 {
        Geometric::new(1.0 / mean).map_or(1, |more| more.sample(&mut self.0).saturating_add(1))
    }
}

/// A drift that remembers: an AR(1) that begins at 0 with the rollout and tends to a standard deviation of 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Drift(f64);

impl Drift {
    const MEMORY: f64 = 0.8;
    /// `√(1 − 0.8²)`, which makes the standard deviation 1 in the long run.
    const INNOVATION: f64 = 0.6;

    /// Where it has moved to.
    pub fn next(&mut self, draws: &mut Draws) -> f64 {
        self.0 = Self::MEMORY * self.0 + Self::INNOVATION * draws.normal();
        self.0
    }
}

/// A count as a float; every count here is far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn float(count: u64) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a Poisson draw is a whole count"
)]
fn whole(count: f64) -> u64 {
    count as u64
}

/// Spreads neighbouring keys (the finaliser of `SplitMix64`).
const fn mixed(key: u64) -> u64 {
    let key = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let key = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let key = (key ^ (key >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    key ^ (key >> 31)
}
