//! `tidegate simulate --faults`: plays worlds with faults in them, and checks what must always hold.

use std::fmt::Write as _;

use tidegate_domain::policy::Faults;
use tidegate_sim::mix::{self, Mix, Wanted};
use tidegate_sim::{Call, Scenario, Simulation, Struck};

use crate::args;
use crate::exit::Failure;
use crate::house::deploy;
use crate::out::Out;
use crate::play::{SEED, told};
use crate::show;
use crate::show::style::{BOLD, DIM, hang, in_style};
use crate::story::{Expected, Story};

use super::simulate::Played;

/// Plays these scenarios, or the one that belongs to the seed.
pub fn run(
    args: &args::Simulate,
    faults: &str,
    mut scenarios: Vec<(String, Scenario)>,
    out: &mut Out,
) -> Result<Vec<Story>, Failure> {
    let seed = args.seed.unwrap_or(SEED);
    let wanted = Wanted::read(faults).map_err(|faults| unknown(&faults))?;
    if scenarios.is_empty() {
        scenarios.extend(mix::world(seed).map(|(name, scenario)| (name.to_owned(), scenario)));
    }
    let mut stories = Vec::new();
    for (name, scenario) in scenarios {
        let mix = wanted.of(&scenario, seed).map_err(|faults| unknown(&faults))?;
        let (story, struck) = play(&name, &mix.within(&scenario), seed).map_err(|faults| unknown(&faults))?;
        out.say(&format!("{}{}\n", self::faults(&name, &mix, &struck), show::story::story(&story)))?;
        stories.push(story);
    }
    out.give(&stories.iter().map(Played::from).collect::<Vec<_>>())?;
    Ok(stories)
}

fn unknown(faults: &Faults) -> Failure {
    let lines: Vec<String> = faults.0.iter().map(|fault| format!("--faults {fault}")).collect();
    Failure::Usage(lines.join("\n"))
}

/// Plays a world; what must always hold is what is expected of it.
fn play(name: &str, scenario: &Scenario, seed: u64) -> Result<(Story, Struck), Faults> {
    let mut simulation = Simulation::new(scenario.clone(), seed, deploy())?;
    let broken = simulation.run_checked().err();
    let mut story = told(name, scenario, seed, &simulation);
    story.expected = vec![Expected {
        what: broken.as_ref().map_or("every invariant holds", |broken| broken.invariant).to_owned(),
        instead: broken.map(|broken| broken.to_string()),
    }];
    let struck = simulation.view().struck().clone();
    Ok((story, struck))
}

/// The faults of a world, and which of them struck.
fn faults(name: &str, mix: &Mix, struck: &Struck) -> String {
    let mut text = format!("{} {name}\n", in_style(BOLD, "Faults in"));
    for (strand, number) in mix.0.iter().zip(1..) {
        let _ = writeln!(text, "{number:>4}  {}", hang(&strand.to_string(), 6));
    }
    let harms = Call::ALL.iter().filter_map(|call| Some((call, struck.calls.get(call)?)));
    let harms = harms.flat_map(|(call, harms)| {
        harms.iter().map(move |(harm, count)| format!("{harm} at {call} × {count}"))
    });
    let kinds = struck.kinds.iter().map(|(kind, count)| format!("{kind} × {count}"));
    let all: Vec<String> = kinds.chain(harms).collect();
    let all = if all.is_empty() { "nothing".to_owned() } else { all.join(", ") };
    let _ = writeln!(text, "\n  {}\n", in_style(DIM, hang(&format!("struck: {all}"), 2)));
    text
}
