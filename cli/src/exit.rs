//! Exit codes: one table, for scripts, for pipelines and for `--help`.

use std::path::PathBuf;
use std::process::ExitCode;

use tidegate_domain::rollout::{Health, PhaseName};
use tidegate_engine::ports::{Fault, FaultKind};

/// What the command came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Healthy, succeeded, or on its way when nobody asked to wait for the end.
    Good,
    /// Rolled back, refused, taken over, stuck; an expectation not met; a command that changed nothing.
    Bad,
    /// Paused: inconclusive, held, or waiting for somebody.
    Undecided,
    /// The command line is wrong (`EX_USAGE`).
    Usage,
    /// A policy, a scenario, a request or a record of counts is faulty (`EX_DATAERR`).
    Data,
    /// What it needs is not there at the moment (`EX_UNAVAILABLE`).
    Unavailable,
    /// A file cannot be read or written (`EX_IOERR`).
    Io,
    /// Permission denied (`EX_NOPERM`).
    Denied,
}

/// The table, as `--help` shows it.
pub const TABLE: &str = "\
Exit codes:
   0  good: healthy, succeeded, on its way when not asked to --wait; aborted or paused as asked
   1  bad: rolled back, refused, taken over, stuck; an expectation not met; a command that changed nothing
   2  undecided: paused, inconclusive, or waiting for somebody
  64  usage: the command line is wrong, or it names a rollout that is not there
  65  data: a faulty policy, scenario, request or record of counts; every fault is printed
  69  unavailable: what it needs is not there at the moment
  74  I/O: a file cannot be read or written
  77  permission denied";

impl Exit {
    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Bad => 1,
            Self::Undecided => 2,
            Self::Usage => 64,
            Self::Data => 65,
            Self::Unavailable => 69,
            Self::Io => 74,
            Self::Denied => 77,
        }
    }

    /// How a rollout that stands in this phase is reported.
    pub const fn of(phase: PhaseName) -> Self {
        match phase.health() {
            Health::Progressing | Health::Healthy => Self::Good,
            Health::Paused => Self::Undecided,
            Health::Degraded => Self::Bad,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why the command could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command line asks for something that cannot be.
    #[error("{0}")]
    Usage(String),
    /// What was given is faulty; one line a fault.
    #[error("{0}")]
    Data(String),
    /// The world did not do as asked. The fault's words hold its innermost cause already.
    #[error("{0}")]
    World(Fault),
    /// Nobody answered in time.
    #[error("{0}")]
    Unheard(String),
    /// A file.
    #[error("cannot {what} {}", path.display())]
    File {
        /// `read` or `write`.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The output.
    #[error("cannot write the output")]
    Output(#[from] std::io::Error),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::World(fault)
    }
}

#[cfg(feature = "aws")]
impl From<tidegate_aws::config::Unset> for Failure {
    fn from(unset: tidegate_aws::config::Unset) -> Self {
        Self::Usage(unset.to_string())
    }
}

impl Failure {
    /// Its exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Data(_) => Exit::Data,
            Self::Unheard(_) => Exit::Unavailable,
            Self::World(fault) => match fault.kind {
                FaultKind::Passing(_) | FaultKind::Missing(_) => Exit::Unavailable,
                FaultKind::Denied(_) => Exit::Denied,
                FaultKind::Refused(_) | FaultKind::Unreadable(_) => Exit::Data,
            },
            Self::File { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
                Exit::Denied
            }
            Self::File { .. } | Self::Output(_) => Exit::Io,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_in_the_help_has_a_line_for_every_code() {
        let all = [
            Exit::Good,
            Exit::Bad,
            Exit::Undecided,
            Exit::Usage,
            Exit::Data,
            Exit::Unavailable,
            Exit::Io,
            Exit::Denied,
        ];
        let codes: Vec<String> = TABLE
            .lines()
            .skip(1)
            .filter_map(|line| line.split_whitespace().next())
            .map(str::to_owned)
            .collect();
        assert_eq!(codes, all.map(|exit| exit.code().to_string()));
    }

    #[test]
    fn no_phase_in_which_users_are_worse_off_is_reported_as_good() {
        for phase in PhaseName::ALL {
            let good = matches!(
                phase,
                PhaseName::Queued
                    | PhaseName::Preflight
                    | PhaseName::Baking
                    | PhaseName::Shifting
                    | PhaseName::Watching
                    | PhaseName::Succeeded
                    | PhaseName::Superseded
            );
            assert_eq!(Exit::of(phase) == Exit::Good, good, "{phase}");
        }
    }
}
