//! Words of scenarios: shares, milliseconds and routings as people write them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tidegate_domain::target::{Routing, Version};
use tidegate_domain::units::Weight;

use super::flags::Place;

/// Words that are not what stands here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is not {expected}")]
pub struct NotThat {
    found: String,
    expected: &'static str,
}

impl NotThat {
    pub(super) fn new(found: &str, expected: &'static str) -> Self {
        Self { found: found.to_owned(), expected }
    }
}

/// A share of something, such as `1%` or `0.05%`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Share(f64);

impl Share {
    /// Nothing.
    pub const NONE: Self = Self(0.0);
    /// One of two.
    pub const HALF: Self = Self(0.5);

    /// A share of so many percent.
    pub const fn percent(percent: f64) -> Self {
        Self(percent / 100.0)
    }

    /// As a fraction, 0 to 1.
    pub const fn fraction(self) -> f64 {
        self.0
    }
}

impl FromStr for Share {
    type Err = NotThat;
    fn from_str(text: &str) -> Result<Self, NotThat> {
        let wrong = || NotThat { found: text.to_owned(), expected: "a share; write it like 1% or 0.05%" };
        let percent: f64 =
            text.strip_suffix('%').and_then(|number| number.trim().parse().ok()).ok_or_else(wrong)?;
        if (0.0..=100.0).contains(&percent) { Ok(Self::percent(percent)) } else { Err(wrong()) }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Percent of a fraction is a hair off in binary; four decimals are more than a scenario states.
        write!(f, "{}%", libm::round(self.0 * 1e6) / 1e4)
    }
}

/// A span of milliseconds, such as `40ms` or `1.5s`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Millis(pub f64);

impl FromStr for Millis {
    type Err = NotThat;
    fn from_str(text: &str) -> Result<Self, NotThat> {
        let number =
            |suffix: &str| text.strip_suffix(suffix).and_then(|number| number.trim().parse::<f64>().ok());
        let ms = number("ms").or_else(|| number("s").map(|seconds| seconds * 1_000.0));
        let wrong = || NotThat { found: text.to_owned(), expected: "a latency; write it like 40ms or 1.5s" };
        ms.filter(|ms| *ms > 0.0 && ms.is_finite()).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ms", self.0)
    }
}

/// A routing: `all on 7`, or `7 with 30% on 8`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Routed(pub Routing);

impl FromStr for Routed {
    type Err = NotThat;
    fn from_str(text: &str) -> Result<Self, NotThat> {
        let wrong = || NotThat {
            found: text.to_owned(),
            expected: "a routing; write it like all on 7, or 7 with 30% on 8",
        };
        let version =
            |text: &str| Some(Version(text.trim().to_owned())).filter(|version| !version.0.is_empty());
        let split = |text: &str| {
            let (primary, canary) = text.split_once(" with ")?;
            let (weight, second) = canary.split_once(" on ")?;
            Some(Routing::split(&version(primary)?, &version(second)?, weight.parse::<Weight>().ok()?))
        };
        let routing = match text.strip_prefix("all on ") {
            Some(all) => version(all).map(|version| Routing::all(&version)),
            None => split(text),
        };
        routing.map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Routed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.canary {
            None => write!(f, "all on {}", self.0.primary),
            Some(canary) => {
                write!(f, "{} with {}% on {}", self.0.primary, canary.weight.percent(), canary.version)
            }
        }
    }
}

/// M of N minutes: `3 of 5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MOfN(pub u32, pub u32);

impl FromStr for MOfN {
    type Err = NotThat;
    fn from_str(text: &str) -> Result<Self, NotThat> {
        let numbers = text.split_once(" of ").and_then(|(m, n)| Some((m.parse().ok()?, n.parse().ok()?)));
        let possible = numbers.filter(|(m, n)| (1..=*n).contains(m) && *n <= 60);
        let wrong =
            || NotThat { found: text.to_owned(), expected: "a number of minutes; write it like 3 of 5" };
        possible.map(|(m, n)| Self(m, n)).ok_or_else(wrong)
    }
}

impl fmt::Display for MOfN {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.0, self.1)
    }
}

/// Has a type read and written as the text that it shows.
macro_rules! as_text {
    ($($word:ident),+) => {$(
        impl TryFrom<String> for $word {
            type Error = NotThat;
            fn try_from(text: String) -> Result<Self, NotThat> {
                text.parse()
            }
        }

        impl From<$word> for String {
            fn from(word: $word) -> Self {
                word.to_string()
            }
        }
    )+};
}

as_text!(Share, Millis, Routed, MOfN, Place);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_as_it_is_written() {
        for text in ["1%", "0.05%", "100%", "0%", "12.5%"] {
            assert_eq!(text.parse::<Share>().unwrap().to_string(), text);
        }
        for text in ["all on 7", "7 with 30% on 8", "7 with 2.5% on 9"] {
            assert_eq!(text.parse::<Routed>().unwrap().to_string(), text);
        }
        assert_eq!("1.5s".parse::<Millis>().unwrap().to_string(), "1500ms");
        assert_eq!("3 of 5".parse::<MOfN>().unwrap().to_string(), "3 of 5");
    }

    #[test]
    fn what_is_no_such_word_is_refused_with_what_would_be_right() {
        for text in ["1", "-1%", "101%", "x%", ""] {
            let refused = text.parse::<Share>().unwrap_err().to_string();
            assert!(refused.contains("write it like 1%"), "{refused}");
        }
        for text in ["7", "all on ", "7 with 30 on", "7 with 130% on 8"] {
            assert!(text.parse::<Routed>().is_err(), "{text}");
        }
        assert!("4 of 3".parse::<MOfN>().is_err());
        assert!("40".parse::<Millis>().is_err());
    }
}
