//! Asking versions.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;

use serde_json::json;
use tidegate_domain::units::Span;
use tidegate_engine::ports::{FaultKind, HttpRequest};

use crate::harness::{Answer, Wire};

const LIMIT: Span = Span::seconds(5);

#[tokio::test]
async fn a_version_is_invoked_and_its_answer_read() {
    let wire = Wire::answering([Answer::Json(json!({ "statusCode": 200 }))]);
    let payload = json!({ "path": "/health" });
    let answer = wire.aws().probe().invoke("checkout", Some("8"), &payload, LIMIT).await.unwrap();
    assert_eq!((answer.status, answer.error), (200, None));
    assert_eq!(answer.body, r#"{"statusCode":200}"#);
    let request = wire.only_request();
    assert_eq!(request.path, "/2015-03-31/functions/checkout/invocations?Qualifier=8");
    assert_eq!(request.body, payload);
}

#[tokio::test]
async fn a_function_that_fails_says_so() {
    let wire = Wire::answering([Answer::FunctionError("Unhandled", json!({ "errorMessage": "no stock" }))]);
    let answer = wire.aws().probe().invoke("checks:live", None, &json!({}), LIMIT).await.unwrap();
    assert_eq!(answer.error.as_deref(), Some("Unhandled"));
    assert!(answer.body.contains("no stock"), "{}", answer.body);
}

#[tokio::test(start_paused = true)]
async fn a_function_is_asked_once() {
    let kind = async |status, code| {
        let wire = Wire::serving(move |_| Answer::Error(status, code, json!({ "Message": "no" })));
        let asked = wire.aws().probe().invoke("checkout", Some("8"), &json!({}), LIMIT).await;
        assert_eq!(wire.requests().len(), 1, "a function may do something each time");
        asked.unwrap_err().kind
    };
    assert!(matches!(kind(429, "TooManyRequestsException").await, FaultKind::Passing(_)));
    assert!(matches!(kind(409, "SnapStartNotReadyException").await, FaultKind::Passing(_)));
    assert!(matches!(kind(404, "ResourceNotFoundException").await, FaultKind::Missing(_)));
    assert!(matches!(kind(403, "AccessDeniedException").await, FaultKind::Denied(_)));
}

#[tokio::test(start_paused = true)]
async fn a_function_has_the_time_that_its_check_gives_it() {
    for limit in [Span::seconds(2), Span::seconds(45)] {
        let begun = tokio::time::Instant::now();
        let wire = Wire::serving(|_| Answer::Silent);
        let answer = wire.aws().probe().invoke("checkout", Some("8"), &json!({}), limit).await.unwrap();
        assert_eq!(answer.error, Some(format!("no answer within {limit}")));
        assert_eq!(begun.elapsed().as_secs(), u64::from(limit.as_seconds()));
        assert_eq!(wire.requests().len(), 1);
    }
}

/// A server that takes one request, reads its head and `body` bytes more, and writes this answer. It gives the request back.
fn server(body: usize, answer: Option<String>) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/health?deep=1", listener.local_addr().unwrap());
    let serving = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut request = String::new();
        while !request.ends_with("\r\n\r\n") {
            reader.read_line(&mut request).unwrap();
        }
        let mut rest = vec![0; body];
        reader.read_exact(&mut rest).unwrap();
        request.push_str(&String::from_utf8(rest).unwrap());
        match answer {
            // Whoever has read enough hangs up.
            Some(answer) => drop((&stream).write_all(answer.as_bytes())),
            None => drop(reader.read_line(&mut String::new())),
        }
        request
    });
    (url, serving)
}

fn get(url: String) -> HttpRequest {
    HttpRequest { url, method: "GET".to_owned(), headers: Vec::new(), body: None }
}

#[tokio::test]
async fn a_url_is_asked_as_it_is_written() {
    let (url, served) =
        server(4, Some("HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 2\r\n\r\nok".to_owned()));
    let request = HttpRequest {
        url,
        method: "POST".to_owned(),
        headers: vec![("X-Check".to_owned(), "tidegate".to_owned())],
        body: Some("ping".to_owned()),
    };
    let answer = Wire::answering([]).aws().probe().http(&request, LIMIT).await.unwrap();
    assert_eq!((answer.status, answer.body.as_str(), answer.error), (302, "ok", None));
    let asked = served.join().unwrap();
    assert!(asked.starts_with("POST /health?deep=1 HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("x-check: tidegate\r\n") && asked.ends_with("ping"), "{asked}");
}

#[tokio::test]
async fn a_long_answer_is_read_so_far() {
    let long = "é".repeat(200_000);
    let (url, served) =
        server(0, Some(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{long}", long.len())));
    let answer = Wire::answering([]).aws().probe().http(&get(url), LIMIT).await.unwrap();
    assert_eq!(answer.body, "é".repeat(128 * 1024));
    served.join().unwrap();
}

#[tokio::test]
async fn whoever_does_not_answer_in_time_or_at_all_has_answered_with_an_error() {
    let (url, _serving) = server(0, None);
    let answer = Wire::answering([]).aws().probe().http(&get(url), Span::seconds(1)).await.unwrap();
    assert_eq!(answer.error.as_deref(), Some("no answer within 1 s"));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = get(format!("http://{closed}/"));
    let answer = Wire::answering([]).aws().probe().http(&nobody, Span::seconds(2)).await.unwrap();
    assert!(answer.error.as_ref().is_some_and(|error| error.contains("refused")), "{answer:?}");
}

#[tokio::test]
async fn what_is_no_request_is_refused() {
    let header = |name: &str, value: &str| HttpRequest {
        headers: vec![(name.to_owned(), value.to_owned())],
        ..get("http://127.0.0.1/".to_owned())
    };
    let method = HttpRequest { method: "G E T".to_owned(), ..get("http://127.0.0.1/".to_owned()) };
    for wrong in [
        get("checkout".to_owned()),
        get("http://a b/".to_owned()),
        header("a b", "c"),
        header("a", "b\n"),
        method,
    ] {
        let fault = Wire::answering([]).aws().probe().http(&wrong, LIMIT).await.unwrap_err();
        assert!(matches!(fault.kind, FaultKind::Refused(_)), "{wrong:?}: {fault}");
    }
}
