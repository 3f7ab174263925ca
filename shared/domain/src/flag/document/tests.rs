//! What is changed is what was asked for, and every other byte stays.

mod generated;
mod refused;

use serde_json::{Value, json};

use super::{Document, Restored};
use crate::flag::{Edit, Spot, Wanted};

const SHOP: &str = include_str!("../../../../../events/flags/shop.json");

fn wanted(flag: &str, variant: Option<&str>, enabled: Option<bool>, attributes: &Value) -> Wanted {
    let attributes = attributes.as_object().into_iter().flatten();
    Wanted {
        flag: flag.to_owned(),
        variant: variant.map(str::to_owned),
        enabled,
        attributes: attributes.map(|(name, value)| (name.clone(), value.clone())).collect(),
    }
}

fn on(flag: &str) -> Wanted {
    wanted(flag, None, Some(true), &Value::Null)
}

fn spot(flag: &str, member: &str) -> Spot {
    Spot { flag: flag.to_owned(), variant: None, member: member.to_owned() }
}

fn planned(text: &str, wanted: &[Wanted]) -> (Vec<Edit>, String) {
    let document = Document::read(text).expect("a document");
    let edits = document.plan(wanted).expect("nothing against it");
    let changed = document.with(&edits);
    (edits, changed)
}

fn back(text: &str, edits: &[Edit]) -> (Restored, String) {
    let document = Document::read(text).expect("a document");
    let restored = document.restore(edits);
    let changed = document.with(&restored.edits);
    (restored, changed)
}

#[test]
fn a_flag_is_turned_on_where_it_stands_and_put_back_to_the_byte() {
    let (edits, changed) = planned(SHOP, &[on("new-basket")]);
    assert_eq!(
        changed,
        SHOP.replacen("\"enabled\": false,\n      \"colour\"", "\"enabled\": true,\n      \"colour\"", 1)
    );
    assert_eq!(back(&changed, &edits).1, SHOP);
}

#[test]
fn what_is_so_already_is_no_edit_however_it_is_written() {
    let same = json!({"colour": "green", "limit": 10, "share": 1.1, "countries": ["DE", "AT"], "steps": [0.0, 5, 10]});
    let as_it_is = [
        wanted("new-basket", None, Some(false), &same),
        on("old-search"),
        wanted("express-checkout", None, Some(false), &Value::Null),
        wanted("free-shipping", None, Some(false), &Value::Null),
        wanted("free-shipping", Some("everybody else"), None, &json!({"from": 150})),
    ];
    assert_eq!(planned(SHOP, &as_it_is).0, []);
}

#[test]
fn an_attribute_that_is_missing_is_put_in_as_its_neighbours_are_written() {
    let (edits, changed) =
        planned(SHOP, &[wanted("new-basket", None, None, &json!({"beta": true, "currency": "EUR"}))]);
    let end = "\"steps\": [0, 5.0, 1e1]";
    let inserted = format!("{end},\n      \"beta\": true,\n      \"currency\": \"EUR\"");
    assert_eq!(changed, SHOP.replacen(end, &inserted, 1));
    assert_eq!(back(&changed, &edits).1, SHOP);
}

#[test]
fn a_flag_without_a_value_is_off_and_is_put_in_when_it_is_turned_on() {
    let (edits, changed) = planned(SHOP, &[on("express-checkout")]);
    let end = "      ]\n    }";
    let inserted = format!("{end},\n    \"express-checkout\": {{\n      \"enabled\": true\n    }}");
    assert_eq!(changed, SHOP.replacen(end, &inserted, 1));
    assert_eq!(
        back(&changed, &edits),
        (Restored { edits: back(&changed, &edits).0.edits, left: vec![] }, SHOP.to_owned())
    );
}

#[test]
fn a_variant_is_changed_alone_and_gets_attributes_where_it_had_none() {
    let asked = [
        wanted("free-shipping", Some("trial"), Some(true), &json!({"from": 20})),
        wanted("free-shipping", Some("eu"), None, &json!({"label": "ab 49 €"})),
    ];
    let (edits, changed) = planned(SHOP, &asked);
    assert!(changed.contains(r#"{ "name": "trial", "enabled": true, "rule": "(split pct::10.0 by::$userId seed::\"s\")", "attributeValues": { "from": 20 } }"#), "{changed}");
    assert!(changed.contains(r#""attributeValues": { "from": 50, "label": "ab 49 €" }"#), "{changed}");
    assert_eq!(back(&changed, &edits).1, SHOP);
}

#[test]
fn without_a_variant_turning_off_turns_all_of_them_off() {
    let text =
        SHOP.replace("\"name\": \"trial\", \"enabled\": false", "\"name\": \"trial\", \"enabled\": true");
    let (edits, changed) = planned(&text, &[wanted("free-shipping", None, Some(false), &Value::Null)]);
    assert_eq!(changed, SHOP);
    assert_eq!(
        edits.iter().map(|edit| edit.at.to_string()).collect::<Vec<_>>(),
        ["free-shipping (variant trial) enabled"]
    );
    assert_eq!(back(&changed, &edits).1, text);
}

#[test]
fn a_document_without_values_gets_them() {
    for (text, expected) in [
        (
            r#"{"version":"1","flags":{"a":{"name":"A"}}}"#,
            r#"{"version":"1","flags":{"a":{"name":"A"}},"values":{"a":{"enabled":true}}}"#,
        ),
        (
            r#"{"flags": {"a": {}}, "values": {}}"#,
            r#"{"flags": {"a": {}}, "values": {"a": {"enabled": true}}}"#,
        ),
        (
            "{\n\t\"flags\": {\"a\": {}},\n\t\"values\": {}\n}",
            "{\n\t\"flags\": {\"a\": {}},\n\t\"values\": {\n\t\t\"a\": {\n\t\t\t\"enabled\": true\n\t\t}\n\t}\n}",
        ),
    ] {
        let (edits, changed) = planned(text, &[on("a")]);
        assert_eq!(changed, expected);
        let (_, undone) = back(&changed, &edits);
        if text.contains("values") {
            assert_eq!(undone, text);
        }
    }
}

#[test]
fn only_what_is_still_as_it_was_left_goes_back() {
    let asked = wanted("new-basket", None, Some(true), &json!({"limit": 20, "share": 2, "beta": true}));
    let (edits, changed) = planned(SHOP, &[asked]);
    // Somebody writes one value otherwise but meaning the same, changes another, and takes a third back themselves.
    let since = changed.replace("\"limit\": 20", "\"limit\": 2e1").replace("\"share\": 2,", "\"share\": 3,");
    let since =
        since.replace("\"enabled\": true,\n      \"colour\"", "\"enabled\": false,\n      \"colour\"");
    let (restored, undone) = back(&since, &edits);
    assert_eq!(restored.left, [spot("new-basket", "share")]);
    assert_eq!(undone, SHOP.replace("\"share\": 1.10", "\"share\": 3"));
}

#[test]
fn several_edits_of_a_value_go_back_to_before_the_first_from_any_of_them() {
    let (mut edits, once) = planned(SHOP, &[wanted("new-basket", None, None, &json!({"limit": 20}))]);
    let (later, twice) = planned(&once, &[wanted("new-basket", None, None, &json!({"limit": 30}))]);
    edits.extend(later);
    assert_eq!(back(&twice, &edits).1, SHOP);
    assert_eq!(back(&once, &edits).1, SHOP);
    assert_eq!(back(SHOP, &edits), (Restored::default(), SHOP.to_owned()));
}

#[test]
fn of_a_flag_that_is_gone_nothing_is_put_back() {
    let (edits, changed) = planned(SHOP, &[on("new-basket"), on("express-checkout")]);
    let mut gone: Value = serde_json::from_str(&changed).expect("JSON");
    for part in ["flags", "values"] {
        gone[part].as_object_mut().expect("an object").remove("new-basket");
    }
    let (restored, _) = back(&gone.to_string(), &edits);
    assert_eq!(restored.left, [spot("new-basket", "enabled")]);
    assert_eq!(
        restored.edits.iter().map(|edit| edit.at.flag.as_str()).collect::<Vec<_>>(),
        ["express-checkout"]
    );
}

#[test]
fn the_text_of_a_value_is_as_it_is_written() {
    let document = Document::read(SHOP).expect("a document");
    assert_eq!(document.value(&spot("new-basket", "share")), Some("1.10"));
    assert_eq!(document.value(&spot("new-basket", "colour")), Some(r#""gr\u0065en""#));
    let of_variant = Spot { variant: Some("everybody else".to_owned()), ..spot("free-shipping", "from") };
    assert_eq!(document.value(&of_variant), Some("1.50e2"));
    for nothing in
        [spot("express-checkout", "enabled"), spot("free-shipping", "_variants"), spot("nobody", "enabled")]
    {
        assert_eq!(document.value(&nothing), None);
    }
}

#[test]
fn an_edit_without_a_place_changes_nothing() {
    let document = Document::read(SHOP).expect("a document");
    let edit = |at, after: &str| Edit { at, before: None, after: Some(after.to_owned()) };
    let gone = Spot { variant: Some("us".to_owned()), ..spot("free-shipping", "enabled") };
    let edits = [
        edit(spot("nobody", "enabled"), "true"),
        edit(gone, "true"),
        edit(spot("old-search", "enabled"), "tru"),
    ];
    assert_eq!(document.with(&edits), SHOP);
}
