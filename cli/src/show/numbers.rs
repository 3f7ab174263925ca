//! Numbers, times and spans as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tidegate_domain::reason::count;
use tidegate_domain::units::Span;

/// Evidence as odds: `212 to 1`. The same rounding as in a reason's words.
pub fn odds(log_e: f64) -> String {
    const MILLION: f64 = 13.815_510_557_964_274;
    if log_e > MILLION {
        return "over a million to 1".to_owned();
    }
    let odds = log_e.exp();
    if odds < 10.0 { format!("{odds:.1} to 1") } else { format!("{} to 1", count(whole(odds))) }
}

/// A ratio: `4.1×`, and `1.05×` where a margin may lie within one digit.
pub fn ratio(ratio: f64) -> String {
    let least = 0.005;
    let number = match ratio {
        ratio if ratio <= 0.0 => "0".to_owned(),
        ratio if ratio < least => "under 0.01".to_owned(),
        ratio if ratio < 1.995 => format!("{ratio:.2}"),
        ratio if ratio < 9.95 => format!("{ratio:.1}"),
        ratio => count(whole(ratio)),
    };
    format!("{number}×")
}

/// A time in its largest unit, as the reasons say it: `45 minutes`, `46 hours`, `3 days`.
pub fn roughly(minutes: f64) -> String {
    const YEAR: f64 = 365.0 * 24.0 * 60.0;
    match minutes.ceil().max(1.0) {
        minutes if minutes > YEAR => "more than a year".to_owned(),
        minutes if minutes < 120.0 => plural(whole(minutes), "minute"),
        minutes if minutes < 2_880.0 => plural(whole(minutes / 60.0), "hour"),
        minutes => plural(whole(minutes / 1_440.0), "day"),
    }
}

/// A bound of an interval, with `∞` for none above and `0` for none below.
pub fn interval([low, high]: [Option<f64>; 2]) -> String {
    let number = |bound: f64| if bound < 10.0 { format!("{bound:.2}") } else { count(whole(bound)) };
    format!(
        "{} – {}",
        low.map_or_else(|| "0".to_owned(), number),
        high.map_or_else(|| "∞".to_owned(), number)
    )
}

/// What fewer of make the harm: how many times fewer the candidate has than stable, or more where it has more. The ratio and
/// its interval are those of swapped arms, stable's over the candidate's.
pub fn fewer(swapped: f64, bounds: Option<[Option<f64>; 2]>) -> String {
    let inverse = |[low, high]: [Option<f64>; 2]| [high.map(f64::recip), low.map(f64::recip)];
    let (times, word, bounds) = if swapped < 1.0 {
        (swapped.recip(), "more", bounds.map(inverse))
    } else {
        (swapped, "fewer", bounds)
    };
    let bounds = bounds.map_or_else(String::new, |bounds| format!(" ({})", between(bounds)));
    format!("{} {word} than stable{bounds}", ratio(times))
}

/// An interval in words: `1.33 to 3.68`.
pub fn between(bounds: [Option<f64>; 2]) -> String {
    interval(bounds).replace('–', "to")
}

/// A number of things: `1 minute`, `1,200 minutes`.
pub fn plural(number: u64, thing: &str) -> String {
    format!("{} {thing}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A share as percent: `1.3 %`.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let digits = if percent >= 10.0 { format!("{percent:.1}") } else { format!("{percent:.2}") };
    format!("{} %", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// The whole number nearest to it, for showing.
pub fn whole(value: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped; for showing only")]
    let whole = value.clamp(0.0, 1e15).round() as u64;
    whole
}

/// A moment: `2026-11-20 10:04 UTC`.
pub fn moment(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A moment of a day: `10:04:30`.
pub fn time_of_day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%H:%M:%S").to_string()
}

/// The time since a start: `0:12:30`, and with days `1d 0:12:30`.
pub fn clock(start: Timestamp, at: Timestamp) -> String {
    let seconds = Span::between(start, at).as_seconds();
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    let days = if days > 0 { format!("{days}d ") } else { String::new() };
    format!("{days}{hours}:{minutes:02}:{seconds:02}")
}

/// A span without its seconds where it is long: `1h4m`, `12m`, `4m30s`.
pub fn span(span: Span) -> String {
    let seconds = span.as_seconds();
    if seconds >= 600 { Span::minutes(seconds / 60).to_string() } else { span.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(odds(f64::ln(212.0)), "212 to 1");
        assert_eq!(odds(40.0), "over a million to 1");
        assert_eq!(interval([Some(0.5), None]), "0.50 – ∞");
        assert_eq!(
            [percent(0.0125), percent(0.0), percent(0.1), percent(1.0)],
            ["1.25 %", "0 %", "10 %", "100 %"]
        );
        assert_eq!(
            [0.0, 0.001, 1.049, 1.999, 4.13, 9.99, 1234.5].map(ratio),
            ["0×", "under 0.01×", "1.05×", "2.0×", "4.1×", "10×", "1,235×"]
        );
        assert_eq!(
            [0.2, 119.0, 2_760.0, 4_320.0, 1e9].map(roughly),
            ["1 minute", "119 minutes", "46 hours", "3 days", "more than a year"]
        );
        assert_eq!(fewer(3.3, Some([Some(2.5), None])), "3.3× fewer than stable (2.50 to ∞)");
        assert_eq!(fewer(0.8, Some([Some(0.5), None])), "1.25× more than stable (0 to 2.00)");
        let start = Timestamp::UNIX_EPOCH;
        assert_eq!(clock(start, Span::seconds(90_061).after(start)), "1d 1:01:01");
    }
}
