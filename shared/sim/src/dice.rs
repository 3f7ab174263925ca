//! Chance, all of it from one seed. The same seed gives the same draws on every machine.
//!
//! What the world does (traffic, errors) is drawn by key, so that it does not depend on what the functions did before: a
//! scenario with faults sees the same traffic as one without. What happens to calls and messages is drawn in order.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution, Poisson};
use serde::{Deserialize, Serialize};

/// Draws in order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The draws of one purpose under one seed.
    pub fn new(seed: u64, purpose: &str) -> Self {
        Self::keyed(Key::of(seed).and(purpose))
    }

    /// The draws that belong to a key.
    pub fn keyed(key: Key) -> Self {
        Self(ChaCha8Rng::seed_from_u64(key.0))
    }

    /// Whether something of this probability happens. Takes one draw whatever the probability is, so that a setting changed
    /// from 0 to 1 % leaves all other draws where they were.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.0.random::<f64>() < probability
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.random_range(low..=high.max(low))
    }

    /// How many of `n` trials succeed.
    pub fn successes(&mut self, n: u64, probability: f64) -> u64 {
        Binomial::new(n, probability.clamp(0.0, 1.0)).map_or(0, |binomial| binomial.sample(&mut self.0))
    }

    /// How many events come where `mean` are expected.
    pub fn events(&mut self, mean: f64) -> u64 {
        Poisson::new(mean).map_or(0, |poisson| whole(poisson.sample(&mut self.0)))
    }
}

/// Names a draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key(u64);

impl Key {
    /// The first part of a key.
    pub const fn of(seed: u64) -> Self {
        Self(mixed(seed))
    }

    /// The key with a further part.
    pub fn and(self, part: impl AsRef<[u8]>) -> Self {
        const PRIME: u64 = 0x0100_0000_01b3;
        let hash =
            part.as_ref().iter().fold(self.0, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME));
        Self(mixed(hash ^ part.as_ref().len() as u64))
    }

    /// The key with a number as a further part.
    pub const fn number(self, part: u64) -> Self {
        Self(mixed(self.0 ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// The key as an identifier that looks as AWS's do: `8f14e45f-ceea-4671-9f3a-c9d1f0b7a2e4`.
    pub fn uuid(self) -> String {
        let (high, low) = (self.0, self.number(1).0);
        let parts = (
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0x0fff,
            (low >> 48) & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff,
        );
        format!("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", parts.0, parts.1, parts.2, parts.3, parts.4)
    }
}

/// The finalizer of `SplitMix64` (Steele, Lea & Flood, 2014): every bit of the input moves every bit of the output.
const fn mixed(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The whole number nearest to a count that was computed as a float.
pub(crate) fn whole(count: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what f64 counts exactly"
    )]
    let whole = libm::round(count.clamp(0.0, 9e15)) as u64;
    whole
}

/// A count as a float.
pub(crate) fn float(count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of requests stay far below 2^53")]
    let float = count as f64;
    float
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_purpose_give_the_same_draws() {
        let draws = |seed, purpose| {
            let mut dice = Dice::new(seed, purpose);
            (dice.between(0, 1_000_000), dice.events(300.0), dice.successes(1_000, 0.3), dice.chance(0.5))
        };
        assert_eq!(draws(1, "a"), draws(1, "a"));
        assert_ne!(draws(1, "a"), draws(2, "a"));
        assert_ne!(draws(1, "a"), draws(1, "b"));
    }

    #[test]
    fn draws_are_what_they_were_on_every_machine_and_release() {
        let mut dice = Dice::new(42, "golden");
        let drawn = [
            dice.between(0, 999),
            dice.events(18_000.0),
            dice.successes(18_000, 0.01),
            dice.successes(7, 0.5),
        ];
        assert_eq!(drawn, [778, 18_150, 179, 3]);
        assert_eq!(Key::of(42).and("checkout").uuid(), "141c92b5-4b4e-4966-a9c8-8c9ca7a86291");
    }

    #[test]
    fn parts_of_a_key_do_not_run_into_each_other() {
        assert_ne!(Key::of(1).and("ab").and("c"), Key::of(1).and("a").and("bc"));
    }
}
