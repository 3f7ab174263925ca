//! A CloudWatch alarm that rolls a CodeDeploy deployment back, on the alias or on the version alone.
//!
//! The error rate is metric math, `Errors / Invocations`, so a minute without invocations is a missing data point;
//! the alarm leaves its treatment at the default, `missing`.

use tidegate_judge::Counts;

use super::{Decider, Family, rate, sum};
use crate::scenario::{Minute, Percent};

/// Data points that CloudWatch retrieves beyond those it evaluates, to make up for missing ones.
const SPARE: usize = 2;

/// What the alarm looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everything behind the alias: candidate and stable version together.
    Alias,
    /// The candidate alone.
    Version,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Limit {
    /// The error rate of the minute.
    Rate(f64),
    /// The number of errors in the minute.
    Errors(u64),
}

/// An alarm that wants `n` of `n` data points above its limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alarm {
    limit: Limit,
    scope: Scope,
    n: usize,
}

impl Alarm {
    /// An alarm on an error rate.
    pub const fn rate_above(limit: f64, scope: Scope, n: usize) -> Self {
        Self { limit: Limit::Rate(limit), scope, n }
    }

    /// The alarm of the templates that come with SAM: more than no error in each of two minutes.
    pub const fn any_error() -> Self {
        Self { limit: Limit::Errors(0), scope: Scope::Alias, n: 2 }
    }

    /// Whether a minute is above the limit; `None` where its data point is missing.
    fn breaches(&self, minute: &Minute) -> Option<bool> {
        let counts = match self.scope {
            Scope::Alias => sum([minute.tick.candidate, minute.tick.stable].into_iter()),
            Scope::Version => minute.tick.candidate,
        };
        let Counts { total, bad } = counts;
        match self.limit {
            Limit::Rate(limit) => rate(counts).map(|rate| rate > limit),
            Limit::Errors(limit) => (total > 0).then_some(bad > limit),
        }
    }
}

impl Decider for Alarm {
    fn name(&self) -> String {
        let n = self.n;
        let scope = match self.scope {
            Scope::Alias => "alias",
            Scope::Version => "version",
        };
        match self.limit {
            Limit::Rate(limit) => format!("{scope} > {}, {n} of {n}", Percent(limit)),
            Limit::Errors(limit) => format!("{scope} errors > {limit}, {n} of {n}"),
        }
    }

    fn family(&self) -> Family {
        Family::Alarm
    }

    /// The latest `n` data points that exist decide. Where fewer exist, one that breaches is enough once it is as
    /// old as `n` and nothing after it is good: so CloudWatch treats `missing` data.
    fn rolls_back(&self, so_far: &[Minute]) -> bool {
        let latest = so_far.iter().rev().take(self.n + SPARE).zip(1..);
        let points: Vec<_> = latest.filter_map(|(minute, age)| Some((self.breaches(minute)?, age))).collect();
        if points.len() >= self.n {
            return points[..self.n].iter().all(|(breaches, _)| *breaches);
        }
        let bad = points.iter().take_while(|(breaches, _)| *breaches);
        bad.last().is_some_and(|(_, age): &(bool, usize)| *age >= self.n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{candidate_minutes, first_rollback};

    #[test]
    fn three_of_three_needs_three_minutes_in_a_row() {
        let alarm = Alarm::rate_above(0.05, Scope::Version, 3);
        let minutes = candidate_minutes(&[(100, 6), (100, 6), (100, 5), (100, 6), (100, 6), (100, 6)]);
        assert_eq!(first_rollback(&alarm, &minutes), Some(6));
    }

    #[test]
    fn an_alarm_on_the_alias_sees_the_canary_diluted() {
        let mut minutes = candidate_minutes(&[(50, 25); 5]);
        for minute in &mut minutes {
            minute.tick.stable = Counts { total: 950, bad: 0 };
        }
        assert_eq!(first_rollback(&Alarm::rate_above(0.05, Scope::Alias, 1), &minutes), None);
        assert_eq!(first_rollback(&Alarm::rate_above(0.05, Scope::Version, 1), &minutes), Some(1));
    }

    #[test]
    fn an_older_minute_stands_in_for_a_missing_one() {
        let alarm = Alarm::rate_above(0.05, Scope::Version, 3);
        let minutes = candidate_minutes(&[(100, 0), (100, 9), (0, 0), (100, 9), (100, 9)]);
        assert_eq!(first_rollback(&alarm, &minutes), Some(5));
    }

    #[test]
    fn a_lone_breach_among_missing_minutes_alarms_once_it_is_old_enough() {
        let alarm = Alarm::rate_above(0.05, Scope::Version, 3);
        assert_eq!(first_rollback(&alarm, &candidate_minutes(&[(100, 9), (0, 0), (0, 0)])), Some(3));
        assert_eq!(first_rollback(&alarm, &candidate_minutes(&[(100, 9), (100, 1), (0, 0)])), None);
    }

    #[test]
    fn any_error_in_two_minutes_is_enough_for_the_template() {
        let minutes = candidate_minutes(&[(1000, 1), (1000, 0), (1000, 1), (1000, 1)]);
        assert_eq!(first_rollback(&Alarm::any_error(), &minutes), Some(4));
    }
}
