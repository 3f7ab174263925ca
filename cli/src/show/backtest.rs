//! A backtest for people: minute by minute what would have been done, or how often it would have been wrong.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tidegate_domain::policy::{Harm, Policy};
use tidegate_domain::reason::{Reason, count};
use tidegate_domain::rollout::PhaseName;
use tidegate_domain::units::{Span, Weight};
use tidegate_domain::verdict::MetricEvidence;

use super::numbers::{fewer, moment, odds, percent, plural, ratio, span};
use super::policy::steps;
use super::style::{BAD, BOLD, CARE, DIM, GOOD, hang, in_style, of_phase};
use super::table::Table;
use super::words::news;
use crate::backtest::Minute;
use crate::commands::backtest::{NullReport, Portion, Timeline};

/// The columns before a decision's words: time, weight, evidence, and two spaces before each.
const INDENT: usize = 2 + 5 + 2 + 6 + 2 + 12 + 2;

/// What the last column holds.
const HEADING: &str = "candidate over stable so far, or what was decided";

/// What would have been done.
pub fn timeline(report: &Timeline, minutes: &[Minute], policy: &Policy) -> String {
    let began = report.began.map_or_else(String::new, |at| format!(", from {}", moment(at)));
    let mut text = format!("{}{began}\n", in_style(BOLD, format!("policy {}", report.policy)));
    let _ = writeln!(text, "{}\n", in_style(DIM, steps(policy)));
    let heading = format!("  {:5}  {:>6}  {:>12}  {HEADING}", "minute", "weight", "evidence");
    let _ = writeln!(text, "{}", in_style(DIM, heading));
    let mut before = None;
    for minute in minutes {
        text.push_str(&line(minute, before, policy));
        before = minute.decided.last().or(before);
    }
    let style = of_phase(report.phase).bold();
    let stands = match report.phase {
        PhaseName::Baking | PhaseName::Watching => format!("{} when the record ends", report.phase),
        phase => phase.to_string(),
    };
    let _ =
        writeln!(text, "\n{}  {}", in_style(style, &stands), hang(&report.why, stands.chars().count() + 2));
    notes(&mut text, &report.notes);
    text
}

fn line(minute: &Minute, before: Option<&Reason>, policy: &Policy) -> String {
    let at = hour(minute.at);
    let weight = format!("{:>6}", minute.weight.to_string());
    let evidence = minute.evidence.as_ref();
    let log_e = evidence.map(|evidence| evidence.log_e).filter(|log_e| *log_e > 0.0);
    let odds =
        format!("{:>12}", log_e.map_or_else(|| "–".to_owned(), |log_e| odds(log_e).replace(" a ", " ")));
    let Some(reason) = minute.decided.first() else {
        let seen = evidence.into_iter().flat_map(|evidence| &evidence.metrics);
        let seen: Vec<String> = seen.map(|metric| compared(metric, policy)).collect();
        let words = match minute.weight {
            Weight::FULL => "watched".to_owned(),
            _ if seen.is_empty() => "nothing to compare".to_owned(),
            _ => seen.join(", "),
        };
        return in_style(DIM, format!("  {at}  {weight}  {odds}  {}", hang(&words, INDENT))) + "\n";
    };
    let mut words = news(reason, before);
    for reason in &minute.decided[1..] {
        let _ = write!(words, "; {reason}");
    }
    let phase = minute.phase.name();
    let then = if minute.then == minute.weight { String::new() } else { format!(" {}", minute.then) };
    let to = format!("→ {phase}{then}: ");
    let words = hang(&format!("{to}{words}"), INDENT);
    format!("  {at}  {weight}  {odds}  {}{}\n", in_style(of_phase(phase).bold(), &to), &words[to.len()..])
}

/// A metric of the candidate beside stable's, over all minutes so far.
fn compared(metric: &MetricEvidence, policy: &Policy) -> String {
    let of = policy.analysis.metrics.iter().find(|of| of.name == metric.name);
    let name = &metric.name;
    match metric.ratio {
        Some(swapped) if of.is_some_and(|of| of.harm == Harm::Decrease) => {
            format!("{name} {}", fewer(swapped, None))
        }
        Some(of_stable) => format!("{name} {}", ratio(of_stable)),
        None if metric.candidate.total == 0 => format!("{name}: no requests on the candidate"),
        None if metric.stable.total == 0 => format!("{name}: no requests on stable"),
        None => format!("{name}: no events on either version"),
    }
}

fn hour(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%H:%M").to_string()
}

fn notes(text: &mut String, notes: &[String]) {
    for note in notes {
        let _ = writeln!(text, "{}{}", in_style(CARE, "note  "), hang(note, 6));
    }
}

/// How often it would have been wrong.
pub fn null(report: &NullReport) -> String {
    let mut text = format!(
        "{} of a version against itself, seed {}\n\n",
        in_style(BOLD, format!("policy {}: {}", report.policy, plural(u64::from(report.times), "rollout"))),
        report.seed
    );
    let mut table =
        Table::new(["", "rollouts", "share", "95 % interval", "median", "because"]).right([1, 2, 3, 4]);
    let because = report.because.iter().map(|(why, count)| format!("{why} {count}"));
    let because = because.collect::<Vec<_>>().join(", ");
    for (name, share, style, words) in [
        ("rolled back", &report.rolled_back, BAD, because.as_str()),
        ("promoted", &report.promoted, GOOD, ""),
        ("inconclusive", &report.inconclusive, CARE, "undecided after the extension of a step"),
        ("held", &report.held, CARE, "without candidate data when the record ended"),
        ("unfinished", &report.unfinished, DIM, "the record ended first"),
    ] {
        let words = if share.count > 0 { words.to_owned() } else { String::new() };
        table.row(row(in_style(style, name), share, words));
    }
    let _ = writeln!(text, "{table}");
    let Portion { low, high, .. } = report.rolled_back;
    let (low, high, promised) = (percent(low), percent(high), percent(report.promised));
    let words = format!(
        "Taken back for nothing: {low} to {high} of rollouts. The levels of the comparison allow {promised}; guards, the watch and \
         the deadline come on top of that."
    );
    let _ = writeln!(text, "{}", hang(&words, 0));
    notes(&mut text, &report.notes);
    text
}

fn row(name: String, share: &Portion, words: String) -> [String; 6] {
    let interval = format!("{} – {}", percent(share.low), percent(share.high));
    let median = share.median_minutes.map_or_else(|| "–".to_owned(), |minutes| span(Span::minutes(minutes)));
    [name, count(u64::from(share.count)), percent(share.share), interval, median, words]
}
