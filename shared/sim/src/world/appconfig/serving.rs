//! What clients get: of each profile one version, or two while a deployment is under way.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidegate_domain::flag::{FlagState, Profile};

use super::{AppConfig, Environment, Where};
use crate::world::History;

/// The versions that clients get, each with its share of the clients, 0 to 1.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Serving(pub Vec<(u64, f64)>);

impl Environment {
    /// What clients get by the deployments as they stand: that of the last one which is through, and the more of a newer one
    /// the further it is.
    fn served(&self, profile: &str) -> Serving {
        let of_profile = || self.deployments.iter().rev().filter(|released| released.profile == profile);
        let through = of_profile().find(|released| released.state == FlagState::Complete);
        let newer = of_profile().find(|released| released.state.is_under_way());
        let share = newer.map_or(0.0, |newer| newer.percentage / 100.0);
        let former = through.map(|through| (through.version, 1.0 - share));
        let both = former.into_iter().chain(newer.map(|newer| (newer.version, share)));
        Serving(both.filter(|(_, share)| *share > 0.0).collect())
    }

    /// Notes what clients get from now on.
    pub(crate) fn serve(&mut self, profile: &str, now: Timestamp) {
        let served = self.served(profile);
        match self.serving.get_mut(profile) {
            None => drop(self.serving.insert(profile.to_owned(), History::since_ever(served))),
            Some(history) if *history.now() != served => history.change(now, served),
            Some(_) => {}
        }
    }
}

impl AppConfig {
    /// The share of the clients for whom a flag is on at a moment.
    pub fn share_with(&self, profile: &Profile, flag: &str, at: Timestamp) -> f64 {
        let Some(history) = self.history(profile) else { return 0.0 };
        let on = |version: u64| self.text(profile, version).is_some_and(|text| is_on(text, flag));
        history.at(at).0.iter().filter(|(version, _)| on(*version)).map(|(_, share)| share).sum()
    }

    /// The moments at which clients began to get something else.
    pub(crate) fn changes(&self, profile: &Profile, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
        self.history(profile).map(|history| history.changes(from, to).collect()).unwrap_or_default()
    }

    /// The text that all clients get, or most of them.
    pub fn in_force(&self, profile: &Profile) -> Option<&str> {
        let serving = &self.history(profile)?.now().0;
        let (version, _) = serving.iter().max_by(|one, other| one.1.total_cmp(&other.1))?;
        self.text(profile, *version)
    }

    fn history(&self, profile: &Profile) -> Option<&History<Serving>> {
        self.environment(&Where::from(profile))?.serving.get(&profile.profile)
    }
}

/// Whether a document turns a flag on: by itself, or by its variant for everybody, which is the last one.
fn is_on(text: &str, flag: &str) -> bool {
    let Ok(document) = serde_json::from_str::<Value>(text) else { return false };
    let Some(values) = document.get("values").and_then(|values| values.get(flag)) else { return false };
    let enabled = |value: &Value| value.get("enabled").and_then(Value::as_bool).unwrap_or(false);
    match values.get("_variants").and_then(Value::as_array) {
        Some(variants) => variants.last().is_some_and(enabled),
        None => enabled(values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_on_by_itself_or_by_its_variant_for_everybody() {
        assert!(is_on(r#"{"values":{"a":{"enabled":true}}}"#, "a"));
        assert!(!is_on(r#"{"values":{"a":{"enabled":false}}}"#, "a"));
        assert!(!is_on(r#"{"values":{}}"#, "a"));
        let variants = r#"{"values":{"a":{"_variants":[{"name":"eu","rule":"(eq $c \"eu\")","enabled":false},{"name":"all","enabled":true}]}}}"#;
        assert!(is_on(variants, "a"));
        assert!(!is_on("no JSON", "a"));
    }
}
