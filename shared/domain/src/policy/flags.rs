//! Feature flags that change with the traffic, and flags that are turned off when an alarm fires.

use std::collections::BTreeMap;

use serde_json::Value;

use super::faults::Place;
use super::lenient::Lenient;
use super::raw::{RawFlag, RawKillSwitch};
use super::values::Moment;
use super::{FlagChange, FlagMoment, KillSwitch, Mode, Strategy, defaults};
use crate::flag::{Profile, Wanted};

/// AppConfig's own strategies, and the words for them.
const STRATEGIES: [(&str, &str); 2] =
    [("allAtOnce", "AppConfig.AllAtOnce"), ("linear", "AppConfig.Linear20PercentEvery6Minutes")];

/// The AppConfig deployment strategy that people mean: `allAtOnce` and `linear` are AppConfig's own, anything else is a name or an
/// id.
pub fn flag_strategy(word: &str) -> String {
    let own = STRATEGIES.iter().find(|(known, _)| *known == word);
    own.map_or(word, |(_, name)| name).to_owned()
}

/// What stands under `flags`, each flag at most once. The mode and the steps are `None` where they are at fault themselves.
pub(super) fn flags(
    at: &Place,
    raw: Lenient<Vec<Lenient<RawFlag>>>,
    mode: Option<Mode>,
    strategy: Option<&Strategy>,
) -> Vec<FlagChange> {
    let mut flags: Vec<(Place, FlagChange)> = Vec::new();
    for (at, raw) in at.list(raw) {
        let Some(change) = flag(&at, raw, mode, strategy) else { continue };
        let same = |other: &FlagChange| {
            let (one, other) = ((&change.wanted, &change.profile), (&other.wanted, &other.profile));
            (&one.0.flag, &one.0.variant, one.1) == (&other.0.flag, &other.0.variant, other.1)
        };
        if flags.iter().any(|(_, other)| same(other)) {
            let flag = &change.wanted.flag;
            at.fault::<()>(format!("the flag {flag:?} is listed before; a rollout switches it once"));
        } else {
            one_deployment(&at, &change, &flags);
        }
        flags.push((at, change));
    }
    flags.into_iter().map(|(_, change)| change).collect()
}

/// What switches at the same moment in the same profile is one deployment, which has one strategy.
fn one_deployment(at: &Place, change: &FlagChange, before: &[(Place, FlagChange)]) {
    let with = |other: &&(Place, FlagChange)| other.1.at == change.at && other.1.profile == change.profile;
    let Some((other_at, other)) = before.iter().find(with) else { return };
    let differ = [
        ("strategy", change.strategy != other.strategy),
        ("shipPending", change.ship_pending != other.ship_pending),
    ];
    for (field, _) in differ.iter().filter(|(_, differs)| *differs) {
        at.field(field).fault::<()>(format!(
            "is not that of {}, which switches at the same moment in the same profile; they are one deployment",
            other_at.path()
        ));
    }
}

fn flag(at: &Place, raw: RawFlag, mode: Option<Mode>, strategy: Option<&Strategy>) -> Option<FlagChange> {
    at.no_such_fields::<RawFlag>(&raw.unknown);
    let flag = at.field("flag").text(raw.flag, "flag: new-basket", defaults::LONGEST_NAME);
    let variant = variant(&at.field("variant"), raw.variant);
    let moment = moment(&at.field("at"), raw.at, mode, strategy);
    let profile = profile(at, raw.application, raw.environment, raw.profile);
    let enabled = at.field("enabled").optional(raw.enabled);
    let attributes = attributes(&at.field("attributes"), raw.attributes);
    let enabled = enabled.or_else(|| attributes.is_empty().then_some(true));
    let strategy_at = at.field("strategy");
    let strategy = if raw.strategy.is_absent() {
        None
    } else {
        strategy_at.text(raw.strategy, "strategy: linear", defaults::LONGEST_NAME)
    };
    let ship_pending = at.field("shipPending").optional(raw.ship_pending).unwrap_or_default();
    Some(FlagChange {
        wanted: Wanted { flag: flag?, variant, enabled, attributes },
        at: moment,
        profile: profile?,
        strategy: strategy.as_deref().map(flag_strategy),
        ship_pending,
    })
}

fn variant(at: &Place, raw: Lenient<String>) -> Option<String> {
    if raw.is_absent() { None } else { at.text(raw, "variant: eu", defaults::LONGEST_NAME) }
}

fn moment(at: &Place, raw: Lenient<Moment>, mode: Option<Mode>, strategy: Option<&Strategy>) -> FlagMoment {
    let moment = at.optional(raw).map_or(defaults::FLAG_MOMENT, |Moment(moment)| moment);
    if mode == Some(Mode::Guard) && moment != FlagMoment::Promotion {
        at.fault::<()>(
            "in guard mode somebody else moves the traffic, and waits for no flag; only promotion can be had",
        );
    } else if let (FlagMoment::Weight(weight), Some(Strategy { steps, .. })) = (moment, strategy)
        && !steps.iter().any(|step| step.weight == weight)
    {
        let weights: Vec<_> = steps.iter().map(|step| format!("{}%", step.weight.percent())).collect();
        let known = if weights.is_empty() { ", of which this policy has none" } else { "; known: " };
        let (weight, weights) = (weight.percent(), weights.join(", "));
        at.fault::<()>(format!("{weight}% is not the weight of a step{known}{weights}"));
    }
    moment
}

fn profile(
    at: &Place,
    application: Lenient<String>,
    environment: Lenient<String>,
    profile: Lenient<String>,
) -> Option<Profile> {
    let text = |name: &str, raw: Lenient<String>, example: &str| {
        at.field(name).text(raw, &format!("{name}: {example}"), defaults::LONGEST_NAME)
    };
    let application = text("application", application, "shop");
    let environment = text("environment", environment, "prod");
    let profile = text("profile", profile, "flags");
    Some(Profile { application: application?, environment: environment?, profile: profile? })
}

/// Attributes with values that AppConfig knows; what each may be the document of the profile says.
fn attributes(at: &Place, raw: Lenient<BTreeMap<String, Value>>) -> BTreeMap<String, Value> {
    let attributes = at.optional(raw).unwrap_or_default();
    for (name, value) in &attributes {
        let is_known = match value {
            Value::Null | Value::Object(_) => false,
            Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
            Value::Array(elements) => elements.iter().all(|each| each.is_string() || each.is_number()),
        };
        if !is_known {
            at.field(name).fault::<()>(format!(
                "{value} is no value of an attribute; a text, a number, true or false, or a list of texts or numbers"
            ));
        }
        if name == "enabled" {
            at.field(name).fault::<()>("is no attribute; write enabled beside attributes");
        }
    }
    attributes
}

/// What stands under `killSwitches`.
pub(super) fn kill_switches(at: &Place, raw: Lenient<Vec<Lenient<RawKillSwitch>>>) -> Vec<KillSwitch> {
    let mut switches: Vec<KillSwitch> = Vec::new();
    for (at, raw) in at.list(raw) {
        let Some(switch) = kill_switch(&at, raw) else { continue };
        if switches.iter().any(|other| KillSwitch { preempt: switch.preempt, ..other.clone() } == switch) {
            let KillSwitch { alarm, flag, .. } = &switch;
            at.fault::<()>(format!("that {alarm} turns off the flag {flag:?} is listed before"));
        }
        switches.push(switch);
    }
    switches
}

fn kill_switch(at: &Place, raw: RawKillSwitch) -> Option<KillSwitch> {
    at.no_such_fields::<RawKillSwitch>(&raw.unknown);
    let alarm = at.field("alarm").text(raw.alarm, "alarm: checkout-5xx", defaults::LONGEST_NAME);
    let flag = at.field("flag").text(raw.flag, "flag: new-basket", defaults::LONGEST_NAME);
    let variant = variant(&at.field("variant"), raw.variant);
    let profile = profile(at, raw.application, raw.environment, raw.profile);
    let preempt = at.field("preempt").optional(raw.preempt).unwrap_or_default();
    Some(KillSwitch { alarm: alarm?, flag: flag?, variant, profile: profile?, preempt })
}
