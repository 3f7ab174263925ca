//! Quantities with their units in the type: traffic weights, ratios and spans of time.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A share of traffic, in hundredths of a percent, from 0 % to 100 %.
///
/// As JSON it is a number of percent (`5`, `2.5`), the unit in which people and policies speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
#[schemars(with = "f64")]
pub struct Weight(u16);

/// A number that is no share of traffic.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{0} is not a share of traffic; a percentage from 0 to 100 with at most two decimals is")]
pub struct NotAWeight(String);

impl Weight {
    /// No traffic.
    pub const ZERO: Self = Self(0);
    /// All traffic.
    pub const FULL: Self = Self(10_000);

    /// A weight of so many percent, such as `5.0` for 5 %.
    pub fn from_percent(percent: f64) -> Result<Self, NotAWeight> {
        let hundredths = percent * 100.0;
        let whole = hundredths.round();
        if !(0.0..=10_000.0).contains(&hundredths) || (whole - hundredths).abs() > 1e-6 {
            return Err(NotAWeight(percent.to_string()));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to lie in 0..=10000"
        )]
        Ok(Self(whole as u16))
    }

    /// What this weight leaves of all traffic.
    #[must_use]
    pub const fn rest(self) -> Self {
        Self(Self::FULL.0 - self.0)
    }

    /// In percent, 0 to 100.
    pub fn percent(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// As a fraction, 0 to 1.
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }
}

impl TryFrom<f64> for Weight {
    type Error = NotAWeight;
    fn try_from(percent: f64) -> Result<Self, NotAWeight> {
        Self::from_percent(percent)
    }
}

impl From<Weight> for f64 {
    fn from(weight: Weight) -> Self {
        weight.percent()
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.percent())
    }
}

impl FromStr for Weight {
    type Err = NotAWeight;
    /// Reads `5`, `5%` and `5 %`.
    fn from_str(text: &str) -> Result<Self, NotAWeight> {
        let number = text.trim().trim_end_matches('%').trim_end();
        let percent: f64 = number.parse().map_err(|_| NotAWeight(text.to_owned()))?;
        Self::from_percent(percent).map_err(|_| NotAWeight(text.to_owned()))
    }
}

/// A span of time in whole seconds; as text `10m`, `1h 30m`, `90s`.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Span(u32);

/// A text that is no span of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a duration; write it like 90s, 10m, 1h30m or 2d")]
pub struct NotASpan(String);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of so many seconds.
    pub const fn seconds(seconds: u32) -> Self {
        Self(seconds)
    }

    /// A span of so many minutes.
    pub const fn minutes(minutes: u32) -> Self {
        Self(minutes * 60)
    }

    /// A span of so many hours.
    pub const fn hours(hours: u32) -> Self {
        Self(hours * 3600)
    }

    /// Its length in seconds.
    pub const fn as_seconds(self) -> u32 {
        self.0
    }

    /// Its length in started minutes.
    pub const fn as_minutes(self) -> u32 {
        self.0.div_ceil(60)
    }

    /// Whether it is no time at all.
    pub const fn is_zero(&self) -> bool {
        self.0 == 0
    }

    /// From an earlier moment to a later one; zero when the order is the other way round.
    pub fn between(earlier: Timestamp, later: Timestamp) -> Self {
        Self(u32::try_from(later.as_second() - earlier.as_second()).unwrap_or(0))
    }

    /// The moment this span after `start`.
    pub fn after(self, start: Timestamp) -> Timestamp {
        start.saturating_add(SignedDuration::from(self)).unwrap_or(Timestamp::MAX)
    }

    /// The moment this span before `end`.
    pub fn before(self, end: Timestamp) -> Timestamp {
        end.saturating_sub(SignedDuration::from(self)).unwrap_or(Timestamp::MIN)
    }
}

impl std::ops::Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::ops::Mul<u32> for Span {
    type Output = Self;
    fn mul(self, times: u32) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

impl std::iter::Sum for Span {
    fn sum<I: Iterator<Item = Self>>(spans: I) -> Self {
        spans.fold(Self::ZERO, |a, b| a + b)
    }
}

impl From<Span> for SignedDuration {
    fn from(span: Span) -> Self {
        Self::from_secs(i64::from(span.0))
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

impl TryFrom<String> for Span {
    type Error = NotASpan;
    fn try_from(text: String) -> Result<Self, NotASpan> {
        text.parse()
    }
}

impl FromStr for Span {
    type Err = NotASpan;
    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let wrong = || NotASpan(text.to_owned());
        let mut seconds: u32 = 0;
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(wrong());
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
            let number: u32 = rest[..digits].parse().map_err(|_| wrong())?;
            let after = rest[digits..].trim_start();
            let unit = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
            let scale = match &after[..unit] {
                "s" | "sec" | "second" | "seconds" => 1,
                "m" | "min" | "minute" | "minutes" => 60,
                "h" | "hour" | "hours" => 3_600,
                "d" | "day" | "days" => 86_400,
                _ => return Err(wrong()),
            };
            seconds = number.checked_mul(scale).and_then(|s| seconds.checked_add(s)).ok_or_else(wrong)?;
            rest = after[unit..].trim_start();
        }
        Ok(Self(seconds))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let parts =
            [(self.0 / 86_400, 'd'), (self.0 / 3_600 % 24, 'h'), (self.0 / 60 % 60, 'm'), (self.0 % 60, 's')];
        for (amount, unit) in parts.into_iter().filter(|(amount, _)| *amount > 0) {
            write!(f, "{amount}{unit}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_is_a_percentage_with_at_most_two_decimals() {
        assert_eq!("5%".parse::<Weight>().unwrap(), Weight::from_percent(5.0).unwrap());
        assert_eq!(Weight::from_percent(2.5).unwrap().to_string(), "2.5 %");
        for wrong in ["-1", "101", "0.001", "NaN", "x", ""] {
            assert!(wrong.parse::<Weight>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_span_reads_what_it_writes() {
        for text in ["0s", "90s", "10m", "1h30m", "2d", "1d2h3m4s"] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.to_string().parse::<Span>().unwrap(), span);
        }
        assert_eq!("1h 30m".parse::<Span>().unwrap(), Span::minutes(90));
        for wrong in ["", "10", "m", "10 parsecs", "-5m", "99999999d"] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong}");
        }
    }
}
