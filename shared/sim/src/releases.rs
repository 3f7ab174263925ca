//! Releases beside this one, as what each makes of the documents in the table.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tidegate_wire::document::{Codec, Migration, RELEASE};

/// A release, by the name that scenarios give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Release {
    /// This one.
    This,
    /// The one before: see [`BEFORE`].
    Before,
    /// A later one: see [`SAYS_MORE`].
    SaysMore,
    /// A later one: see [`WRITES_OLD_NAMES`].
    WritesOldNames,
    /// A later one: see [`WRITES_NEW_NAMES`].
    WritesNewNames,
}

impl Release {
    /// Pairs that read what the other one wrote, so that functions of both may run side by side.
    pub const SIDE_BY_SIDE: [(Self, Self); 6] = [
        (Self::Before, Self::This),
        (Self::This, Self::Before),
        (Self::This, Self::SaysMore),
        (Self::SaysMore, Self::This),
        (Self::WritesOldNames, Self::WritesNewNames),
        (Self::WritesNewNames, Self::WritesOldNames),
    ];

    /// What it makes of documents.
    pub const fn codec(self) -> Codec {
        match self {
            Self::This => RELEASE,
            Self::Before => BEFORE,
            Self::SaysMore => SAYS_MORE,
            Self::WritesOldNames => WRITES_OLD_NAMES,
            Self::WritesNewNames => WRITES_NEW_NAMES,
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::This => "this release",
            Self::Before => "the release before",
            Self::SaysMore => "a release that says more",
            Self::WritesOldNames => "a release that writes old names",
            Self::WritesNewNames => "a release that writes new names",
        })
    }
}

/// The release before this one: it leaves out what is as it is by default.
pub const BEFORE: Codec = Codec(&[Migration { up: same, down: sparse }]);

/// A release after this one that says more in each document, and needs nobody to understand it.
pub const SAYS_MORE: Codec = Codec(&[RELEASE.0[0], Migration { up: same, down: saying_more }]);

/// A release after this one that decides on live documents by what this one does not know.
pub const NEEDS_MORE: Codec = Codec(&[RELEASE.0[0], Migration { up: same, down: if_at_rest }]);

/// A release that knows new names and writes the old ones yet ...
pub const WRITES_OLD_NAMES: Codec = Codec(&[Migration { up: new_names, down: old_names }]);

/// ... and the release after it, which writes the new ones.
pub const WRITES_NEW_NAMES: Codec = Codec(&[Migration { up: new_names, down: unsayable }]);

fn same(envelope: Value) -> Value {
    envelope
}

fn unsayable(_: &Value) -> Option<Value> {
    None
}

/// Members that may be left out, with what they are then.
const DEFAULTS: [(&str, &str, Value); 7] = [
    ("/rollout/request", "automatic", Value::Bool(false)),
    ("/rollout/request", "fixForward", Value::Bool(false)),
    ("/rollout/flags", "examined", Value::Bool(false)),
    ("/rollout/flags", "back", Value::Bool(false)),
    ("/rollout/phase", "since", Value::Null),
    ("/toggle", "shipPending", Value::Bool(false)),
    ("/toggle", "preempt", Value::Bool(false)),
];

#[expect(clippy::unnecessary_wraps, reason = "a way back may not exist")]
fn sparse(envelope: &Value) -> Option<Value> {
    let mut envelope = envelope.clone();
    for (holder, name, default) in DEFAULTS {
        let holder = envelope.pointer_mut(holder).and_then(Value::as_object_mut);
        if let Some(holder) = holder.filter(|holder| holder.get(name) == Some(&default)) {
            holder.remove(name);
        }
    }
    Some(envelope)
}

/// Where a release that says more says it: the versions that it wrote, a word on each effect and edit of them, and one on the policy.
fn saying_more(envelope: &Value) -> Option<Value> {
    let mut envelope = envelope.clone();
    for document in envelope.as_object_mut()?.values_mut().filter(|value| value.is_object()) {
        let version = document["version"].clone();
        let mut written = document["audit"]["written"].as_array().cloned().unwrap_or_default();
        written.push(version);
        document["audit"] = json!({ "written": written });
        for list in ["pending", "edits"] {
            let elements = document.get_mut(list).and_then(Value::as_array_mut);
            elements.into_iter().flatten().for_each(|element| element["word"] = json!("mine"));
        }
        if let Some(policy) = document.get_mut("policy") {
            policy["team"] = json!("checkout");
        }
    }
    Some(envelope)
}

fn if_at_rest(envelope: &Value) -> Option<Value> {
    let is = |place: &str, names: &[&str]| {
        envelope.pointer(place).and_then(Value::as_str).is_some_and(|name| names.contains(&name))
    };
    let moves = is("/rollout/phase/is", &["baking", "paused", "shifting", "watching", "rollingBack"])
        || is("/toggle/stage/is", &["planned", "deploying"]);
    (!moves).then(|| envelope.clone())
}

/// Where a member stands, what it was called and what it is called.
const NAMES: [(&str, &str, &str); 3] =
    [("/rollout", "canary", "candidate"), ("/rollout/phase", "state", "is"), ("/toggle", "wishes", "wanted")];

fn renamed(mut envelope: Value, from_to: impl Fn(&'static str, &'static str) -> [&'static str; 2]) -> Value {
    for (holder, old, new) in NAMES {
        let [from, to] = from_to(old, new);
        if let Some(holder) = envelope.pointer_mut(holder).and_then(Value::as_object_mut)
            && let Some(value) = holder.remove(from)
        {
            holder.insert(to.to_owned(), value);
        }
    }
    envelope
}

fn new_names(envelope: Value) -> Value {
    renamed(envelope, |old, new| [old, new])
}

#[expect(clippy::unnecessary_wraps, reason = "a way back may not exist")]
fn old_names(envelope: &Value) -> Option<Value> {
    Some(renamed(envelope.clone(), |old, new| [new, old]))
}
