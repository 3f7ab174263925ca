//! `tidegate simulate`: plays scenario files and checks what they expect.

use std::path::Path;

use serde::Serialize;
use tidegate_domain::rollout::{PhaseName, RolloutId};
use tidegate_sim::Scenario;

use crate::args;
use crate::backend::faulty;
use crate::exit::{Exit, Failure};
use crate::files;
use crate::out::Out;
use crate::page::page;
use crate::play::{SEED, play};
use crate::show;
use crate::story::Story;

use super::mixed;

/// One scenario as `simulate --output json` and `demo --output json` print it, in a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Played {
    /// The scenario's file name without its ending.
    scenario: String,
    title: String,
    seed: u64,
    /// Whether everything came as expected.
    as_expected: bool,
    expected: Vec<ExpectedAs>,
    rollouts: Vec<Ended>,
    /// The subjects of the messages that on-call got.
    notices: Vec<String>,
    invocations: u64,
    calls: u64,
    metric_series: u64,
}

#[derive(Debug, Serialize)]
struct ExpectedAs {
    what: String,
    /// What came instead; `null` where it came so.
    instead: Option<String>,
}

#[derive(Debug, Serialize)]
struct Ended {
    rollout: RolloutId,
    phase: PhaseName,
    why: String,
}

impl From<&Story> for Played {
    fn from(story: &Story) -> Self {
        let expected = story.expected.iter();
        let ended = story.courses.iter().map(|course| Ended {
            rollout: course.rollout.id.clone(),
            phase: course.rollout.phase.name(),
            why: course.rollout.reason.to_string(),
        });
        Self {
            scenario: story.name.clone(),
            title: story.title.clone(),
            seed: story.seed,
            as_expected: story.is_as_expected(),
            expected: expected
                .map(|expected| ExpectedAs { what: expected.what.clone(), instead: expected.instead.clone() })
                .collect(),
            rollouts: ended.collect(),
            notices: story.notices.iter().map(|notice| notice.subject.clone()).collect(),
            invocations: story.cost.invocations,
            calls: story.cost.calls,
            metric_series: story.cost.series,
        }
    }
}

/// Carries the command out.
pub fn run(args: &args::Simulate, out: &mut Out) -> Result<Exit, Failure> {
    let mut scenarios = Vec::new();
    let mut faults = Vec::new();
    for file in &args.scenarios {
        match Scenario::from_yaml(&files::read(file)?) {
            Ok(scenario) => scenarios.push((name(file), scenario)),
            Err(found) => faults.push(faulty(file, &found).to_string()),
        }
    }
    if !faults.is_empty() {
        return Err(Failure::Data(faults.join("\n")));
    }
    let stories = if let Some(faults) = &args.faults {
        mixed::run(args, faults, scenarios, out)?
    } else {
        tell(&scenarios, args.seed, out)?
    };
    if let Some(file) = &args.html {
        files::write(file, &page(&stories))?;
        out.say(&format!("\nthe page about it: {}\n", file.display()))?;
    }
    Ok(exit(&stories))
}

fn name(file: &Path) -> String {
    file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

/// Plays scenarios one after the other, telling each as soon as it is over.
pub fn tell(
    scenarios: &[(String, Scenario)],
    seed: Option<u64>,
    out: &mut Out,
) -> Result<Vec<Story>, Failure> {
    let mut stories = Vec::new();
    for (name, scenario) in scenarios {
        let story =
            play(name, scenario, seed.unwrap_or(SEED)).map_err(|found| faulty(Path::new(name), &found))?;
        out.say(&format!("{}\n\n", show::story::story(&story)))?;
        stories.push(story);
    }
    out.say(&show::story::summary(&stories))?;
    out.give(&stories.iter().map(Played::from).collect::<Vec<_>>())?;
    Ok(stories)
}

/// Good when everything came as expected.
pub fn exit(stories: &[Story]) -> Exit {
    if stories.iter().all(Story::is_as_expected) { Exit::Good } else { Exit::Bad }
}
