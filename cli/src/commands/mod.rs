//! What each command does.

pub mod backtest;
mod demo;
mod doctor;
mod flag;
mod following;
mod freeze;
mod get;
pub mod judge;
mod list;
mod mixed;
mod ordering;
mod policy;
mod quarantine;
mod simulate;
mod starting;
mod world;

use clap::CommandFactory;
use tidegate_domain::trigger::{Command as TheCommand, Verb};

use crate::args::{Cli, Command, Global, Named, Operation};
use crate::backend::{self, Backend};
use crate::config;
use crate::exit::{Exit, Failure};
use crate::out::Out;

/// Carries a command line out.
pub fn run(cli: &Cli, out: &mut Out) -> Result<Exit, Failure> {
    let Cli { command, global } = cli;
    match command {
        Command::Demo(args) => demo::run(args, out),
        Command::Simulate(args) => simulate::run(args, out),
        Command::Backtest(args) => backtest::run(args, out),
        Command::Judge(args) => judge::run(args, out),
        Command::Policy(args) => on_this_thread(policy::run(args, global, out)),
        Command::Doctor(args) => on_this_thread(doctor::run(args, global, out)),
        Command::World(args) => on_this_thread(world::run(args, global, out)),
        Command::On(operation) => on_this_thread(operate(operation, global, out)),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "tidegate", &mut script);
            out.print(&String::from_utf8_lossy(&script))?;
            Ok(Exit::Good)
        }
    }
}

/// Runs a future to its end on this thread.
fn on_this_thread<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(future)
}

async fn operate(operation: &Operation, global: &Global, out: &mut Out) -> Result<Exit, Failure> {
    let mut backend = backend::open(global).await?;
    let done = operate_on(backend.as_mut(), operation, global, out).await;
    closed(backend, done).await
}

/// What happened in a world stays, also when the command failed afterwards.
async fn closed(mut backend: Box<dyn Backend>, done: Result<Exit, Failure>) -> Result<Exit, Failure> {
    let closed = backend.close().await;
    done.and_then(|exit| closed.map(|()| exit))
}

async fn operate_on(
    backend: &mut dyn Backend,
    operation: &Operation,
    global: &Global,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let (verb, named, why): (Verb, &Named, Option<&String>) = match operation {
        Operation::Start(args) => return starting::run(args, who(global)?, backend, out).await,
        Operation::Get(args) => return get::run(args, backend, out).await,
        Operation::List(args) => return list::run(args, backend, out).await,
        Operation::Freeze(args) => return freeze::run(args, global, backend, out).await,
        Operation::Flag(args) => return flag::run(args, global, backend, out).await,
        Operation::Quarantine(args) => return quarantine::run(args, backend, out).await,
        Operation::Promote(args) if args.full => (Verb::PromoteFull, &args.named, args.why.as_ref()),
        Operation::Promote(args) => (Verb::Promote, &args.named, args.why.as_ref()),
        Operation::Pause(named) => (Verb::Pause, named, None),
        Operation::Resume(named) => (Verb::Resume, named, None),
        Operation::Abort(args) => (Verb::Abort, &args.named, args.why.as_ref()),
        Operation::Retry(args) if args.fix_forward => (Verb::RetryFixForward, &args.named, None),
        Operation::Retry(args) => (Verb::Retry, &args.named, None),
    };
    let command = TheCommand { verb, by: who(global)?, why: why.cloned() };
    ordering::run(command, named, backend, out).await
}

/// Who asks: as stated, or as the operating system has it.
fn who(global: &Global) -> Result<String, Failure> {
    let nobody = "who asks? the operating system has no name for you; say it with --by NAME";
    global.by.clone().or_else(config::user).ok_or_else(|| Failure::Usage(nobody.to_owned()))
}
