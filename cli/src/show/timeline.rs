//! A timeline as people follow it: one line a decision, book-keeping in passing.

use std::fmt::Write as _;

use jiff::Timestamp;
use tidegate_domain::reason::Reason;
use tidegate_domain::rollout::PhaseName;
use tidegate_domain::target::Version;
use tidegate_domain::units::Weight;
use tidegate_wire::timeline::Entry;

use super::numbers::clock;
use super::style::{CARE, DIM, hang, in_style, of_phase};
use super::words::news;
use crate::story::Happening;

/// The columns before a reason: time, phase, weight, and two spaces before each.
const INDENT: usize = 2 + 8 + 2 + 12 + 2 + 7 + 2;

/// Something that a reader of a timeline is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Told<'a> {
    /// When.
    pub at: Timestamp,
    /// The phase after it.
    pub phase: PhaseName,
    /// The candidate's share that it led to or wants.
    pub weight: Weight,
    /// Whether that share is wanted and not yet read back.
    pub wanted: bool,
    /// Why.
    pub reason: &'a Reason,
    /// Why, in a few words.
    pub words: String,
    /// What was recorded beside it, at any time before the next: `on-call was told: Paused`.
    pub beside: Vec<&'a str>,
}

/// The decisions of a timeline, oldest first, each with the book-keeping that follows it.
pub fn told<'a>(timeline: &'a [Entry], candidate: &Version) -> Vec<Told<'a>> {
    let mut told: Vec<Told<'a>> = Vec::new();
    for entry in timeline {
        match (&entry.reason, told.last_mut()) {
            (Reason::Recorded(what), Some(last)) if entry.from == Some(entry.to) => last.beside.push(what),
            (_, last) => {
                let words = news(&entry.reason, last.map(|last| last.reason));
                told.push(one(entry, candidate, words));
            }
        }
    }
    told
}

fn one<'a>(entry: &'a Entry, candidate: &Version, words: String) -> Told<'a> {
    let wish = entry.wish.as_ref().map(|wish| wish.weight_of(candidate));
    Told {
        at: entry.at,
        phase: entry.to,
        weight: wish.unwrap_or(entry.weight),
        wanted: wish.is_some_and(|wish| wish != entry.weight),
        reason: &entry.reason,
        words,
        beside: Vec::new(),
    }
}

/// A timeline from a start on, with what happened around it; each line ends with a line break.
pub fn timeline(
    entries: &[Entry],
    candidate: &Version,
    happenings: &[Happening],
    start: Timestamp,
) -> String {
    let mut lines: Vec<(Timestamp, String)> =
        happenings.iter().map(|happening| (happening.at, around(happening, start))).collect();
    lines.extend(told(entries, candidate).iter().map(|told| (told.at, line(told, start))));
    lines.sort_by_key(|(at, _)| *at);
    lines.into_iter().map(|(_, line)| line).collect()
}

/// One entry as it comes, after another; empty for one that says nothing to a reader.
pub fn entry(entry: &Entry, before: Option<&Entry>, candidate: &Version, start: Timestamp) -> String {
    if matches!(&entry.reason, Reason::Recorded(what) if !says_something(what)) {
        return String::new();
    }
    let words = news(&entry.reason, before.map(|before| &before.reason));
    line(&one(entry, candidate, words), start)
}

fn line(told: &Told<'_>, start: Timestamp) -> String {
    let at = format!("{:>8}", clock(start, told.at));
    let phase = in_style(of_phase(told.phase), format!("{:12}", told.phase.to_string()));
    let arrow = if told.wanted { "→ " } else { "" };
    let weight = format!("{:>7}", format!("{arrow}{}", told.weight));
    let mut text = format!("  {at}  {phase}  {weight}  {}\n", hang(&told.words, INDENT));
    let beside = beside(&told.beside);
    if !beside.is_empty() {
        let _ = writeln!(text, "{:INDENT$}{}", "", in_style(DIM, beside));
    }
    text
}

/// Book-keeping in passing.
fn beside(what: &[&str]) -> String {
    what.iter().copied().filter(|what| says_something(what)).collect::<Vec<_>>().join(" · ")
}

/// That a wish to measure was met, or that it was looked who waits for the target, says nothing to a reader.
fn says_something(recorded: &str) -> bool {
    !matches!(recorded, "measured" | "the next rollout of this target was looked for")
}

fn around(happening: &Happening, start: Timestamp) -> String {
    let at = format!("{:>8}", clock(start, happening.at));
    format!("  {at}  {}\n", in_style(CARE, hang(&format!("— {}", happening.what), 14)))
}
