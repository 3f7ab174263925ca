//! The SDK: one configuration for all services, and a client for each that is created when it is first used.
//!
//! TLS is rustls on ring. aws-lc gathers entropy for 40 to 60 ms at the first handshake unless it is built with a flag that a
//! user's own build may lack, and it adds 2 MB and a C compiler; measured, both are equally fast beyond that.

use std::sync::Arc;
#[cfg(feature = "clients")]
use std::sync::OnceLock;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

#[cfg(feature = "clients")]
use crate::calls::Calls;
use crate::config::Home;
use crate::invocation::Invocation;

/// A client of one service, whose calls are counted and traced. Each service's configuration is a type of its own.
#[cfg(feature = "clients")]
macro_rules! client {
    ($service:ident, $sdk:ident) => {{
        let config = $service::config::Builder::from(&$sdk.config);
        $service::Client::from_conf(config.interceptor(Calls($sdk.invocation.clone())).build())
    }};
}

/// How often a call is tried in all.
const ATTEMPTS: u32 = 3;
/// The longest wait between two tries.
const BACKOFF: Duration = Duration::from_secs(2);
/// A function runs for 60 s at most and makes several calls: one that hangs must leave time for the others.
const CONNECT: Duration = Duration::from_secs(3);
const ATTEMPT: Duration = Duration::from_secs(8);
const CALL: Duration = Duration::from_secs(20);

fn https() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

/// The configuration of a function, from what Lambda tells it. `aws-config` would come to the same, and links the clients and
/// parsers of every other way to credentials.
pub(crate) fn of_function(home: Home) -> SdkConfig {
    let credentials =
        Credentials::new(&home.access_key, &home.secret_key, home.session_token.clone(), None, "function");
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(home.region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(https());
    config.set_endpoint_url(home.endpoint(None).map(str::to_owned));
    config.service_config(home).build()
}

impl LoadServiceConfig for Home {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let asks_for_endpoint = key.env() == "AWS_ENDPOINT_URL";
        self.endpoint(Some(key.service_id())).filter(|_| asks_for_endpoint).map(str::to_owned)
    }
}

/// The configuration as a person's machine has it: variables, profiles, sign-ins.
#[cfg(feature = "profiles")]
pub(crate) async fn of_person() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest()).http_client(https()).load().await
}

/// The shared configuration and the clients made from it.
#[derive(Debug)]
pub(crate) struct Sdk {
    #[cfg_attr(not(feature = "clients"), expect(dead_code, reason = "without a port nothing is called"))]
    config: SdkConfig,
    /// The invocation that the calls are made in.
    pub(crate) invocation: Arc<Invocation>,
    #[cfg(feature = "store")]
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    #[cfg(any(feature = "routers", feature = "functions", feature = "inspection", feature = "probe"))]
    lambda: OnceLock<aws_sdk_lambda::Client>,
    #[cfg(any(feature = "metrics", feature = "alarms", feature = "inspection"))]
    cloudwatch: OnceLock<aws_sdk_cloudwatch::Client>,
    #[cfg(any(feature = "bus", feature = "inspection"))]
    eventbridge: OnceLock<aws_sdk_eventbridge::Client>,
    #[cfg(feature = "notifier")]
    sns: OnceLock<aws_sdk_sns::Client>,
    #[cfg(feature = "flags")]
    appconfig: OnceLock<aws_sdk_appconfig::Client>,
    #[cfg(feature = "deployments")]
    codedeploy: OnceLock<aws_sdk_codedeploy::Client>,
    #[cfg(feature = "deployments")]
    ecs: OnceLock<aws_sdk_ecs::Client>,
}

impl Sdk {
    /// With the retries and time limits above, whatever `config` says of them.
    pub(crate) fn new(config: &SdkConfig) -> Self {
        let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS).with_max_backoff(BACKOFF);
        let limits = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT);
        let limits = limits.operation_timeout(CALL).build();
        Self {
            config: config.to_builder().retry_config(retries).timeout_config(limits).build(),
            invocation: Arc::default(),
            #[cfg(feature = "store")]
            dynamodb: OnceLock::new(),
            #[cfg(any(
                feature = "routers",
                feature = "functions",
                feature = "inspection",
                feature = "probe"
            ))]
            lambda: OnceLock::new(),
            #[cfg(any(feature = "metrics", feature = "alarms", feature = "inspection"))]
            cloudwatch: OnceLock::new(),
            #[cfg(any(feature = "bus", feature = "inspection"))]
            eventbridge: OnceLock::new(),
            #[cfg(feature = "notifier")]
            sns: OnceLock::new(),
            #[cfg(feature = "flags")]
            appconfig: OnceLock::new(),
            #[cfg(feature = "deployments")]
            codedeploy: OnceLock::new(),
            #[cfg(feature = "deployments")]
            ecs: OnceLock::new(),
        }
    }

    #[cfg(feature = "store")]
    pub(crate) fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        self.dynamodb.get_or_init(|| client!(aws_sdk_dynamodb, self))
    }

    #[cfg(any(feature = "routers", feature = "functions", feature = "inspection", feature = "probe"))]
    pub(crate) fn lambda(&self) -> &aws_sdk_lambda::Client {
        self.lambda.get_or_init(|| client!(aws_sdk_lambda, self))
    }

    #[cfg(any(feature = "metrics", feature = "alarms", feature = "inspection"))]
    pub(crate) fn cloudwatch(&self) -> &aws_sdk_cloudwatch::Client {
        self.cloudwatch.get_or_init(|| client!(aws_sdk_cloudwatch, self))
    }

    #[cfg(any(feature = "bus", feature = "inspection"))]
    pub(crate) fn eventbridge(&self) -> &aws_sdk_eventbridge::Client {
        self.eventbridge.get_or_init(|| client!(aws_sdk_eventbridge, self))
    }

    #[cfg(feature = "notifier")]
    pub(crate) fn sns(&self) -> &aws_sdk_sns::Client {
        self.sns.get_or_init(|| client!(aws_sdk_sns, self))
    }

    #[cfg(feature = "flags")]
    pub(crate) fn appconfig(&self) -> &aws_sdk_appconfig::Client {
        self.appconfig.get_or_init(|| client!(aws_sdk_appconfig, self))
    }

    #[cfg(feature = "deployments")]
    pub(crate) fn codedeploy(&self) -> &aws_sdk_codedeploy::Client {
        self.codedeploy.get_or_init(|| client!(aws_sdk_codedeploy, self))
    }

    #[cfg(feature = "deployments")]
    pub(crate) fn ecs(&self) -> &aws_sdk_ecs::Client {
        self.ecs.get_or_init(|| client!(aws_sdk_ecs, self))
    }

    /// The region that is called.
    #[cfg(feature = "deployments")]
    pub(crate) fn region(&self) -> Option<&str> {
        self.config.region().map(Region::as_ref)
    }
}
