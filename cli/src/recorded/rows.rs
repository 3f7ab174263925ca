//! A file of ticks as CSV: a row for each minute of each metric. Margins and levels come from a policy or from the defaults.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tidegate_judge::Tick;

use super::Found;
use super::csv::Table;
use super::number::count_in;
use super::ticks::{NUMBERS, Stated, TickFile, at_metric, tick_of};

/// What a count's column may be called: by its word, or by its sign in the formulas.
const COUNTS: [[&str; 2]; 4] = [
    ["candidate_total", NUMBERS[0]],
    ["stable_total", NUMBERS[1]],
    ["candidate_bad", NUMBERS[2]],
    ["stable_bad", NUMBERS[3]],
];

/// What the metric is called where no column says it.
const ONLY_METRIC: &str = "errors";

/// The ticks of each metric, each with the moment of its minute where a column says it.
type Minutes = Vec<(String, Vec<(Option<i64>, Tick)>)>;

/// Reads the rows of a table. With a column `minute`, the minutes are put in order, and a metric without a row for a minute
/// that another has is taken to have had no requests in it; without one, a metric's rows are its minutes as they stand.
pub fn from_table(table: &Table, found: &mut Found) -> Option<TickFile> {
    let (metric, minute) = (table.column(&["metric"]), table.column(&["minute"]));
    let columns = COUNTS.map(|names| table.column(&names));
    let known = |name: &&String| {
        ["metric", "minute"].contains(&name.as_str()) || COUNTS.iter().flatten().any(|known| known == name)
    };
    for name in table.header().iter().filter(|name| !known(name)) {
        let known = "metric, minute, candidate_total, stable_total, candidate_bad, stable_bad (or n_c, n_s, x_c, x_s)";
        found.fault::<()>("line 1", format!("no column is called {name:?}; known: {known}"));
    }
    for (names, _) in COUNTS.iter().zip(columns).filter(|(_, column)| column.is_none()) {
        found.fault::<()>("line 1", format!("no column {} (or {})", names[0], names[1]));
    }
    let [Some(n_c), Some(n_s), Some(x_c), Some(x_s)] = columns else { return None };
    if table.rows.is_empty() {
        return found.fault("line 2", "no rows; expected one for each minute");
    }
    let columns = [n_c, n_s, x_c, x_s];
    let names = columns.map(|column| table.header()[column].as_str());
    let mut metrics: Minutes = Vec::new();
    for (line, row) in &table.rows {
        let name = metric.map_or(ONLY_METRIC, |column| row[column].as_str());
        if name.is_empty() {
            found.fault::<()>(format!("line {line}, metric"), "empty; expected the metric's name");
        }
        let known = metrics.iter().position(|(known, _)| known == name);
        let at = known.unwrap_or_else(|| {
            metrics.push((name.to_owned(), Vec::new()));
            metrics.len() - 1
        });
        let place =
            |field: &str| format!("line {line}, {}tick {}, {field}", at_metric(name), metrics[at].1.len());
        let tick = tick_of(names, |index| count_in(&row[columns[index]]), place, found);
        let minute = minute.and_then(|column| {
            minute_in(&row[column])
                .or_else(|| found.fault(place("minute"), NO_MINUTE.replace("{}", &row[column])))
        });
        metrics[at].1.push((minute, tick));
    }
    let metrics = if minute.is_some() { in_order(metrics, found) } else { as_they_stand(metrics) };
    Some(TickFile { metrics, ..TickFile::default() })
}

const NO_MINUTE: &str = "\"{}\" is no minute; expected a whole number, or a time like 2026-11-20T10:04:00Z";

/// A minute as a number: its own, or that of a moment.
fn minute_in(cell: &str) -> Option<i64> {
    let moment = || cell.parse::<Timestamp>().ok().map(|at| at.as_second().div_euclid(60));
    cell.parse().ok().or_else(moment)
}

fn as_they_stand(metrics: Minutes) -> Vec<Stated> {
    let stated = |(name, minutes): (String, Vec<(Option<i64>, Tick)>)| Stated {
        name,
        ticks: minutes.into_iter().map(|(_, tick)| tick).collect(),
        ..Stated::default()
    };
    metrics.into_iter().map(stated).collect()
}

fn in_order(metrics: Minutes, found: &mut Found) -> Vec<Stated> {
    let minutes = metrics.iter().flat_map(|(_, minutes)| minutes.iter().filter_map(|(minute, _)| *minute));
    let all: BTreeMap<i64, Tick> = minutes.map(|minute| (minute, Tick::default())).collect();
    let mut stated = Vec::new();
    for (name, minutes) in metrics {
        let mut ticks = all.clone();
        let mut seen = Vec::new();
        for (minute, tick) in minutes.into_iter().filter_map(|(minute, tick)| Some((minute?, tick))) {
            if seen.contains(&minute) {
                let problem = format!("minute {minute} is there twice; expected one row for each minute");
                found.fault::<()>(format!("{}minute", at_metric(&name)), problem);
            }
            seen.push(minute);
            ticks.insert(minute, tick);
        }
        stated.push(Stated { name, ticks: ticks.into_values().collect(), ..Stated::default() });
    }
    stated
}
