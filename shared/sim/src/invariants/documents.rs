//! What a newer release said in a document is not lost when an older one writes it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Broken, Checked, holds};
use crate::view::View;

const KEPT: &str = "what a newer release said stays";

/// What a newer release said last: the versions of each document that it says to have written.
#[derive(Debug, Default)]
pub(super) struct Said {
    seen: BTreeMap<String, u64>,
    written: BTreeMap<String, BTreeSet<u64>>,
}

impl Said {
    pub fn check(&mut self, view: &View<'_>) -> Checked {
        for (id, rollout) in view.rollouts() {
            self.check_one(view, ("rollout", &id.0), rollout.version, || view.text(id))?;
        }
        for (id, toggle) in view.toggles() {
            self.check_one(view, ("toggle", &id.0), toggle.version, || view.toggle_text(id))?;
        }
        Ok(())
    }

    fn check_one<'a>(
        &mut self,
        view: &View<'_>,
        (kind, id): (&str, &str),
        version: u64,
        text: impl Fn() -> Option<&'a str>,
    ) -> Checked {
        let name = format!("{kind} {id}");
        let seen = self.seen.insert(name.clone(), version);
        if seen == Some(version) {
            return Ok(());
        }
        let Some(Ok(envelope)) = text().map(serde_json::from_str::<Value>) else { return Ok(()) };
        let document = &envelope[kind];
        let elements = |list: &Value| list.as_array().cloned().unwrap_or_default();
        let audited = elements(&document["audit"]["written"]);
        let audited: BTreeSet<u64> = audited.iter().filter_map(Value::as_u64).collect();
        let known = self.written.entry(name.clone()).or_default();
        let lost = |what: &str| Broken::of(view, KEPT, format!("{name} version {version} lost {what}"));
        if audited.last() == Some(&version) || seen.is_none() {
            *known = audited;
        } else {
            holds(*known == audited, || lost(&format!("who wrote it: {known:?} became {audited:?}")))?;
        }
        if !known.is_empty() && kind == "rollout" {
            holds(document["policy"]["team"] == "checkout", || lost("the team of its policy"))?;
        }
        for pending in elements(&document["pending"]) {
            let since = pending["id"]["version"].as_u64().unwrap_or_default();
            let is_said = pending["word"] == "mine";
            holds(is_said || !known.contains(&since), || lost(&format!("the word on {pending}")))?;
        }
        Ok(())
    }
}
