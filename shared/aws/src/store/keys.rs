//! The table's layout: every key and every attribute's name stands here.
//!
//! | pk | sk | attributes |
//! |---|---|---|
//! | `ROLLOUT#<id>` | `DOC` | version, doc, target, phase; shelf and since for the index |
//! | `ROLLOUT#<id>` | `TICKS#<hour>` | m00 … m59: one tick each, as JSON |
//! | `ROLLOUT#<id>` | `SNAPSHOT` | snapshot |
//! | `ROLLOUT#<id>` | `LOG#<version>` | entry |
//! | `LOCK#<target>` | `LOCK` | holder |
//! | `DEDUP#<key>` | `DEDUP` | expires |
//! | `ALARM#<name>` | the rollout's id | |
//! | `OUTCOME#<id>` | `OUTCOME` | state, until, expires |
//! | `QUARANTINE` | `<when>#<id>` | letter, expires |
//! | `POLICY#<name>` | `POLICY` | text, json, applied, by |
//! | `GUARD#<target>` | `GUARD` | policy: the name of the one in guard mode that was stored last with this target |
//! | `DEPLOYMENT#<id>` | `DEPLOYMENT` | rollout, where one follows it; otherwise passedOver and expires |
//! | `HOOKS` | `<deployment>#<digest of the token>` | hook, expires |
//! | `TOGGLE#<id>` | `TOGGLE` | version, doc; shelf and since for the index while it is live, then expires |
//! | `KILL#<alarm>` | the policy's name | one that had a kill switch for this alarm when it was stored; it may have none by now |
//! | `FLAGGUARD#<id>` | `FLAGGUARD` | version, doc, expires |
//! | `FREEZE` | `FREEZE` | version, doc: whether weights may rise, with the last changes of that |
//!
//! Times in keys and in what is compared have six decimals always, so that their order as text is their order in time.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use tidegate_domain::deployment::DeploymentId;
use tidegate_domain::flag::toggle::ToggleId;
use tidegate_domain::rollout::RolloutId;
use tidegate_domain::target::Target;
use tidegate_domain::ticks::Tick;
use tidegate_domain::units::Span;
use tidegate_engine::ports::Hook;

/// An item as the SDK has it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// The sparse index: documents by shelf (`live`, `ended`) and since when they stand there. It carries `target` beside the keys.
pub(super) const INDEX: &str = "shelf";
/// The shelf of what the sweep has to look at.
pub(super) const LIVE: &str = "live";
/// The shelf of what is over.
pub(super) const ENDED: &str = "ended";

/// How long a dedup key is remembered, far beyond any redelivery.
pub(super) const DEDUP_KEPT: Span = Span::hours(7 * 24);
/// How long it is known that an outcome was sent.
pub(super) const OUTCOME_KEPT: Span = Span::hours(30 * 24);
/// How long an unreadable event is kept.
pub(super) const LETTER_KEPT: Span = Span::hours(90 * 24);
/// How long it is known that nobody follows a deployment. CodeDeploy ends every deployment in less.
pub(super) const PASSED_OVER_KEPT: Span = Span::hours(14 * 24);
/// How long a hook is kept that nobody answers. CodeDeploy waits for an hour.
pub(super) const HOOK_KEPT: Span = Span::hours(24);
/// How long a toggle is kept that is over. What it changed can be read in it; AppConfig reverts for three days.
pub(super) const TOGGLE_KEPT: Span = Span::hours(90 * 24);
/// How long a guard of flags is kept after it was last judged. AppConfig's deployments take two days at most.
pub(super) const FLAG_GUARD_KEPT: Span = Span::hours(30 * 24);

/// The primary key of an item.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }

    pub(super) fn document(id: &RolloutId) -> Self {
        Self::new(rollout(id), "DOC")
    }

    pub(super) fn ticks(id: &RolloutId, hour: Timestamp) -> Self {
        Self::new(rollout(id), format!("{TICKS}{hour}"))
    }

    pub(super) fn snapshot(id: &RolloutId) -> Self {
        Self::new(rollout(id), "SNAPSHOT")
    }

    pub(super) fn log(id: &RolloutId, version: u64) -> Self {
        Self::new(rollout(id), format!("{LOG}{version:010}"))
    }

    pub(super) fn lock(target: &Target) -> Self {
        Self::new(format!("LOCK#{}", target.key()), "LOCK")
    }

    pub(super) fn dedup(key: &str) -> Self {
        Self::new(format!("DEDUP#{key}"), "DEDUP")
    }

    pub(super) fn alarm(name: &str, id: &RolloutId) -> Self {
        Self::new(alarm(name), &id.0)
    }

    pub(super) fn outcome(id: &str) -> Self {
        Self::new(format!("OUTCOME#{id}"), "OUTCOME")
    }

    pub(super) fn letter(at: Timestamp, id: &str) -> Self {
        Self::new(QUARANTINE.to_owned(), format!("{}#{id}", moment(at)))
    }

    pub(super) fn policy(name: &str) -> Self {
        Self::new(format!("POLICY#{name}"), "POLICY")
    }

    pub(super) fn guard(target: &str) -> Self {
        Self::new(format!("GUARD#{target}"), "GUARD")
    }

    pub(super) fn deployment(id: &DeploymentId) -> Self {
        Self::new(format!("DEPLOYMENT#{id}"), "DEPLOYMENT")
    }

    /// A hook's token may be longer than a key.
    pub(super) fn hook(hook: &Hook) -> Self {
        Self::new(HOOKS.to_owned(), format!("{}#{:016x}", hook.deployment, digest(&hook.execution)))
    }

    pub(super) fn toggle(id: &ToggleId) -> Self {
        Self::new(format!("{TOGGLE}{id}"), "TOGGLE")
    }

    pub(super) fn kill_switch(alarm: &str, policy: &str) -> Self {
        Self::new(kill(alarm), policy)
    }

    pub(super) fn flag_guard(id: &str) -> Self {
        Self::new(format!("FLAGGUARD#{id}"), "FLAGGUARD")
    }

    pub(super) fn freeze() -> Self {
        Self::new("FREEZE".to_owned(), "FREEZE")
    }

    /// The key as attributes.
    pub(super) fn item(self) -> Item {
        HashMap::from([
            ("pk".to_owned(), AttributeValue::S(self.pk)),
            ("sk".to_owned(), AttributeValue::S(self.sk)),
        ])
    }
}

/// What the sort keys of ticks begin with ...
pub(super) const TICKS: &str = "TICKS#";
/// ... and those of the timeline.
pub(super) const LOG: &str = "LOG#";
/// The partition of unreadable events.
pub(super) const QUARANTINE: &str = "QUARANTINE";

/// The partition of hooks that wait for an answer.
pub(super) const HOOKS: &str = "HOOKS";

/// FNV-1a, which is the same on every machine and in every release.
fn digest(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |digest, byte| (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// What the key of a rollout begins with.
const ROLLOUT: &str = "ROLLOUT#";

/// The partition of a rollout.
pub(super) fn rollout(id: &RolloutId) -> String {
    format!("{ROLLOUT}{id}")
}

/// What the key of a toggle begins with.
const TOGGLE: &str = "TOGGLE#";

/// What stands on a shelf of the index.
#[derive(Debug)]
pub(super) enum Shelved {
    Rollout(RolloutId),
    Toggle(ToggleId),
}

/// What an item of the index is, by its partition; `None` for what only another release knows.
pub(super) fn shelved(pk: &str) -> Option<Shelved> {
    let rollout = pk.strip_prefix(ROLLOUT).map(|id| Shelved::Rollout(RolloutId(id.to_owned())));
    rollout.or_else(|| pk.strip_prefix(TOGGLE).map(|id| Shelved::Toggle(ToggleId(id.to_owned()))))
}

/// The partition of an alarm's watchers.
pub(super) fn alarm(name: &str) -> String {
    format!("ALARM#{name}")
}

/// The partition of an alarm's kill switches.
pub(super) fn kill(alarm: &str) -> String {
    format!("KILL#{alarm}")
}

/// The start of the hour that a tick lies in, and the attribute that holds it there.
pub(super) fn hour_and_minute(tick: &Tick) -> (Timestamp, String) {
    let second = tick.minute.as_second();
    let past = second.rem_euclid(3600);
    let hour = Timestamp::from_second(second - past).unwrap_or(tick.minute);
    (hour, format!("m{:02}", past / 60))
}

/// A time as text that sorts as times do.
pub(super) fn moment(at: Timestamp) -> String {
    format!("{at:.6}")
}

/// A text attribute.
pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// The attribute after which DynamoDB may remove an item, in whole seconds.
pub(super) fn expires(from: Timestamp, kept: Span) -> AttributeValue {
    AttributeValue::N(kept.after(from).as_second().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_sort_as_text() {
        let (whole, half): (Timestamp, Timestamp) =
            ("2026-03-01T10:00:00Z".parse().unwrap(), "2026-03-01T10:00:00.5Z".parse().unwrap());
        assert_eq!(moment(whole), "2026-03-01T10:00:00.000000Z");
        assert!(moment(whole) < moment(half));
    }

    #[test]
    fn a_digest_stays_what_it_is() {
        assert_eq!((digest(""), digest("foobar")), (0xcbf2_9ce4_8422_2325, 0x8594_4171_f739_67e8));
    }

    #[test]
    fn a_tick_stands_in_its_hour() {
        let tick = Tick { minute: "2026-03-01T10:07:00Z".parse().unwrap(), metrics: [].into() };
        let (hour, attribute) = hour_and_minute(&tick);
        assert_eq!(Key::ticks(&RolloutId("r".to_owned()), hour).sk, "TICKS#2026-03-01T10:00:00Z");
        assert_eq!(attribute, "m07");
    }
}
