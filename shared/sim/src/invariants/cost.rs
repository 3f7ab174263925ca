//! What Tidegate costs in calls of AWS services stays bounded, whatever goes wrong.

use super::{Broken, Checked, holds};
use crate::view::View;

/// The most calls that one invocation makes for itself …
const OF_AN_INVOCATION: u64 = 40;

/// … and for each rollout, toggle and question that there is.
const OF_EACH: u64 = 40;

pub(super) fn is_bounded(view: &View<'_>) -> Checked {
    let each = view.rollouts().len() + view.toggles().len();
    let most = OF_AN_INVOCATION + OF_EACH * each as u64;
    for (function, calls) in view.busiest() {
        holds(*calls <= most, || {
            let found = format!("{calls} calls by one of {function}, and {each} rollouts and toggles");
            Broken::of(view, "an invocation makes a bounded number of calls", found)
        })?;
    }
    Ok(())
}
