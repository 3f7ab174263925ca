//! Numbers of a file, strictly: what is no count is not made one.

use serde_json::Value;

/// The largest count that the judge, which calculates with doubles, takes exactly.
const LARGEST: u64 = 1 << 53;

/// A count, or what is wrong with it. A whole number may be written as a decimal: `300.0` is what AWS's tools print.
pub fn count(value: &Value) -> Result<u64, String> {
    match value {
        Value::Number(number) if number.is_u64() => whole(number.as_u64().unwrap_or(u64::MAX), number),
        Value::Number(number) => count_of(number.as_f64().unwrap_or(f64::NAN), number),
        other => Err(too_large(other).unwrap_or_else(|| format!("{} is no count; {EXPECTED}", shown(other)))),
    }
}

/// What is said of a number beyond all doubles, which is read as a text.
fn too_large(value: &Value) -> Option<String> {
    let text = value.as_str().filter(|text| text.ends_with(|c: char| c.is_ascii_digit()))?;
    let beyond = text.parse::<f64>().is_ok_and(f64::is_infinite);
    beyond.then(|| format!("{text} is beyond every number that is calculated with"))
}

/// A count as it stands in a cell of a table.
pub fn count_in(cell: &str) -> Result<u64, String> {
    match (cell.parse::<u64>(), cell.parse::<f64>()) {
        (Ok(count), _) => whole(count, cell),
        (_, Ok(number)) if number.is_finite() => count_of(number, cell),
        _ if cell.is_empty() => Err(format!("empty; {EXPECTED}")),
        _ => Err(format!("{cell:?} is no count; {EXPECTED}")),
    }
}

const EXPECTED: &str = "a count is a whole number, 0 or more";

fn whole(count: u64, as_written: impl std::fmt::Display) -> Result<u64, String> {
    if count > LARGEST {
        return Err(format!("{as_written} is too large; counts are exact up to {LARGEST}"));
    }
    Ok(count)
}

fn count_of(number: f64, as_written: impl std::fmt::Display) -> Result<u64, String> {
    if number < 0.0 {
        return Err(format!("{as_written} is below 0; {EXPECTED}"));
    }
    if number.fract() != 0.0 {
        return Err(format!("{as_written} is not whole; {EXPECTED}"));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, and not below 0; it saturates"
    )]
    whole(number as u64, as_written)
}

/// A number of any kind.
pub fn number(value: &Value) -> Result<f64, String> {
    let finite = value.as_f64().filter(|number| number.is_finite());
    finite.ok_or_else(|| too_large(value).unwrap_or_else(|| format!("{} is no number", shown(value))))
}

/// A value as a message shows it: at no great length.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whole_numbers_are_counts_and_nothing_else_is() {
        assert_eq!(count(&json!(300)), Ok(300));
        assert_eq!(count(&json!(300.0)), Ok(300));
        assert_eq!(count(&json!(9_007_199_254_740_992_u64)), Ok(LARGEST));
        assert_eq!(count_in("3e2"), Ok(300));
        for wrong in
            [json!(-1), json!(0.5), json!(1e300), json!(9_007_199_254_740_993_u64), json!("NaN"), json!(null)]
        {
            let problem = count(&wrong).expect_err("no count");
            assert!(problem.contains(&shown(&wrong)) && problem.contains(';'), "{problem}");
        }
        for wrong in ["-1", "0.5", "NaN", "inf", "", "many"] {
            count_in(wrong).expect_err("no count");
        }
    }
}
