//! The comparison: which scenarios are played how often, and what came of them.

use crate::deciders::tidegate::Tidegate;
use crate::deciders::{self, Decider, Family};
use crate::latency::{LatencyScenario, Slowdown};
use crate::scenario::{Cell, Effect, MINUTES, Minute, Noise, Release, Scenario, Who, cells};
use crate::tally::{Outcome, Runs, Tally};
use tidegate_judge::Preset;

/// How many deciders are compared.
pub const DECIDERS: usize = 17;
/// How many of them are the judge: its presets.
pub const PRESETS: [Preset; 2] = [Preset::Balanced, Preset::Tolerant];

/// Harm whose median is close to its aim, at 100 requests per second: 1 % → 2 % and 0.1 % → 0.5 %.
const CLOSE: [(f64, Effect); 2] = [(0.01, Effect::Times(2.0)), (0.001, Effect::Times(5.0))];

/// A part of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Harmless releases: false rollbacks.
    Harmless,
    /// Harmful releases: what is found, and when.
    Harmful,
    /// Harm that begins late.
    Late,
    /// Slow releases.
    Latency,
    /// Versions that drift by themselves.
    Drift,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Harmless, Self::Harmful, Self::Late, Self::Latency, Self::Drift];
}

/// How much is played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Seed and threads.
    pub runs: Runs,
    /// Rollouts of each harmless scenario.
    pub harmless: u64,
    /// Rollouts of each harmful scenario.
    pub harmful: u64,
    /// Rollouts of each harmful scenario whose median is close to its aim.
    pub close: u64,
    /// What is played.
    pub parts: Vec<Part>,
}

/// A scenario with what every decider made of it, in the order of [`deciders::all`].
#[derive(Debug, Clone, PartialEq)]
pub struct Played {
    /// The scenario.
    pub scenario: Scenario,
    /// By decider.
    pub tallies: [Tally; DECIDERS],
}

/// A latency scenario with what the judge's presets made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct PlayedLatency {
    /// The scenario.
    pub scenario: LatencyScenario,
    /// By preset, in the order of [`PRESETS`].
    pub tallies: [Tally; PRESETS.len()],
}

/// A harmful release whose median is close to its aim, with what the judge's default made of many more rollouts.
#[derive(Debug, Clone, PartialEq)]
pub struct PlayedClose {
    /// The service.
    pub cell: Cell,
    /// What the release does, from the first minute on.
    pub effect: Effect,
    /// What came of it.
    pub tally: Tally,
}

/// A decider as tables and charts name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub family: Family,
}

/// What came of everything that was played; empty where a part was not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Findings {
    /// The deciders.
    pub deciders: Vec<Named>,
    /// Harmless releases, noise by noise.
    pub harmless: Vec<Played>,
    /// Harmful releases, effect by effect.
    pub harmful: Vec<Played>,
    /// Harmful releases whose median is close to its aim; played with the harmful ones.
    pub close: Vec<PlayedClose>,
    /// Harm that begins late.
    pub late: Vec<Played>,
    /// Versions that drift by themselves.
    pub drift: Vec<Played>,
    /// Slow releases.
    pub latency: Vec<PlayedLatency>,
}

impl Plan {
    /// Plays it.
    ///
    /// # Panics
    /// When the number of deciders is not [`DECIDERS`].
    pub fn play(&self) -> Findings {
        let deciders = deciders::all();
        let deciders: &[Box<dyn Decider>; DECIDERS] =
            deciders.as_slice().try_into().expect("DECIDERS is the number of deciders");
        let played = |part: Part, scenarios: Vec<Scenario>| {
            let rollouts =
                if part == Part::Harmless || part == Part::Drift { self.harmless } else { self.harmful };
            let played = scenarios.into_iter().filter(|_| self.parts.contains(&part));
            played.map(|scenario| self.played(scenario, rollouts, deciders)).collect()
        };
        Findings {
            deciders: deciders.iter().map(|d| Named { name: d.name(), family: d.family() }).collect(),
            harmless: played(Part::Harmless, harmless()),
            harmful: played(Part::Harmful, harmful()),
            close: if self.parts.contains(&Part::Harmful) { self.close() } else { vec![] },
            late: played(Part::Late, late()),
            drift: played(Part::Drift, drift()),
            latency: if self.parts.contains(&Part::Latency) { self.latency() } else { vec![] },
        }
    }

    fn played(&self, scenario: Scenario, rollouts: u64, deciders: &[Box<dyn Decider>; DECIDERS]) -> Played {
        let tallies = self.runs.tally(rollouts, |seed, rollout| {
            let minutes = scenario.play(seed, rollout);
            deciders.each_ref().map(|decider| outcome(decider.as_ref(), &minutes))
        });
        Played { scenario, tallies }
    }

    fn close(&self) -> Vec<PlayedClose> {
        let played = CLOSE.map(|(base_rate, effect)| {
            let cell = Cell { rps: 100.0, base_rate };
            let scenario = Scenario { cell, release: Release::Harmful { effect, after: 0 } };
            let [tally] = self.runs.tally(self.close, |seed, rollout| {
                [outcome(&Tidegate(PRESETS[0]), &scenario.play(seed, rollout))]
            });
            PlayedClose { cell, effect, tally }
        });
        played.into()
    }

    fn latency(&self) -> Vec<PlayedLatency> {
        let mut scenarios: Vec<_> =
            [10.0, 100.0, 1000.0].map(|rps| LatencyScenario { rps, slowdown: Slowdown::None }).into();
        let slow = [Slowdown::Tail(1.2), Slowdown::Median(1.1)];
        scenarios.extend(slow.map(|slowdown| LatencyScenario { rps: 100.0, slowdown }));
        let played = scenarios.into_iter().map(|scenario| {
            let rollouts = if scenario.slowdown == Slowdown::None { self.harmless } else { self.harmful };
            let tallies = self.runs.tally(rollouts, |seed, rollout| {
                let slow = scenario.play(seed, rollout);
                PRESETS.map(|preset| {
                    let rolls_back =
                        |&minutes: &usize| Tidegate(preset).rolls_back_over_latency(&slow, minutes);
                    Outcome { rolled_back: (1..=MINUTES).find(rolls_back), failed: 0 }
                })
            });
            PlayedLatency { scenario, tallies }
        });
        played.collect()
    }
}

fn outcome(decider: &dyn Decider, minutes: &[Minute]) -> Outcome {
    let rolled_back = (1..=minutes.len()).find(|&seen| decider.rolls_back(&minutes[..seen]));
    let lived = &minutes[..rolled_back.unwrap_or(minutes.len())];
    Outcome { rolled_back, failed: lived.iter().map(|minute| minute.tick.candidate.bad).sum() }
}

fn harmless() -> Vec<Scenario> {
    let of = |noise| cells().map(move |cell| Scenario { cell, release: Release::Harmless(noise) });
    Noise::ALL.into_iter().flat_map(of).collect()
}

fn harmful() -> Vec<Scenario> {
    let of =
        |effect| cells().map(move |cell| Scenario { cell, release: Release::Harmful { effect, after: 0 } });
    Effect::ALL.into_iter().flat_map(of).collect()
}

fn late() -> Vec<Scenario> {
    let late = [(1000.0, 5.0, 20), (1000.0, 2.0, 15), (100.0, 2.0, 20)];
    let scenario = |(rps, factor, after)| Scenario {
        cell: Cell { rps, base_rate: 0.01 },
        release: Release::Harmful { effect: Effect::Times(factor), after },
    };
    late.map(scenario).into()
}

fn drift() -> Vec<Scenario> {
    let of = |who| {
        [100.0, 1000.0]
            .map(|rps| Scenario { cell: Cell { rps, base_rate: 0.01 }, release: Release::Drifting(who) })
    };
    [Who::Candidate, Who::Each].into_iter().flat_map(of).collect()
}
