//! Plain HTTP, on the connector that the SDK makes its own calls with. A redirect is an answer.

use std::time::{Duration, Instant};

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest as Wired;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use tidegate_domain::check::Answer;
use tidegate_engine::ports::{Fault, FaultKind, HttpRequest};

use super::{READ_BYTES, milliseconds, text};

/// How long after a connection that failed the next one is tried, while there is time.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) fn connector() -> Connector {
    Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).build()
}

pub(super) async fn ask(
    connector: &Connector,
    request: &HttpRequest,
    limit: Duration,
) -> Result<Answer, Fault> {
    let what = || format!("{} {}", request.method, request.url);
    let refused = |problem| Fault::new(what(), FaultKind::Refused(problem));
    let begun = Instant::now();
    let mut problem = format!("no answer within {} s", limit.as_secs());
    loop {
        let wired = wired(request).map_err(refused)?;
        let left = limit.saturating_sub(begun.elapsed());
        match tokio::time::timeout(left, answered(connector, wired)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(failed)) => problem = failed,
            Err(_) => break,
        }
        if begun.elapsed() + PAUSE >= limit {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(Answer { status: 0, body: String::new(), took: milliseconds(begun), error: Some(problem) })
}

fn wired(request: &HttpRequest) -> Result<Wired, String> {
    let scheme = request.url.split_once("://").map(|(scheme, _)| scheme);
    if !matches!(scheme, Some("http" | "https")) {
        return Err("no URL that begins with http:// or https://".to_owned());
    }
    let body = request.body.as_deref().map_or_else(SdkBody::empty, SdkBody::from);
    let mut wired = Wired::new(body);
    wired.set_uri(request.url.as_str()).map_err(|error| told(&error))?;
    wired.set_method(&request.method).map_err(|error| told(&error))?;
    for (name, value) in &request.headers {
        let (name, value) = (name.to_ascii_lowercase(), value.clone());
        wired.headers_mut().try_append(name, value).map_err(|error| told(&error))?;
    }
    Ok(wired)
}

async fn answered(connector: &Connector, request: Wired) -> Result<Answer, String> {
    let begun = Instant::now();
    let answer = connector.call(request).await.map_err(|error: ConnectorError| told(&error))?;
    let status = answer.status().as_u16();
    let mut rest = ByteStream::new(answer.into_body());
    let mut body = Vec::new();
    while body.len() < READ_BYTES
        && let Some(part) = rest.next().await
    {
        body.extend_from_slice(&part.map_err(|error| told(&error))?);
    }
    Ok(Answer { status, body: text(&body), took: milliseconds(begun), error: None })
}

/// An error and its innermost cause, which says most.
fn told(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
