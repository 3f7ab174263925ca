//! A simulated world that is kept in a file between commands, or made anew from a scenario for one command.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use tidegate_domain::policy::Faults;
use tidegate_domain::units::Span;
use tidegate_sim::{Cloud, NotSaved, Scenario};

use super::{Backend, Needs};
use crate::exit::Failure;
use crate::files;
use crate::house::deploy;
use crate::play::SEED;

/// The world that `tidegate world new` makes where no scenario is named.
const PLAYGROUND: &str = include_str!("playground.yaml");

/// A world is saved once no invocation runs, which is the case every few seconds.
const TRIES: u32 = 600;

/// A simulated world.
pub struct SimulatedWorld {
    cloud: Cloud,
    /// Where it is kept; `None` for one that ends with the command.
    file: Option<PathBuf>,
}

impl SimulatedWorld {
    /// The world in a file: one that was kept, or the one at the start of a scenario.
    pub fn open(file: &Path) -> Result<Self, Failure> {
        let text = files::read(file)?;
        if is_scenario(file) {
            return Ok(Self { cloud: cloud_of(file, &text, SEED)?, file: None });
        }
        let cloud = Cloud::load(&text, deploy()).map_err(|error| not_saved(file, &error))?;
        Ok(Self { cloud, file: Some(file.to_owned()) })
    }

    /// A new world, to be kept in `file`: of a scenario, or one to play with.
    pub fn new(scenario: Option<&Path>, seed: u64, file: &Path) -> Result<Self, Failure> {
        let cloud = match scenario {
            Some(path) => cloud_of(path, &files::read(path)?, seed)?,
            None => cloud_of(Path::new("the playground"), PLAYGROUND, seed)?,
        };
        if is_scenario(file) {
            let problem = format!("{} would be read as a scenario; name it like world.json", file.display());
            return Err(Failure::Usage(problem));
        }
        Ok(Self { cloud, file: Some(file.to_owned()) })
    }

    /// What it is, in its scenario's own words.
    pub fn story(&self) -> (String, String) {
        let scenario = self.cloud.scenario();
        (scenario.title.clone(), scenario.story.clone())
    }
}

fn is_scenario(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

fn cloud_of(file: &Path, text: &str, seed: u64) -> Result<Cloud, Failure> {
    let scenario = Scenario::from_yaml(text).map_err(|faults| faulty(file, &faults))?;
    Cloud::new(scenario, seed, deploy()).map_err(|faults| faulty(file, &faults))
}

/// Every fault of a file, one a line.
pub fn faulty(file: &Path, faults: &Faults) -> Failure {
    let lines: Vec<String> = faults.0.iter().map(|fault| format!("{}: {fault}", file.display())).collect();
    Failure::Data(lines.join("\n"))
}

fn not_saved(file: &Path, error: &NotSaved) -> Failure {
    Failure::Data(format!("{}: {error}", file.display()))
}

#[async_trait]
impl Backend for SimulatedWorld {
    fn ports(&self) -> Needs {
        Needs::from(&self.cloud.ports())
    }

    fn pace(&self) -> Span {
        Span::seconds(5)
    }

    async fn pass(&mut self, time: Span) {
        self.cloud.advance(time);
    }

    fn lives_within_commands(&self) -> bool {
        true
    }

    async fn close(&mut self) -> Result<(), Failure> {
        let Some(file) = self.file.clone() else { return Ok(()) };
        for _ in 0..TRIES {
            match self.cloud.save() {
                Err(NotSaved::Running(_)) => self.cloud.advance(Span::seconds(1)),
                Err(error) => return Err(not_saved(&file, &error)),
                Ok(text) => return files::write(&file, &text),
            }
        }
        Err(Failure::Data(format!("{}: the world does not come to rest", file.display())))
    }
}
