//! What has to change to put values back as they were.

use super::{Document, Restored, means_the_same};
use crate::flag::{Edit, Spot};

/// Each spot goes back to what it was before the first edit, where it still has a value that one of the edits left.
pub(super) fn restore(document: &Document, edits: &[Edit]) -> Restored {
    let mut restored = Restored::default();
    let mut seen: Vec<&Spot> = Vec::new();
    for first in edits {
        if seen.contains(&&first.at) {
            continue;
        }
        seen.push(&first.at);
        if document.place(&first.at).is_none() {
            restored.left.push(first.at.clone());
            continue;
        }
        let present = document.value(&first.at);
        if means_the_same(&first.at, present, first.before.as_deref()) {
            continue;
        }
        let of_spot = edits.iter().filter(|edit| edit.at == first.at);
        if of_spot.into_iter().any(|edit| means_the_same(&first.at, present, edit.after.as_deref())) {
            let (before, after) = (present.map(str::to_owned), first.before.clone());
            restored.edits.push(Edit { at: first.at.clone(), before, after });
        } else {
            restored.left.push(first.at.clone());
        }
    }
    restored
}
