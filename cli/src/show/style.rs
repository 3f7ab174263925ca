//! Colours and widths of the human output. Every text is rendered with colour; the stream drops it where there is no terminal.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};
use tidegate_domain::policy::Severity;
use tidegate_domain::rollout::{Health, PhaseName};

/// How wide the output gets.
pub const WIDTH: usize = 108;

/// Something that stands out.
pub const BOLD: Style = Style::new().bold();
/// Something that may be passed over.
pub const DIM: Style = Style::new().dimmed();
/// All is well.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// Somebody should look.
pub const CARE: Style = AnsiColor::Yellow.on_default();
/// Users are, or were, worse off.
pub const BAD: Style = AnsiColor::Red.on_default();
/// On its way.
pub const CALM: Style = AnsiColor::Cyan.on_default();

/// A text in a style.
pub fn in_style(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// The style of a state.
pub const fn of_health(health: Health) -> Style {
    match health {
        Health::Progressing => CALM,
        Health::Paused => CARE,
        Health::Degraded => BAD,
        Health::Healthy => GOOD,
    }
}

/// The style of a phase.
pub const fn of_phase(phase: PhaseName) -> Style {
    of_health(phase.health())
}

/// The style of a severity.
pub const fn of_severity(severity: Severity) -> Style {
    match severity {
        Severity::Info => GOOD,
        Severity::Warning => CARE,
        Severity::Critical => BAD,
    }
}

/// A text broken at spaces into lines of at most `width` characters; a longer word stands alone.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let mut current = String::new();
        for word in line.split(' ') {
            if !current.is_empty() && length(&current) + 1 + length(word) > width {
                lines.push(std::mem::take(&mut current));
            }
            if !current.is_empty() {
                current.push(' ');
            }
            current.push_str(word);
        }
        lines.push(current);
    }
    lines
}

/// A text broken into lines, the ones after the first indented.
pub fn hang(text: &str, indent: usize) -> String {
    wrap(text, WIDTH.saturating_sub(indent)).join(&format!("\n{:indent$}", ""))
}

/// How many characters wide a text without colour is.
pub fn length(text: &str) -> usize {
    text.chars().count()
}
