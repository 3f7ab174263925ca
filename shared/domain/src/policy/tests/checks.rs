//! Checks before any traffic: those that parse, and what is said of those that do not.

use crate::check::{Asks, Check, Expect, JsonIs};

use super::*;

/// A policy with one of each, as people write it.
const ALL: &str = r#"
version: 1
name: checkout
target: { lambda: { function: checkout, alias: live } }
strategy: AllAtOnce
checks:
  - name: answers
    invoke: { payload: { path: /health } }
    expect: { status: 200, json: [{ path: $.body.ok, equals: true }], contains: "ok", fasterThan: 500ms }
    timeout: 10s
  - name: page
    http: { url: "https://test.example.com:8443/health?deep=1", method: POST, headers: { x-test: "1" }, body: "{}" }
    expect: { status: 200 }
  - name: own
    function: { name: smoke-test, payload: { deep: true } }
"#;

/// What is said of a short policy with this check.
fn said(check: &str) -> String {
    faults_of(&format!("strategy: AllAtOnce\nchecks: [{check}]"))
}

fn said_of_target(target: &str, check: &str) -> String {
    faults_of(&format!("strategy: AllAtOnce\ntarget: {target}\nchecks: [{check}]"))
}

#[test]
fn a_check_asks_the_version_a_url_or_a_function() {
    let ten = Span::seconds(10);
    let expected = [
        Check {
            name: "answers".to_owned(),
            asks: Asks::Invoke { payload: json!({ "path": "/health" }) },
            expect: Expect {
                status: Some(200),
                json: vec![JsonIs { path: "$.body.ok".to_owned(), equals: json!(true) }],
                contains: Some("ok".to_owned()),
                faster_than: Some(500),
            },
            timeout: ten,
        },
        Check {
            name: "page".to_owned(),
            asks: Asks::Http {
                url: "https://test.example.com:8443/health?deep=1".to_owned(),
                method: "POST".to_owned(),
                headers: vec![("x-test".to_owned(), "1".to_owned())],
                body: Some("{}".to_owned()),
            },
            expect: Expect { status: Some(200), ..Expect::default() },
            timeout: ten,
        },
        Check {
            name: "own".to_owned(),
            asks: Asks::Function { name: "smoke-test".to_owned(), payload: json!({ "deep": true }) },
            expect: Expect::default(),
            timeout: ten,
        },
    ];
    let policy = Policy::from_yaml(ALL).unwrap();
    assert_eq!(policy.checks, expected);
    let stored = serde_json::to_value(&policy).unwrap();
    assert_eq!(serde_json::from_value::<Policy>(stored).unwrap(), policy);
}

#[test]
fn the_rest_of_a_check_has_its_default() {
    let checks = "[{ name: a, invoke: {} }, { name: b, http: { url: 'http://[fd00::1]:80' }, expect: { contains: x } }]";
    let checks = parsed(&format!("strategy: AllAtOnce\nchecks: {checks}")).checks;
    assert_eq!(checks[0].asks, Asks::Invoke { payload: json!({}) });
    let url = "http://[fd00::1]:80".to_owned();
    assert_eq!(checks[1].asks, Asks::Http { url, method: "GET".to_owned(), headers: Vec::new(), body: None });
    let null =
        parsed("strategy: AllAtOnce\nchecks: [{ name: a, function: { name: 'f:live', payload: null } }]");
    assert_eq!(null.checks[0].asks, Asks::Function { name: "f:live".to_owned(), payload: json!(null) });
}

#[test]
fn a_check_is_exactly_one_question_under_a_name_of_its_own() {
    let one = "checks[0]: a check is exactly one of invoke: { payload: {} }, http: { url: https://test.example.com/health } and \
               function: { name: smoke-test }";
    assert_eq!(said("{ name: a }"), one);
    assert_eq!(said("{ name: a, invoke: {}, function: { name: f } }"), one);
    assert_eq!(
        said("{ name: a, ivoke: {} }"),
        "checks[0].ivoke: no such field; known: expect, function, http, invoke, name, timeout"
    );
    assert_eq!(
        said("{ name: a, invoke: {} }, { name: a, invoke: {} }"),
        "checks[1].name: a check called \"a\" is listed before; names are unique"
    );
    assert_eq!(said("{ invoke: {} }"), "checks[0].name: missing; write it like name: answers");
    assert_eq!(
        said("answers"),
        "checks[0]: found \"answers\", expected an object like { name: answers, invoke: { payload: {} }, expect: { status: 200 } }"
    );
}

#[test]
fn all_checks_together_fit_into_one_call() {
    let checks = |count: u32, timeout: &str| {
        let check = |i| format!("{{ name: c{i}, invoke: {{}}{timeout} }}");
        said(&(0..count).map(check).collect::<Vec<_>>().join(", "))
    };
    let sum = |all: &str| {
        format!(
            "checks: the timeouts add up to {all}, where 10s counts for each check that states none; at most 45s"
        )
    };
    assert_eq!(checks(4, ""), "no fault");
    assert_eq!(checks(5, ""), sum("50s"));
    assert_eq!(checks(10, ", timeout: 4s"), "no fault");
    assert_eq!(checks(11, ", timeout: 4s"), "checks: 11 checks are too many; at most 10");
    assert_eq!(
        checks(1, ", timeout: 46s"),
        "checks[0].timeout: 46s is no timeout for a check; from 1s to 45s"
    );
    assert_eq!(checks(1, ", timeout: 0s"), "checks[0].timeout: 0s is no timeout for a check; from 1s to 45s");
}

#[test]
fn everything_that_is_wrong_in_a_check_is_told_at_once() {
    let check = "{ name: '', http: { url: 'ftp://x', method: get, headers: { 'a b': x, c: 5 }, body: 7 }, \
                 expect: { status: 99, json: [{ path: body.ok }, { path: '$.*', equals: 1 }], contains: '', fasterThan: 5 }, \
                 timeout: 500ms }";
    let expected = r#"
checks[0].name: empty; write it like name: answers
checks[0].http.url: "ftp://x" is no URL of http or https; like https://test.example.com/health
checks[0].http.method: "get" is unknown; known: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS
checks[0].http.headers: "a b" is no name of a header; like x-test
checks[0].http.headers.c: found 5, expected a text; in quotes: "5"
checks[0].http.body: found 7, expected a text; in quotes: "7"
checks[0].timeout: "500ms" is not a duration; write it like 90s, 10m, 1h30m or 2d
checks[0].expect.status: 99 is no status of HTTP; from 100 to 599, like 200
checks[0].expect.json[0].path: "body.ok" is no path: it does not begin with $; write it like $.body.items[0]['first name']
checks[0].expect.json[0].equals: missing; write it like equals: true
checks[0].expect.json[1].path: "$.*" is no path: a name after a dot is of letters, digits, - and _; any other stands in brackets and quotes; write it like $.body.items[0]['first name']
checks[0].expect.contains: empty; write it like contains: ok
checks[0].expect.fasterThan: 5 is no latency; whole milliseconds up to 15 minutes, like 800ms or 1.5s
"#;
    assert_eq!(said(check), expected.trim());
}

#[test]
fn a_url_has_a_host_and_no_password() {
    let url =
        |url: &str| said(&format!("{{ name: a, http: {{ url: '{url}' }}, expect: {{ status: 200 }} }}"));
    for right in ["http://intern", "https://a.b-c.d:8443/x?y=1#z", "http://10.0.0.1:80", "https://[fd00::1]/"]
    {
        assert_eq!(url(right), "no fault", "{right}");
    }
    for wrong in
        ["https://", "https:///x", "https://a:0", "https://a:b", "https://[x]", "https://a b", "https://ä.de"]
    {
        let expected = format!(
            "checks[0].http.url: {wrong:?} is no URL; like https://test.example.com/health, with everything but ASCII written as \
             %20 is"
        );
        assert_eq!(url(wrong), expected);
    }
    for inside in [
        "http://localhost:9001/2018-06-01/runtime/invocation/next",
        "http://a.LocalHost./",
        "http://127.0.0.1",
        "http://127.1",
        "http://2130706433/",
        "http://0x7f.0x1",
        "http://0177.0.0.1",
        "http://0.0.0.0",
        "http://169.254.169.254/latest/meta-data/",
        "http://169.254.169.254./",
        "http://[::1]:80",
        "http://[::ffff:169.254.169.254]/",
        "http://[fe80::1]/",
        "http://[fd00:ec2::254]/",
    ] {
        let said = url(inside);
        assert!(said.contains(inside) && said.contains("leads to the function itself"), "{said}");
    }
    assert_eq!(
        url("https://me:secret@x"),
        "checks[0].http.url: has a user in it, and whoever reads the policy would too; send a header of a test's own"
    );
}

#[test]
fn a_request_says_what_its_answer_has_to_be() {
    let nothing = "checks[0].expect: says nothing, and any answer over HTTP would do; write it like expect: { status: 200 }";
    assert_eq!(said("{ name: a, http: { url: http://x } }"), nothing);
    assert_eq!(said("{ name: a, http: { url: http://x }, expect: { json: [] } }"), nothing);
    assert_eq!(
        said("{ name: a, http: { url: http://x }, expect: { fasterThan: 3s }, timeout: 2s }"),
        "checks[0].expect.fasterThan: 3000 ms is above the timeout, which ends the wait after 2s"
    );
}

#[test]
fn only_a_function_is_invoked() {
    let invoke = "{ name: a, invoke: {} }";
    let group = |more: &str| format!("{{ codeDeploy: {{ application: shop, group: web{more} }} }}");
    let no = |kind: &str| {
        format!(
            "checks[0].invoke: what this target of kind {kind} runs is no Lambda function; ask it by http, or by a function of \
             your own"
        )
    };
    assert_eq!(said_of_target("{ ecs: { cluster: shop, service: web } }", invoke), no("ecs"));
    assert_eq!(said_of_target(&group(", container: web, port: '80'"), invoke), no("codeDeploy"));
    assert_eq!(said_of_target(&group(", function: web, alias: live"), invoke), "no fault");
    assert_eq!(
        said("{ name: a, function: { name: 'arn:aws:lambda:x' } }"),
        "checks[0].function.name: \"arn:aws:lambda:x\" is an ARN; write the bare name, like smoke-test"
    );
    assert_eq!(
        said("{ name: a, function: { name: 'a:b:c' } }"),
        "checks[0].function.name: \"a:b:c\" is no function; its name of a-z, A-Z, 0-9, - and _, perhaps with an alias or a \
         version, like smoke-test:live"
    );
}

#[test]
fn what_would_make_a_document_too_large_is_refused() {
    let long = "x".repeat(8191);
    assert_eq!(
        said(&format!("{{ name: a, invoke: {{ payload: {long} }} }}")),
        "checks[0].invoke.payload: 8193 bytes of JSON are too many; at most 8192"
    );
    assert_eq!(
        said(&format!("{{ name: a, http: {{ url: http://x, body: {long}xx }}, expect: {{ status: 200 }} }}")),
        "checks[0].http.body: 8193 bytes are too many; at most 8192"
    );
}

#[test]
fn what_the_schema_refuses_of_a_check_the_parser_refuses_too() {
    let schema = jsonschema::validator_for(&policy_schema()).unwrap();
    let all: Value = serde_saphyr::from_str(ALL).unwrap();
    assert!(schema.is_valid(&all));
    let odd = [
        json!(null),
        json!(-1),
        json!(0.5),
        json!(""),
        json!("odd"),
        json!([]),
        json!({}),
        json!({ "odd": 1 }),
    ];
    let mut refused = 0;
    for pointer in pointers(&all, "").iter().filter(|pointer| pointer.starts_with("/checks")) {
        for value in &odd {
            let mut changed = all.clone();
            *changed.pointer_mut(pointer).unwrap() = value.clone();
            if !schema.is_valid(&changed) {
                refused += 1;
                assert!(Policy::from_json(&changed).is_err(), "{pointer} = {value}");
            }
        }
    }
    assert!(refused > 100, "only {refused} policies were refused");
}
