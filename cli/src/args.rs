//! The command line.

mod flags;
mod freeze;
mod offline;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use tidegate_domain::rollout::RolloutId;
use tidegate_domain::target::Version;
use tidegate_domain::units::Span;

use crate::exit;

pub use self::flags::{Flag, FlagDiff, FlagGet, FlagPlace, Switch};
pub use self::freeze::{Freeze, FreezeSwitch};
pub use self::offline::{Backtest, Judge};

/// Lets a new version's traffic in a little at a time, watches it, and closes by itself when the water turns.
#[derive(Debug, Parser)]
#[command(name = "tidegate", version, after_long_help = exit::TABLE, after_help = "Exit codes: see --help.")]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options that every command takes.
    #[command(flatten)]
    pub global: Global,
}

/// Options that every command takes.
#[derive(Debug, Args)]
pub struct Global {
    /// Who asks, as the timeline and on-call will read it [default: the name of the OS user].
    #[arg(long, global = true, value_name = "NAME")]
    pub by: Option<String>,
    /// For people, or for machines: one JSON document whose shape stays as it is.
    #[arg(long, global = true, value_enum, default_value_t = Output::Human)]
    pub output: Output,
    /// Works on a simulated world under virtual time: a file made by `tidegate world new`, which is kept up to date, or a
    /// scenario (.yaml), whose world ends with the command.
    #[arg(long, global = true, value_name = "FILE")]
    pub world: Option<PathBuf>,
    /// Says on stderr what the functions log.
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Which installation on AWS.
    #[command(flatten)]
    pub place: Place,
}

/// Which installation on AWS. Region, credentials and endpoints are found as by every AWS tool.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "On AWS (with AWS_PROFILE, AWS_REGION and AWS_ENDPOINT_URL as everywhere)")]
pub struct Place {
    /// The installation's stack, after which its functions are called [default: `TIDEGATE_STACK`, or tidegate].
    #[arg(long, global = true, value_name = "NAME")]
    pub stack: Option<String>,
    /// Its bus: the stack's output Bus [default: `TIDEGATE_BUS`, or the stack's name].
    #[arg(long, global = true, value_name = "NAME")]
    pub bus: Option<String>,
    /// Its table: the stack's output Table [default: `TIDEGATE_TABLE`, or what the stack's functions are told].
    #[arg(long, global = true, value_name = "NAME")]
    pub table: Option<String>,
}

/// For whom the output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Human,
    /// For machines.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Plays eight rollouts on a simulated cloud and writes a page about them.
    Demo(Demo),
    /// Plays scenario files on a simulated cloud and checks what they expect.
    Simulate(Simulate),
    /// Judges a file of ticks offline, and shows the evidence at every tick.
    #[command(after_long_help = offline::JUDGE_HELP, after_help = "The file's format, and what is assumed: see --help.")]
    Judge(Judge),
    /// Plays a policy over recorded counts: what Tidegate would have done, or how often it would have been wrong.
    #[command(after_long_help = offline::BACKTEST_HELP, after_help = "The series' names, and what is assumed: see --help.")]
    Backtest(Backtest),
    /// Checks policies, stores them, and prints their schema.
    #[command(subcommand)]
    Policy(Policy),
    /// What is done on an installation.
    #[command(flatten)]
    On(Operation),
    /// Looks whether an installation on AWS is whole, and says what to do where it is not.
    Doctor(Doctor),
    /// Makes simulated worlds to try all of this on, and lets time go by in them.
    #[command(subcommand)]
    World(World),
    /// Prints a completion script for a shell.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: Shell,
    },
}

/// What is done on an installation: all of it goes through its bus, but the freeze.
#[derive(Debug, Subcommand)]
pub enum Operation {
    /// Starts a rollout.
    Start(Start),
    /// Shows a rollout; without a name, the one under way.
    Get(Get),
    /// Lists the rollouts under way.
    List(List),
    /// On to the next step, whatever the evidence; from a gate, the answer that it waits for.
    Promote(Promote),
    /// Holds the weight where it is. The candidate is still judged, and a rollback stays possible.
    Pause(Named),
    /// Goes on from a pause.
    Resume(Named),
    /// Takes all traffic back to stable.
    Abort(Abort),
    /// Starts an ended rollout once more, under a new name.
    Retry(Retry),
    /// Keeps every weight of the installation from rising, or lets them rise again; alone, shows whether they may.
    Freeze(Freeze),
    /// Looks at feature flags of AppConfig, and switches them.
    #[command(subcommand)]
    Flag(Flag),
    /// Lists the events that could not be read, newest first, each with what is wrong with it.
    Quarantine(Quarantine),
}

/// `tidegate demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where the page goes.
    #[arg(long, value_name = "FILE", default_value = "demo.html")]
    pub html: PathBuf,
    /// Another course of chance than the scenarios' own.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

/// `tidegate simulate`.
#[derive(Debug, Args)]
pub struct Simulate {
    /// Scenario files; with --faults, the built-in one that belongs to the seed where there is none.
    #[arg(required_unless_present = "faults", value_name = "SCENARIO")]
    pub scenarios: Vec<PathBuf>,
    /// Another course of chance than the scenarios' own.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Faults that befall them until an hour after their last entry: random (what belongs to the seed), random:2,5 (some of
    /// that), or named, like kill=1%,duplicates=20%,rollback:router.route#2=throttle for 1h. What must always hold is checked
    /// after every step, in place of what they expect.
    #[arg(long, value_name = "FAULTS")]
    pub faults: Option<String>,
    /// Writes a page about them.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// `tidegate policy`.
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Reads policies out in words, or says everything that is wrong with them.
    Check {
        /// Policy files, YAML or JSON.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Prints the JSON Schema of a policy, for editors.
    Schema,
    /// Stores policies under their names, for requests and for the tag `tidegate:policy`.
    Apply {
        /// Policy files, YAML or JSON.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Prints a stored policy as it was applied.
    Get {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
    },
}

/// `tidegate doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Also whether this Lambda function is ready for rollouts.
    #[arg(long, value_name = "NAME", requires = "alias")]
    pub function: Option<String>,
    /// The alias that carries its traffic.
    #[arg(long, value_name = "NAME", requires = "function")]
    pub alias: Option<String>,
}

/// `tidegate world`.
#[derive(Debug, Subcommand)]
pub enum World {
    /// Makes a world and keeps it in a file.
    New {
        /// Where it is kept, such as world.json.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The scenario whose world it is [default: one to play with, with a good version and two bad ones].
        #[arg(long, value_name = "SCENARIO")]
        scenario: Option<PathBuf>,
        /// Another course of chance.
        #[arg(long, value_name = "N")]
        seed: Option<u64>,
    },
    /// Lets time go by in the world that --world names.
    Advance {
        /// How much, such as 10m or 2h.
        #[arg(value_name = "TIME")]
        time: Span,
    },
}

/// `tidegate start`.
#[derive(Debug, Args)]
pub struct Start {
    /// The version to let in, such as 8.
    #[arg(long = "version", value_name = "VERSION", value_parser = version)]
    pub candidate: Version,
    /// A policy file, or the name of a stored policy.
    #[arg(long, value_name = "FILE|NAME")]
    pub policy: String,
    /// The Lambda function whose traffic it moves [default: the policy's target].
    #[arg(long, value_name = "NAME", requires = "alias")]
    pub function: Option<String>,
    /// The alias that carries the traffic.
    #[arg(long, value_name = "NAME", requires = "function")]
    pub alias: Option<String>,
    /// The rollout's name [default: made from target and version]. The same name again is the same rollout.
    #[arg(long, value_name = "NAME", value_parser = rollout_id)]
    pub id: Option<RolloutId>,
    /// Starts although an alarm of the policy fires: this rollout is its fix. Alarms then do not speak in it.
    #[arg(long)]
    pub fix_forward: bool,
    /// Waits until it is over or waits for somebody, and says what happens on the way.
    #[arg(long)]
    pub wait: bool,
}

/// `tidegate get`.
#[derive(Debug, Args)]
pub struct Get {
    /// Which rollout [default: the one under way].
    #[arg(value_name = "ROLLOUT", value_parser = rollout_id)]
    pub rollout: Option<RolloutId>,
    /// Shows it anew until it is over; a line for each change when piped.
    #[arg(long, short)]
    pub watch: bool,
}

/// `tidegate list`.
#[derive(Debug, Args)]
pub struct List {
    /// Also the ones that are over.
    #[arg(long)]
    pub all: bool,
}

/// `tidegate promote`.
#[derive(Debug, Args)]
pub struct Promote {
    /// Which rollout.
    #[command(flatten)]
    pub named: Named,
    /// To all traffic at once, past the steps that are left.
    #[arg(long)]
    pub full: bool,
    /// Why, for the timeline.
    #[arg(long, value_name = "TEXT")]
    pub why: Option<String>,
}

/// `tidegate abort`.
#[derive(Debug, Args)]
pub struct Abort {
    /// Which rollout.
    #[command(flatten)]
    pub named: Named,
    /// Why, for the timeline and for on-call.
    #[arg(long, value_name = "TEXT")]
    pub why: Option<String>,
}

/// `tidegate retry`.
#[derive(Debug, Args)]
pub struct Retry {
    /// Which rollout.
    #[command(flatten)]
    pub named: Named,
    /// Starts although an alarm of the policy fires: this rollout is its fix. Alarms then do not speak in it.
    #[arg(long)]
    pub fix_forward: bool,
}

/// `tidegate quarantine`.
#[derive(Debug, Args)]
pub struct Quarantine {
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = limit)]
    pub limit: usize,
}

/// A command about one rollout.
#[derive(Debug, Args)]
pub struct Named {
    /// Which rollout.
    #[arg(value_name = "ROLLOUT", value_parser = rollout_id)]
    pub rollout: RolloutId,
    /// Waits until it is over or waits for somebody, and says what happens on the way.
    #[arg(long)]
    pub wait: bool,
}

fn rollout_id(text: &str) -> Result<RolloutId, String> {
    word(text, "a rollout, like checkout-live-8").map(RolloutId)
}

fn limit(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(limit @ 1..=1000) => Ok(limit),
        Ok(_) | Err(_) => Err(format!("{text:?} is no number of events; 1 to 1000, like 20")),
    }
}

fn version(text: &str) -> Result<Version, String> {
    word(text, "a version, like 8").map(Version)
}

fn word(text: &str, what: &str) -> Result<String, String> {
    if text.is_empty() || text.contains(char::is_whitespace) {
        return Err(format!("{text:?} names no {}", what.trim_start_matches("a ")));
    }
    Ok(text.to_owned())
}
