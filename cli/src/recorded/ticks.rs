//! A file of ticks as JSON: metrics, each with its counts minute by minute, and what they are judged by.

use serde_json::{Map, Value};
use tidegate_judge::{Counts, Guard, Harm, Kind, Tick};

use super::json::{is_json, json};
use super::number::{count, number, shown};
use super::{Found, csv, rows};

/// A file of ticks, as it states it. What it leaves out comes from a policy or from the defaults.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TickFile {
    pub alpha_slow: Option<f64>,
    pub alpha_fast: Option<f64>,
    /// Which step of the policy the ticks are, from 1.
    pub step: Option<u64>,
    pub guards: Option<Vec<Guard>>,
    pub metrics: Vec<Stated>,
}

/// A metric, as the file states it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stated {
    pub name: String,
    pub kind: Option<Kind>,
    pub harm: Option<Harm>,
    pub r0: Option<f64>,
    pub r1: Option<f64>,
    pub weight: Option<f64>,
    pub ticks: Vec<Tick>,
}

/// The four numbers of a tick, in their order.
pub const NUMBERS: [&str; 4] = ["n_c", "n_s", "x_c", "x_s"];

const FIELDS: [&str; 5] = ["alpha_slow", "alpha_fast", "step", "guards", "metrics"];
const METRIC_FIELDS: [&str; 7] = ["name", "kind", "harm", "r0", "r1", "weight", "ticks"];
const GUARD_FIELDS: [&str; 4] = ["metric", "above", "m", "n"];

impl TickFile {
    /// Reads JSON, or CSV with a header.
    pub fn read(text: &str, found: &mut Found) -> Option<Self> {
        if is_json(text) {
            Some(from_json(&json(text, found)?, found))
        } else {
            rows::from_table(&csv::Table::read(text, found)?, found)
        }
    }
}

fn from_json(value: &Value, found: &mut Found) -> TickFile {
    let Value::Object(file) = value else {
        found.fault::<()>("", format!("{} is no file of ticks; expected {{\"metrics\": […]}}", shown(value)));
        return TickFile::default();
    };
    no_other_fields(file, &FIELDS, "", found);
    let metrics = match file.get("metrics") {
        Some(Value::Array(metrics)) if !metrics.is_empty() => {
            metrics.iter().enumerate().filter_map(|(index, value)| metric(index, value, found)).collect()
        }
        Some(Value::Array(_)) | None => {
            found.fault::<()>("metrics", "missing or empty; expected [{\"name\": …, \"ticks\": […]}, …]");
            Vec::new()
        }
        Some(other) => {
            found.fault::<()>("metrics", format!("{} is no list of metrics", shown(other)));
            Vec::new()
        }
    };
    TickFile {
        alpha_slow: optional(file, "alpha_slow", "", found),
        alpha_fast: optional(file, "alpha_fast", "", found),
        step: file.get("step").and_then(|value| match count(value) {
            Ok(step) if step > 0 => Some(step),
            _ => found.fault("step", format!("{} is no step; the first is 1", shown(value))),
        }),
        guards: file.get("guards").map(|value| guards(value, found)),
        metrics,
    }
}

fn no_other_fields(of: &Map<String, Value>, known: &[&str], at: &str, found: &mut Found) {
    for name in of.keys().filter(|name| !known.contains(&name.as_str())) {
        found.fault::<()>(format!("{at}{name}"), format!("no such field; known: {}", known.join(", ")));
    }
}

fn optional(of: &Map<String, Value>, field: &str, at: &str, found: &mut Found) -> Option<f64> {
    number(of.get(field)?).map_or_else(|problem| found.fault(format!("{at}{field}"), problem), Some)
}

fn metric(index: usize, value: &Value, found: &mut Found) -> Option<Stated> {
    let Value::Object(of) = value else {
        return found.fault(
            format!("metrics[{index}]"),
            format!("{} is no metric; expected {{\"name\": …, \"ticks\": […]}}", shown(value)),
        );
    };
    let name = match of.get("name") {
        Some(Value::String(name)) if !name.trim().is_empty() => Some(name.clone()),
        None => found.fault(format!("metrics[{index}], name"), "missing; every metric has a name"),
        Some(other) => found.fault(format!("metrics[{index}], name"), format!("{} is no name", shown(other))),
    };
    let at = name.as_ref().map_or_else(|| format!("metrics[{index}], "), |name| at_metric(name));
    no_other_fields(of, &METRIC_FIELDS, &at, found);
    Some(Stated {
        kind: word(of, "kind", &at, [("errors", Kind::Errors), ("other", Kind::Other)], found),
        harm: word(of, "harm", &at, [("increase", Harm::Increase), ("decrease", Harm::Decrease)], found),
        r0: optional(of, "r0", &at, found),
        r1: optional(of, "r1", &at, found),
        weight: optional(of, "weight", &at, found),
        ticks: ticks(of.get("ticks"), &at, found),
        // A nameless one is looked at too, so that all its faults are told at once.
        name: name.unwrap_or_else(|| format!("metrics[{index}]")),
    })
}

/// How a metric's place begins: ``metric `errors`, ``.
pub fn at_metric(name: &str) -> String {
    format!("metric `{name}`, ")
}

fn word<T: Copy>(
    of: &Map<String, Value>,
    field: &str,
    at: &str,
    known: [(&str, T); 2],
    found: &mut Found,
) -> Option<T> {
    let value = of.get(field)?;
    let named = known.iter().find(|(name, _)| value.as_str() == Some(name));
    let [(first, _), (second, _)] = known;
    named.map(|(_, word)| *word).or_else(|| {
        found.fault(format!("{at}{field}"), format!("{} is neither {first} nor {second}", shown(value)))
    })
}

fn ticks(value: Option<&Value>, at: &str, found: &mut Found) -> Vec<Tick> {
    let place = format!("{at}ticks");
    match value {
        Some(Value::Array(ticks)) if !ticks.is_empty() => ticks
            .iter()
            .enumerate()
            .map(|(index, row)| tick(row, &format!("{at}tick {index}"), found))
            .collect(),
        Some(Value::Array(_)) | None => {
            found.fault::<()>(
                place,
                "missing or empty; expected [[n_c, n_s, x_c, x_s], …], one for each minute",
            );
            Vec::new()
        }
        Some(other) => {
            found.fault::<()>(place, format!("{} is no list of ticks", shown(other)));
            Vec::new()
        }
    }
}

fn tick(row: &Value, at: &str, found: &mut Found) -> Tick {
    let Some(row) = row.as_array().filter(|row| row.len() == NUMBERS.len()) else {
        let got = row.as_array().map_or_else(|| shown(row), |row| format!("{} numbers", row.len()));
        found.fault::<()>(at, format!("{got}; expected four: [n_c, n_s, x_c, x_s]"));
        return Tick::default();
    };
    let place = |field: &str| format!("{at}, {field}");
    tick_of(NUMBERS, |index| count(&row[index]), place, found)
}

/// A tick from its four counts, by the names that they have where they stand. A count that is at fault is taken as 0.
pub fn tick_of(
    names: [&str; 4],
    count: impl Fn(usize) -> Result<u64, String>,
    place: impl Fn(&str) -> String,
    found: &mut Found,
) -> Tick {
    let mut read = [None; 4];
    for (index, name) in names.iter().enumerate() {
        read[index] = count(index).map_or_else(|problem| found.fault(place(name), problem), Some);
    }
    let mut arm = |total: usize, bad: usize| {
        if let (Some(n), Some(x)) = (read[total], read[bad])
            && x > n
        {
            let problem = format!("{x} is above {}, {n}; bad requests are among the requests", names[total]);
            found.fault::<()>(place(names[bad]), problem);
            return Counts::default();
        }
        Counts { total: read[total].unwrap_or(0), bad: read[bad].unwrap_or(0).min(read[total].unwrap_or(0)) }
    };
    Tick { candidate: arm(0, 2), stable: arm(1, 3) }
}

fn guards(value: &Value, found: &mut Found) -> Vec<Guard> {
    let Value::Array(guards) = value else {
        found.fault::<()>("guards", format!("{} is no list of guards", shown(value)));
        return Vec::new();
    };
    guards.iter().enumerate().filter_map(|(index, value)| guard(index, value, found)).collect()
}

fn guard(index: usize, value: &Value, found: &mut Found) -> Option<Guard> {
    let at = format!("guards[{index}]");
    let Value::Object(of) = value else {
        let like = r#"{"metric": "errors", "above": 0.05, "m": 3, "n": 3}"#;
        return found.fault(at, format!("{} is no guard; expected one like {like}", shown(value)));
    };
    let at = format!("{at}.");
    no_other_fields(of, &GUARD_FIELDS, &at, found);
    let metric = of.get("metric").and_then(Value::as_str).map(ToOwned::to_owned);
    let metric =
        metric.or_else(|| found.fault(format!("{at}metric"), "missing; expected the name of a metric"));
    let above =
        of.get("above").map_or_else(|| Err("missing; expected a share, like 0.05".to_owned()), number);
    let above = above.map_or_else(|problem| found.fault(format!("{at}above"), problem), Some);
    let mut minutes = |field: &str| {
        let stated = of.get(field).map_or(Ok(3), count);
        let fits = stated.and_then(|m| u32::try_from(m).map_err(|_| format!("{m} are too many minutes")));
        fits.map_or_else(|problem| found.fault(format!("{at}{field}"), problem), Some)
    };
    let (m, n) = (minutes("m"), minutes("n"));
    let (metric, above, m, n) = (metric?, above?, m?, n?);
    let name = format!("{metric} above {} % in {m} of {n} minutes", (above * 10_000.0).round() / 100.0);
    Some(Guard { name, metric, above, m, n })
}
