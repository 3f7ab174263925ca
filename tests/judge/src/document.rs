//! The document: a text with places for the tables.

use crate::study::{Findings, Plan};
use crate::{aims, tables};

/// Its name.
pub const FILE: &str = "judge-benchmark.md";
const TEXT: &str = include_str!("document.md");

/// The document, filled in.
pub fn write(plan: &Plan, findings: &Findings) -> String {
    let places = [
        ("seed", plan.runs.seed.to_string()),
        ("harmless", plan.harmless.to_string()),
        ("harmful", plan.harmful.to_string()),
        ("false rollbacks", tables::false_rollbacks(findings)),
        ("detection", tables::detection(findings)),
        ("all found", tables::all_found(findings)),
        ("late", tables::late(findings)),
        ("drift", tables::drift(findings)),
        ("close", plan.close.to_string()),
        ("close medians", aims::close_medians(findings)),
        ("aims", tables::aims(findings)),
        ("latency", tables::latency(findings)),
    ];
    places
        .iter()
        .fold(TEXT.to_owned(), |text, (place, filling)| text.replace(&format!("{{{{{place}}}}}"), filling))
}
