//! One rollout for people: what `get` shows.

use std::fmt::Write as _;

use jiff::Timestamp;
use tidegate_domain::freeze::Freeze;
use tidegate_domain::reason::count;
use tidegate_domain::units::{Span, Weight};
use tidegate_domain::verdict::Counts;

use super::numbers::{interval, moment, odds, ratio, span, time_of_day};
use super::policy::moment_words;
use super::style::{BOLD, CALM, DIM, GOOD, WIDTH, hang, in_style, length, of_health};
use super::table::Table;
use crate::flags::{RolloutFlag, SwitchState};
use crate::status::{DeploymentShown, GateStatus, Status, StepState, StepStatus};

/// The width of the labels on the left.
const LABEL: usize = 12;

/// A rollout as it stands at `now`.
pub fn status(status: &Status, now: Timestamp) -> String {
    let mut text = String::new();
    head(&mut text, status);
    text.push('\n');
    steps(&mut text, status, now);
    flags(&mut text, status);
    text.push('\n');
    if !status.metrics.is_empty() {
        metrics(&mut text, status);
        text.push('\n');
    }
    line(&mut text, "Reason", &hang(&status.why, LABEL));
    if let Some(freeze) = &status.freeze {
        line(&mut text, "Frozen", &hang(&format!("{freeze}; no weight rises"), LABEL));
    }
    if let Some(deadline) = status.deadline.filter(|_| !status.over) {
        let left = span(Span::between(now, deadline));
        let left = if now < deadline { format!("{left} left") } else { "past".to_owned() };
        line(&mut text, "Deadline", &format!("{}, {left}", moment(deadline)));
    }
    next(&mut text, status);
    text
}

/// That the installation is frozen, in a line; nothing where it is not.
pub fn frozen(freeze: Option<&Freeze>) -> String {
    freeze.map_or_else(String::new, |freeze| {
        format!("{}\n\n", in_style(BOLD, format!("{freeze}; no weight rises")))
    })
}

/// Where a rollout stands, in one line, and what may be typed next.
pub fn brief(status: &Status) -> String {
    let state = in_style(of_health(status.health), state(status));
    let mut text = format!(
        "{}  {state}  {} on version {}\n",
        in_style(BOLD, &status.rollout),
        status.weight,
        status.candidate
    );
    if let Some(freeze) = &status.freeze {
        let _ = writeln!(text, "  {freeze}; no weight rises");
    }
    for next in &status.next {
        let _ = writeln!(text, "  {}  {}", next.command, in_style(DIM, &next.does));
    }
    text
}

/// The field's word, and the phase where that says more: `Progressing · baking`.
fn state(status: &Status) -> String {
    let (health, phase) = (status.health.to_string(), status.phase.to_string());
    if health.to_lowercase() == phase { health } else { format!("{health} · {phase}") }
}

fn line(text: &mut String, label: &str, value: &str) {
    let _ = writeln!(text, "{}{value}", in_style(DIM, format!("{label:LABEL$}")));
}

fn head(text: &mut String, status: &Status) {
    let state = state(status);
    let gap = WIDTH.saturating_sub(length(&status.rollout.0) + length(&state) + 20).max(3);
    let state = in_style(of_health(status.health).bold(), state);
    let _ = writeln!(text, "{}{:gap$}{state}", in_style(BOLD, &status.rollout), "");
    line(text, "Target", &status.target.to_string());
    if let Some(deployment) = &status.deployment {
        line(text, "Moved by", &moved_by(deployment));
    }
    let stable = status.stable.as_ref().map_or_else(|| "not known yet".to_owned(), ToString::to_string);
    line(text, "Versions", &format!("candidate {}, stable {stable}", status.candidate));
    let asked = format!("policy {}, asked for by {} at {}", status.policy, status.by, moment(status.created));
    line(text, "Request", &asked);
    let setting = status.setting.filter(|wish| *wish != status.weight);
    let setting = setting.map(|wish| format!(", being set to {wish}")).unwrap_or_default();
    let weight =
        format!("{}  {} on version {}{setting}", bar(status.weight), status.weight, status.candidate);
    line(text, "Traffic", &weight);
}

fn moved_by(deployment: &DeploymentShown) -> String {
    let DeploymentShown { id, group, status, driven } = deployment;
    let id = id.as_ref().map_or_else(|| "to be started".to_owned(), |id| format!("deployment {id}"));
    let status = status.map(|status| format!(", {status}")).unwrap_or_default();
    let whose = if *driven { "" } else { ", started by somebody else" };
    format!("CodeDeploy, {id} of {group}{status}{whose}")
}

/// A share of traffic as a bar.
pub fn bar(weight: Weight) -> String {
    const CELLS: usize = 40;
    let filled = (1..=CELLS).filter(|cell| weight.fraction() * 40.0 >= cells(*cell) - 0.5).count();
    // A little traffic is not none.
    let filled = if weight > Weight::ZERO { filled.max(1) } else { filled };
    format!("{}{}", in_style(CALM, "█".repeat(filled)), in_style(DIM, "░".repeat(CELLS - filled)))
}

fn cells(cell: usize) -> f64 {
    u32::try_from(cell).map_or(0.0, f64::from)
}

fn marker(state: StepState) -> String {
    match state {
        StepState::Done => in_style(GOOD, "✓"),
        StepState::Current => in_style(CALM.bold(), "▸"),
        StepState::ToCome => in_style(DIM, "·"),
        StepState::Stopped => in_style(super::style::BAD, "✗"),
    }
}

fn steps(text: &mut String, status: &Status, now: Timestamp) {
    let last = status.steps.len().saturating_sub(1);
    for (index, step) in status.steps.iter().enumerate() {
        let label = if index == 0 { "Steps" } else { "" };
        let what = if index == last { "watch " } else { "bake " };
        let time = format!("{what}{}{}", step.bake, if step.extended { ", extended once" } else { "" });
        let weight = step.weight.to_string();
        let standing = standing(step, now);
        line(text, label, &format!("{} {weight:>6}  {time}{standing}", marker(step.state)));
        if let Some(gate) = step.gate {
            line(text, "", &format!("{}   gate  {}", marker(gate.state), gate_words(gate)));
        }
    }
}

fn gate_words(gate: GateStatus) -> String {
    match gate.time {
        Some(time) => format!("for {time}"),
        None => "until somebody says promote".to_owned(),
    }
}

fn standing(step: &StepStatus, now: Timestamp) -> String {
    match (step.state, step.since) {
        (StepState::Current, Some(since)) => {
            let gone = span(Span::between(since, now));
            in_style(DIM, format!(", since {} ({gone})", time_of_day(since)))
        }
        (StepState::Current, None) => in_style(DIM, ", its weight is being set"),
        (StepState::Done | StepState::ToCome | StepState::Stopped, _) => String::new(),
    }
}

/// The flags that it switches: `✓ new-basket on at 25 %, in shop/prod/flags`.
fn flags(text: &mut String, status: &Status) {
    for (index, RolloutFlag { wanted, profile, at, state }) in status.flags.iter().enumerate() {
        let (marker, now) = match state {
            SwitchState::ToCome => (marker(StepState::ToCome), ""),
            SwitchState::Asked => (marker(StepState::Current), ", asked for"),
            SwitchState::Set => (marker(StepState::Done), ""),
            SwitchState::Back => (marker(StepState::Stopped), ", taken back"),
            SwitchState::NotSet => (marker(StepState::ToCome), ", not switched"),
        };
        let label = if index == 0 { "Flags" } else { "" };
        let words = format!("{wanted} {}, in {profile}", moment_words(*at));
        line(text, label, &format!("{marker} {words}{}", in_style(DIM, now)));
    }
}

fn metrics(text: &mut String, status: &Status) {
    let mut table =
        Table::new(["Metrics", "", "ratio", "interval", "candidate", "stable"]).right([2, 3, 4, 5]);
    let of = |counts: Counts| format!("{} of {}", count(counts.bad), count(counts.total));
    for metric in &status.metrics {
        table.row([
            format!("{:width$}", "", width = LABEL - 2),
            metric.name.clone(),
            metric.ratio.map_or_else(|| "–".to_owned(), ratio),
            interval(metric.interval),
            of(metric.candidate),
            of(metric.stable),
        ]);
    }
    text.push_str(&table.to_string());
    let note = "the interval holds at every minute at once, 2.5 % a side, assuming independent requests";
    line(text, "", &in_style(DIM, note));
    if let Some(evidence) = status.evidence {
        let words = if evidence.log_e > 0.0 {
            format!("{} for harm", odds(evidence.log_e))
        } else {
            "none for harm".to_owned()
        };
        line(text, "Evidence", &format!("{words}; rolls back at {}", odds(evidence.threshold_log_e)));
    }
}

fn next(text: &mut String, status: &Status) {
    let width = status.next.iter().map(|next| length(&next.command)).max().unwrap_or(0);
    for (index, next) in status.next.iter().enumerate() {
        let label = if index == 0 { "Next" } else { "" };
        line(text, label, &format!("{:width$}  {}", next.command, in_style(DIM, &next.does)));
    }
}
