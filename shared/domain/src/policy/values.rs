//! The small values of a policy as people write them: durations, weights, rates, `3 of 3`.
//!
//! Each reads one JSON value, and what does not fit is named together with an example of what does.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;

use super::FlagMoment;
use crate::units::{Span, Weight};

/// `10m`, `1h30m`, `2d`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(super) struct Duration(pub(super) Span);

/// A share of traffic: `5`, `"5%"`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(super) struct Percentage(pub(super) Weight);

/// A fraction, written with its sign: `5%`. A bare `0.05` might be meant either way, so it is refused.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(super) struct Rate(pub(super) f64);

/// A latency: `800ms`, `1.5s`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(super) struct Milliseconds(pub(super) u32);

/// `3 of 5`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(super) struct MOfN(pub(super) u32, pub(super) u32);

/// When a flag switches: `25%`, `beforeTraffic`, `promotion`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(super) struct Moment(pub(super) FlagMoment);

impl TryFrom<Value> for Duration {
    type Error = String;
    fn try_from(value: Value) -> Result<Self, String> {
        let span = value.as_str().and_then(|text| text.parse().ok());
        span.map(Self)
            .ok_or_else(|| format!("{value} is not a duration; write it like 90s, 10m, 1h30m or 2d"))
    }
}

impl TryFrom<Value> for Percentage {
    type Error = String;
    fn try_from(value: Value) -> Result<Self, String> {
        let weight = match &value {
            Value::Number(number) => number.as_f64().and_then(|percent| Weight::from_percent(percent).ok()),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        let problem = || format!("{value} is not a share of traffic; write a percentage like 5, 2.5 or 5%");
        weight.map(Self).ok_or_else(problem)
    }
}

impl TryFrom<Value> for Rate {
    type Error = String;
    fn try_from(value: Value) -> Result<Self, String> {
        let percent = value.as_str().and_then(|text| text.trim().strip_suffix('%'));
        let percent = percent.and_then(|number| number.trim_end().parse::<f64>().ok());
        match percent.filter(|percent| (0.0..=100.0).contains(percent)) {
            Some(percent) => Ok(Self(percent / 100.0)),
            None => Err(format!("{value} is not a rate; write a percentage with its sign, like 5%")),
        }
    }
}

impl TryFrom<Value> for Milliseconds {
    type Error = String;
    fn try_from(value: Value) -> Result<Self, String> {
        let text = value.as_str().map_or("", str::trim);
        let (number, unit) =
            text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
        let scale = [("ms", 1.0), ("s", 1000.0)].into_iter().find(|(name, _)| *name == unit);
        let limit = scale.and_then(|(_, scale)| Some(number.trim_end().parse::<f64>().ok()? * scale));
        match limit.filter(|limit| (1.0..=900_000.0).contains(limit) && limit.fract() == 0.0) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and in range")]
            Some(limit) => Ok(Self(limit as u32)),
            None => {
                Err(format!("{value} is no latency; whole milliseconds up to 15 minutes, like 800ms or 1.5s"))
            }
        }
    }
}

impl TryFrom<Value> for MOfN {
    type Error = String;
    fn try_from(value: Value) -> Result<Self, String> {
        let numbers = value.as_str().and_then(|text| text.split_once(" of "));
        let numbers = numbers.and_then(|(m, n)| Some((m.trim().parse().ok()?, n.trim().parse().ok()?)));
        let problem =
            || format!("{value} is not a number of minutes out of the last ones; write it like 3 of 5");
        numbers.map(|(m, n)| Self(m, n)).ok_or_else(problem)
    }
}

impl TryFrom<Value> for Moment {
    type Error = String;
    fn try_from(value: Value) -> Result<Self, String> {
        let problem =
            || format!("{value} is no moment; known: beforeTraffic, promotion, or a step's weight like 25%");
        match value.as_str() {
            Some("beforeTraffic") => Ok(Self(FlagMoment::BeforeTraffic)),
            Some("promotion") => Ok(Self(FlagMoment::Promotion)),
            _ => match Percentage::try_from(value.clone()) {
                Ok(Percentage(weight)) => Ok(Self(FlagMoment::Weight(weight))),
                Err(_) => Err(problem()),
            },
        }
    }
}

/// States the schema of a small value in the place where it is used.
macro_rules! schema_of {
    ($name:ident, $($schema:tt)+) => {
        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($($schema)+)
            }
        }
    };
}

schema_of!(Duration, { "type": "string", "pattern": r"^\s*([0-9]+\s*[a-z]+\s*)+$", "examples": ["90s", "10m", "1h30m"] });
schema_of!(Percentage, {
    "oneOf": [
        { "type": "number", "minimum": 0, "maximum": 100 },
        { "type": "string", "pattern": r"^\s*[0-9.]+\s*%?\s*$" }
    ],
    "examples": [5, "5%"]
});
schema_of!(Rate, { "type": "string", "pattern": r"^\s*[0-9.]+\s*%\s*$", "examples": ["5%"] });
schema_of!(Milliseconds, { "type": "string", "pattern": r"^\s*[0-9.]+\s*m?s\s*$", "examples": ["800ms", "1.5s"] });
schema_of!(MOfN, { "type": "string", "pattern": r"^\s*[0-9]+\s+of\s+[0-9]+\s*$", "examples": ["3 of 5"] });
schema_of!(Moment, {
    "oneOf": [
        { "enum": ["beforeTraffic", "promotion"] },
        { "type": "number", "minimum": 0, "maximum": 100 },
        { "type": "string", "pattern": r"^\s*[0-9.]+\s*%?\s*$" }
    ],
    "examples": ["25%", "beforeTraffic"]
});
