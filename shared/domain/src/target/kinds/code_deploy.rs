//! A deployment group of CodeDeploy: Tidegate has CodeDeploy make the deployment, and judges it.

use super::{Setting, TargetKind, ecs, is_name, is_plain, lambda};
use crate::deployment::Platform;
use crate::target::Target;

/// The kind.
pub const KIND: TargetKind = TargetKind {
    name: "codeDeploy",
    about: "A deployment group of CodeDeploy. Function and alias where it deploys to Lambda; container and port where it \
            deploys to ECS; neither where it deploys to instances.",
    check_version: version,
    is_no_function: |target| platform(target) == Some(Platform::Ecs),
    pairs: &[("function", "alias"), ("container", "port")],
    settings: &[
        Setting {
            name: "application",
            about: "The application's name.",
            example: "shop",
            pattern: "^[a-zA-Z0-9._+=,@-]{1,100}$",
            required: true,
            check: |name| check(name, "shop"),
        },
        Setting {
            name: "group",
            about: "The deployment group's name.",
            example: "checkout",
            pattern: "^[a-zA-Z0-9._+=,@-]{1,100}$",
            required: true,
            check: |name| check(name, "checkout"),
        },
        Setting {
            name: "function",
            about: "For Lambda: the function's bare name; not its ARN.",
            example: "checkout",
            pattern: "^[a-zA-Z0-9_-]{1,64}$",
            required: false,
            check: |name| lambda::check(name, "checkout", 64),
        },
        Setting {
            name: "alias",
            about: "For Lambda: the alias's name.",
            example: "live",
            pattern: "^(?![0-9]+$)[a-zA-Z0-9_-]{1,128}$",
            required: false,
            check: lambda::alias,
        },
        Setting {
            name: "container",
            about: "For ECS: the container that the load balancer sends requests to.",
            example: "web",
            pattern: "^[a-zA-Z0-9_-]{1,255}$",
            required: false,
            check: container,
        },
        Setting {
            name: "port",
            about: "For ECS: the port of that container, as a text.",
            example: "8080",
            pattern: "^[1-9][0-9]{0,4}$",
            required: false,
            check: port,
        },
        Setting {
            name: "hook",
            about: "The function that answers the deployment's lifecycle hooks. The roles that AWS made for CodeDeploy may \
                    invoke functions alone whose names begin with CodeDeployHook_.",
            example: "CodeDeployHook_tidegate",
            pattern: "^[a-zA-Z0-9_-]{1,64}$",
            required: false,
            check: |name| lambda::check(name, "CodeDeployHook_tidegate", 64),
        },
    ],
};

/// What a target of this kind deploys to, as far as its settings say.
pub fn platform(target: &Target) -> Option<Platform> {
    if !target.setting("function").is_empty() {
        Some(Platform::Lambda)
    } else if !target.setting("container").is_empty() {
        Some(Platform::Ecs)
    } else {
        None
    }
}

/// Whether a version is one of those that this platform has; if not, why.
pub fn check_version_of(platform: Platform, name: &str) -> Result<(), String> {
    match platform {
        Platform::Lambda => lambda::version(name),
        Platform::Ecs => (ecs::KIND.check_version)(name),
        Platform::Server => bundle(name),
    }
}

fn version(name: &str) -> Result<(), String> {
    let problem = match name {
        name if name.starts_with("s3://") || name.starts_with("github://") => return bundle(name),
        name if [Platform::Lambda, Platform::Ecs].iter().any(|it| check_version_of(*it, name).is_ok()) => {
            return Ok(());
        }
        name => format!("{name:?} is nothing that CodeDeploy deploys"),
    };
    Err(format!(
        "{problem}; for Lambda a version, like 8; for ECS a task definition, like web:42; for instances a bundle, like \
         s3://bucket/app.zip or github://owner/repository@commit"
    ))
}

/// A revision of instances: `s3://bucket/key`, perhaps with a version or a tag of the object, or `github://owner/repository@commit`.
fn bundle(name: &str) -> Result<(), String> {
    let problem = if let Some(rest) = name.strip_prefix("s3://") {
        if is_object(rest) {
            return Ok(());
        }
        "is no object in S3; like s3://bucket/app.zip, perhaps with ?versionId= or ?eTag= and its value"
    } else if let Some(rest) = name.strip_prefix("github://") {
        if is_commit(rest) {
            return Ok(());
        }
        "is no commit on GitHub; like github://owner/repository@ and the commit's id"
    } else {
        "is no bundle for instances; like s3://bucket/app.zip or github://owner/repository@commit"
    };
    Err(format!("{name:?} {problem}"))
}

fn is_object(rest: &str) -> bool {
    let (place, is_exact) = match rest.rsplit_once('?') {
        None => (rest, true),
        Some((place, which)) => {
            let value = which.strip_prefix("versionId=").or_else(|| which.strip_prefix("eTag="));
            (place, value.is_some_and(|value| is_name(value, 1024, |c| c.is_ascii_graphic())))
        }
    };
    let Some((bucket, key)) = place.split_once('/') else { return false };
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    is_exact
        && bucket.len() >= 3
        && is_name(bucket, 63, fits)
        && (1..=1024).contains(&key.len())
        && !key.contains(char::is_control)
}

fn is_commit(rest: &str) -> bool {
    let Some((repository, commit)) = rest.split_once('@') else { return false };
    let Some((owner, repository)) = repository.split_once('/') else { return false };
    let hex = |c: char| c.is_ascii_hexdigit();
    is_name(owner, 100, is_plain)
        && is_name(repository, 100, |c| is_plain(c) || c == '.')
        && commit.len() >= 7
        && is_name(commit, 40, hex)
}

fn check(name: &str, example: &str) -> Result<(), String> {
    if name.starts_with("arn:") {
        return Err(format!("{name:?} is an ARN; write the bare name, like {example}"));
    }
    if !is_name(name, 100, |c| c.is_ascii_alphanumeric() || "._+=,@-".contains(c)) {
        return Err(format!(
            "{name:?} is no name in CodeDeploy; 1 to 100 of a-z, A-Z, 0-9 and . _ + = , @ -, like {example}"
        ));
    }
    Ok(())
}

fn container(name: &str) -> Result<(), String> {
    if !is_name(name, 255, is_plain) {
        return Err(format!(
            "{name:?} is no name of a container; 1 to 255 of a-z, A-Z, 0-9, - and _, like web"
        ));
    }
    Ok(())
}

fn port(text: &str) -> Result<(), String> {
    match text.parse::<u16>() {
        Ok(port) if port > 0 && port.to_string() == text => Ok(()),
        Ok(_) | Err(_) => Err(format!("{text:?} is no port; a number from 1 to 65535, like 8080")),
    }
}
