//! An offline judgement for people: the verdict first, then what each metric shows.

use std::fmt::Write as _;

use tidegate_domain::reason::count;
use tidegate_judge::{Harm, Input, Kind, LEAST_EXPECTED_EVENTS, PASSES_AT, StepTime};

use super::numbers::{between, fewer, odds, plural, ratio, roughly, whole};
use super::style::{BAD, BOLD, CARE, DIM, GOOD, hang, in_style};
use crate::commands::judge::{MetricReport, Report};

/// The columns of a verdict's name.
const VERDICT: usize = 14;

/// The report.
pub fn report(report: &Report, input: &Input) -> String {
    let (style, name) = match report.verdict {
        // A rollout would not have seen the minutes after the one that rolled it back.
        _ if report.fired_at_tick.is_some() => (BAD, "roll back"),
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
    for (metric, of) in report.metrics.iter().zip(&input.metrics) {
        // Wrapped without colour, of which a line would have less room.
        let words = hang(&format!("{}: {}", metric.name, metric_words(metric, of.harm)), 4);
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
        // The reason begins with it.
        Some(_) if report.verdict != "rollBack" => {}
        Some(tick) if tick + 1 == minutes => lines.push("the last minute brought the evidence".to_owned()),
        Some(tick) => {
            let tick = count(tick as u64 + 1);
            lines.push(format!("a rollout would have been rolled back at minute {tick} already"));
        }
        None => {}
    }
    lines.push(levels(report, input));
    if !report.culprits.is_empty() && report.metrics.len() > 1 {
        lines.push(format!("to blame: {}", report.culprits.join(", ")));
    }
    lines.extend(report.notes.iter().cloned());
    lines
}

/// At what evidence the judge rolls back and passes, and how far it is from having the events that a pass takes.
fn levels(report: &Report, input: &Input) -> String {
    let several = report.metrics.iter().filter(|metric| metric.weight > 0.0).count() > 1;
    let together = if several { " of all metrics together" } else { "" };
    let fast = if input.metrics.iter().any(|metric| metric.kind == Kind::Errors && metric.weight > 0.0) {
        format!(", on the fast path at {}", odds(-input.thresholds.alpha_fast.ln()))
    } else {
        String::new()
    };
    let gating = report.metrics.iter().filter(|metric| metric.weight > 0.0);
    let so_far = gating.map(|metric| {
        let name = if several { format!("{} ", metric.name) } else { String::new() };
        format!("{name}{}", events(metric.expected_events))
    });
    let so_far = so_far.collect::<Vec<_>>().join(", ");
    let so_far = if so_far.is_empty() { so_far } else { format!(" ({so_far} so far)") };
    let bad = input.metrics.iter().all(|metric| metric.harm == Harm::Increase);
    format!(
        "rolls back at {}{together}{fast}; {} at {} with {} expected {}{so_far}",
        odds(report.threshold_log_e),
        if several { "each passes" } else { "passes" },
        odds(PASSES_AT),
        events(LEAST_EXPECTED_EVENTS),
        if bad { "bad requests" } else { "events" },
    )
}

/// So many events, of which there may be halves; rounded down, for 19.96 are not 20.
fn events(events: f64) -> String {
    if events >= 100.0 {
        return count(whole(events.floor()));
    }
    format!("{:.1}", (events * 10.0).floor() / 10.0).trim_end_matches(".0").to_owned()
}

fn metric_words(metric: &MetricReport, harm: Harm) -> String {
    let MetricReport { candidate, stable, .. } = metric;
    let requests = count(candidate.total.saturating_add(stable.total));
    let bounds = [Some(metric.ratio_low).filter(|low| *low > 0.0), metric.ratio_high];
    let compared = match (metric.ratio, harm) {
        (Some(value), Harm::Increase) => format!("{} stable ({})", ratio(value), between(bounds)),
        (Some(value), Harm::Decrease) => fewer(value, Some(bounds)),
        (None, _) => "no ratio".to_owned(),
    };
    let seen = metric.ticks.last().map_or_else(String::new, |last| {
        let fast = last.log_e_fast.filter(|fast| *fast > last.log_e.max(0.0));
        let fast = fast.map_or_else(String::new, |fast| format!(" (fast path {})", odds(fast)));
        format!(", {}{fast}, {}", evidence(last.log_e, "of harm"), evidence(metric.log_e_pass, "for a pass"))
    });
    format!("{compared}, {requests} requests{seen}; {}", needed(metric))
}

fn evidence(log_e: f64, of: &str) -> String {
    if log_e > 0.0 { format!("evidence {of} {}", odds(log_e)) } else { format!("no evidence {of}") }
}

fn needed(metric: &MetricReport) -> String {
    let more = |least: &str, requests: f64, minutes| {
        if requests < 1.0 {
            return "a doubling would have shown".to_owned();
        }
        let requests = count(whole(requests));
        let minutes = roughly(minutes);
        format!("a doubling would show after {least}another {requests} requests, {minutes} of this traffic")
    };
    let needed = metric.requests_needed.zip(metric.minutes_needed);
    let least = metric.least_requests.zip(metric.least_minutes);
    needed
        .map(|(requests, minutes)| more("", requests, minutes))
        .or_else(|| least.map(|(requests, minutes)| more("at least ", requests, minutes)))
        .unwrap_or_else(|| why_never(metric).to_owned())
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
