//! An offline judgement for people: the verdict first, then what each metric shows.

use std::fmt::Write as _;

use tidegate_domain::reason::count;
use tidegate_judge::{Input, StepTime};

use super::numbers::{interval, odds, plural, ratio, whole};
use super::style::{BAD, BOLD, CARE, DIM, GOOD, hang, in_style};
use crate::commands::judge::{MetricReport, Report};

/// The columns of a verdict's name.
const VERDICT: usize = 14;

/// The report.
pub fn report(report: &Report, input: &Input) -> String {
    let (style, name) = match report.verdict {
        "rollBack" => (BAD, "roll back"),
        "promote" => (GOOD, "promote"),
        "continue" => (GOOD, "continue"),
        "hold" => (CARE, "hold"),
        _ => (CARE, "inconclusive"),
    };
    let name = in_style(style.bold(), format!("{name:VERDICT$}"));
    let mut text = format!("{name}{}\n", hang(&report.reason, VERDICT));
    for line in context(report, input) {
        let _ = writeln!(text, "{:VERDICT$}{}", "", in_style(DIM, hang(&line, VERDICT)));
    }
    text.push('\n');
    for metric in &report.metrics {
        // Wrapped without colour, of which a line would have less room.
        let words = hang(&format!("{}: {}", metric.name, metric_words(metric)), 4);
        let name = in_style(BOLD, format!("{}:", metric.name));
        let _ = writeln!(text, "  {name}{}", &words[metric.name.len() + 1..]);
    }
    let reading = "The bounds hold at every minute at once, 2.5 % a side, assuming independent requests.";
    let _ = writeln!(text, "  {}", in_style(DIM, reading));
    text
}

fn context(report: &Report, input: &Input) -> Vec<String> {
    let minutes = report.combined_log_e.len();
    let over = match input.step {
        StepTime::StepOver => "taken as one step whose time is over",
        StepTime::BakeOver => "taken as one step that is decided on at least three",
        StepTime::BeforeBake => "taken as one step that still bakes",
    };
    let mut lines = vec![format!("{}, {over}", plural(minutes as u64, "minute"))];
    match report.fired_at_tick {
        Some(tick) if tick + 1 == minutes && report.verdict == "rollBack" => {
            lines.push("the last minute brought the evidence".to_owned());
        }
        Some(tick) => lines
            .push(format!("minute {} brought enough evidence: a rollout would have ended there", tick + 1)),
        None => {}
    }
    if !report.culprits.is_empty() && report.metrics.len() > 1 {
        lines.push(format!("to blame: {}", report.culprits.join(", ")));
    }
    lines.extend(report.notes.iter().cloned());
    lines
}

fn metric_words(metric: &MetricReport) -> String {
    let MetricReport { candidate, stable, .. } = metric;
    let requests = count(candidate.total.saturating_add(stable.total));
    let compared = match metric.ratio {
        Some(value) => {
            let low = Some(metric.ratio_low).filter(|low| *low > 0.0);
            let bounds = interval([low, metric.ratio_high]).replace('–', "to");
            format!("{} stable ({bounds})", ratio(value))
        }
        None => "no ratio".to_owned(),
    };
    let seen = metric.ticks.last().map_or_else(String::new, |last| {
        let fast = last.log_e_fast.filter(|fast| *fast > last.log_e.max(0.0));
        let fast = fast.map_or_else(String::new, |fast| format!(" (fast path {})", odds(fast)));
        format!(", {}{fast}, {}", evidence(last.log_e, "of harm"), evidence(last.log_e_pass, "for a pass"))
    });
    format!("{compared}, {requests} requests{seen}; {}", needed(metric))
}

fn evidence(log_e: f64, of: &str) -> String {
    if log_e > 0.0 { format!("evidence {of} {}", odds(log_e)) } else { format!("no evidence {of}") }
}

fn needed(metric: &MetricReport) -> String {
    match (metric.requests_needed, metric.minutes_needed) {
        (Some(requests), _) if requests < 1.0 => "a doubling would have shown".to_owned(),
        (Some(requests), Some(minutes)) => format!(
            "a doubling would show after another {} requests, {} of this traffic",
            count(whole(requests)),
            plural(whole(minutes.ceil()), "minute")
        ),
        (Some(_), None) | (None, _) => why_never(metric).to_owned(),
    }
}

/// Why no traffic would show a doubling.
fn why_never(metric: &MetricReport) -> &'static str {
    if metric.weight == 0.0 {
        "it has no weight and rolls nothing back"
    } else if metric.candidate.total == 0 || metric.stable.total == 0 {
        "a doubling cannot show while one version has no requests"
    } else if metric.candidate.bad == 0 || metric.stable.bad == 0 {
        "a doubling cannot show while there is nothing bad to compare with"
    } else {
        "a doubling is within its margin"
    }
}
