//! An alias of a Lambda function.

use super::{Setting, TargetKind};

/// The kind.
pub const KIND: TargetKind = TargetKind {
    name: "lambda",
    about: "An alias of a Lambda function.",
    check_version: version,
    is_no_function: |_| false,
    pairs: &[],
    settings: &[
        Setting {
            name: "function",
            about: "The function's bare name; not its ARN.",
            example: "checkout",
            pattern: "^[a-zA-Z0-9_-]{1,64}$",
            required: true,
            check: |name| check(name, "checkout", 64),
        },
        Setting {
            name: "alias",
            about: "The alias's name.",
            example: "live",
            pattern: "^(?![0-9]+$)[a-zA-Z0-9_-]{1,128}$",
            required: true,
            check: alias,
        },
    ],
};

/// Whether this is a published version; if not, why.
pub(super) fn version(name: &str) -> Result<(), String> {
    // Versions are compared as numbers, so a spelling that no number is written in would be a second name for a version.
    let number = name.parse::<u64>().ok().filter(|number| *number > 0);
    if number.is_none_or(|number| number.to_string() != name) {
        return Err(format!("{name:?} is no published version; a number, like 8"));
    }
    Ok(())
}

/// Whether this is an alias; if not, why.
pub(super) fn alias(name: &str) -> Result<(), String> {
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("{name:?} is a version; only an alias can divide traffic, like live"));
    }
    check(name, "live", 128)
}

/// Whether this is a bare name of at most so many characters; if not, why.
pub(super) fn check(name: &str, example: &str, longest: usize) -> Result<(), String> {
    if name.starts_with("arn:") {
        return Err(format!("{name:?} is an ARN; write the bare name, like {example}"));
    }
    if !(1..=longest).contains(&name.len()) {
        return Err(format!("{name:?} has {} characters; 1 to {longest}, like {example}", name.len()));
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
        return Err(format!("{name:?} is no name in Lambda; a-z, A-Z, 0-9, - and _, like {example}"));
    }
    Ok(())
}
