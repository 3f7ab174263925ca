//! What is no document, and what is not to be had of one: every fault in words.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Document, SHOP, on, wanted};

fn faults(asked: &[super::Wanted]) -> String {
    Document::read(SHOP).expect("a document").plan(asked).expect_err("faults").join("\n")
}

#[test]
fn what_is_no_such_document_is_refused_with_its_place() {
    let texts = [
        "",
        "{",
        "[]",
        "null",
        "{} x",
        r#"{"flags":[]}"#,
        r#"{"values":{"a":true}}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"flags":{"a":{},"a":{}}}"#,
        r#"{"values":{"a":{"enabled":true,"enabled":false}}}"#,
        r#"{"values":{"a":{"_variants":{}}}}"#,
        r#"{"values":{"a":{"_variants":[{"enabled":true}]}}}"#,
        r#"{"values":{"a":{"_variants":[{"name":"x"},{"name":"x"}]}}}"#,
        r#"{"flags":{"a":{"attributes":[]},"b":{"attributes":{"c":{"constraints":"none"}}}},"values":{"a":{"_variants":[{"name":1}]}}}"#,
        r#"{"flags":{"\ud800":{}}}"#,
    ];
    let mut told = String::new();
    for text in texts {
        writeln!(told, "{text}\n  {}", Document::read(text).expect_err(text)).expect("a text takes it");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_document_needs_neither_a_version_nor_flags() {
    for text in ["{}", " {\"version\": \"1\"}\n", r#"{"flags":{},"values":{}}"#] {
        assert_eq!(Document::read(text).expect("a document").with(&[]), text);
    }
}

#[test]
fn everything_that_stands_against_it_is_told_at_once() {
    let broken = json!({
        "colour": "pink", "currency": "euro", "limit": 101, "share": "1", "beta": 1, "countries": ["DE", "de", 4],
        "steps": [-1, 11, 5], "colr": "blue", "enabled": true,
    });
    insta::assert_snapshot!(faults(&[
        on("new-baskt"),
        wanted("new-basket", Some("eu"), Some(true), &broken),
        wanted("new-basket", None, Some(true), &json!({"limit": 0, "colour": null})),
        on("free-shipping"),
        wanted("free-shipping", None, None, &json!({"from": 1})),
        wanted("free-shipping", Some("us"), Some(true), &Value::Null),
        wanted("free-shipping", Some("trial"), Some(true), &json!({"label": "x".repeat(1025)})),
        wanted("old-search", None, Some(true), &json!({"colour": "blue"})),
        wanted("express-checkout", None, Some(true), &Value::Null),
        wanted("express-checkout", None, Some(false), &Value::Null),
    ]));
}

#[test]
fn of_many_flags_the_nearest_are_named() {
    let flags: Vec<String> = (0..200).map(|number| format!(r#""flag-{number}":{{}}"#)).collect();
    let text = format!(r#"{{"flags":{{{}}}}}"#, flags.join(","));
    let faults = Document::read(&text).expect("a document").plan(&[on("flg-123")]).expect_err("no such flag");
    assert_eq!(faults, [r#"no flag is called "flg-123"; the nearest of 200: flag-123, flag-12, flag-13"#]);
}

#[test]
fn what_a_flag_requires_may_be_asked_for_apart() {
    let text = r#"{"flags":{"a":{"attributes":{"n":{"constraints":{"type":"number","required":true}}}}}}"#;
    let document = Document::read(text).expect("a document");
    assert_eq!(document.plan(&[on("a")]).expect_err("n is missing").len(), 1);
    let apart = [on("a"), wanted("a", None, None, &json!({"n": 1}))];
    assert_eq!(document.plan(&apart).map(|edits| edits.len()), Ok(2));
}

#[test]
fn a_pattern_that_cannot_be_read_here_is_left_to_appconfig() {
    let text = r#"{"flags":{"a":{"attributes":{"n":{"constraints":{"type":"string","pattern":"(?=x)"}}}}}}"#;
    let asked = [wanted("a", None, None, &json!({"n": "y"}))];
    assert_eq!(Document::read(text).expect("a document").plan(&asked).map(|edits| edits.len()), Ok(1));
}
