//! Published versions: how often they fail, how long they take.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tidegate_domain::flag::Profile;

use super::history::History;

/// How a version behaves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Behaviour {
    /// The share of requests that fail.
    pub errors: f64,
    /// The share of requests that are throttled.
    #[serde(default)]
    pub throttles: f64,
    /// How long requests take.
    pub latency: Latency,
    /// The share of requests that count in a business metric, by the metric's name.
    pub counts: BTreeMap<String, f64>,
    /// How requests of clients behave for whom a flag is on.
    #[serde(default)]
    pub when_flag: Option<Box<WhenFlag>>,
}

/// How a version behaves for clients for whom a flag is on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WhenFlag {
    /// Where the flag is.
    pub profile: Profile,
    /// Its key.
    pub flag: String,
    /// How it behaves then.
    pub behaviour: Behaviour,
}

/// Latency as a log-normal distribution, told by the two quantiles that people know of a service.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Half of the requests are faster, in milliseconds.
    pub median_ms: f64,
    /// Ninety-nine in a hundred are faster, in milliseconds.
    pub p99_ms: f64,
}

/// The 99 % quantile of the standard normal distribution.
const Z99: f64 = 2.326_347_874_040_841;

impl Latency {
    /// The share of requests that take no longer than `ms`.
    pub fn below(self, ms: f64) -> f64 {
        if ms <= 0.0 {
            return 0.0;
        }
        let sigma = libm::log(self.p99_ms / self.median_ms) / Z99;
        let z = libm::log(ms / self.median_ms) / sigma;
        0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
    }
}

/// The latency below which `share` of a mixture of requests stays; `None` without requests. The model's own quantile: a
/// sample of this size would scatter around it.
pub(crate) fn quantile(mixture: &[(Latency, f64)], share: f64) -> Option<f64> {
    let total: f64 = mixture.iter().map(|(_, weight)| weight).sum();
    let longest = mixture.iter().map(|(latency, _)| latency.p99_ms).fold(0.0, f64::max) * 100.0;
    let below =
        |ms: f64| mixture.iter().map(|(latency, weight)| latency.below(ms) * weight).sum::<f64>() / total;
    if total <= 0.0 {
        return None;
    }
    let (mut low, mut high) = (0.0, longest);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if below(middle) < share { low = middle } else { high = middle }
    }
    Some(high)
}

/// Whether a version can receive traffic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// It can.
    #[default]
    Active,
    /// Not yet.
    Pending,
    /// It never will.
    Failed,
}

/// A published version.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Published {
    /// When.
    pub at: Timestamp,
    /// Whether it can receive traffic.
    pub state: State,
    /// Its execution role.
    pub role: String,
    /// Where its failed events go.
    pub dead_letters: Option<String>,
    /// The hash of its code.
    pub code_sha256: String,
    /// How it behaves, and since when.
    pub behaviour: History<Behaviour>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_quantiles_that_tell_a_latency_are_its_quantiles() {
        let latency = Latency { median_ms: 40.0, p99_ms: 300.0 };
        assert!((latency.below(40.0) - 0.5).abs() < 1e-12);
        assert!((latency.below(300.0) - 0.99).abs() < 1e-12);
        let found = quantile(&[(latency, 7.0)], 0.99).unwrap();
        assert!((found - 300.0).abs() < 1e-6, "{found}");
        assert_eq!(quantile(&[], 0.5), None);
    }
}
