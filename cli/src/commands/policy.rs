//! `tidegate policy`: checks policies, stores them, and prints their schema.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;
use tidegate_domain::policy::{Fault, Policy, json_of, policy_schema};
use tidegate_engine::ports::PolicyRecord;

use super::{closed, who};
use crate::args::{self, Global};
use crate::backend::{self, Needs, faulty};
use crate::exit::{Exit, Failure};
use crate::files;
use crate::out::Out;
use crate::show;
use crate::show::style::{DIM, in_style};

/// One file as `policy check --output json` prints it, in a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Checked {
    file: PathBuf,
    ok: bool,
    /// The policy with every default filled in; absent where it is faulty.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<Policy>,
    /// What this release refuses about it.
    notes: Vec<String>,
    faults: Vec<FaultAt>,
}

#[derive(Debug, Serialize)]
struct FaultAt {
    path: String,
    problem: String,
}

/// Carries the command out.
pub async fn run(command: &args::Policy, global: &Global, out: &mut Out) -> Result<Exit, Failure> {
    match command {
        args::Policy::Apply { files } => {
            let backend = backend::open(global).await?;
            let done = apply(files, &who(global)?, &backend.ports(), out).await;
            closed(backend, done).await
        }
        args::Policy::Get { name } => get(name, &backend::open(global).await?.ports(), out).await,
        args::Policy::Schema => out.print_json(&policy_schema()).map(|()| Exit::Good),
        args::Policy::Check { files } => check(files, out),
    }
}

/// Stores every policy, or none where one is faulty. It is no rollout, and nobody else writes it: it goes to the table at once.
async fn apply(files: &[PathBuf], by: &str, ports: &Needs, out: &mut Out) -> Result<Exit, Failure> {
    let mut records = Vec::new();
    for file in files {
        let text = files::read(file)?;
        let json = json_of(&text).map_err(|faults| faulty(file, &faults))?;
        let Policy { name, .. } = Policy::from_json(&json).map_err(|faults| faulty(file, &faults))?;
        records.push(PolicyRecord { name, text, json, applied: ports.clock.now(), by: by.to_owned() });
    }
    for record in &records {
        ports.store.put_policy(record).await?;
        out.say(&format!(
            "policy {} is stored; rollouts under way keep the one they started with\n",
            record.name
        ))?;
    }
    out.give(&records.iter().map(|record| &record.name).collect::<Vec<_>>())?;
    Ok(Exit::Good)
}

async fn get(name: &str, ports: &Needs, out: &mut Out) -> Result<Exit, Failure> {
    let missing = || Failure::Usage(format!("no policy is stored under {name:?}"));
    let PolicyRecord { name, text, applied, by, .. } = ports.store.policy(name).await?.ok_or_else(missing)?;
    let comment = format!("# applied by {by} at {applied}\n");
    out.say(&format!("{}{}\n", in_style(DIM, comment.trim_end()), format_args!("\n{}", text.trim_end())))?;
    out.give(&json!({ "name": name, "text": text, "applied": applied, "by": by }))?;
    Ok(Exit::Good)
}

fn check(files: &[PathBuf], out: &mut Out) -> Result<Exit, Failure> {
    let mut all = Vec::new();
    for file in files {
        let text = files::read(file)?;
        let read = Policy::from_yaml(&text);
        out.say(&match &read {
            Ok(policy) => show::policy::policy(file, policy),
            Err(faults) => show::policy::faults(file, faults),
        })?;
        let notes = read.as_ref().map(show::policy::notes).unwrap_or_default();
        let (policy, faults) = match read {
            Ok(policy) => (Some(policy), Vec::new()),
            Err(faults) => (None, faults.0),
        };
        let at = |Fault { path, problem }| FaultAt { path, problem };
        all.push(Checked {
            file: file.clone(),
            ok: policy.is_some(),
            policy,
            notes,
            faults: faults.into_iter().map(at).collect(),
        });
    }
    out.give(&all)?;
    Ok(if all.iter().all(|checked| checked.ok) { Exit::Good } else { Exit::Data })
}
