//! What has to change in a document for what is wanted, and everything that stands against it.

use serde_json::Value;

use super::constraint::Constraints;
use super::read::{Definition, Variant};
use super::text::{is_same, short};
use super::{Document, ENABLED, means_the_same};
use crate::flag::{Edit, Spot, Wanted};

/// So many names are told in full; of more, the nearest ones.
const NAMES_IN_FULL: usize = 12;
/// So many of the nearest names are told.
const NEAREST: usize = 3;

/// The edits, or every fault.
pub(super) fn plan(document: &Document, wanted: &[Wanted]) -> Result<Vec<Edit>, Vec<String>> {
    let mut planned = Planned { document, wanted, edits: Vec::new(), asked: Vec::new(), faults: Vec::new() };
    for wanted in wanted {
        planned.flag(wanted);
    }
    if planned.faults.is_empty() { Ok(planned.edits) } else { Err(planned.faults) }
}

struct Planned<'d, 'a> {
    document: &'d Document<'a>,
    /// All that is wanted.
    wanted: &'d [Wanted],
    edits: Vec<Edit>,
    /// Every value that was asked for, also where it is so already.
    asked: Vec<(Spot, String)>,
    faults: Vec<String>,
}

impl Planned<'_, '_> {
    fn flag(&mut self, wanted: &Wanted) {
        let parts = &self.document.parts;
        let Some(definition) = parts.definition(&wanted.flag) else {
            let names = parts.definitions.iter().map(|definition| definition.flag.as_str()).collect();
            self.faults.push(unknown("flag", &wanted.flag, names));
            return;
        };
        let variants = parts.entry(&wanted.flag).and_then(|entry| entry.variants.as_deref());
        let is_sound = match (&wanted.variant, variants) {
            (None, Some(variants)) => self.all_variants(wanted, variants),
            (Some(variant), None) => {
                self.fault(wanted, &format!("it has no variants, so none is called {variant:?}"));
                false
            }
            (Some(name), Some(variants)) if variants.iter().all(|variant| variant.name != *name) => {
                self.fault(wanted, &unknown("variant", name, names(variants)));
                false
            }
            (None, None) | (Some(_), Some(_)) => true,
        };
        let are_sound = self.attributes(definition, wanted);
        if !is_sound || !are_sound {
            return;
        }
        for variant in each(wanted, variants) {
            self.values(definition, wanted, variant);
        }
    }

    /// What is wanted of a flag with variants without naming one: only turning it off says what it means.
    fn all_variants(&mut self, wanted: &Wanted, variants: &[Variant]) -> bool {
        let known = names(variants).join(", ");
        if wanted.enabled == Some(true) {
            self.fault(wanted, &format!("it has variants; name the one to turn on: {known}"));
        }
        if !wanted.attributes.is_empty() {
            self.fault(wanted, &format!("it has variants; name the one whose attributes are meant: {known}"));
        }
        wanted.enabled != Some(true) && wanted.attributes.is_empty()
    }

    fn attributes(&mut self, definition: &Definition, wanted: &Wanted) -> bool {
        let before = self.faults.len();
        for (name, value) in &wanted.attributes {
            if name == ENABLED {
                self.fault(wanted, "enabled is no attribute; say that it is on or off");
                continue;
            }
            let known = definition.attributes.iter().filter(|(known, _)| !known.starts_with('_'));
            let Some((_, constraints)) = known.clone().find(|(known, _)| known == name) else {
                let names = known.map(|(known, _)| known.as_str()).collect();
                self.fault(wanted, &unknown("attribute", name, names));
                continue;
            };
            let told = short(&value.to_string());
            for fault in Constraints::read(*constraints).faults(value) {
                self.fault(wanted, &format!("attribute {name}: {told} {fault}"));
            }
        }
        self.faults.len() == before
    }

    /// The values of a flag or of one of its variants.
    fn values(&mut self, definition: &Definition, wanted: &Wanted, variant: Option<&str>) {
        let spot = |member: &str| Spot {
            flag: wanted.flag.clone(),
            variant: variant.map(str::to_owned),
            member: member.to_owned(),
        };
        if wanted.enabled == Some(true) {
            let required = definition.attributes.iter().filter(|(_, c)| Constraints::read(*c).is_required());
            for (name, _) in required {
                let is_wanted = |other: &Wanted| {
                    (&other.flag, &other.variant) == (&wanted.flag, &wanted.variant)
                        && other.attributes.contains_key(name)
                };
                if self.document.value(&spot(name)).is_none() && !self.wanted.iter().any(is_wanted) {
                    let problem =
                        format!("attribute {name} is required of a flag that is on, and has no value");
                    self.fault(wanted, &problem);
                }
            }
        }
        let enabled = wanted.enabled.map(|enabled| (spot(ENABLED), Value::Bool(enabled)));
        let attributes = wanted.attributes.iter().map(|(name, value)| (spot(name), value.clone()));
        for (at, value) in enabled.into_iter().chain(attributes) {
            self.value(wanted, at, &value.to_string());
        }
    }

    fn value(&mut self, wanted: &Wanted, at: Spot, after: &str) {
        if let Some((_, other)) = self.asked.iter().find(|(asked, _)| *asked == at) {
            if !is_same(other, after) {
                let problem = format!("{} is wanted both {other} and {after}", at.member);
                self.fault(wanted, &problem);
            }
            return;
        }
        self.asked.push((at.clone(), after.to_owned()));
        let before = self.document.value(&at);
        if !means_the_same(&at, before, Some(after)) {
            self.edits.push(Edit { at, before: before.map(str::to_owned), after: Some(after.to_owned()) });
        }
    }

    fn fault(&mut self, wanted: &Wanted, problem: &str) {
        let variant = wanted.variant.as_ref().map(|name| format!(" (variant {name})")).unwrap_or_default();
        self.faults.push(format!("flag {}{variant}: {problem}", wanted.flag));
    }
}

/// The variants whose values are meant; `None` stands for the flag itself.
fn each<'w>(wanted: &'w Wanted, variants: Option<&'w [Variant]>) -> Vec<Option<&'w str>> {
    match (&wanted.variant, variants) {
        (None, Some(variants)) => names(variants).into_iter().map(Some).collect(),
        (variant, _) => vec![variant.as_deref()],
    }
}

fn names<'v>(variants: &'v [Variant]) -> Vec<&'v str> {
    variants.iter().map(|variant| variant.name.as_str()).collect()
}

/// Says that nothing has this name, and what has one.
fn unknown(what: &str, name: &str, mut known: Vec<&str>) -> String {
    let problem = format!("no {what} is called {name:?}");
    if known.is_empty() {
        return format!("{problem}; there is none");
    }
    if known.len() <= NAMES_IN_FULL {
        return format!("{problem}; known: {}", known.join(", "));
    }
    let all = known.len();
    known.sort_by_cached_key(|other| distance(name, other));
    known.truncate(NEAREST);
    format!("{problem}; the nearest of {all}: {}", known.join(", "))
}

/// How many letters have to be put in, left out or exchanged to make one of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, theirs) in other.iter().enumerate() {
            let exchanged = diagonal + usize::from(letter != *theirs);
            diagonal = row[column + 1];
            row[column + 1] = exchanged.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}
