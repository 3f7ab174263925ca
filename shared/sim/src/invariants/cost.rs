//! What Tidegate costs in calls of AWS services stays bounded, whatever goes wrong.

use super::{Broken, Checked, holds};
use crate::view::View;

/// The most calls that one invocation makes for itself …
const OF_AN_INVOCATION: u64 = 40;

/// … and for each rollout, toggle and question that there is.
const OF_EACH: u64 = 40;

/// The most calls that all functions together make in a minute, for themselves …
const OF_A_MINUTE: u64 = 400;

/// … and for each rollout and toggle.
const OF_EACH_IN_A_MINUTE: u64 = 400;

pub(super) fn is_bounded(view: &View<'_>) -> Checked {
    let each = view.rollouts().len() + view.toggles().len();
    let most = OF_AN_INVOCATION + OF_EACH * each as u64;
    for (function, calls) in view.busiest() {
        holds(*calls <= most, || {
            let found = format!("{calls} calls by one of {function}, and {each} rollouts and toggles");
            Broken::of(view, "an invocation makes a bounded number of calls", found)
        })?;
    }
    let most = OF_A_MINUTE + OF_EACH_IN_A_MINUTE * each as u64;
    let calls = view.calls_this_minute();
    holds(calls <= most, || {
        let found = format!("{calls} calls in this minute, and {each} rollouts and toggles");
        Broken::of(view, "the functions make a bounded number of calls a minute", found)
    })
}
