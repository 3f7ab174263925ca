//! What is asked of a version before it gets any traffic.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};

use serde_json::{Map, Value};

use super::defaults;
use super::faults::Place;
use super::lenient::Lenient;
use super::raw::{RawCheck, RawExpect, RawFunction, RawHttp, RawInvoke, RawJsonIs};
use super::values::{Duration, Milliseconds};
use crate::check::{Asks, Check, Expect, JsonIs, Path};
use crate::target::{Target, kinds};
use crate::units::Span;

/// What stands under `checks`. The target is `None` where the policy names none.
pub(super) fn checks(
    at: &Place,
    raw: Lenient<Vec<Lenient<RawCheck>>>,
    target: Option<&Target>,
) -> Vec<Check> {
    let entries = at.list(raw);
    if entries.len() > defaults::CHECKS {
        at.fault::<()>(format!("{} checks are too many; at most {}", entries.len(), defaults::CHECKS));
    }
    let mut names = BTreeSet::new();
    let checks = entries.into_iter().filter_map(|(at, raw)| check(&at, raw, target, &mut names));
    let checks: Vec<Check> = checks.collect();
    let all: Span = checks.iter().map(|check| check.timeout).sum();
    if all > defaults::CHECKS_TIME {
        at.fault::<()>(format!(
            "the timeouts add up to {all}, where {} counts for each check that states none; at most {}",
            defaults::CHECK_TIMEOUT,
            defaults::CHECKS_TIME
        ));
    }
    checks
}

const ONE_QUESTION: &str = "a check is exactly one of invoke: { payload: {} }, http: { url: https://test.example.com/health } and \
                            function: { name: smoke-test }";

fn check(at: &Place, raw: RawCheck, target: Option<&Target>, names: &mut BTreeSet<String>) -> Option<Check> {
    at.no_such_fields::<RawCheck>(&raw.unknown);
    let name = at.field("name").text(raw.name, "name: answers", 64);
    let name = name.filter(|name| {
        let is_new = names.insert(name.clone());
        if !is_new {
            at.field("name")
                .fault::<()>(format!("a check called {name:?} is listed before; names are unique"));
        }
        is_new
    });
    let stated = [raw.invoke.is_absent(), raw.http.is_absent(), raw.function.is_absent()];
    let is_http = !raw.http.is_absent();
    let invoke = invoke(&at.field("invoke"), raw.invoke, target);
    let http = http(&at.field("http"), raw.http);
    let function = function(&at.field("function"), raw.function);
    let asks = match stated.iter().filter(|absent| !**absent).count() {
        1 => invoke.or(http).or(function),
        0 if !raw.unknown.is_empty() => None,
        _ => at.fault(ONE_QUESTION),
    };
    let timeout = timeout(&at.field("timeout"), raw.timeout);
    let expect = expect(&at.field("expect"), raw.expect, is_http, timeout);
    Some(Check { name: name?, asks: asks?, expect: expect?, timeout: timeout? })
}

fn timeout(at: &Place, raw: Lenient<Duration>) -> Option<Span> {
    let timeout = at.optional(raw).map_or(defaults::CHECK_TIMEOUT, |Duration(span)| span);
    let (shortest, longest) = (Span::seconds(1), defaults::CHECKS_TIME);
    if timeout < shortest || timeout > longest {
        return at.fault(format!("{timeout} is no timeout for a check; from {shortest} to {longest}"));
    }
    Some(timeout)
}

fn invoke(at: &Place, raw: Lenient<RawInvoke>, target: Option<&Target>) -> Option<Asks> {
    let raw = at.optional(raw)?;
    at.no_such_fields::<RawInvoke>(&raw.unknown);
    let payload = payload(&at.field("payload"), raw.payload)?;
    let kind = target.and_then(|target| Some((kinds::find(target.kind())?, target)));
    if let Some((kind, _)) = kind.filter(|(kind, target)| (kind.is_no_function)(target)) {
        return at.fault(format!(
            "what this target of kind {} runs is no Lambda function; ask it by http, or by a function of your own",
            kind.name
        ));
    }
    Some(Asks::Invoke { payload })
}

fn payload(at: &Place, raw: Lenient<Value>) -> Option<Value> {
    let payload = match raw {
        Lenient::Absent => Value::Object(Map::new()),
        stated => at.optional(stated)?,
    };
    let (length, longest) = (payload.to_string().len(), defaults::LONGEST_PAYLOAD);
    if length > longest {
        return at.fault(format!("{length} bytes of JSON are too many; at most {longest}"));
    }
    Some(payload)
}

fn http(at: &Place, raw: Lenient<RawHttp>) -> Option<Asks> {
    let raw = at.optional(raw)?;
    at.no_such_fields::<RawHttp>(&raw.unknown);
    let url = url(&at.field("url"), raw.url);
    let method = match raw.method {
        Lenient::Absent => Some(defaults::METHOD),
        stated => at.field("method").optional(stated),
    };
    let headers = headers(&at.field("headers"), raw.headers);
    let body_at = at.field("body");
    let body = body_at.optional(raw.body);
    let (length, longest) = (body.as_ref().map_or(0, String::len), defaults::LONGEST_PAYLOAD);
    if length > longest {
        return body_at.fault(format!("{length} bytes are too many; at most {longest}"));
    }
    let (url, method, headers) = (url?, method?.name().to_owned(), headers?);
    body_at.is_clean().then_some(Asks::Http { url, method, headers, body })
}

/// A URL with a scheme, a host and perhaps a port, and no password in it: policies are read by many.
fn url(at: &Place, raw: Lenient<String>) -> Option<String> {
    let example = "https://test.example.com/health";
    let url = at.text(raw, &format!("url: {example}"), defaults::LONGEST_URL)?;
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else {
        return at.fault(format!("{url:?} is no URL of http or https; like {example}"));
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('@') {
        return at.fault(
            "has a user in it, and whoever reads the policy would too; send a header of a test's own",
        );
    }
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        Some(_) | None => (host, None),
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let literal = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    let named = !name.is_empty() && name.chars().all(is_name);
    let numbered = literal.is_some_and(|literal| literal.parse::<Ipv6Addr>().is_ok());
    let ported = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    if !(named || numbered) || !ported || !rest.chars().all(|c| c.is_ascii_graphic()) {
        return at.fault(format!(
            "{url:?} is no URL; like {example}, with everything but ASCII written as %20 is"
        ));
    }
    if is_inside(literal.unwrap_or(name)) {
        return at.fault(format!(
            "{url:?} leads to the function itself or to what AWS tells it alone; name a host of your own, like {example}"
        ));
    }
    Some(url)
}

/// Whether a host is the asking function's own machine: its runtime's interface and AWS's metadata are there. In whatever way
/// resolvers read a number as an address, one that is all digits and dots, or hexadecimal, is no name.
fn is_inside(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let ours = |address: IpAddr| match address {
        IpAddr::V4(v4) => {
            v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_multicast()
                || v4.is_broadcast()
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_multicast()
                || v6.is_unicast_link_local()
                || v6 == METADATA
        }
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number =
        last.starts_with("0x") || (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()));
    match host.parse::<IpAddr>() {
        Ok(address) => ours(address.to_canonical()),
        Err(_) => is_number || last == "localhost",
    }
}

/// Where EC2's metadata answers over IPv6.
const METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254);

fn headers(at: &Place, raw: Lenient<BTreeMap<String, Lenient<String>>>) -> Option<Vec<(String, String)>> {
    let stated = match raw {
        Lenient::Absent => BTreeMap::new(),
        stated => at.optional(stated)?,
    };
    let header = |(name, value): (String, Lenient<String>)| {
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+.^_`|~-".contains(c);
        if name.is_empty() || !name.chars().all(is_token) {
            return at.fault(format!("{name:?} is no name of a header; like x-test"));
        }
        let at = at.field(&name);
        let value = at.optional(value)?;
        if value.len() > defaults::LONGEST_HEADER || value.contains(char::is_control) {
            let longest = defaults::LONGEST_HEADER;
            return at.fault(format!(
                "is no value of a header; at most {longest} bytes, none of them control characters"
            ));
        }
        Some((name, value))
    };
    let headers: Vec<_> = stated.into_iter().map(header).collect();
    headers.into_iter().collect()
}

fn function(at: &Place, raw: Lenient<RawFunction>) -> Option<Asks> {
    let raw = at.optional(raw)?;
    at.no_such_fields::<RawFunction>(&raw.unknown);
    let name = function_name(&at.field("name"), raw.name);
    let payload = payload(&at.field("payload"), raw.payload);
    Some(Asks::Function { name: name?, payload: payload? })
}

fn function_name(at: &Place, raw: Lenient<String>) -> Option<String> {
    let name = at.text(raw, "name: smoke-test", defaults::LONGEST_NAME)?;
    if name.starts_with("arn:") {
        return at.fault(format!("{name:?} is an ARN; write the bare name, like smoke-test"));
    }
    let fits = |part: &str, longest: usize| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        (1..=longest).contains(&part.len()) && part.chars().all(plain)
    };
    let (function, qualifier) = name.split_once(':').unzip();
    if !fits(function.unwrap_or(&name), 64) || !qualifier.is_none_or(|qualifier| fits(qualifier, 128)) {
        return at.fault(format!(
            "{name:?} is no function; its name of a-z, A-Z, 0-9, - and _, perhaps with an alias or a version, like \
             smoke-test:live"
        ));
    }
    Some(name)
}

/// What the answer has to be. A request that states nothing would take any page of any server for an answer.
fn expect(at: &Place, raw: Lenient<RawExpect>, is_http: bool, timeout: Option<Span>) -> Option<Expect> {
    let raw = match raw {
        Lenient::Absent => RawExpect::default(),
        stated => at.optional(stated)?,
    };
    at.no_such_fields::<RawExpect>(&raw.unknown);
    let status = status(&at.field("status"), raw.status);
    let json_at = at.field("json");
    let places = json_at.list(raw.json);
    if places.len() > defaults::PLACES {
        json_at.fault::<()>(format!("{} places are too many; at most {}", places.len(), defaults::PLACES));
    }
    let json: Vec<JsonIs> = places.into_iter().filter_map(|(at, raw)| json_is(&at, raw)).collect();
    let contains = match raw.contains {
        Lenient::Absent => None,
        stated => at.field("contains").text(stated, "contains: ok", defaults::LONGEST_NAME),
    };
    let faster_than = faster_than(&at.field("fasterThan"), raw.faster_than, timeout);
    let expect = Expect { status, json, contains, faster_than };
    if !at.is_clean() {
        return None;
    }
    if is_http && expect == Expect::default() {
        return at
            .fault("says nothing, and any answer over HTTP would do; write it like expect: { status: 200 }");
    }
    Some(expect)
}

fn status(at: &Place, raw: Lenient<u64>) -> Option<u16> {
    let status = at.optional(raw)?;
    match u16::try_from(status) {
        Ok(status) if (100..=599).contains(&status) => Some(status),
        Ok(_) | Err(_) => at.fault(format!("{status} is no status of HTTP; from 100 to 599, like 200")),
    }
}

fn json_is(at: &Place, raw: RawJsonIs) -> Option<JsonIs> {
    at.no_such_fields::<RawJsonIs>(&raw.unknown);
    let path_at = at.field("path");
    let path = path_at.text(raw.path, "path: $.body.ok", defaults::LONGEST_NAME);
    let path = path.and_then(|path| match path.parse::<Path>() {
        Ok(_) => Some(path),
        Err(problem) => path_at.fault(problem.to_string()),
    });
    let equals = at.field("equals").required(raw.equals, "equals: true");
    Some(JsonIs { path: path?, equals: equals? })
}

fn faster_than(at: &Place, raw: Lenient<Milliseconds>, timeout: Option<Span>) -> Option<u32> {
    let Milliseconds(limit) = at.optional(raw)?;
    match timeout {
        Some(timeout) if limit > timeout.as_seconds().saturating_mul(1000) => {
            at.fault(format!("{limit} ms is above the timeout, which ends the wait after {timeout}"))
        }
        _ => Some(limit),
    }
}
