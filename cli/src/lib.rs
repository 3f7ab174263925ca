//! `tidegate`, the operator's command.
//!
//! It asks on the bus and shows what came of it: no command writes a rollout itself. Everything works on the ports of an
//! installation, simulated or real. What it shows is one value, [`status::Status`], rendered for people or given as JSON.
//!
//! # Where things are
//! | module | job |
//! |---|---|
//! | `house` | Tidegate's five functions put together, for whoever runs all of them in one process |
//! | `args`, `config`, `exit` | the command line, the environment, the exit codes |
//! | `backend` | what commands work on |
//! | `commands` | what each command does |
//! | `status`, `steps`, `evidence` | a rollout as it is shown |
//! | `flags` | feature flags as they are shown |
//! | `doctor`, `remedy` | whether an installation is whole, and what helps where it is not |
//! | `recorded`, `backtest` | counts from files, to be judged offline; a policy played over them |
//! | `play`, `expectations`, `story` | a scenario played, and all that its telling needs |
//! | `rights` | what each verb calls on AWS, and who may do it |
//! | `show`, `page`, `out` | text for terminals, the HTML page, the standard output |
//!
//! # Machine shapes
//! With `--output json` a command prints one document: `get`, `start` and the verbs a [`status::Status`]; `list` a list of
//! them; `freeze` always `{freeze: {by, because, since} or null, changes: [{at, by, to: {is, because}}]}`; `quarantine` a list of `{id, at,
//! receivedBy, problem, event}`;
//! `flag list` a profile's flags, `flag get` one of them with `of` and `toggles`, `flag diff` a list of `{application, environment,
//! profile, version, edits, diff}`, `flag on`, `off`, `set` and `get --toggle` a toggle, or `null` where nothing had to change; `policy check` a list of `{file, ok, policy, notes, faults: [{path, problem}]}`; `simulate` and `demo` a list of
//! `{scenario, title, seed, asExpected, expected: [{what, instead}], rollouts: [{rollout, phase, why}], notices, invocations,
//! calls, metricSeries}`; `judge` one `{verdict, reason, fired_at_tick, threshold_log_e, combined_log_e: [], culprits, notes,
//! metrics: [{name, weight, candidate, stable, ratio, ratio_low, ratio_high, requests_needed, minutes_needed, least_requests,
//! least_minutes, ticks: [{log_e, phi, log_e_fast, log_e_pass}]}]}`, named as in the formulas; `backtest` one `{policy,
//! phase, why, began, promoted, notes, minutes: [{minute, weight, verdict, logE, decided: [], phase, then}]}`, with
//! `--null` one `{policy, times, seed, promised, because, notes}` with `{count, share, low, high, medianMinutes}` for each
//! of `rolledBack`, `promoted`, `inconclusive`, `held` and `unfinished`; `doctor` is `{ok, checks: [{name, state, found,
//! todo}]}`, where `state` is `ok`, `failed` or
//! `unknown`. A failure is `{error, exit}`, with `todo` where something is known to help. Members are only ever added.

mod args;
mod backend;
mod backtest;
mod commands;
mod config;
#[cfg(feature = "aws")]
mod doctor;
mod evidence;
pub mod exit;
mod expectations;
mod files;
mod flags;
#[cfg(test)]
mod fuzzed;
pub mod house;
mod out;
mod page;
mod play;
mod recorded;
#[cfg(feature = "aws")]
mod remedy;
pub mod rights;
mod show;
pub mod status;
mod steps;
mod story;

use std::ffi::OsString;
use std::io::ErrorKind;

use clap::Parser;
use serde_json::json;

use crate::args::{Cli, Global};
use crate::exit::{Exit, Failure};
use crate::out::Out;

/// Carries out a command line, the program's name first. What goes wrong is told on stderr.
pub fn run(line: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(line) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are asked for, everything else is a fault of the command line.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Good };
            return error.print().map_or(Exit::Io, |()| exit);
        }
    };
    log_to_stderr(&cli.global);
    let mut out = Out::standard(cli.global.output);
    match commands::run(&cli, &mut out) {
        Ok(exit) => exit,
        // Whoever read the output has seen enough.
        Err(Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Exit::Good,
        Err(failure) => tell(&failure, &mut out),
    }
}

fn log_to_stderr(global: &Global) {
    if global.verbose {
        tracing_subscriber::fmt().with_writer(std::io::stderr).without_time().with_target(false).init();
    }
}

/// Tells what went wrong, with what it rests on.
fn tell(failure: &Failure, out: &mut Out) -> Exit {
    let mut words = failure.to_string();
    let mut source = std::error::Error::source(failure);
    while let Some(error) = source {
        words = format!("{words}: {error}");
        source = error.source();
    }
    let shown = out::harmless(&words);
    anstream::eprintln!("{}: {shown}", show::style::in_style(show::style::BAD.bold(), "error"));
    let exit = failure.exit();
    let mut document = json!({ "error": words, "exit": exit.code() });
    if let Some(todo) = todo(failure) {
        anstream::eprintln!("{todo}");
        document["todo"] = todo.into();
    }
    // Machines read it where they read everything else; if that fails too there is nobody left to tell.
    let _ = out.give(&document);
    exit
}

/// What helps.
#[cfg(feature = "aws")]
fn todo(failure: &Failure) -> Option<String> {
    match failure {
        Failure::World(fault) => remedy::remedy(fault),
        Failure::Usage(_)
        | Failure::Data(_)
        | Failure::Unheard(_)
        | Failure::File { .. }
        | Failure::Output(_) => None,
    }
}

#[cfg(not(feature = "aws"))]
fn todo(_: &Failure) -> Option<String> {
    None
}
