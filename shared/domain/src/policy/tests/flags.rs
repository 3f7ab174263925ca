//! Flags that change with the traffic, and kill switches.

use super::*;
use crate::policy::KillSwitch;

const PLACE: &str = "application: a, environment: e, profile: p";

fn read(lines: &str) -> Policy {
    let text = format!("version: 1\nname: p\nstrategy: Canary10Percent5Minutes\n{lines}");
    Policy::from_yaml(&text).unwrap_or_else(|faults| panic!("{lines}:\n{faults}"))
}

fn said(lines: &str) -> String {
    faults_of(&format!("strategy: Canary10Percent5Minutes\n{lines}"))
}

#[test]
fn a_flag_is_turned_on_unless_something_else_is_stated() {
    let rows = [
        ("", Some(true), 0),
        (", enabled: true", Some(true), 0),
        (", enabled: false", Some(false), 0),
        (", attributes: { limit: 5 }", None, 1),
        (", enabled: true, attributes: { limit: 5, colours: [red, green] }", Some(true), 2),
        (", attributes: {}", Some(true), 0),
    ];
    for (fields, enabled, attributes) in rows {
        let policy = read(&format!("flags: [{{ flag: f, {PLACE}{fields} }}]"));
        let wanted = &policy.flags[0].wanted;
        assert_eq!((wanted.enabled, wanted.attributes.len()), (enabled, attributes), "{fields}");
    }
}

#[test]
fn a_strategy_has_a_word_a_name_or_an_id() {
    let rows = [
        ("", None),
        (", strategy: allAtOnce", Some("AppConfig.AllAtOnce")),
        (", strategy: linear", Some("AppConfig.Linear20PercentEvery6Minutes")),
        (", strategy: Slow and steady", Some("Slow and steady")),
        (", strategy: abc1234", Some("abc1234")),
    ];
    for (fields, strategy) in rows {
        let policy = read(&format!("flags: [{{ flag: f, {PLACE}{fields} }}]"));
        assert_eq!(policy.flags[0].strategy.as_deref(), strategy, "{fields}");
    }
}

#[test]
fn a_kill_switch_names_an_alarm_and_a_flag() {
    let policy = read(&format!(
        "killSwitches: [{{ alarm: 5xx, flag: f, {PLACE} }}, {{ alarm: 5xx, flag: f, variant: eu, {PLACE}, preempt: true }}]"
    ));
    let profile =
        Profile { application: "a".to_owned(), environment: "e".to_owned(), profile: "p".to_owned() };
    let whole =
        KillSwitch { alarm: "5xx".to_owned(), flag: "f".to_owned(), variant: None, profile, preempt: false };
    let one = KillSwitch { variant: Some("eu".to_owned()), preempt: true, ..whole.clone() };
    assert_eq!(policy.kill_switches, [whole, one]);
    let stored = serde_json::to_value(&policy).unwrap();
    assert_eq!(serde_json::from_value::<Policy>(stored).unwrap(), policy);
}

#[test]
fn what_a_flag_cannot_be_is_told_with_its_place() {
    let rows = [
        (
            "attributes: { a: , b: { c: 1 }, d: [true], e: [1, x], enabled: true }",
            "flags[0].attributes.a: null is no value of an attribute; a text, a number, true or false, or a list of texts or numbers\n\
             flags[0].attributes.b: {\"c\":1} is no value of an attribute; a text, a number, true or false, or a list of texts or numbers\n\
             flags[0].attributes.d: [true] is no value of an attribute; a text, a number, true or false, or a list of texts or numbers\n\
             flags[0].attributes.enabled: is no attribute; write enabled beside attributes",
        ),
        ("attributes: 5", "flags[0].attributes: found 5, expected an object, like { name: value }"),
        ("enabled: 1", "flags[0].enabled: found 1, expected true or false"),
        ("strategy: ''", "flags[0].strategy: empty; write it like strategy: linear"),
        ("variant: ''", "flags[0].variant: empty; write it like variant: eu"),
        ("shipPending: later", "flags[0].shipPending: found \"later\", expected true or false"),
        (
            "preempt: true",
            "flags[0].preempt: no such field; known: application, at, attributes, enabled, environment, flag, profile, \
             shipPending, strategy, variant",
        ),
    ];
    for (fields, expected) in rows {
        assert_eq!(said(&format!("flags: [{{ flag: f, {PLACE}, {fields} }}]")), expected, "{fields}");
    }
}

#[test]
fn a_flag_switches_once_and_flags_that_switch_together_do_so_in_one_way() {
    let two =
        |one: &str, other: &str| said(&format!("flags: [{{ {one}, {PLACE} }}, {{ {other}, {PLACE} }}]"));
    assert_eq!(two("flag: f", "flag: g"), "no fault");
    assert_eq!(two("flag: f, variant: eu", "flag: f, variant: us"), "no fault");
    assert_eq!(two("flag: f, strategy: linear", "flag: g, at: 10%"), "no fault");
    assert_eq!(
        two("flag: f, enabled: false", "flag: f, at: 10%"),
        "flags[1]: the flag \"f\" is listed before; a rollout switches it once"
    );
    assert_eq!(
        two("flag: f, strategy: linear", "flag: g, shipPending: true"),
        "flags[1].strategy: is not that of flags[0], which switches at the same moment in the same profile; they are one deployment\n\
         flags[1].shipPending: is not that of flags[0], which switches at the same moment in the same profile; they are one deployment"
    );
}

#[test]
fn in_guard_mode_flags_switch_after_promotion_alone() {
    let said = |at: &str| faults_of(&format!("mode: guard\nflags: [{{ flag: f, {PLACE}{at} }}]"));
    assert_eq!(said(""), "no fault");
    assert_eq!(said(", at: promotion"), "no fault");
    for at in [", at: 10%", ", at: beforeTraffic"] {
        assert_eq!(
            said(at),
            "flags[0].at: in guard mode somebody else moves the traffic, and waits for no flag; only promotion can be had"
        );
    }
}

#[test]
fn what_a_kill_switch_cannot_be_is_told_with_its_place() {
    let one = format!("{{ alarm: 5xx, flag: f, {PLACE} }}");
    assert_eq!(
        said(&format!(
            "killSwitches: [{one}, {{ alarm: 5xx, flag: f, {PLACE}, preempt: true }}, {{ enabled: false }}, off]"
        )),
        "killSwitches[3]: found \"off\", expected an object with alarm, flag, application, environment and profile\n\
         killSwitches[1]: that 5xx turns off the flag \"f\" is listed before\n\
         killSwitches[2].enabled: no such field; known: alarm, application, environment, flag, preempt, profile, variant\n\
         killSwitches[2].alarm: missing; write it like alarm: checkout-5xx\n\
         killSwitches[2].flag: missing; write it like flag: new-basket\n\
         killSwitches[2].application: missing; write it like application: shop\n\
         killSwitches[2].environment: missing; write it like environment: prod\n\
         killSwitches[2].profile: missing; write it like profile: flags"
    );
}
