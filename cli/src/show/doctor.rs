//! What doctor found, for people: one line a check, and under it what to do.

use std::fmt::Write as _;

use super::style::{BAD, CARE, GOOD, hang, in_style, length};
use crate::doctor::{Report, State};

/// The report.
pub fn report(report: &Report) -> String {
    let mut text = String::new();
    let width = report.checks.iter().map(|check| length(&check.name)).max().unwrap_or(0);
    for check in &report.checks {
        let (style, mark) = match check.state {
            State::Ok => (GOOD, "ok"),
            State::Failed => (BAD, "✗ "),
            State::Unknown => (CARE, "? "),
        };
        let indent = 4 + width + 2;
        let _ = writeln!(
            text,
            "{}  {:width$}  {}",
            in_style(style, mark),
            check.name,
            hang(&check.found, indent)
        );
        if let Some(todo) = &check.todo {
            let _ = writeln!(text, "{:indent$}→ {}", "", hang(todo, indent + 2));
        }
    }
    text
}
