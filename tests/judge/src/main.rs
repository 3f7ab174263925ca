//! `bench-judge`: plays the comparison and writes its document.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use tidegate_tests_judge::study::{Part, Plan};
use tidegate_tests_judge::tally::Runs;
use tidegate_tests_judge::{chart, document};

/// Compares the judge with what people use today, by simulation.
#[derive(Debug, Parser)]
struct Arguments {
    /// Seed of everything that is drawn.
    #[arg(long, default_value_t = 20_251)]
    seed: u64,
    /// Rollouts of each harmless scenario.
    #[arg(long, default_value_t = 2000)]
    rollouts: u64,
    /// Rollouts of each harmful scenario.
    #[arg(long, default_value_t = 400)]
    harmful_rollouts: u64,
    /// Rollouts of each harmful scenario whose median is close to its aim.
    #[arg(long, default_value_t = 40_000)]
    close_rollouts: u64,
    /// Plays these parts only.
    #[arg(long, value_enum)]
    only: Vec<PartName>,
    /// Threads; they change how long it takes, not what comes out.
    #[arg(long, default_value_t = std::thread::available_parallelism().map_or(1, usize::from))]
    threads: usize,
    /// Directory for the document and its chart; without it the document is printed.
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PartName {
    Harmless,
    Harmful,
    Late,
    Latency,
    Drift,
}

impl From<PartName> for Part {
    fn from(name: PartName) -> Self {
        match name {
            PartName::Harmless => Self::Harmless,
            PartName::Harmful => Self::Harmful,
            PartName::Late => Self::Late,
            PartName::Latency => Self::Latency,
            PartName::Drift => Self::Drift,
        }
    }
}

fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let parts: Vec<Part> = arguments.only.iter().copied().map(Part::from).collect();
    let plan = Plan {
        runs: Runs { seed: arguments.seed, threads: arguments.threads },
        harmless: arguments.rollouts,
        harmful: arguments.harmful_rollouts,
        close: arguments.close_rollouts,
        parts: if parts.is_empty() { Part::ALL.to_vec() } else { parts },
    };
    let findings = plan.play();
    let document = document::write(&plan, &findings);
    let Some(directory) = arguments.out else {
        print!("{document}");
        return Ok(());
    };
    let files = [(document::FILE, document), (chart::FILE, chart::draw(&findings))];
    for (name, text) in files {
        std::fs::write(directory.join(name), text)?;
    }
    Ok(())
}
