//! Scales: from values to places in a drawing, and the marks on an axis.

use jiff::{SignedDuration, Timestamp};
use tidegate_domain::units::Span;

/// A scale from values to places.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    domain: (f64, f64),
    range: (f64, f64),
    log: bool,
}

impl Scale {
    /// In proportion.
    pub const fn linear(domain: (f64, f64), range: (f64, f64)) -> Self {
        Self { domain, range, log: false }
    }

    /// In proportion to the logarithm; the domain is above 0.
    pub fn log(domain: (f64, f64), range: (f64, f64)) -> Self {
        Self { domain: (domain.0.ln(), domain.1.ln()), range, log: true }
    }

    /// The place of a value; what lies outside stands at the edge.
    pub fn at(&self, value: f64) -> f64 {
        let value = if self.log { value.ln() } else { value };
        let (from, to) = self.domain;
        let share = if to > from { ((value - from) / (to - from)).clamp(0.0, 1.0) } else { 0.0 };
        self.range.0 + share * (self.range.1 - self.range.0)
    }
}

/// Time along the x axis.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    start: Timestamp,
    length: Span,
    scale: Scale,
}

impl Time {
    /// From a start to an end, over these places.
    pub fn new(start: Timestamp, end: Timestamp, range: (f64, f64)) -> Self {
        let length = Span::between(start, end).max(Span::minutes(1));
        Self { start, length, scale: Scale::linear((0.0, f64::from(length.as_seconds())), range) }
    }

    /// The place of a moment.
    pub fn at(&self, moment: Timestamp) -> f64 {
        self.scale.at(moment.duration_since(self.start).as_secs_f64())
    }

    /// Marks at round times since the start, at most a dozen, with their labels.
    pub fn marks(&self) -> Vec<(Timestamp, String)> {
        const STEPS: [u32; 12] = [1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1_440];
        let minutes = self.length.as_seconds() / 60;
        let step = STEPS.into_iter().find(|step| minutes / step <= 12).unwrap_or(2_880);
        (0..=minutes / step).map(|mark| self.mark(mark * step, step)).collect()
    }

    fn mark(&self, minutes: u32, step: u32) -> (Timestamp, String) {
        let at =
            self.start.saturating_add(SignedDuration::from_mins(i64::from(minutes))).unwrap_or(self.start);
        let label = match (minutes, step) {
            (0, _) => "0".to_owned(),
            (_, 60..) if minutes.is_multiple_of(1_440) => format!("{} d", minutes / 1_440),
            (_, 60..) => format!("{} h", minutes / 60),
            _ if minutes >= 60 && minutes.is_multiple_of(60) => format!("{} h", minutes / 60),
            _ if minutes >= 60 => format!("{}:{:02} h", minutes / 60, minutes % 60),
            _ => format!("{minutes} min"),
        };
        (at, label)
    }
}

/// The smallest round number that is not below a value: 1, 2 or 5 times a power of ten.
pub fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0].into_iter().find(|times| times * power >= value * 0.999_999);
    times.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_keeps_its_ends_and_holds_what_lies_outside_at_them() {
        let scale = Scale::log((0.1, 10.0), (100.0, 0.0));
        assert!((scale.at(1.0) - 50.0).abs() < 1e-9);
        assert!((scale.at(0.0) - 100.0).abs() < 1e-9);
        assert!(scale.at(f64::INFINITY).abs() < 1e-9);
    }

    #[test]
    fn marks_are_round_and_few() {
        let start: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        for (minutes, last) in [(45, "45 min"), (130, "2 h"), (1_600, "1 d")] {
            let time = Time::new(start, Span::minutes(minutes).after(start), (0.0, 1.0));
            let marks = time.marks();
            assert!(marks.len() <= 13, "{marks:?}");
            assert!(marks.iter().any(|(_, label)| label == last), "{marks:?}");
        }
    }

    #[test]
    fn axes_end_at_round_numbers() {
        for (value, round) in [(0.013, 0.02), (0.05, 0.05), (0.6, 1.0), (3.0, 5.0)] {
            assert!((round_up(value) - round).abs() < 1e-12, "{value}");
        }
    }
}
