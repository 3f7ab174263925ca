//! Feature flags and toggles for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;
use tidegate_domain::flag::toggle::Note;
use tidegate_domain::flag::{Edit, FlagState};

use super::numbers::{moment, percent, time_of_day};
use super::style::{BAD, BOLD, CALM, CARE, DIM, GOOD, hang, in_style};
use super::table::Table;
use crate::flags::{
    DeploymentShown, Difference, FlagShown, FlagsOfProfile, ToggleShown, ToggleState, VariantShown,
};

/// The width of the labels on the left.
const LABEL: usize = 12;

/// The flags of a profile.
pub fn list(flags: &FlagsOfProfile) -> String {
    let mut text = head(flags);
    if flags.flags.is_empty() {
        let _ = writeln!(text, "\nno flag is defined in what is in force");
        return text;
    }
    let mut table = Table::new(["flag", "is", "attributes", "note"]);
    for flag in &flags.flags {
        let is = flag.enabled.map_or_else(|| in_style(DIM, "by variant"), switch);
        table.row([in_style(BOLD, &flag.flag), is, set(&flag.attributes), note(flag)]);
        for VariantShown { name, enabled, attributes, rule } in &flag.variants {
            let rule = rule.as_ref().map(|_| in_style(DIM, "by a rule")).unwrap_or_default();
            table.row([format!("  {name}"), switch(*enabled), set(attributes), rule]);
        }
    }
    let _ = write!(text, "\n{table}");
    text
}

/// One flag, and the toggles of its profile.
pub fn flag(flags: &FlagsOfProfile, flag: &FlagShown, toggles: &[ToggleShown]) -> String {
    let mut text = head(flags);
    let is = flag.enabled.map_or_else(|| "by variant".to_owned(), switch);
    let _ = writeln!(text, "\n{}  {is}", in_style(BOLD, &flag.flag));
    for (label, value) in [("Name", &flag.name), ("Description", &flag.description)] {
        if let Some(value) = value {
            line(&mut text, label, value);
        }
    }
    if flag.deprecated.is_some() {
        line(&mut text, "Note", &note(flag));
    }
    for (name, value) in &flag.attributes {
        line(&mut text, "Attribute", &format!("{name} = {value}"));
    }
    for VariantShown { name, enabled, attributes, rule } in &flag.variants {
        let with = if attributes.is_empty() { String::new() } else { format!("  {}", set(attributes)) };
        line(&mut text, "Variant", &format!("{name}: {}{with}", switch(*enabled)));
        line(&mut text, "", &in_style(DIM, rule.as_deref().unwrap_or("for everybody else")));
    }
    for shown in toggles {
        let _ = write!(text, "\n{}", toggle(shown));
    }
    text
}

/// A toggle, and what happened to it.
pub fn toggle(toggle: &ToggleShown) -> String {
    let mut text = brief(toggle);
    line(&mut text, "Flags of", &toggle.profile.to_string());
    let wanted: Vec<String> = toggle.wanted.iter().map(ToString::to_string).collect();
    line(&mut text, "Wanted", &wanted.join(", "));
    line(&mut text, "Asked by", &format!("{} at {}", toggle.asked, moment(toggle.created)));
    text.extend(toggle.log.iter().map(noted));
    text
}

/// Where a toggle stands, in one line.
pub fn brief(toggle: &ToggleShown) -> String {
    let (style, state) = match toggle.state {
        ToggleState::UnderWay => (CALM, "under way"),
        ToggleState::Served if toggle.over => (GOOD, "done"),
        ToggleState::Served => (GOOD, "all clients get it"),
        ToggleState::Back => (CARE, "taken back"),
        ToggleState::Failed => (BAD, "failed"),
    };
    let why = toggle.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let text = format!("toggle {}  {}{why}", in_style(BOLD, &toggle.toggle), in_style(style, state));
    format!("{}\n", hang(&text, 2))
}

/// One thing that happened to a toggle.
pub fn noted(note: &Note) -> String {
    format!("  {}  {}\n", in_style(DIM, time_of_day(note.at)), hang(&note.what, 12))
}

/// What would change in a profile.
pub fn difference(difference: &Difference) -> String {
    let Difference { profile, version, edits, diff } = difference;
    if edits.is_empty() {
        return format!("{}: nothing changes, version {version} has it so\n", in_style(BOLD, profile));
    }
    let mut text = format!("{}: version {version} would change\n", in_style(BOLD, profile));
    for Edit { at, before, after } in edits {
        let of = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        let _ = writeln!(text, "  {at}: {} → {}", of(before), of(after));
    }
    text.push('\n');
    for line in diff.lines() {
        let style = match line.bytes().next() {
            Some(b'+') => GOOD,
            Some(b'-') => BAD,
            Some(b'@') => CALM,
            Some(_) | None => anstyle::Style::new(),
        };
        let _ = writeln!(text, "{}", in_style(style, line));
    }
    text
}

fn head(flags: &FlagsOfProfile) -> String {
    let mut text = format!("{}\n", in_style(BOLD, &flags.profile));
    let in_force =
        flags.version.map_or_else(|| "no version".to_owned(), |version| format!("version {version}"));
    line(&mut text, "In force", &in_force);
    if let Some(deployment) = &flags.deployment {
        line(&mut text, "Under way", &in_style(CALM, under_way(deployment)));
    }
    if let Some(waiting) = &flags.undeployed {
        let says =
            if waiting.description.is_empty() { String::new() } else { format!(": {}", waiting.description) };
        let waits =
            format!("version {}, which somebody wrote and never deployed here{says}", waiting.version);
        line(&mut text, "Waits", &in_style(CARE, hang(&waits, LABEL)));
    }
    text
}

/// `deployment 7 of version 4: deploying, 40 % of the clients`.
pub fn under_way(deployment: &DeploymentShown) -> String {
    let DeploymentShown { number, version, of_profile, state, percentage } = deployment;
    let what = if *of_profile { format!("version {version}") } else { "another profile".to_owned() };
    let state = match state {
        FlagState::Validating => "being validated",
        FlagState::Deploying => "deploying",
        FlagState::Baking => "baking",
        FlagState::Complete => "complete",
        FlagState::RollingBack => "rolling back",
        FlagState::RolledBack => "rolled back",
        FlagState::Reverted => "reverted",
    };
    format!("deployment {number} of {what}: {state}, {} of the clients get it", percent(percentage / 100.0))
}

fn line(text: &mut String, label: &str, value: &str) {
    let _ = writeln!(text, "{}{value}", in_style(DIM, format!("{label:LABEL$}")));
}

fn switch(enabled: bool) -> String {
    if enabled { in_style(GOOD, "on") } else { in_style(DIM, "off") }
}

fn set(attributes: &BTreeMap<String, Value>) -> String {
    attributes.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

fn note(flag: &FlagShown) -> String {
    match flag.deprecated.as_deref() {
        None => String::new(),
        Some("") => in_style(CARE, "deprecated"),
        Some(date) => in_style(CARE, format!("deprecated, to go on {date}")),
    }
}
