//! A file of ticks as CSV: a row for each minute of each metric. Margins and levels come from a policy or from the defaults.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use tidegate_domain::ticks::minute_of;
use tidegate_judge::Tick;

use super::csv::Table;
use super::number::count_in;
use super::ticks::{NUMBERS, Stated, TickFile, at_metric, tick_of};
use super::{Found, LONGEST_MINUTES};

/// What a count's column may be called: by its word, or by its sign in the formulas.
const COUNTS: [[&str; 2]; 4] = [
    ["candidate_total", NUMBERS[0]],
    ["stable_total", NUMBERS[1]],
    ["candidate_bad", NUMBERS[2]],
    ["stable_bad", NUMBERS[3]],
];

/// What the metric is called where no column says it.
const ONLY_METRIC: &str = "errors";

/// A row of a metric, with its minute where a column says it.
struct Row {
    line: usize,
    minute: Option<Minute>,
    tick: Tick,
}

/// A minute, by its number or by a moment in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Minute {
    Number(i64),
    At(Timestamp),
}

impl Minute {
    fn read(cell: &str) -> Option<Self> {
        let at = || cell.parse::<Timestamp>().ok().map(|at| Self::At(minute_of(at)));
        cell.parse().ok().map(Self::Number).or_else(at)
    }

    /// Counted from some minute on.
    fn number(self) -> i64 {
        match self {
            Self::Number(number) => number,
            Self::At(at) => at.as_second().div_euclid(60),
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::At(_) => "a time",
        }
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "minute {number}"),
            Self::At(at) => write!(f, "{at}"),
        }
    }
}

/// The rows of each metric.
type Rows = Vec<(String, Vec<Row>)>;

/// Reads the rows of a table. With a column `minute`, the minutes are put in order, and a metric without a row for a minute
/// between the first and the last is taken to have had no requests in it; without one, a metric's rows are its minutes as they
/// stand.
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
    for [word, sign] in COUNTS.iter().filter(|names| names.iter().all(|name| table.column(&[name]).is_some()))
    {
        found.fault::<()>(
            "line 1",
            format!("{word} and {sign} are two names of one column; keep one of them"),
        );
    }
    let [Some(n_c), Some(n_s), Some(x_c), Some(x_s)] = columns else { return None };
    if table.rows.is_empty() {
        return found.fault("line 2", "no rows; expected one for each minute");
    }
    let columns = [n_c, n_s, x_c, x_s];
    let names = columns.map(|column| table.header()[column].as_str());
    let mut metrics: Rows = Vec::new();
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
            let minute = Minute::read(&row[column]);
            minute.or_else(|| found.fault(place("minute"), NO_MINUTE.replace("{}", &row[column])))
        });
        metrics[at].1.push(Row { line: *line, minute, tick });
    }
    let metrics = if minute.is_some() { in_order(metrics, found)? } else { as_they_stand(metrics) };
    Some(TickFile { metrics, ..TickFile::default() })
}

const NO_MINUTE: &str = "\"{}\" is no minute; expected a whole number, or a time like 2026-11-20T10:04:00Z";

fn as_they_stand(metrics: Rows) -> Vec<Stated> {
    let stated = |(name, rows): (String, Vec<Row>)| Stated {
        name,
        ticks: rows.into_iter().map(|row| row.tick).collect(),
        ..Stated::default()
    };
    metrics.into_iter().map(stated).collect()
}

fn in_order(metrics: Rows, found: &mut Found) -> Option<Vec<Stated>> {
    of_one_kind(&metrics, found)?;
    let minutes = || metrics.iter().flat_map(|(_, rows)| rows).filter_map(|row| row.minute);
    let first = minutes().min_by_key(|minute| minute.number())?;
    let last = minutes().max_by_key(|minute| minute.number())?;
    if last.number().saturating_sub(first.number()) >= LONGEST_MINUTES {
        return found
            .fault("minute", format!("from {first} to {last} is more than a year; expected one step"));
    }
    let all: BTreeMap<i64, Tick> =
        (first.number()..=last.number()).map(|minute| (minute, Tick::default())).collect();
    let mut stated = Vec::new();
    for (name, rows) in metrics {
        let (mut ticks, mut lines) = (all.clone(), BTreeMap::new());
        for (row, minute) in rows.into_iter().filter_map(|row| row.minute.map(|minute| (row, minute))) {
            let line = row.line;
            if let Some(before) = lines.insert(minute.number(), line) {
                let problem =
                    format!("{minute} is on line {before} already; expected one row for each minute");
                found.fault::<()>(format!("line {line}, {}minute", at_metric(&name)), problem);
            }
            ticks.insert(minute.number(), row.tick);
        }
        stated.push(Stated { name, ticks: ticks.into_values().collect(), ..Stated::default() });
    }
    Some(stated)
}

/// Numbers and times say nothing about each other's order.
fn of_one_kind(metrics: &Rows, found: &mut Found) -> Option<()> {
    let mut minutes: Vec<(usize, Minute)> =
        metrics.iter().flat_map(|(_, rows)| rows).filter_map(|row| Some((row.line, row.minute?))).collect();
    minutes.sort_unstable_by_key(|(line, _)| *line);
    let (first_line, first) = *minutes.first()?;
    let (line, other) = minutes.into_iter().find(|(_, minute)| minute.kind() != first.kind()).unzip();
    let (Some(line), Some(other)) = (line, other) else { return Some(()) };
    let (kind, other) = (first.kind(), other.kind());
    let problem = format!("{other}, and line {first_line} has {kind}; expected the same kind in every row");
    found.fault(format!("line {line}, minute"), problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<TickFile>, Vec<String>) {
        let mut found = Found::default();
        let table = Table::read(text, &mut found).expect("a table");
        (from_table(&table, &mut found), found.words())
    }

    #[test]
    fn a_minute_without_a_row_in_any_metric_had_no_requests() {
        let (file, faults) = read("minute,n_c,n_s,x_c,x_s\n7,1,1,0,0\n4,9,9,1,1\n");
        assert_eq!(faults, Vec::<String>::new());
        let totals: Vec<u64> =
            file.expect("it is read").metrics[0].ticks.iter().map(|tick| tick.candidate.total).collect();
        assert_eq!(totals, [9, 0, 0, 1]);
    }

    #[test]
    fn times_among_numbers_and_one_column_under_two_names_are_refused() {
        let (_, faults) = read(
            "minute,n_c,candidate_total,n_s,x_c,x_s\n1,1,1,1,0,0\n2026-11-20T10:04:00Z,1,1,1,0,0\n3,1,1,1,0,0\n",
        );
        assert_eq!(
            faults,
            [
                "line 1: candidate_total and n_c are two names of one column; keep one of them",
                "line 3, minute: a time, and line 2 has a number; expected the same kind in every row",
            ]
        );
    }

    #[test]
    fn minutes_are_once_each_and_within_a_year() {
        let (_, faults) = read("minute,n_c,n_s,x_c,x_s\n1,1,1,0,0\n1,1,1,0,0\n");
        let twice = "line 3, metric `errors`, minute: minute 1 is on line 2 already; expected one row for each minute";
        assert_eq!(faults, [twice]);
        let (_, faults) = read("minute,n_c,n_s,x_c,x_s\n1,1,1,0,0\n9000000000,1,1,0,0\n");
        assert_eq!(
            faults,
            ["minute: from minute 1 to minute 9000000000 is more than a year; expected one step"]
        );
    }
}
