//! `tidegate demo`: eight scenarios that are compiled in, told on the terminal and on a page.

use std::path::Path;

use tidegate_sim::Scenario;

use super::simulate::{exit, tell};
use crate::args;
use crate::backend::faulty;
use crate::exit::{Exit, Failure};
use crate::files;
use crate::out::Out;
use crate::page::page;

macro_rules! scenarios {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../../../events/scenarios/", $name, ".yaml")))),+]
    };
}

/// What the demo plays, in this order.
const SCENARIOS: [(&str, &str); 8] = scenarios![
    "healthy",
    "five-times-errors",
    "outage",
    "no-traffic",
    "harm-at-the-gate",
    "crash-in-rollback",
    "codedeploy-ecs-unhealthy",
    "flags-at-25",
];

/// Carries the command out.
pub fn run(args: &args::Demo, out: &mut Out) -> Result<Exit, Failure> {
    let read = |(name, text): &(&str, &str)| {
        let scenario = Scenario::from_yaml(text).map_err(|faults| faulty(Path::new(name), &faults))?;
        Ok(((*name).to_owned(), scenario))
    };
    let scenarios = SCENARIOS.iter().map(read).collect::<Result<Vec<_>, Failure>>()?;
    let stories = tell(&scenarios, args.seed, out)?;
    files::write(&args.html, &page(&stories))?;
    out.say(&format!("\nthe page about it: {}\n", args.html.display()))?;
    Ok(exit(&stories))
}
