//! CloudTrail's record of Lambda API calls: new versions, and changes of aliases.
//!
//! CloudTrail names a call with its API version (`PublishVersion20150331`, `UpdateFunctionCode20150331v2`),
//! and Lambda raises that version without notice, so only the name before it counts.

use std::fmt;

use jiff::Timestamp;
use serde_json::Value;
use tidegate_domain::target::kinds::lambda;

use super::fields::Fields;
use super::{AwsEvent, IgnoredBecause, Reading, Unreadable};

/// Where the answer names the version.
const VERSION: &str = "detail.responseElements.version";

/// What Lambda calls a function's code that is no version.
const LATEST: &str = "$LATEST";

/// Somebody published a Lambda version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionPublished {
    /// The event's own id, the same on every delivery.
    pub event_id: String,
    /// The function's name, without qualifier or ARN.
    pub function: String,
    /// The version, such as `8`. Either this or `code_sha256` is known.
    pub version: Option<String>,
    /// The hash of the code, to find the version by when CloudTrail leaves it out.
    pub code_sha256: Option<String>,
    /// Who called: an ARN where CloudTrail gives one, otherwise a principal's or a service's name.
    pub by: String,
    /// When the call was made.
    pub at: Timestamp,
}

impl fmt::Display for VersionPublished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { function, version, by, .. } = self;
        match version {
            Some(version) => write!(f, "version {version} of {function} published by {by}"),
            None => write!(f, "a version of {function} published by {by}"),
        }
    }
}

/// Somebody, perhaps Tidegate itself, changed a Lambda alias. What it is now must be read from the alias:
/// events come late and out of order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasChanged {
    /// The event's own id, the same on every delivery.
    pub event_id: String,
    /// The function's name, without qualifier or ARN.
    pub function: String,
    /// The alias's name.
    pub alias: String,
    /// Who called, as in [`VersionPublished::by`].
    pub by: String,
    /// When the call was made.
    pub at: Timestamp,
}

impl fmt::Display for AliasChanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "alias {} of {} changed by {}", self.alias, self.function, self.by)
    }
}

pub(super) fn call(fields: &Fields<'_>) -> Reading {
    let call = fields.text("detail.eventName")?;
    let publishes = is_call(call, "PublishVersion");
    let updates_code = is_call(call, "UpdateFunctionCode");
    let updates_alias = is_call(call, "UpdateAlias");
    if !(publishes || updates_code || updates_alias) {
        return IgnoredBecause::OtherCall { call: call.to_owned() }.into();
    }
    if let Some(code) = fields.get("detail.errorCode") {
        let code = code.as_str().map_or_else(|| code.to_string(), str::to_owned);
        return IgnoredBecause::CallFailed { call: call.to_owned(), code }.into();
    }
    if let Some(account) = elsewhere(fields) {
        return IgnoredBecause::OtherAccount { call: call.to_owned(), account: account.to_owned() }.into();
    }
    if updates_alias {
        return alias_changed(fields);
    }
    if updates_code {
        // Anybody's deployment comes here, most of them of functions that Tidegate has nothing to do with: where a switch
        // cannot be read, what the answer says of a version decides, and nobody is paged.
        let is_numbered = fields.optional_label(VERSION).is_some_and(|version| version != LATEST);
        if fields.switch("detail.requestParameters.dryRun").unwrap_or(!is_numbered) {
            return IgnoredBecause::DryRun { call: call.to_owned() }.into();
        }
        if !fields.switch("detail.requestParameters.publish").unwrap_or(is_numbered) {
            let function = function(fields).unwrap_or_else(|_| "a function".to_owned());
            return IgnoredBecause::NotPublished { function }.into();
        }
    }
    version_published(fields)
}

/// Whether CloudTrail's `event_name` is the call `name` in any API version; `PublishVersionX` is not.
fn is_call(event_name: &str, name: &str) -> bool {
    event_name
        .strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn version_published(fields: &Fields<'_>) -> Reading {
    let function = function(fields)?;
    let version = fields.optional_label(VERSION);
    if version.as_deref() == Some(LATEST) {
        return IgnoredBecause::LatestIsNoVersion { function }.into();
    }
    // What is no version must not become a rollout: it would make a healthy one give way.
    if version.as_deref().is_some_and(|version| (lambda::KIND.check_version)(version).is_err()) {
        return Err(fields.wrong(VERSION, "a published version, like 8"));
    }
    let code_sha256 = fields.optional_text("detail.responseElements.codeSha256").map(str::to_owned);
    if version.is_none() && code_sha256.is_none() {
        return Err(fields.wrong(VERSION, "a version, or codeSha256 beside it"));
    }
    Ok(AwsEvent::VersionPublished(VersionPublished {
        event_id: fields.text("id")?.to_owned(),
        function,
        version,
        code_sha256,
        by: caller(fields),
        at: fields.time(&["detail.eventTime", "time"])?,
    }))
}

fn alias_changed(fields: &Fields<'_>) -> Reading {
    let alias = fields.first_text(&["detail.responseElements.name", "detail.requestParameters.name"]);
    Ok(AwsEvent::AliasChanged(AliasChanged {
        event_id: fields.text("id")?.to_owned(),
        function: function(fields)?,
        alias: alias
            .ok_or_else(|| fields.wrong("detail.requestParameters.name", "an alias's name"))?
            .to_owned(),
        by: caller(fields),
        at: fields.time(&["detail.eventTime", "time"])?,
    }))
}

fn caller(fields: &Fields<'_>) -> String {
    let known = fields.first_text(&[
        "detail.userIdentity.arn",
        "detail.userIdentity.principalId",
        "detail.userIdentity.invokedBy",
    ]);
    known.unwrap_or("unknown").to_owned()
}

const REQUESTED: &str = "detail.requestParameters.functionName";

/// Where the function is named, the answer first: the request holds what the caller wrote.
const NAMED: [&str; 4] = [
    "detail.responseElements.functionArn",
    "detail.responseElements.functionName",
    "detail.responseElements.aliasArn",
    REQUESTED,
];

/// The account of a function that is not the event's own. Who calls another account's function finds the call in his own trail
/// too, and may have a function there that is called the same.
fn elsewhere<'a>(fields: &Fields<'a>) -> Option<&'a str> {
    let own = fields.optional_text("account")?;
    named(fields).filter_map(|function| function.account).find(|account| *account != own)
}

fn function(fields: &Fields<'_>) -> Result<String, Unreadable> {
    let function = named(fields).next().ok_or_else(|| fields.wrong(REQUESTED, "a function's name or ARN"))?;
    Ok(function.name.to_owned())
}

fn named<'a>(fields: &Fields<'a>) -> impl Iterator<Item = Function<'a>> {
    NAMED.iter().filter_map(|path| fields.get(path).and_then(Value::as_str).and_then(Function::named))
}

/// A function as somebody named it.
pub(super) struct Function<'a> {
    account: Option<&'a str>,
    pub(super) name: &'a str,
}

impl<'a> Function<'a> {
    /// In any form that Lambda's API takes: `name`, `name:qualifier`, `account:function:name`, `account:name` and the full ARN,
    /// each with or without a qualifier. Ambiguous text is taken as Lambda's own pattern takes it: prefixes first.
    pub(super) fn named(text: &'a str) -> Option<Self> {
        let mut parts = text.split(':').peekable();
        if parts.peek() == Some(&"arn") {
            let service = parts.nth(2);
            if service != Some("lambda") {
                return None;
            }
        }
        let is_account = |part: &str| part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_digit());
        let is_region = |part: &str| part.contains('-') && part.ends_with(|c: char| c.is_ascii_digit());
        let rest: Vec<&str> = parts.collect();
        let mut rest = rest.as_slice();
        let mut of = None;
        if let [region, account, _, ..] = rest
            && is_region(region)
            && is_account(account)
        {
            rest = &rest[1..];
        }
        if let [account, _, ..] = rest
            && is_account(account)
        {
            of = Some(*account);
            rest = &rest[1..];
        }
        if let ["function", _, ..] = rest {
            rest = &rest[1..];
        }
        match rest {
            [name] | [name, _] if is_name(name) => Some(Self { account: of, name }),
            _ => None,
        }
    }
}

fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !text.is_empty() && text.len() <= 140 && text.bytes().all(allowed)
}
