//! What the judge aims at, beside what was measured. An aim that is missed is written as missed.

use crate::draws::float;
use crate::latency::Slowdown;
use crate::scenario::{BASE_RATES, Effect, Noise, Percent};
use crate::study::{Findings, PRESETS, PlayedClose};
use crate::tables::{harmful, minute, percent, worst};

/// The minute by which the close scenarios are to be found, half of them at least.
const CLOSE_MINUTE: usize = 9;
/// How near to one half the share found by that minute is called close.
const HAIR: f64 = 0.05;

/// An aim, what it allows and what was measured.
pub struct Aim {
    /// What it is about.
    pub about: String,
    /// What it allows.
    pub allowed: String,
    /// What was measured.
    pub measured: String,
    /// Whether the one is within the other.
    pub met: bool,
}

/// Every aim whose part was played.
pub fn aims(findings: &Findings) -> Vec<Aim> {
    let mut aims = false_rollbacks(findings);
    aims.extend(detection(findings));
    aims.extend(findings.close.iter().map(close));
    aims.extend(late(findings));
    aims.extend(latency(findings));
    aims
}

/// Index of the default preset among the deciders; the tolerant one comes after it.
fn balanced(findings: &Findings) -> usize {
    findings.deciders.len() - PRESETS.len()
}

fn false_rollbacks(findings: &Findings) -> Vec<Aim> {
    let quiet = [Noise::Independent, Noise::Shared, Noise::Outage];
    let rough = [Noise::Scatter(0.5), Noise::Burst, Noise::ColdStart];
    let balanced = balanced(findings);
    let of = |noises: &[Noise], preset: usize, name: &str, limit: f64| {
        let shares = noises.iter().filter_map(|&noise| worst(findings, preset, noise));
        let share = shares.map(|(_, share)| share).reduce(f64::max)?;
        let names: Vec<_> = noises.iter().map(ToString::to_string).collect();
        Some(Aim {
            about: format!("false rollbacks, {name}: {}", names.join(", ")),
            allowed: format!("at most {} %", percent(limit)),
            measured: format!("{} %", percent(share)),
            met: share <= limit,
        })
    };
    let aims = [
        of(&quiet, balanced, "balanced", 0.005),
        of(&[Noise::Scatter(0.2)], balanced, "balanced", 0.01),
        of(&rough, balanced, "balanced", 0.05),
        of(&rough, balanced + 1, "tolerant", 0.02),
    ];
    aims.into_iter().flatten().collect()
}

/// At 100 requests per second, with 5 % of them on the candidate at first.
fn detection(findings: &Findings) -> Vec<Aim> {
    let of = |base_rates: &[f64], effect: Effect, what: &str, limit: f64| {
        let tallies = base_rates.iter().filter_map(|&rate| harmful(findings, 100.0, rate, effect));
        let medians = tallies.map(|played| played.tallies[balanced(findings)].median_minute());
        let slowest = medians.map(|median| median.unwrap_or(f64::INFINITY)).reduce(f64::max)?;
        Some(Aim {
            about: format!("median minute at 100 rps: {what}"),
            allowed: format!("at most {limit}"),
            measured: format!("{slowest}"),
            met: slowest <= limit,
        })
    };
    let aims = [
        of(&BASE_RATES, Effect::EverythingFails, "everything fails", 1.0),
        of(&BASE_RATES, Effect::Plus(0.05), "errors rise by 5 %", 3.0),
    ];
    aims.into_iter().flatten().collect()
}

fn close(played: &PlayedClose) -> Aim {
    let median = played.tally.median_minute();
    let found = percent(played.tally.share_by(CLOSE_MINUTE));
    Aim {
        about: format!("median minute at {} rps: {}", played.cell.rps, rise(played)),
        allowed: format!("at most {CLOSE_MINUTE}"),
        measured: format!("{} ({found} % found by minute {CLOSE_MINUTE})", minute(median)),
        met: median.is_some_and(|median| median <= float(CLOSE_MINUTE as u64)),
    }
}

/// What the close scenarios come out as, in words: `- 1 % → 2 %: 10 by a hair, …`.
pub fn close_medians(findings: &Findings) -> String {
    let lines = findings.close.iter().map(|played| {
        let found = played.tally.share_by(CLOSE_MINUTE);
        let hair = if (found - 0.5).abs() <= HAIR { " by a hair" } else { "" };
        let (median, found) = (minute(played.tally.median_minute()), percent(found));
        format!("- {}: {median}{hair}; {found} % are found by minute {CLOSE_MINUTE}.", rise(played))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// `1 % → 2 %`.
fn rise(played: &PlayedClose) -> String {
    let before = played.cell.base_rate;
    format!("{} → {}", Percent(before), Percent(played.effect.on(before)))
}

/// Found, and how long after the harm began; in the order in which the study plays them.
fn late(findings: &Findings) -> Vec<Aim> {
    let limits = [(1.0, 26.0), (1.0, 21.0), (0.96, 27.0)];
    let aims = findings.late.iter().zip(limits).map(|(played, (share, latest))| {
        let tally = &played.tallies[balanced(findings)];
        let median = tally.median_minute();
        Aim {
            about: format!("late harm: {}", played.scenario),
            allowed: format!("{} % by a median of {latest}", percent(share)),
            measured: format!("{} %, {}", percent(tally.share()), minute(median)),
            met: tally.share() >= share && median.is_some_and(|median| median <= latest),
        }
    });
    aims.collect()
}

fn latency(findings: &Findings) -> Vec<Aim> {
    let aims = findings.latency.iter().map(|played| {
        let [tally, _] = &played.tallies;
        let (share, median) = (tally.share(), tally.median_minute());
        let about = format!("latency at {} rps: {}", played.scenario.rps, played.scenario.slowdown);
        match played.scenario.slowdown {
            Slowdown::None => Aim {
                about,
                allowed: "at most 0.5 %".to_owned(),
                measured: format!("{} %", percent(share)),
                met: share <= 0.005,
            },
            Slowdown::Median(_) | Slowdown::Tail(_) => Aim {
                about,
                allowed: "99 % by a median of 12".to_owned(),
                measured: format!("{} %, {}", percent(share), minute(median)),
                met: share >= 0.99 && median.is_some_and(|median| median <= 12.0),
            },
        }
    });
    aims.collect()
}
