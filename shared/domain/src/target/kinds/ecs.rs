//! An Amazon ECS service, whose deployments CodeDeploy makes.

use super::{Setting, TargetKind, is_name, is_plain};

/// The kind.
pub const KIND: TargetKind = TargetKind {
    name: "ecs",
    about: "An Amazon ECS service whose blue/green deployments CodeDeploy makes.",
    check_version: version,
    is_no_function: |_| true,
    pairs: &[],
    settings: &[
        Setting {
            name: "cluster",
            about: "The cluster's bare name; not its ARN.",
            example: "shop",
            pattern: "^[a-zA-Z0-9_-]{1,255}$",
            required: true,
            check: |name| check(name, "shop"),
        },
        Setting {
            name: "service",
            about: "The service's bare name; not its ARN.",
            example: "web",
            pattern: "^[a-zA-Z0-9_-]{1,255}$",
            required: true,
            check: |name| check(name, "web"),
        },
    ],
};

/// A task definition as `family:revision`, also where it is written as an ARN; `None` where it is neither.
pub fn task_definition(name: &str) -> Option<&str> {
    let short = match name.rsplit_once('/') {
        None => name,
        Some((arn, short)) => is_arn(arn).then_some(short)?,
    };
    let (family, revision) = short.split_once(':')?;
    let number = revision.parse::<u32>().ok().filter(|number| *number > 0)?;
    (is_name(family, 255, is_plain) && number.to_string() == revision).then_some(short)
}

/// Whether this is what stands before the slash in a task definition's ARN.
fn is_arn(text: &str) -> bool {
    let ["arn", partition, "ecs", region, account, "task-definition"] =
        text.split(':').collect::<Vec<_>>()[..]
    else {
        return false;
    };
    partition.starts_with("aws")
        && is_name(region, 64, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
}

fn version(name: &str) -> Result<(), String> {
    task_definition(name).map(|_| ()).ok_or_else(|| {
        format!(
            "{name:?} is no revision of a task definition; its family and its number, like web:42, or its ARN"
        )
    })
}

fn check(name: &str, example: &str) -> Result<(), String> {
    if name.starts_with("arn:") {
        return Err(format!("{name:?} is an ARN; write the bare name, like {example}"));
    }
    if !is_name(name, 255, is_plain) {
        return Err(format!(
            "{name:?} is no name in ECS; 1 to 255 of a-z, A-Z, 0-9, - and _, like {example}"
        ));
    }
    Ok(())
}
