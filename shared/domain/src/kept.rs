//! What a stored document says beyond what this release knows.

use std::sync::Arc;

use serde_json::{Map, Value};

/// A stored document as it was read, where it says more than this release knows. It is merged into what is written, so that functions
/// of two releases can work on one table and none of them drops what another one wrote.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kept(Option<Arc<Base>>);

/// What the merge rests on.
#[derive(Debug, PartialEq)]
struct Base {
    stored: Value,
    /// What this release makes of it.
    known: Value,
}

/// Members that name the variant of what they stand in.
const TAGS: [&str; 4] = ["is", "kind", "do", "because"];

impl Kept {
    /// What is to be kept of a document that was `stored` so, and of which this release knows so much.
    pub fn of(stored: Value, known: Value) -> Self {
        Self((stored != known).then(|| Arc::new(Base { stored, known })))
    }

    /// What is to be written in place of what was read: a three-way merge.
    pub fn merged_into(&self, next: Value) -> Value {
        match &self.0 {
            Some(base) => merge(&base.stored, &base.known, next),
            None => next,
        }
    }
}

/// What this release did not change stays as it was stored.
fn merge(stored: &Value, known: &Value, next: Value) -> Value {
    if *known == next {
        return stored.clone();
    }
    match (stored, known, next) {
        (Value::Object(stored), Value::Object(known), Value::Object(next)) if is_same(known, &next) => {
            Value::Object(members(stored, known, next))
        }
        (Value::Array(stored), Value::Array(known), Value::Array(next)) => {
            Value::Array(elements(stored, known, next))
        }
        (_, _, next) => next,
    }
}

/// Whether both are the same variant: what was said of one is not said of another.
fn is_same(known: &Map<String, Value>, next: &Map<String, Value>) -> bool {
    TAGS.iter().all(|tag| known.get(*tag) == next.get(*tag))
}

fn members(
    stored: &Map<String, Value>,
    known: &Map<String, Value>,
    next: Map<String, Value>,
) -> Map<String, Value> {
    let unknown = stored.iter().filter(|(name, _)| !known.contains_key(*name));
    let mut merged: Map<_, _> = unknown.map(|(name, value)| (name.clone(), value.clone())).collect();
    for (name, value) in next {
        let value = match (stored.get(&name), known.get(&name)) {
            (Some(stored), Some(known)) => merge(stored, known, value),
            (Some(_) | None, None) | (None, Some(_)) => value,
        };
        merged.insert(name, value);
    }
    merged
}

/// Elements have no names: one that is as it was is found by what it is, at its old place first.
fn elements(stored: &[Value], known: &[Value], next: Vec<Value>) -> Vec<Value> {
    let found = |place: usize, element: &Value| {
        let is_it = |place: &usize| known.get(*place) == Some(element);
        Some(place).filter(is_it).or_else(|| (0..known.len()).find(is_it))
    };
    let merged = next.into_iter().enumerate().map(|(place, element)| {
        let stored = found(place, &element).and_then(|place| stored.get(place));
        stored.cloned().unwrap_or(element)
    });
    merged.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is written where `next` takes the place of `known`, of which `stored` said more.
    fn written(stored: Value, known: Value, next: Value) -> Value {
        Kept::of(stored, known).merged_into(next)
    }

    #[test]
    fn a_document_that_says_nothing_else_is_written_as_it_is() {
        assert_eq!(Kept::of(json!({ "a": 1 }), json!({ "a": 1 })), Kept::default());
        assert_eq!(Kept::default().merged_into(json!({ "a": 2 })), json!({ "a": 2 }));
    }

    #[test]
    fn unknown_members_stay_at_every_depth_beside_what_changes() {
        let stored = json!({ "a": 1, "new": 1, "in": { "b": 1, "new": 2, "c": { "new": 3, "d": 1 } } });
        let known = json!({ "a": 1, "in": { "b": 1, "c": { "d": 1 } } });
        let next = json!({ "a": 2, "in": { "b": 2, "c": { "d": 1 }, "e": 1 } });
        assert_eq!(
            written(stored, known, next),
            json!({ "a": 2, "new": 1, "in": { "b": 2, "new": 2, "c": { "new": 3, "d": 1 }, "e": 1 } })
        );
    }

    #[test]
    fn what_this_release_takes_away_is_gone() {
        assert_eq!(
            written(json!({ "a": { "new": 1 }, "new": 1 }), json!({ "a": {} }), json!({})),
            json!({ "new": 1 })
        );
    }

    #[test]
    fn what_this_release_says_counts_where_it_had_read_nothing() {
        assert_eq!(
            written(json!({ "a": [], "new": 1 }), json!({}), json!({ "a": [1] })),
            json!({ "a": [1], "new": 1 })
        );
    }

    #[test]
    fn what_was_said_of_one_variant_is_not_said_of_another() {
        let stored = json!({ "is": "baking", "step": 1, "new": 1 });
        let known = json!({ "is": "baking", "step": 1 });
        let next = |is: &str| json!({ "is": is, "step": 2 });
        assert_eq!(
            written(stored.clone(), known.clone(), next("baking")),
            json!({ "is": "baking", "step": 2, "new": 1 })
        );
        assert_eq!(written(stored, known, next("watching")), next("watching"));
    }

    #[test]
    fn elements_keep_their_own_where_others_come_and_go() {
        let stored = json!([{ "n": 1, "new": 1 }, { "n": 2, "new": 2 }, { "n": 2, "new": 3 }]);
        let known = json!([{ "n": 1 }, { "n": 2 }, { "n": 2 }]);
        let kept = |next| written(stored.clone(), known.clone(), next);
        assert_eq!(kept(json!([{ "n": 2 }, { "n": 9 }])), json!([{ "n": 2, "new": 2 }, { "n": 9 }]));
        assert_eq!(
            kept(json!([{ "n": 0 }, { "n": 2 }, { "n": 2 }])),
            json!([{ "n": 0 }, { "n": 2, "new": 2 }, { "n": 2, "new": 3 }])
        );
    }
}
