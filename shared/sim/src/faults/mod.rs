//! What goes wrong: by chance, and aimed at one call of one function.

mod calls;
mod chances;
mod struck;

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tidegate_domain::effect::Owner;
use tidegate_domain::units::Span;

pub use calls::Call;
pub use chances::Chances;
pub use struck::Struck;

/// What is done to a call. In a scenario: `kill before`, `kill after`, `throttle`, `time out`, `deny`, `sleep 45s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Harm {
    /// The invocation dies before the call has an effect.
    KillBefore,
    /// The invocation dies after the effect, before it learns of it.
    KillAfter,
    /// The call is refused for the moment.
    Throttle,
    /// The effect takes place, and the caller is told that it timed out.
    TimeOut,
    /// The call is refused until somebody changes a policy.
    Deny,
    /// The invocation stands still before the call, and then goes on with it.
    Sleep(Span),
}

/// Words that name no harm.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} can be done to no call; known: kill before, kill after, throttle, time out, deny, sleep 45s")]
pub struct NotAHarm(String);

impl FromStr for Harm {
    type Err = NotAHarm;
    fn from_str(text: &str) -> Result<Self, NotAHarm> {
        match text {
            "kill before" => Ok(Self::KillBefore),
            "kill after" => Ok(Self::KillAfter),
            "throttle" => Ok(Self::Throttle),
            "time out" => Ok(Self::TimeOut),
            "deny" => Ok(Self::Deny),
            other => {
                let span = other.strip_prefix("sleep ").and_then(|span| span.parse().ok());
                span.map(Self::Sleep).ok_or_else(|| NotAHarm(text.to_owned()))
            }
        }
    }
}

impl TryFrom<String> for Harm {
    type Error = NotAHarm;
    fn try_from(text: String) -> Result<Self, NotAHarm> {
        text.parse()
    }
}

impl From<Harm> for String {
    fn from(harm: Harm) -> Self {
        harm.to_string()
    }
}

impl Harm {
    /// What is done, whatever its measure.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::KillBefore => "kill before",
            Self::KillAfter => "kill after",
            Self::Throttle => "throttle",
            Self::TimeOut => "time out",
            Self::Deny => "deny",
            Self::Sleep(_) => "sleep",
        }
    }
}

impl fmt::Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sleep(span) => write!(f, "sleep {span}"),
            Self::KillBefore | Self::KillAfter | Self::Throttle | Self::TimeOut | Self::Deny => {
                f.write_str(self.kind())
            }
        }
    }
}

/// A fault aimed at calls: at the `nth` one that fits, or at every one for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Aim {
    /// Which function's calls; any function's where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<Owner>,
    /// Which call; any where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
    /// Which of the calls that fit, counted from 1 from the moment of aiming.
    #[serde(default = "first")]
    pub nth: u64,
    /// Every call that fits from the nth on is hit, for this long.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Span>,
    /// What is done.
    pub does: Harm,
}

const fn first() -> u64 {
    1
}

/// The faults of a cloud as they stand.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Faults {
    pub chances: Chances,
    aims: Vec<Aimed>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Aimed {
    aim: Aim,
    since: Timestamp,
    seen: u64,
}

impl Faults {
    /// Faults by chance alone.
    pub fn by_chance(chances: Chances) -> Self {
        Self { chances, aims: Vec::new() }
    }

    /// Takes aim from now on.
    pub fn aim(&mut self, aim: Aim, now: Timestamp) {
        self.aims.push(Aimed { aim, since: now, seen: 0 });
    }

    /// From now on nothing goes wrong any more.
    pub fn cease(&mut self) {
        *self = Self::default();
    }

    /// What is aimed at this call, if anything is. Every aim that fits counts it; the first that hits has it.
    pub fn hit(&mut self, function: Owner, call: Call, now: Timestamp) -> Option<Harm> {
        let mut hit = None;
        self.aims.retain(|aimed| aimed.aim.lasts.is_none_or(|span| now < span.after(aimed.since)));
        for aimed in &mut self.aims {
            let Aim { function: whose, call: which, nth, lasts, does } = &aimed.aim;
            if whose.is_none_or(|owner| owner == function) && which.is_none_or(|known| known == call) {
                aimed.seen += 1;
                let hits = aimed.seen == *nth || (lasts.is_some() && aimed.seen > *nth);
                hit = hit.or(hits.then_some(*does));
            }
        }
        self.aims.retain(|aimed| aimed.aim.lasts.is_some() || aimed.seen < aimed.aim.nth);
        hit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(aim: &Aim, calls: usize) -> Vec<bool> {
        let mut faults = Faults::default();
        let now = Timestamp::UNIX_EPOCH;
        faults.aim(aim.clone(), now);
        (0..calls).map(|_| faults.hit(Owner::Rollback, Call::Route, now).is_some()).collect()
    }

    #[test]
    fn an_aim_hits_the_nth_call_once_and_with_a_span_every_call_from_there() {
        let aim = Aim { function: None, call: Some(Call::Route), nth: 2, lasts: None, does: Harm::Deny };
        assert_eq!(hits(&aim, 4), [false, true, false, false]);
        assert_eq!(hits(&Aim { lasts: Some(Span::minutes(1)), ..aim.clone() }, 4), [false, true, true, true]);
        assert_eq!(hits(&Aim { function: Some(Owner::Notify), ..aim }, 4), [false; 4]);
    }

    #[test]
    fn a_harm_reads_as_it_is_written() {
        for text in ["kill before", "kill after", "throttle", "time out", "deny", "sleep 45s"] {
            assert_eq!(text.parse::<Harm>().unwrap().to_string(), text);
        }
        let refused = "sleep".parse::<Harm>().unwrap_err().to_string();
        assert!(refused.contains("known: kill before"), "{refused}");
    }
}
