//! What each verb calls on AWS, and who may do it. `infra/verbs.json` says the same for the tests of the policies; the end-to-end tests
//! listen to every verb, and hold what it calls against this.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// Who may do something: each may what those before may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Group {
    /// Looks.
    Reader,
    /// Answers for rollouts under way: what a gate waits for, and the way back.
    Approver,
    /// Does everything.
    Operator,
}

/// A verb of the command that reaches AWS.
#[derive(Debug, Clone, Copy)]
pub struct Verb {
    /// As it is typed, such as `flag on`.
    pub line: &'static str,
    /// Who may do it.
    pub group: Group,
    /// What it calls.
    pub calls: &'static [&'static [Call]],
}

/// An action, and what it is done to where IAM can tell that apart: partitions of the table and its index, kinds of messages, functions
/// of the installation and targets.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// Such as `dynamodb:GetItem`.
    pub action: &'static str,
    /// Such as `ROLLOUT#*`, `index/shelf`, `Rollout Command`, `installation`, `target`.
    pub of: &'static [&'static str],
}

const fn call(action: &'static str, of: &'static [&'static str]) -> Call {
    Call { action, of }
}

/// Where nobody says the table's name, a function of the installation is asked for it.
const TABLE: &[Call] = &[call("lambda:GetFunctionConfiguration", &["installation"])];
const ROLLOUTS: &[Call] = &[call("dynamodb:GetItem", &["ROLLOUT#*"]), call("dynamodb:Query", &["ROLLOUT#*"])];
/// The document alone.
const ROLLOUT: &[Call] = &[call("dynamodb:GetItem", &["ROLLOUT#*"])];
const NAMES: &[Call] = &[call("dynamodb:Query", &["index/shelf"])];
const POLICIES: &[Call] = &[call("dynamodb:GetItem", &["POLICY#*"])];
const FREEZE: &[Call] = &[call("dynamodb:GetItem", &["FREEZE"])];
const SWITCHING_FREEZE: &[Call] = &[call("dynamodb:PutItem", &["FREEZE"])];
const TOGGLES: &[Call] = &[call("dynamodb:GetItem", &["TOGGLE#*"])];
const QUARANTINE: &[Call] = &[call("dynamodb:Query", &["QUARANTINE"])];
/// A policy, and the items by which it is found.
const STORING: &[Call] = &[call("dynamodb:PutItem", &["POLICY#*", "GUARD#*", "KILL#*"])];
const FLAGS: &[Call] = &[
    call("appconfig:GetHostedConfigurationVersion", &[]),
    call("appconfig:ListApplications", &[]),
    call("appconfig:ListConfigurationProfiles", &[]),
    call("appconfig:ListDeployments", &[]),
    call("appconfig:ListEnvironments", &[]),
    call("appconfig:ListHostedConfigurationVersions", &[]),
];
const TRAFFIC: &[Call] = &[call("lambda:GetAlias", &["target"])];
const INSTALLATION: &[Call] = &[
    call("cloudwatch:DescribeAlarms", &[]),
    call("cloudwatch:GetMetricData", &[]),
    call("dynamodb:GetItem", &["LOCK#*"]),
    call("events:DescribeEventBus", &[]),
    call("events:DescribeRule", &[]),
    call("events:ListRuleNamesByTarget", &[]),
    call("lambda:GetFunctionConfiguration", &["target"]),
    call("lambda:ListTags", &["target"]),
    call("lambda:ListVersionsByFunction", &["target"]),
];

const COMMANDING: &[&[Call]] =
    &[TABLE, ROLLOUTS, NAMES, FREEZE, TRAFFIC, &[call("events:PutEvents", &["Rollout Command"])]];
const STARTING: &[&[Call]] =
    &[TABLE, ROLLOUTS, POLICIES, FREEZE, QUARANTINE, &[call("events:PutEvents", &["Rollout Requested"])]];
const SWITCHING: &[&[Call]] =
    &[TABLE, TOGGLES, FLAGS, QUARANTINE, &[call("events:PutEvents", &["Flag Toggle Requested"])]];

const fn verb(line: &'static str, group: Group, calls: &'static [&'static [Call]]) -> Verb {
    Verb { line, group, calls }
}

/// Every verb that reaches AWS.
pub const VERBS: &[Verb] = &[
    verb("get", Group::Reader, &[TABLE, ROLLOUTS, NAMES, FREEZE]),
    verb("list", Group::Reader, &[TABLE, ROLLOUTS, NAMES, FREEZE]),
    verb("freeze", Group::Reader, &[TABLE, FREEZE]),
    verb("quarantine", Group::Reader, &[TABLE, QUARANTINE]),
    verb("policy get", Group::Reader, &[TABLE, POLICIES]),
    verb("flag list", Group::Reader, &[TABLE, FLAGS]),
    verb("flag get", Group::Reader, &[TABLE, FLAGS, TOGGLES, NAMES]),
    verb("flag diff", Group::Reader, &[TABLE, FLAGS, POLICIES]),
    verb("doctor", Group::Reader, &[TABLE, NAMES, POLICIES, FREEZE, TRAFFIC, INSTALLATION]),
    verb("promote", Group::Approver, COMMANDING),
    verb("pause", Group::Approver, COMMANDING),
    verb("resume", Group::Approver, COMMANDING),
    verb("abort", Group::Approver, COMMANDING),
    verb("retry", Group::Approver, COMMANDING),
    verb("start", Group::Operator, STARTING),
    verb("freeze on", Group::Operator, &[TABLE, FREEZE, SWITCHING_FREEZE, NAMES, ROLLOUT]),
    verb("freeze off", Group::Operator, &[TABLE, FREEZE, SWITCHING_FREEZE]),
    verb("policy apply", Group::Operator, &[TABLE, STORING]),
    verb("flag on", Group::Operator, SWITCHING),
    verb("flag off", Group::Operator, SWITCHING),
    verb("flag set", Group::Operator, SWITCHING),
];

/// A verb as `infra/verbs.json` has it.
#[derive(Debug, Serialize)]
pub struct Stated {
    group: Group,
    /// What each action is done to.
    calls: BTreeMap<&'static str, BTreeSet<&'static str>>,
}

impl From<&Verb> for Stated {
    fn from(verb: &Verb) -> Self {
        let mut calls: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for call in verb.calls.iter().copied().flatten() {
            calls.entry(call.action).or_default().extend(call.of);
        }
        Self { group: verb.group, calls }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use clap::CommandFactory;

    use super::*;
    use crate::args::Cli;

    /// What stays on the machine of whoever calls it.
    const LOCAL: &[&str] = &[
        "demo",
        "simulate",
        "judge",
        "backtest",
        "policy check",
        "policy schema",
        "world new",
        "world advance",
        "completions",
    ];

    /// The verbs below a command, as they are typed.
    fn lines(command: &clap::Command, before: &str) -> BTreeSet<String> {
        let below = command.get_subcommands().flat_map(|verb| {
            let line = format!("{before} {}", verb.get_name()).trim_start().to_owned();
            let mut found = lines(verb, &line);
            if !verb.has_subcommands() || !verb.is_subcommand_required_set() {
                found.insert(line);
            }
            found
        });
        below.collect()
    }

    #[test]
    fn every_verb_of_the_command_line_says_what_it_calls() {
        let stated = VERBS.iter().map(|verb| verb.line).chain(LOCAL.iter().copied());
        assert_eq!(stated.map(str::to_owned).collect::<BTreeSet<_>>(), lines(&Cli::command(), ""));
    }

    #[test]
    fn the_committed_verbs_are_those_stated_here() {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../infra/verbs.json");
        let stated: BTreeMap<_, _> = VERBS.iter().map(|verb| (verb.line, Stated::from(verb))).collect();
        let stated = serde_json::to_string_pretty(&stated).unwrap() + "\n";
        if std::env::var_os("UPDATE_VERBS").is_some() {
            std::fs::write(&path, &stated).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == stated, "infra/verbs.json is old; UPDATE_VERBS=1 writes it anew");
    }
}
