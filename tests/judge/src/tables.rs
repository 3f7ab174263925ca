//! The tables of the document, as Markdown.

use std::fmt::Write as _;

use crate::aims::{self, Aim};
use crate::deciders::Family;
use crate::scenario::{BASE_RATES, Cell, Effect, Noise, Percent, RPS, Release};
use crate::study::{Findings, Named, PRESETS, Played};
use crate::tally::Tally;

/// The services and effects that the table of detection shows; [`all_found`] shows the judge on all of them.
pub const SHOWN: [(f64, f64, Effect); 7] = [
    (100.0, 0.001, Effect::Times(2.0)),
    (100.0, 0.001, Effect::Times(5.0)),
    (100.0, 0.001, Effect::Plus(0.01)),
    (100.0, 0.01, Effect::Times(2.0)),
    (100.0, 0.0001, Effect::Plus(0.05)),
    (1000.0, 0.001, Effect::Times(2.0)),
    (100.0, 0.001, Effect::EverythingFails),
];

/// A table: its head, and its rows.
fn table(head: &[String], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text.trim_end().to_owned()
}

/// A decider's name; the judge's presets stand out.
fn bold(Named { name, family }: &Named) -> String {
    match family {
        Family::Judge => format!("**{name}**"),
        Family::Alarm | Family::Checks | Family::Fleets | Family::Test => name.clone(),
    }
}

/// A percentage without its sign: one digit after the point below 10 and where it would round to 100. What is not
/// none never reads as 0, what is not all never as 100.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let fine = percent < 9.95 || (percent >= 99.5 && share < 1.0);
    if fine && share > 0.0 { format!("{:.1}", percent.clamp(0.1, 99.9)) } else { format!("{percent:.0}") }
}

/// A median minute, or a dash.
pub fn minute(median: Option<f64>) -> String {
    median.map_or("–".to_owned(), |minute| format!("{minute}"))
}

/// `detected % / median minute / mean failed requests`.
fn found(tally: &Tally) -> String {
    let median = minute(tally.median_minute());
    format!("{} / {median} / {:.0}", percent(tally.share()), tally.mean_failed())
}

/// The cell in which a decider does worst under a noise, and the share of false rollbacks there.
pub fn worst(findings: &Findings, decider: usize, noise: Noise) -> Option<(Cell, f64)> {
    let of_noise = findings.harmless.iter().filter(|p| p.scenario.release == Release::Harmless(noise));
    of_noise
        .map(|p| (p.scenario.cell, p.tallies[decider].share()))
        .reduce(|worst, next| if next.1 > worst.1 { next } else { worst })
}

/// False rollbacks, the worst of all cells by noise.
pub fn false_rollbacks(findings: &Findings) -> String {
    let head: Vec<_> = ["decider".to_owned()].into_iter().chain(Noise::ALL.map(|n| n.to_string())).collect();
    let entry = |decider, noise| match worst(findings, decider, noise) {
        Some((_, 0.0)) => "0".to_owned(),
        Some((Cell { rps, base_rate }, share)) => {
            format!("{} ({rps}; {})", percent(share), Percent(base_rate))
        }
        None => "–".to_owned(),
    };
    let row = |(decider, named): (usize, &Named)| {
        [bold(named)].into_iter().chain(Noise::ALL.map(|noise| entry(decider, noise))).collect()
    };
    table(&head, findings.deciders.iter().enumerate().map(row))
}

/// A harmful scenario as it was played.
pub fn harmful(findings: &Findings, rps: f64, base_rate: f64, effect: Effect) -> Option<&Played> {
    let cell = Cell { rps, base_rate };
    let release = Release::Harmful { effect, after: 0 };
    findings.harmful.iter().find(|p| p.scenario.cell == cell && p.scenario.release == release)
}

/// What is found, how soon, and what it costs until then, for the scenarios in [`SHOWN`].
pub fn detection(findings: &Findings) -> String {
    let name =
        |(rps, base_rate, effect): (f64, f64, Effect)| format!("{}, {effect}", Cell { rps, base_rate });
    let head: Vec<_> = ["decider".to_owned()].into_iter().chain(SHOWN.map(name)).collect();
    let entry = |decider: usize, (rps, base_rate, effect)| {
        harmful(findings, rps, base_rate, effect).map_or("–".to_owned(), |p| found(&p.tallies[decider]))
    };
    let row = |(decider, named): (usize, &Named)| {
        [bold(named)].into_iter().chain(SHOWN.map(|shown| entry(decider, shown))).collect()
    };
    table(&head, findings.deciders.iter().enumerate().map(row))
}

/// What the judge's default finds in every cell, with every effect.
pub fn all_found(findings: &Findings) -> String {
    let balanced = findings.deciders.len() - PRESETS.len();
    let head: Vec<_> = ["service".to_owned()].into_iter().chain(Effect::ALL.map(|e| e.to_string())).collect();
    let entry = |rps, base_rate, effect| {
        harmful(findings, rps, base_rate, effect).map_or("–".to_owned(), |played| {
            let tally = &played.tallies[balanced];
            format!("{} / {}", percent(tally.share()), minute(tally.median_minute()))
        })
    };
    let rows = RPS.into_iter().flat_map(|rps| BASE_RATES.map(|base_rate| (rps, base_rate)));
    let row = |(rps, base_rate)| {
        let name = Cell { rps, base_rate }.to_string();
        [name].into_iter().chain(Effect::ALL.map(|effect| entry(rps, base_rate, effect))).collect()
    };
    table(&head, rows.map(row))
}

/// Harm that begins late, for every decider.
pub fn late(findings: &Findings) -> String {
    by_decider(findings, &findings.late, |tally| {
        format!("{} / {}", percent(tally.share()), minute(tally.median_minute()))
    })
}

/// Versions that drift by themselves, for every decider.
pub fn drift(findings: &Findings) -> String {
    by_decider(findings, &findings.drift, |tally| percent(tally.share()))
}

fn by_decider(findings: &Findings, played: &[Played], entry: impl Fn(&Tally) -> String) -> String {
    let head: Vec<_> =
        ["decider".to_owned()].into_iter().chain(played.iter().map(|p| p.scenario.to_string())).collect();
    let row = |(decider, named): (usize, &Named)| {
        [bold(named)].into_iter().chain(played.iter().map(|p| entry(&p.tallies[decider]))).collect()
    };
    table(&head, findings.deciders.iter().enumerate().map(row))
}

/// Slow releases, for the judge's presets.
pub fn latency(findings: &Findings) -> String {
    let head = ["rps", "slowdown", "balanced", "tolerant"].map(str::to_owned);
    let rows = findings.latency.iter().map(|played| {
        let entry = |tally: &Tally| format!("{} / {}", percent(tally.share()), minute(tally.median_minute()));
        let scenario = [played.scenario.rps.to_string(), played.scenario.slowdown.to_string()];
        scenario.into_iter().chain(played.tallies.iter().map(entry)).collect()
    });
    table(&head, rows)
}

/// What the judge aims at, and whether it was met.
pub fn aims(findings: &Findings) -> String {
    let head = ["aim", "allowed", "measured", ""].map(str::to_owned);
    let row = |aim: Aim| {
        let met = if aim.met { "met" } else { "**missed**" };
        vec![aim.about, aim.allowed, aim.measured, met.to_owned()]
    };
    table(&head, aims::aims(findings).into_iter().map(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_never_reads_as_none_and_most_never_as_all() {
        let shares = [0.0, 0.0001, 0.0123, 0.0994, 0.0996, 0.5, 0.9949, 0.9951, 0.9999, 1.0];
        let wanted = ["0", "0.1", "1.2", "9.9", "10", "50", "99", "99.5", "99.9", "100"];
        assert_eq!(shares.map(percent), wanted);
    }
}
