//! Deployment strategies: how a version comes to the clients.

use serde::{Deserialize, Serialize};
use tidegate_domain::units::Span;

/// How the share of the clients grows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Growth {
    /// By so many percent each time.
    Linear(f64),
    /// From so many percent, and twice as many each time.
    Exponential(f64),
}

/// A deployment strategy.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Strategy {
    /// How long it takes until baking.
    pub duration: Span,
    /// How the share of the clients grows.
    pub growth: Growth,
    /// How long its alarms are watched when all clients have it.
    pub bake: Span,
}

impl Strategy {
    /// At once, and through at once.
    pub const AT_ONCE: Self = Self { duration: Span::ZERO, growth: Growth::Linear(100.0), bake: Span::ZERO };

    /// One of `AppConfig`'s own.
    pub(crate) fn predefined(name: &str) -> Option<Self> {
        let (duration, growth, bake) = match name.strip_prefix("AppConfig.")? {
            "AllAtOnce" => (0, Growth::Linear(100.0), 10),
            "Linear50PercentEvery30Seconds" => (1, Growth::Linear(50.0), 1),
            "Canary10Percent20Minutes" => (20, Growth::Exponential(10.0), 10),
            "Linear20PercentEvery6Minutes" => (30, Growth::Linear(20.0), 30),
            _ => return None,
        };
        Some(Self { duration: Span::minutes(duration), growth, bake: Span::minutes(bake) })
    }

    /// The shares of its steps, in percent; the last one is all.
    pub(crate) fn shares(&self) -> Vec<f64> {
        let (first, next): (f64, fn(f64, f64) -> f64) = match self.growth {
            Growth::Linear(each) => (each, |share, first| share + first),
            Growth::Exponential(first) => (first, |share, _| share * 2.0),
        };
        let first = first.max(1.0);
        let growing = std::iter::successors(Some(first), |share| Some(next(*share, first)));
        growing.take_while(|share| *share < 100.0).chain([100.0]).collect()
    }

    /// The time after each of its steps.
    pub(crate) fn interval(&self) -> Span {
        let steps = u32::try_from(self.shares().len()).unwrap_or(1);
        Span::seconds(self.duration.as_seconds() / steps.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(name: &str) -> (Vec<f64>, Span) {
        let strategy = Strategy::predefined(name).unwrap();
        (strategy.shares(), strategy.interval())
    }

    #[test]
    fn appconfigs_own_strategies_do_what_their_names_say() {
        assert_eq!(steps("AppConfig.AllAtOnce"), (vec![100.0], Span::ZERO));
        assert_eq!(steps("AppConfig.Linear50PercentEvery30Seconds"), (vec![50.0, 100.0], Span::seconds(30)));
        let six = (vec![20.0, 40.0, 60.0, 80.0, 100.0], Span::minutes(6));
        assert_eq!(steps("AppConfig.Linear20PercentEvery6Minutes"), six);
        let canary = (vec![10.0, 20.0, 40.0, 80.0, 100.0], Span::minutes(4));
        assert_eq!(steps("AppConfig.Canary10Percent20Minutes"), canary);
        assert_eq!(Strategy::predefined("AppConfig.Linear"), None);
        assert_eq!(Strategy::predefined("slow"), None);
    }
}
