//! `tidegate quarantine`: the events that could not be read, as they came, and what is wrong with each.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tidegate_domain::effect::Owner;
use tidegate_engine::ports::Letter;

use crate::args;
use crate::backend::Backend;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::show::numbers::moment;

/// A kept event as machines get it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Kept<'a> {
    id: &'a str,
    at: Timestamp,
    received_by: Owner,
    problem: &'a str,
    event: &'a Value,
}

/// Carries the command out.
pub async fn run(args: &args::Quarantine, backend: &mut dyn Backend, out: &mut Out) -> Result<Exit, Failure> {
    let letters = backend.ports().store.quarantined(args.limit).await?;
    out.say(&told(&letters))?;
    out.give(&letters.iter().map(kept).collect::<Vec<_>>())?;
    Ok(Exit::Good)
}

fn kept(letter: &Letter) -> Kept<'_> {
    let Letter { id, received_by, problem, payload, at } = letter;
    Kept { id, at: *at, received_by: *received_by, problem, event: payload }
}

/// A problem may have a line for each fault, so each event is a paragraph and not the row of a table.
fn told(letters: &[Letter]) -> String {
    if letters.is_empty() {
        return "the quarantine is empty\n".to_owned();
    }
    let told = |letter: &Letter| {
        let Letter { id, received_by, problem, payload: _, at } = letter;
        let problem = problem.replace('\n', "\n  ");
        format!("{}  {received_by}  {id}\n  {problem}\n", moment(*at))
    };
    let told: String = letters.iter().map(told).collect();
    format!("{told}\nthe events as they came: tidegate quarantine --output json\n")
}
