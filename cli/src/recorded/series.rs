//! Series of counts, minute by minute, as they were recorded. Whose they are is `names`' to say.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tidegate_domain::ticks::minute_of;

use super::csv::Table;
use super::json::{is_json, json};
use super::number::count_in;
use super::{Found, cloudwatch};

/// A series: counts by the start of their minute. A minute without a count had none.
pub type Series = BTreeMap<Timestamp, u64>;

/// A series under the names that it has where it was recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Its Id, or the column's name.
    pub id: String,
    /// Its label, which may say more.
    pub label: Option<String>,
    pub points: Series,
}

/// Reads what `aws cloudwatch get-metric-data` printed, or CSV with a column `minute` and a column for each series.
pub fn read(text: &str, found: &mut Found) -> Option<Vec<Recorded>> {
    if is_json(text) {
        cloudwatch::from_json(&json(text, found)?, found)
    } else {
        from_table(&Table::read(text, found)?, found)
    }
}

fn from_table(table: &Table, found: &mut Found) -> Option<Vec<Recorded>> {
    let minute = table.column(&["minute"]);
    let minute =
        minute.or_else(|| found.fault("line 1", "no column minute; expected it and one for each series"))?;
    let columns: Vec<usize> = (0..table.header().len()).filter(|column| *column != minute).collect();
    let name =
        |column: &usize| Recorded { id: table.header()[*column].clone(), label: None, points: Series::new() };
    let mut series: Vec<Recorded> = columns.iter().map(name).collect();
    let mut seen = BTreeMap::new();
    for (line, row) in &table.rows {
        let Ok(at) = row[minute].parse::<Timestamp>() else {
            let problem = format!("{:?} is no time; expected one like 2026-11-20T10:04:00Z", row[minute]);
            found.fault::<()>(format!("line {line}, minute"), problem);
            continue;
        };
        let at = minute_of(at);
        let before = *seen.entry(at).or_insert(*line);
        for (column, series) in
            columns.iter().zip(&mut series).filter(|(column, _)| !row[**column].is_empty())
        {
            match count_in(&row[*column]) {
                // A row that says the same again is no fault, as on the pages of CloudWatch.
                Ok(count) => {
                    if series.points.insert(at, count).is_some_and(|other| other != count) {
                        let problem = format!("{at} is on line {before} already, with another value");
                        found.fault::<()>(format!("line {line}, {}", series.id), problem);
                    }
                }
                Err(problem) => drop(found.fault::<()>(format!("line {line}, {}", series.id), problem)),
            }
        }
    }
    Some(series)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_column_for_each_series_and_an_empty_cell_is_no_point() {
        let mut found = Found::default();
        let text = "minute,total,errors_bad\n2026-11-20T10:00:00Z,300,\n2026-11-20T10:01:00Z,310,2\n";
        let series = read(text, &mut found).expect("two series");
        assert_eq!(found.words(), Vec::<String>::new());
        assert_eq!((series[0].points.len(), series[1].points.len()), (2, 1));
    }

    #[test]
    fn every_fault_of_a_table_is_told_with_its_line() {
        let mut found = Found::default();
        let text = "minute,total\nsoon,1\n2026-11-20T10:00:00Z,-1\n2026-11-20T10:01:00Z,1.5\n\
                    2026-11-20T10:02:00Z,7\n2026-11-20T10:02:00Z,7\n2026-11-20T10:02:20Z,8\n";
        read(text, &mut found);
        assert_eq!(
            found.words(),
            [
                "line 2, minute: \"soon\" is no time; expected one like 2026-11-20T10:04:00Z",
                "line 3, total: -1 is below 0; a count is a whole number, 0 or more",
                "line 4, total: 1.5 is not whole; a count is a whole number, 0 or more",
                "line 7, total: 2026-11-20T10:02:00Z is on line 5 already, with another value",
            ]
        );
    }
}
