//! What is written is read again as the same.

use tidegate_domain::assess::assess;
use tidegate_domain::effect::{Effect, Outcome};
use tidegate_domain::policy::OutcomeKind;
use tidegate_domain::rollout::{Rollout, RolloutId};
use tidegate_domain::verdict::{Evidence, Verdict};

use super::assessment::ticks;
use super::decide_table::verdicts;
use super::places;
use super::world::minutes;

#[test]
fn a_rollout_in_every_place_is_read_as_it_was_written() {
    for place in places::all() {
        let text = serde_json::to_string(&place.rollout).expect("JSON");
        let read: Rollout = serde_json::from_str(&text).expect(&place.name);
        assert_eq!(read, place.rollout, "{}", place.name);
    }
}

#[test]
fn a_restart_that_was_written_without_a_word_about_alarms_is_a_plain_one() {
    let written = r#"{ "do": "restart", "id": "checkout-live-8.2", "by": "ana" }"#;
    let plain = Effect::Restart {
        id: RolloutId("checkout-live-8.2".to_owned()),
        by: "ana".to_owned(),
        fix_forward: false,
    };
    assert_eq!(serde_json::from_str::<Effect>(written).expect("an effect"), plain);
}

#[test]
fn an_outcome_of_every_kind_is_read_as_it_was_written() {
    let kinds = [
        OutcomeKind::Succeeded,
        OutcomeKind::RolledBack,
        OutcomeKind::Superseded,
        OutcomeKind::TakenOver,
        OutcomeKind::Refused,
        OutcomeKind::Paused,
        OutcomeKind::Stuck,
        OutcomeKind::Quarantined,
        OutcomeKind::FlagsSet,
        OutcomeKind::FlagsRefused,
        OutcomeKind::FlagsStuck,
        OutcomeKind::FlagsRolledBack,
    ];
    for (kind, place) in kinds.into_iter().zip(places::all()) {
        let outcome = Outcome::of(&place.rollout, kind);
        let text = serde_json::to_string(&outcome).expect("JSON");
        assert_eq!(serde_json::from_str::<Outcome>(&text).expect("an outcome"), outcome);
    }
}

#[test]
fn a_verdict_of_every_kind_is_read_as_it_was_written() {
    for (name, verdict) in verdicts() {
        let text = serde_json::to_string(&verdict).expect("JSON");
        assert_eq!(serde_json::from_str::<Verdict>(&text).expect(name), verdict);
    }
}

/// JSON knows no infinity: evidence that grew without bounds, or of nothing, would be written as null and never read again.
#[test]
fn evidence_of_nothing_and_of_everything_can_be_stored() {
    let extremes = [
        Vec::new(),
        ticks(1, (0, 0), (0, 0)),
        ticks(5, (0, 0), (1_000, 0)),
        ticks(5, (1_000, 0), (0, 0)),
        ticks(60, (1_000_000, 1_000_000), (1_000_000, 0)),
        ticks(60, (1_000_000, 0), (1_000_000, 1_000_000)),
    ];
    for ticks in extremes {
        for place in places::baking_places() {
            let assessed = assess(&place.rollout, &ticks, &[], minutes(60)).expect("sound ticks");
            let evidence = assessed.evidence.expect("evidence");
            let text = serde_json::to_string(&evidence).expect("JSON");
            assert_eq!(serde_json::from_str::<Evidence>(&text).expect(&text), evidence);
        }
    }
}
