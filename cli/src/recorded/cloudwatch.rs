//! Series as CloudWatch answers them: what `aws cloudwatch get-metric-data` prints.

use jiff::Timestamp;
use serde_json::Value;
use tidegate_domain::reason::count as thousands;
use tidegate_domain::ticks::minute_of;

use super::Found;
use super::number::{count, shown};
use super::series::{Recorded, Series};

/// Reads the answer. Its points may stand in any order and on any number of pages: an Id that comes again goes on.
pub fn from_json(value: &Value, found: &mut Found) -> Option<Vec<Recorded>> {
    let Some(results) = value.get("MetricDataResults").and_then(Value::as_array) else {
        let like = "expected what aws cloudwatch get-metric-data prints";
        return found.fault("MetricDataResults", format!("missing, or no list; {like}"));
    };
    let mut all: Vec<(Recorded, Option<&str>)> = Vec::new();
    for (index, result) in results.iter().enumerate() {
        let at = format!("MetricDataResults[{index}]");
        let text = |field: &str| result.get(field).and_then(Value::as_str);
        let Some(id) = text("Id") else {
            found.fault::<()>(at, "no Id; expected the Id of a query");
            continue;
        };
        let known = all.iter().position(|(series, _)| series.id == id);
        let place = known.unwrap_or_else(|| {
            let label = text("Label").map(ToOwned::to_owned);
            all.push((Recorded { id: id.to_owned(), label, points: Series::new() }, None));
            all.len() - 1
        });
        let (series, status) = &mut all[place];
        points(result, &at, series, found);
        *status = text("StatusCode").or(*status);
    }
    // A page that is not the last says PartialData too.
    for (series, status) in all.iter().filter(|(_, status)| status.is_some_and(|status| status != "Complete"))
    {
        let status = status.unwrap_or_default();
        let problem = format!("CloudWatch says {status} of it; record all of it, with every page");
        found.fault::<()>(format!("series {}", series.id), problem);
    }
    Some(all.into_iter().map(|(series, _)| series).collect())
}

fn points(result: &Value, at: &str, series: &mut Recorded, found: &mut Found) {
    let list = |field: &str| result.get(field).and_then(Value::as_array);
    let (Some(times), Some(values)) = (list("Timestamps"), list("Values")) else {
        found.fault::<()>(at, "no Timestamps and Values; expected a list of each");
        return;
    };
    if times.len() != values.len() {
        let problem = format!(
            "{} Timestamps and {} Values; expected as many",
            thousands(times.len() as u64),
            thousands(values.len() as u64)
        );
        found.fault::<()>(at, problem);
        return;
    }
    for (index, (time, value)) in times.iter().zip(values).enumerate() {
        match (moment(time), count(value)) {
            (Ok(minute), Ok(count)) => {
                if series.points.insert(minute, count).is_some_and(|before| before != count) {
                    let problem = format!("{minute} is there before, with another value");
                    found.fault::<()>(format!("{at}.Timestamps[{index}]"), problem);
                }
            }
            (time, value) => {
                for (field, problem) in [("Timestamps", time.err()), ("Values", value.err())] {
                    if let Some(problem) = problem {
                        found.fault::<()>(format!("series {}, {field}[{index}]", series.id), problem);
                    }
                }
            }
        }
    }
}

/// A time as the AWS CLI prints it: as ISO 8601, or in seconds since 1970. It is the start of a minute.
fn moment(time: &Value) -> Result<Timestamp, String> {
    let at = match time {
        Value::String(text) => text.parse::<Timestamp>().ok(),
        other => other.as_f64().and_then(|seconds| Timestamp::from_second(whole(seconds)).ok()),
    };
    let at =
        at.ok_or_else(|| format!("{} is no time; expected one like 2026-11-20T10:04:00Z", shown(time)))?;
    if minute_of(at) != at {
        return Err(format!("{at} is no start of a minute; record with a Period of 60"));
    }
    Ok(at)
}

#[expect(clippy::cast_possible_truncation, reason = "seconds since 1970; it saturates, and is refused then")]
fn whole(seconds: f64) -> i64 {
    seconds as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn words(answer: &Value) -> Vec<String> {
        let mut found = Found::default();
        from_json(answer, &mut found);
        found.words()
    }

    #[test]
    fn pages_go_on_where_the_one_before_ended_and_times_are_read_as_every_aws_cli_prints_them() {
        let answer = json!({ "Messages": [], "MetricDataResults": [
            { "Id": "total", "Label": "Invocations", "StatusCode": "PartialData",
              "Timestamps": ["2026-11-20T10:01:00+00:00"], "Values": [310.0] },
            { "Id": "total", "Label": "Invocations", "StatusCode": "Complete",
              "Timestamps": [1_763_632_800.0], "Values": [300] },
        ] });
        let mut found = Found::default();
        let series = from_json(&answer, &mut found).expect("a series");
        assert_eq!(found.words(), Vec::<String>::new());
        assert_eq!(series[0].points.values().sum::<u64>(), 610);
    }

    #[test]
    fn what_is_not_whole_is_told() {
        let times = json!(["2026-11-20T10:01:00Z", "2026-11-20T10:02:30Z", "noon"]);
        let answer = json!({ "MetricDataResults": [
            { "Id": "a", "StatusCode": "PartialData", "Timestamps": times, "Values": [1.5, 1, 1] },
            { "Id": "b", "Timestamps": times, "Values": [1] },
            { "Id": "c" },
            {},
        ] });
        assert_eq!(
            words(&answer),
            [
                "series a, Values[0]: 1.5 is not whole; a count is a whole number, 0 or more",
                "series a, Timestamps[1]: 2026-11-20T10:02:30Z is no start of a minute; record with a Period of 60",
                "series a, Timestamps[2]: \"noon\" is no time; expected one like 2026-11-20T10:04:00Z",
                "MetricDataResults[1]: 3 Timestamps and 1 Values; expected as many",
                "MetricDataResults[2]: no Timestamps and Values; expected a list of each",
                "MetricDataResults[3]: no Id; expected the Id of a query",
                "series a: CloudWatch says PartialData of it; record all of it, with every page",
            ]
        );
    }
}
