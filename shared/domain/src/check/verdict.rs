//! Whether an answer will do.

use serde_json::Value;

use super::{Answer, Asks, Check, Expect, JsonIs, Path};

/// The most characters of a value that a message shows.
const SHOWN: usize = 120;

/// Whether an answer is what a check asks for; if not, everything that is wrong with it.
///
/// ```
/// use serde_json::json;
/// use tidegate_domain::check::{Answer, Asks, Check, Expect, verdict};
/// use tidegate_domain::units::Span;
///
/// let check = Check {
///     name: "answers".to_owned(),
///     asks: Asks::Invoke { payload: json!({ "path": "/health" }) },
///     expect: Expect { status: Some(200), faster_than: Some(500), ..Expect::default() },
///     timeout: Span::seconds(10),
/// };
/// let answer = |body: &str, took| Answer { status: 200, body: body.to_owned(), took, error: None };
/// assert_eq!(verdict(&check, &answer(r#"{"statusCode":200}"#, 120)), Ok(()));
/// assert_eq!(
///     verdict(&check, &answer(r#"{"statusCode":500}"#, 812)),
///     Err("status is 500, not 200; took 812 ms, not below 500 ms".to_owned())
/// );
/// ```
pub fn verdict(check: &Check, answer: &Answer) -> Result<(), String> {
    if let Some(error) = &answer.error {
        return Err(format!("failed with {error}: {}", what_failed(&answer.body)));
    }
    let json = serde_json::from_str(&answer.body).ok();
    let proxied = json.as_ref().filter(|_| is_of_a_function(&check.asks)).and_then(proxied);
    let Expect { status, json: places, contains, faster_than } = &check.expect;
    let mut wrong = Vec::new();
    let found = proxied.as_ref().map_or(u64::from(answer.status), |proxied| proxied.status);
    if let Some(status) = status.filter(|status| u64::from(*status) != found) {
        wrong.push(format!("status is {found}, not {status}"));
    }
    match &json {
        Some(json) => wrong.extend(places.iter().filter_map(|place| other_than(place, json))),
        None if places.is_empty() => {}
        None => wrong.push(format!("the answer is no JSON: {}", shown(&answer.body))),
    }
    let inside = proxied.as_ref().map_or("", |proxied| proxied.body);
    if let Some(text) =
        contains.as_ref().filter(|text| !answer.body.contains(*text) && !inside.contains(*text))
    {
        wrong.push(format!("{text:?} is not in the answer: {}", shown(&answer.body)));
    }
    if let Some(limit) = faster_than.filter(|limit| answer.took >= u64::from(*limit)) {
        wrong.push(format!("took {} ms, not below {limit} ms", answer.took));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}

const fn is_of_a_function(asks: &Asks) -> bool {
    match asks {
        Asks::Invoke { .. } | Asks::Function { .. } => true,
        Asks::Http { .. } => false,
    }
}

/// What a function answers to whoever speaks HTTP for it, such as API Gateway.
struct Proxied<'a> {
    status: u64,
    body: &'a str,
}

fn proxied(json: &Value) -> Option<Proxied<'_>> {
    let status = match json.get("statusCode")? {
        Value::Number(number) => number.as_u64()?,
        Value::String(text) => text.parse().ok()?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    Some(Proxied { status, body: json.get("body").and_then(Value::as_str).unwrap_or_default() })
}

fn other_than(JsonIs { path, equals }: &JsonIs, json: &Value) -> Option<String> {
    match path.parse::<Path>() {
        Err(problem) => Some(problem.to_string()),
        Ok(place) => match place.find(json) {
            Some(found) if is_same(&found, equals) => None,
            Some(found) => {
                Some(format!("{path} is {}, not {}", shown(&found.to_string()), shown(&equals.to_string())))
            }
            None => Some(format!("{path} is not there; {} has to be", shown(&equals.to_string()))),
        },
    }
}

/// Whether two values are the same; 1 and 1.0 are.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || a.as_f64() == b.as_f64() && (a.is_f64() || b.is_f64())
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| is_same(a, b)))
        }
        _ => one == other,
    }
}

/// What a function that failed says of it: Lambda puts it into `errorMessage`.
fn what_failed(body: &str) -> String {
    let json: Option<Value> = serde_json::from_str(body).ok();
    let said = json.as_ref().and_then(|json| json.get("errorMessage")).and_then(Value::as_str);
    shown(said.unwrap_or(body))
}

/// A text that a message can hold.
fn shown(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match plain.char_indices().nth(SHOWN) {
        _ if plain.trim().is_empty() => "nothing".to_owned(),
        Some((end, _)) => format!("{}…", &plain[..end]),
        None => plain,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::units::Span;

    fn check(asks: Asks, expect: Expect) -> Check {
        Check { name: "answers".to_owned(), asks, expect, timeout: Span::seconds(10) }
    }

    fn invoke() -> Asks {
        Asks::Invoke { payload: json!({}) }
    }

    fn http() -> Asks {
        Asks::Http { url: "https://x".to_owned(), method: "GET".to_owned(), headers: Vec::new(), body: None }
    }

    fn answer(body: &str) -> Answer {
        Answer { status: 200, body: body.to_owned(), took: 812, error: None }
    }

    fn json_is(path: &str, equals: Value) -> Expect {
        Expect { json: vec![JsonIs { path: path.to_owned(), equals }], ..Expect::default() }
    }

    fn said(asks: Asks, expect: Expect, body: &str) -> String {
        verdict(&check(asks, expect), &answer(body)).err().unwrap_or_default()
    }

    #[test]
    fn what_is_not_stated_may_be_anything_but_for_an_error() {
        for asks in [invoke(), http(), Asks::Function { name: "smoke".to_owned(), payload: json!({}) }] {
            let check = check(asks, Expect::default());
            for body in ["", "null", "no JSON", r#"{"statusCode":500}"#] {
                assert_eq!(verdict(&check, &answer(body)), Ok(()), "{body}");
            }
            let failed = |body: &str| {
                let answer = Answer { error: Some("Unhandled".to_owned()), ..answer(body) };
                verdict(&check, &answer).unwrap_err()
            };
            assert_eq!(failed(r#"{"errorMessage":"no table"}"#), "failed with Unhandled: no table");
            assert_eq!(failed("no\ntable"), "failed with Unhandled: no table");
            assert_eq!(failed(""), "failed with Unhandled: nothing");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let expect = Expect {
            status: Some(200),
            contains: Some("fine".to_owned()),
            faster_than: Some(500),
            ..json_is("$.body.ok", json!(true))
        };
        let body = r#"{"statusCode":500,"body":"{\"ok\":false}"}"#;
        let expected = format!(
            "status is 500, not 200; $.body.ok is false, not true; \"fine\" is not in the answer: {body}; \
             took 812 ms, not below 500 ms"
        );
        assert_eq!(said(invoke(), expect, body), expected);
    }

    #[test]
    fn the_status_is_that_of_http_or_the_one_in_a_functions_answer() {
        let expect = |status| Expect { status: Some(status), ..Expect::default() };
        assert_eq!(said(invoke(), expect(503), r#"{"statusCode":503}"#), "");
        assert_eq!(said(invoke(), expect(503), r#"{"statusCode":"503"}"#), "");
        assert_eq!(said(invoke(), expect(200), r#"{"ok":true}"#), "");
        assert_eq!(said(http(), expect(200), r#"{"statusCode":503}"#), "");
        assert_eq!(said(http(), expect(204), "{}"), "status is 200, not 204");
    }

    #[test]
    fn a_place_in_the_answer_has_to_have_what_is_expected() {
        let place = |path: &str, equals: Value, body: &str| said(http(), json_is(path, equals), body);
        assert_eq!(place("$.n", json!(1), r#"{"n":1.0}"#), "");
        assert_eq!(place("$", json!([{ "a": 1.0 }]), r#"[{"a":1}]"#), "");
        assert_eq!(place("$.n", json!(1), r#"{"n":"1"}"#), "$.n is \"1\", not 1");
        assert_eq!(
            place("$.n", json!(u64::MAX), &format!("{{\"n\":{}}}", u64::MAX - 1)),
            format!("$.n is {}, not {}", u64::MAX - 1, u64::MAX)
        );
        assert_eq!(place("$.n", json!(null), r#"{"m":1}"#), "$.n is not there; null has to be");
        assert_eq!(place("$.n", json!(1), "<html>"), "the answer is no JSON: <html>");
        assert_eq!(place("$.n", json!(1), " "), "the answer is no JSON: nothing");
        let long = place("$", json!(1), &format!("\"{}\"", "é".repeat(200)));
        assert_eq!(long, format!("$ is \"{}…, not 1", "é".repeat(119)));
    }

    #[test]
    fn text_is_sought_in_the_answer_and_in_its_body() {
        let expect = || Expect { contains: Some(r#""ok":true"#.to_owned()), ..Expect::default() };
        assert_eq!(said(http(), expect(), r#"{"ok":true}"#), "");
        assert_eq!(said(invoke(), expect(), r#"{"statusCode":200,"body":"{\"ok\":true}"}"#), "");
        assert!(said(http(), expect(), r#"{"ok":false}"#).contains("is not in the answer"));
    }

    #[test]
    fn an_answer_is_fast_enough_below_the_limit_alone() {
        let expect = |limit| Expect { faster_than: Some(limit), ..Expect::default() };
        assert_eq!(said(http(), expect(813), ""), "");
        assert_eq!(said(http(), expect(812), ""), "took 812 ms, not below 812 ms");
    }

    proptest! {
        #[test]
        fn no_path_and_no_answer_is_too_odd_to_judge(
            path in r#"\$?([.\[\]'"\\]|[a-zé0-9]){0,12}"#,
            body in prop_oneof![any::<String>(), r#"[\[\]{}":,\\a0]{0,16}"#, r#"\{"(body|a)":("\{[a\\"]*"|[0-9.e]{1,5})\}"#],
            contains in any::<Option<String>>(),
            (took, status, faster_than) in any::<(u64, u16, Option<u32>)>(),
            error in any::<Option<String>>(),
            is_http in any::<bool>(),
        ) {
            let expect = Expect { status: Some(200), contains, faster_than, ..json_is(&path, json!(1)) };
            let check = check(if is_http { http() } else { invoke() }, expect);
            let failed = error.is_some();
            let judged = verdict(&check, &Answer { status, body, took, error });
            prop_assert!(!failed || judged.is_err());
            prop_assert_ne!(judged, Err(String::new()));
        }
    }
}
