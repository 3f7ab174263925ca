//! `tidegate freeze`.

use clap::{Args, Subcommand};

/// The longest reason: whoever is about to raise a weight reads it.
const LONGEST: usize = 200;

/// `tidegate freeze`.
#[derive(Debug, Args)]
pub struct Freeze {
    /// To what [default: shows it, and its last changes].
    #[command(subcommand)]
    pub switch: Option<FreezeSwitch>,
}

/// What it is switched to.
#[derive(Debug, Subcommand)]
pub enum FreezeSwitch {
    /// From now on no weight rises. Rollbacks, aborts and kill switches work as ever.
    On {
        /// Why, for everybody whose release waits.
        #[arg(long, value_name = "TEXT", value_parser = reason)]
        because: String,
    },
    /// Lets weights rise again, whoever froze them.
    Off {
        /// Why, for its history.
        #[arg(long, value_name = "TEXT", value_parser = reason)]
        because: Option<String>,
    },
}

fn reason(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("says nothing; say why, like --because \"the sale begins at noon\"".to_owned()),
        long if long.chars().count() > LONGEST => {
            Err(format!("{} characters long; at most {LONGEST}", long.chars().count()))
        }
        words => Ok(words.to_owned()),
    }
}
