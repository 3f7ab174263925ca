//! Numbers as people read them.

use std::fmt;

use crate::units::Span;

/// One after the other.
pub(super) fn join<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    items: impl IntoIterator<Item = T>,
    between: &str,
) -> fmt::Result {
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            f.write_str(between)?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

/// A ratio: near 1 with two decimals, where a margin is told from it, then with fewer; thousands separated.
pub(super) fn significant(ratio: f64) -> String {
    match ratio {
        _ if ratio <= 0.0 => "0".to_owned(),
        _ if ratio < 1.995 => format!("{ratio:.2}"),
        _ if ratio < 9.95 => format!("{ratio:.1}"),
        _ => count_rounded(ratio),
    }
}

/// Evidence as odds: whole numbers, in powers of ten where they grow beyond sense.
pub fn odds(log_e: f64) -> String {
    const MILLION: f64 = 13.815_510_557_964_274;
    if log_e > MILLION { "over a million".to_owned() } else { count_rounded(log_e.exp()) }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and a million")]
fn count_rounded(value: f64) -> String {
    if value < 10.0 { format!("{value:.1}") } else { count(value.round() as u64) }
}

/// A count with thousands separated: `41,200`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// An amount that need not be whole: `2`, `2.5`, `1,000`.
pub(super) fn amount(amount: f64) -> String {
    if amount < 9.95 {
        format!("{amount:.1}").trim_end_matches(".0").to_owned()
    } else {
        count_rounded(amount)
    }
}

/// A share as a percentage of at most two significant digits: `0.1 %`, `12 %`.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent <= 0.0 {
        return "0 %".to_owned();
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few digits")]
    let decimals = (1.0 - percent.log10().floor()).clamp(0.0, 6.0) as usize;
    let digits = format!("{percent:.decimals$}");
    let digits =
        if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { &digits };
    format!("{digits} %")
}

/// A span in its largest unit, as one speaks of it: `45 minutes`, `9 hours`, `3 days`.
pub(super) fn roughly(span: Span) -> String {
    spoken(span.as_minutes())
}

/// The same of so many minutes, of which there may be more than a span holds.
pub(super) fn roughly_minutes(minutes: f64) -> String {
    const YEAR: f64 = 365.0 * 24.0 * 60.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within a year")]
    if minutes <= YEAR { spoken(minutes.max(1.0).ceil() as u32) } else { "more than a year".to_owned() }
}

fn spoken(minutes: u32) -> String {
    let (amount, unit) = match minutes {
        0..=119 => (minutes, "minute"),
        120..=2_879 => ((minutes + 30) / 60, "hour"),
        _ => ((minutes + 720) / 1_440, "day"),
    };
    format!("{amount} {unit}{}", if amount == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!([0, 999, 41_200, 1_234_567].map(count), ["0", "999", "41,200", "1,234,567"]);
        assert_eq!(odds(f64::ln(212.0)), "212");
        assert_eq!(
            [0.0, 1.043, 1.98, 4.123, 41.2, 2_754.0].map(significant),
            ["0", "1.04", "1.98", "4.1", "41", "2,754"]
        );
        assert_eq!([2.0, 2.53, 12.7, 1_000.0].map(amount), ["2", "2.5", "13", "1,000"]);
        assert_eq!([0.0, 0.001, 0.0123, 0.25, 1.0].map(percent), ["0 %", "0.1 %", "1.2 %", "25 %", "100 %"]);
        assert_eq!(
            [1, 45, 540, 4_320].map(|m| roughly(Span::minutes(m))),
            ["1 minute", "45 minutes", "9 hours", "3 days"]
        );
    }
}
