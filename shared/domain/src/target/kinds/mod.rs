//! The kinds of target there are. A new one is one file here and one line in [`KINDS`]; its routers, one an adapter crate,
//! are one file and one line each.

pub mod code_deploy;
pub mod ecs;
pub mod lambda;
#[cfg(test)]
mod tests;

use super::Target;

/// Every kind.
pub const KINDS: &[&TargetKind] = &[&lambda::KIND, &ecs::KIND, &code_deploy::KIND];

/// A kind of target: what a policy has to say to name one.
#[derive(Debug)]
pub struct TargetKind {
    /// Its name in policies.
    pub name: &'static str,
    /// What it is, for the schema.
    pub about: &'static str,
    /// Whether a version's name will do; if not, why. Needs no network.
    pub check_version: fn(&str) -> Result<(), String>,
    /// Whether what a target runs is known not to be a Lambda function, so that no version of it can be invoked.
    pub is_no_function: fn(&Target) -> bool,
    /// Its settings. Those that are required make up its name, in this order.
    pub settings: &'static [Setting],
    /// Settings of which neither is of use without the other.
    pub pairs: &'static [(&'static str, &'static str)],
}

/// One setting of a kind.
#[derive(Debug)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What it is, for the schema.
    pub about: &'static str,
    /// A value that would do.
    pub example: &'static str,
    /// The pattern of the schema, an ECMA regular expression.
    pub pattern: &'static str,
    /// Whether a target has to state it.
    pub required: bool,
    /// Whether a value will do; if not, why. Needs no network.
    pub check: fn(&str) -> Result<(), String>,
}

/// The kind of this name.
pub fn find(name: &str) -> Option<&'static TargetKind> {
    KINDS.iter().copied().find(|kind| kind.name == name)
}

/// The names of all kinds, for messages: `lambda, codeDeploy`.
pub fn known() -> String {
    KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", ")
}

/// Everything that is wrong with a target, each with its place and what would be right.
pub fn faults(target: &Target) -> Vec<(String, String)> {
    let Some(kind) = find(&target.kind) else {
        return vec![(String::new(), format!("no kind is called {:?}; known: {}", target.kind, known()))];
    };
    let names: Vec<&str> = kind.settings.iter().map(|setting| setting.name).collect();
    let unknown = target.settings.keys().filter(|name| !names.contains(&name.as_str()));
    let unknown = unknown
        .map(|name| (format!("{}.{name}", kind.name), format!("no such field; known: {}", names.join(", "))));
    let wrong = kind.settings.iter().filter_map(|setting| {
        let problem = match target.settings.get(setting.name) {
            None => missing(kind, setting, target)?,
            Some(value) => (setting.check)(value).err()?,
        };
        Some((format!("{}.{}", kind.name, setting.name), problem))
    });
    unknown.chain(wrong).collect()
}

/// What is wrong where a setting is not stated.
fn missing(kind: &TargetKind, setting: &Setting, target: &Target) -> Option<String> {
    if setting.required {
        return Some(format!("is missing; like {}", setting.example));
    }
    let other = kind.pairs.iter().find_map(|(one, other)| match setting.name {
        name if name == *one => Some(other),
        name if name == *other => Some(one),
        _ => None,
    })?;
    target.settings.contains_key(*other).then(|| {
        format!("is missing beside {other}, which says nothing without it; like {}", setting.example)
    })
}

/// Whether a name has 1 to `longest` characters, all of which fit.
fn is_name(name: &str, longest: usize, fits: fn(char) -> bool) -> bool {
    (1..=longest).contains(&name.len()) && name.chars().all(fits)
}

/// Letters, digits, `-` and `_`.
const fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}
