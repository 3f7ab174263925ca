//! A wire with a script at its other end: keeps the requests, gives the answers.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::pending;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use aws_sdk_lambda::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::{base64, body::SdkBody};
use aws_types::SdkConfig;
use serde_json::{Value, json};
use tidegate_aws::config::{Installation, Settings, TopicArn};
use tidegate_aws::{Aws, rights};
use tracing::level_filters::LevelFilter;

/// What every call is signed with.
pub const SECRET_KEY: &str = "the-secret-key-of-the-role";
/// What a role's calls carry besides.
pub const SESSION_TOKEN: &str = "the-session-token-of-the-role";

/// A request as it went over the wire, its body read.
#[derive(Debug, Clone)]
pub struct Request {
    pub operation: String,
    pub method: String,
    /// Path and query string.
    pub path: String,
    /// Those that say something, in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Value,
}

/// What the other end says.
pub enum Answer {
    /// JSON with status 200.
    Json(Value),
    /// CBOR with status 200; `{"$time": seconds}` becomes a timestamp.
    Cbor(Value),
    /// Bytes with status 200, and what stands in the headers.
    Bytes(&'static [u8], Vec<(&'static str, String)>),
    /// XML with status 200.
    Xml(&'static str),
    /// An error of a JSON service: status, code, message, and what else the body holds.
    Error(u16, &'static str, Value),
    /// An error of a CBOR service.
    CborError(u16, &'static str),
    /// An error of an XML service.
    XmlError(u16, &'static str),
    /// The answer of a function that failed, in its own words: what Lambda calls the error, and the payload.
    FunctionError(&'static str, Value),
    /// Nothing at all: the connection breaks.
    Broken,
    /// Nothing at all: the connection stands and nothing comes.
    Silent,
}

type Script = dyn FnMut(&Request) -> Answer + Send;

#[derive(Clone)]
pub struct Wire {
    /// The test, in whose folder the requests are written down.
    test: String,
    requests: Arc<Mutex<Vec<Request>>>,
    script: Arc<Mutex<Box<Script>>>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the wire of {}", self.test)
    }
}

impl Wire {
    /// Gives these answers, one after the other.
    pub fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let mut answers: VecDeque<Answer> = answers.into_iter().collect();
        Self::serving(move |request| {
            answers.pop_front().unwrap_or_else(|| panic!("no answer for {request:?}"))
        })
    }

    /// Answers as the script does.
    pub fn serving(script: impl FnMut(&Request) -> Answer + Send + 'static) -> Self {
        let test = std::thread::current().name().unwrap_or("unnamed").replace("::", ".");
        Self { test, requests: Arc::default(), script: Arc::new(Mutex::new(Box::new(script))) }
    }

    /// The installation at this end of the wire.
    pub fn aws(&self) -> Aws {
        self.installed(settings())
    }

    /// An installation with these settings at this end of the wire.
    pub fn installed(&self, settings: Settings) -> Aws {
        let wire = self.clone();
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "AKID",
                SECRET_KEY,
                Some(SESSION_TOKEN.to_owned()),
                None,
                "test",
            )))
            .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(wire.clone())))
            .build();
        Aws::on(settings, &config)
    }

    /// What was sent so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The only request that was sent.
    pub fn only_request(&self) -> Request {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:#?}");
        requests.into_iter().next().unwrap()
    }

    /// The operations in the order in which they were called.
    pub fn operations(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.operation).collect()
    }

    fn record(&self, service: &str, operation: &str, request: &HttpRequest) {
        let mut record = json!({
            "service": service, "operation": operation, "method": request.method(), "uri": request.uri(),
            "headers": headers(request),
        });
        let body = request.body().bytes().unwrap_or_default();
        match std::str::from_utf8(body) {
            Ok(text) => record["body"] = json!(text),
            Err(_) => record["body_base64"] = json!(base64::encode(body)),
        }
        let folder = recordings().join(&self.test);
        let number = RECORDED.replace(RECORDED.get() + 1);
        if number == 0 {
            let _ = std::fs::remove_dir_all(&folder);
        }
        std::fs::create_dir_all(&folder).unwrap();
        let text = serde_json::to_string_pretty(&record).unwrap();
        std::fs::write(folder.join(format!("{number:02}-{operation}.json")), text).unwrap();
    }
}

thread_local! {
    /// How many requests this test has written down; a test is a thread.
    static RECORDED: Cell<usize> = const { Cell::new(0) };
}

/// The IAM actions of a request. A transaction has those of its parts.
fn actions(service: &str, request: &Request) -> Vec<String> {
    match request.body["TransactItems"].as_array() {
        None if request.operation == "Invoke" => vec!["lambda:InvokeFunction".to_owned()],
        None => vec![format!("{service}:{}", request.operation)],
        Some(items) => items
            .iter()
            .flat_map(|item| item.as_object().unwrap().keys())
            .map(|part| format!("{service}:{part}Item"))
            .collect(),
    }
}

/// Every IAM action that an adapter states.
fn stated(aws: &Aws) -> Vec<&'static str> {
    let rights = rights::all().into_iter().flat_map(|(_, rights)| rights.iter().map(|right| right.action));
    let deployments = tidegate_aws::deployments::RIGHTS.iter().flat_map(|(_, rights)| rights.iter());
    let rights = rights.chain(deployments.map(|right| right.action));
    let routers = aws.routers();
    let routers = routers.iter().flat_map(|router| {
        let can = router.capabilities();
        can.observes.iter().chain(can.examines).chain(can.routes)
    });
    rights.chain(routers.copied()).collect()
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (service, operation) = name(&request);
        let body = request.body().bytes().unwrap_or_default();
        let path = request.uri().split_once("amazonaws.com").map_or("", |(_, path)| path).to_owned();
        let content_type = request.headers().get("content-type").unwrap_or_default();
        let (method, body) = (request.method().to_owned(), read(body, content_type));
        let read = Request { operation, method, path, headers: headers(&request), body };
        let mut requests = self.requests.lock().unwrap();
        requests.push(read.clone());
        drop(requests);
        self.record(service, &read.operation, &request);
        for action in actions(service, &read) {
            assert!(
                stated(&self.aws()).contains(&action.as_str()),
                "{action} is called and no adapter states it"
            );
        }
        match (self.script.lock().unwrap())(&read) {
            Answer::Silent => HttpConnectorFuture::new(pending()),
            answer => HttpConnectorFuture::ready(answer.response()),
        }
    }
}

/// What the headers say, but for what differs from run to run.
fn headers(request: &HttpRequest) -> BTreeMap<String, String> {
    let unsteady = [
        "authorization",
        "x-amz-date",
        "x-amz-security-token",
        "user-agent",
        "x-amz-user-agent",
        "amz-sdk-invocation-id",
    ];
    let headers = request.headers().iter().filter(|(name, _)| !unsteady.contains(name));
    headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect()
}

fn recordings() -> PathBuf {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/wire-requests");
    std::env::var_os("TIDEGATE_WIRE").map_or_else(default, PathBuf::from)
}

/// The settings of the installation.
pub fn settings() -> Settings {
    let topic = TopicArn::parse("arn:aws:sns:eu-west-1:123456789012:on-call").unwrap();
    let installation = Installation { table: "tidegate".to_owned(), bus: "tidegate".to_owned() };
    Settings { installation, topic, flag_strategy: None, measured_as: None, log: LevelFilter::OFF }
}

/// Service and operation, as each protocol names them.
fn name(request: &HttpRequest) -> (&'static str, String) {
    let uri = request.uri();
    let host = uri.strip_prefix("https://").and_then(|uri| uri.split('.').next()).unwrap_or_default();
    match host {
        "dynamodb" => ("dynamodb", target(request)),
        "events" => ("events", target(request)),
        "monitoring" => ("cloudwatch", uri.rsplit('/').next().unwrap_or_default().to_owned()),
        "sns" => ("sns", "Publish".to_owned()),
        "codedeploy" => ("codedeploy", target(request)),
        "ecs" => ("ecs", target(request)),
        "appconfig" => ("appconfig", appconfig_operation(request.method(), uri).to_owned()),
        "lambda" => ("lambda", lambda_operation(request.method(), uri).to_owned()),
        _ => panic!("an unknown service: {uri}"),
    }
}

fn target(request: &HttpRequest) -> String {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default().to_owned()
}

fn lambda_operation(method: &str, uri: &str) -> &'static str {
    match method {
        "POST" if uri.contains("/invocations") => "Invoke",
        "GET" if uri.contains("/aliases/") => "GetAlias",
        "PUT" if uri.contains("/aliases/") => "UpdateAlias",
        "GET" if uri.contains("/configuration") => "GetFunctionConfiguration",
        "GET" if uri.contains("/versions") => "ListVersionsByFunction",
        "GET" if uri.contains("/tags/") => "ListTags",
        _ => panic!("an unknown operation of Lambda: {method} {uri}"),
    }
}

fn appconfig_operation(method: &str, uri: &str) -> &'static str {
    let path = uri.split_once("amazonaws.com").map_or("", |(_, path)| path);
    let parts: Vec<&str> = path.split('?').next().unwrap_or_default().trim_matches('/').split('/').collect();
    match (method, parts.as_slice()) {
        ("GET", ["applications"]) => "ListApplications",
        ("GET", ["deploymentstrategies"]) => "ListDeploymentStrategies",
        ("GET", ["applications", _, "environments"]) => "ListEnvironments",
        ("GET", ["applications", _, "configurationprofiles"]) => "ListConfigurationProfiles",
        ("GET", [_, _, "environments", _, "deployments"]) => "ListDeployments",
        ("POST", [_, _, "environments", _, "deployments"]) => "StartDeployment",
        ("GET", [_, _, "environments", _, "deployments", _]) => "GetDeployment",
        ("DELETE", [_, _, "environments", _, "deployments", _]) => "StopDeployment",
        ("GET", [_, _, _, _, "hostedconfigurationversions"]) => "ListHostedConfigurationVersions",
        ("POST", [_, _, _, _, "hostedconfigurationversions"]) => "CreateHostedConfigurationVersion",
        ("GET", [_, _, _, _, "hostedconfigurationversions", _]) => "GetHostedConfigurationVersion",
        _ => panic!("an unknown operation of AppConfig: {method} {uri}"),
    }
}

/// A body as JSON; a form stays a text.
fn read(body: &[u8], content_type: &str) -> Value {
    match content_type {
        _ if body.is_empty() => Value::Null,
        "application/cbor" => from_cbor(ciborium::from_reader(body).unwrap()),
        "application/x-www-form-urlencoded" => Value::String(String::from_utf8(body.to_vec()).unwrap()),
        _ => serde_json::from_slice(body).unwrap(),
    }
}

impl Answer {
    fn response(self) -> Result<HttpResponse, ConnectorError> {
        if let Self::Bytes(body, headers) = self {
            let mut response = HttpResponse::new(200.try_into().unwrap(), SdkBody::from(body));
            for (name, value) in headers {
                response.headers_mut().insert(name, value);
            }
            return Ok(response);
        }
        let (status, headers, body) = match self {
            Self::Json(body) => {
                (200, vec![("content-type", "application/x-amz-json-1.1")], body.to_string().into_bytes())
            }
            Self::Cbor(body) => (200, CBOR.to_vec(), cbor_bytes(&body)),
            Self::Xml(body) => (200, vec![("content-type", "text/xml")], body.into()),
            Self::Error(status, code, mut body) => {
                body["__type"] = json!(code);
                (status, vec![("x-amzn-errortype", code)], body.to_string().into_bytes())
            }
            Self::CborError(status, code) => {
                (status, CBOR.to_vec(), cbor_bytes(&json!({ "__type": code, "message": "no" })))
            }
            Self::XmlError(status, code) => {
                let body = format!(
                    "<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
                );
                (status, vec![("content-type", "text/xml")], body.into_bytes())
            }
            Self::FunctionError(error, payload) => {
                (200, vec![("x-amz-function-error", error)], payload.to_string().into_bytes())
            }
            Self::Broken | Self::Silent | Self::Bytes(..) => {
                return Err(ConnectorError::io("the connection broke".into()));
            }
        };
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        for (name, value) in headers {
            response.headers_mut().insert(name, value);
        }
        Ok(response)
    }
}

const CBOR: [(&str, &str); 2] = [("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")];

fn cbor_bytes(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(&to_cbor(value), &mut bytes).unwrap();
    bytes
}

fn to_cbor(value: &Value) -> ciborium::Value {
    use ciborium::Value as Cbor;
    match value {
        Value::Null => Cbor::Null,
        Value::Bool(value) => Cbor::Bool(*value),
        Value::Number(number) if number.is_f64() => Cbor::Float(number.as_f64().unwrap()),
        Value::Number(number) => Cbor::Integer(number.as_i64().unwrap().into()),
        Value::String(text) => Cbor::Text(text.clone()),
        Value::Array(items) => Cbor::Array(items.iter().map(to_cbor).collect()),
        Value::Object(members) => match members.get("$time") {
            Some(time) => Cbor::Tag(1, Box::new(to_cbor(time))),
            None => Cbor::Map(
                members.iter().map(|(name, value)| (Cbor::Text(name.clone()), to_cbor(value))).collect(),
            ),
        },
    }
}

fn from_cbor(value: ciborium::Value) -> Value {
    use ciborium::Value as Cbor;
    match value {
        Cbor::Bool(value) => json!(value),
        Cbor::Integer(number) => json!(i64::try_from(number).unwrap()),
        Cbor::Float(number) => json!(number),
        Cbor::Text(text) => json!(text),
        Cbor::Array(items) => items.into_iter().map(from_cbor).collect(),
        Cbor::Map(members) => {
            members.into_iter().map(|(name, value)| (name.into_text().unwrap(), from_cbor(value))).collect()
        }
        Cbor::Tag(1, time) => json!({ "$time": from_cbor(*time) }),
        _ => Value::Null,
    }
}
