//! A backtest for people: minute by minute what would have been done, or how often it would have been wrong.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tidegate_domain::policy::Policy;
use tidegate_domain::reason::{Reason, count};
use tidegate_domain::rollout::PhaseName;
use tidegate_domain::units::{Span, Weight};

use super::numbers::{moment, odds, percent, plural, ratio, span};
use super::policy::steps;
use super::style::{BAD, BOLD, CARE, DIM, GOOD, hang, in_style, of_phase};
use super::table::Table;
use super::words::news;
use crate::backtest::Minute;
use crate::commands::backtest::{NullReport, Portion, Timeline};

/// The columns before a decision's words: time, weight, evidence, and two spaces before each.
const INDENT: usize = 2 + 5 + 2 + 6 + 2 + 12 + 2;

/// What would have been done.
pub fn timeline(report: &Timeline, minutes: &[Minute], policy: &Policy) -> String {
    let began = report.began.map_or_else(String::new, |at| format!(", from {}", moment(at)));
    let mut text = format!("{}{began}\n", in_style(BOLD, format!("policy {}", report.policy)));
    let _ = writeln!(text, "{}\n", in_style(DIM, steps(policy)));
    let mut before = None;
    for minute in minutes {
        text.push_str(&line(minute, before));
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

fn line(minute: &Minute, before: Option<&Reason>) -> String {
    let at = hour(minute.at);
    let weight = format!("{:>6}", minute.weight.to_string());
    let evidence = minute.evidence.as_ref();
    let log_e = evidence.map(|evidence| evidence.log_e).filter(|log_e| *log_e > 0.0);
    let odds =
        format!("{:>12}", log_e.map_or_else(|| "–".to_owned(), |log_e| odds(log_e).replace(" a ", " ")));
    let Some(reason) = minute.decided.first() else {
        let seen = evidence.into_iter().flat_map(|evidence| &evidence.metrics);
        let ratios = seen.filter_map(|metric| Some(format!("{} {}", metric.name, ratio(metric.ratio?))));
        let compared = minute.weight < Weight::FULL;
        let words = if compared { ratios.collect::<Vec<_>>().join(", ") } else { "watched".to_owned() };
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
