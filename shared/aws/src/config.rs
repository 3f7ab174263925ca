//! Settings: the only file that reads the environment, once, at cold start.
//!
//! Two readers: [`Settings`], what the installation says, and [`Home`], what Lambda says to every function.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;

use tracing::level_filters::LevelFilter;

/// One installation: by these two names a function and a person reach the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The name of the DynamoDB table.
    pub table: String,
    /// The name of the event bus.
    pub bus: String,
}

impl AsRef<Self> for Installation {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// What a function is told by its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// [`TABLE`] and [`BUS`].
    pub installation: Installation,
    /// `TIDEGATE_TOPIC`: the SNS topic for outcomes whose policy names none.
    pub topic: TopicArn,
    /// `TIDEGATE_FLAG_STRATEGY`: the id of the AppConfig deployment strategy for flags that are to change at once;
    /// AppConfig's own where unset.
    pub flag_strategy: Option<String>,
    /// `TIDEGATE_INSTALLATION`: what this installation is called in its metrics; without it there are none.
    pub measured_as: Option<String>,
    /// `TIDEGATE_LOG`: how much is logged: `off`, `error`, `warn`, `info` (where it says nothing) or `debug`.
    pub log: LevelFilter,
}

impl AsRef<Installation> for Settings {
    fn as_ref(&self) -> &Installation {
        &self.installation
    }
}

/// The variable with the table's name.
pub const TABLE: &str = "TIDEGATE_TABLE";
/// The variable with the bus's name.
pub const BUS: &str = "TIDEGATE_BUS";

/// The ARN of an SNS topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicArn(String);

impl TopicArn {
    /// Reads an ARN such as `arn:aws:sns:eu-west-1:123456789012:on-call`.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let whole = parts.len() == 6 && parts.iter().all(|part| !part.is_empty());
        (whole && parts[0] == "arn" && parts[2] == "sns").then(|| Self(text.to_owned()))
    }

    /// The ARN of a topic as policies name it: by its ARN, or by its name beside this one.
    #[must_use]
    pub fn resolve(&self, topic: &str) -> String {
        match self.0.rsplit_once(':') {
            Some((home, _)) if !topic.starts_with("arn:") => format!("{home}:{topic}"),
            _ => topic.to_owned(),
        }
    }
}

impl fmt::Display for TopicArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What Lambda tells a function: where it runs, as whom, and, on an emulator, whom to call instead of AWS.
#[derive(Clone, PartialEq, Eq)]
pub struct Home {
    /// `AWS_REGION`.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_key: String,
    /// `AWS_SESSION_TOKEN`; every role has one.
    pub session_token: Option<String>,
    /// `AWS_XRAY_DAEMON_ADDRESS`: where traces go; without it, or where it is no address with a port, nothing is traced.
    pub xray_daemon: Option<SocketAddr>,
    /// `AWS_ENDPOINT_URL` and those of single services, by the variable's name.
    endpoints: BTreeMap<String, String>,
}

impl Home {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, Unset> {
        Self::read(std::env::vars())
    }

    /// Reads any list of variables; an empty one is an unset one.
    pub fn read(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, Unset> {
        let variables =
            variables.into_iter().filter(|(name, value)| name.starts_with("AWS_") && !value.is_empty());
        let mut variables: BTreeMap<String, String> = variables.collect();
        let mut faults = Vec::new();
        let mut required = |names: &[&str]| {
            let value = names.iter().find_map(|name| variables.remove(*name));
            value.unwrap_or_else(|| {
                faults.push(format!("{} is unset; Lambda sets it", names[0]));
                String::new()
            })
        };
        let region = required(&["AWS_REGION", "AWS_DEFAULT_REGION"]);
        let access_key = required(&["AWS_ACCESS_KEY_ID"]);
        let secret_key = required(&["AWS_SECRET_ACCESS_KEY"]);
        let session_token = variables.remove("AWS_SESSION_TOKEN");
        let xray_daemon =
            variables.remove("AWS_XRAY_DAEMON_ADDRESS").and_then(|address| address.parse().ok());
        variables.retain(|name, _| name.starts_with(ENDPOINT));
        if !faults.is_empty() {
            return Err(Unset(faults));
        }
        Ok(Self { region, access_key, secret_key, session_token, xray_daemon, endpoints: variables })
    }

    /// The endpoint of a service, by the service's name in AWS's own configuration, or that of all services.
    pub fn endpoint(&self, service: Option<&str>) -> Option<&str> {
        let name = match service {
            Some(service) => format!("{ENDPOINT}_{}", service.to_uppercase().replace(' ', "_")),
            None => ENDPOINT.to_owned(),
        };
        self.endpoints.get(&name).map(String::as_str)
    }
}

/// Credentials stay out of logs.
impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Home")
            .field("region", &self.region)
            .field("endpoints", &self.endpoints)
            .finish_non_exhaustive()
    }
}

const ENDPOINT: &str = "AWS_ENDPOINT_URL";

/// Everything that is wrong with the environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment is not complete: {}", .0.join("; "))]
pub struct Unset(pub Vec<String>);

impl Settings {
    /// Reads the environment.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn from_env() -> Result<Self, Unset> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads settings from any source of variables; an empty variable is an unset one.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Unset> {
        let mut faults = Vec::new();
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let mut required = |name: &str, example: &str| {
            set(name).unwrap_or_else(|| {
                faults.push(format!("{name} is unset; like {example}"));
                String::new()
            })
        };
        let table = required(TABLE, "tidegate");
        let bus = required(BUS, "tidegate");
        let topic = required("TIDEGATE_TOPIC", EXAMPLE_TOPIC);
        let parsed = TopicArn::parse(&topic);
        if parsed.is_none() && !topic.is_empty() {
            faults.push(format!("TIDEGATE_TOPIC is {topic:?}, no ARN of a topic; like {EXAMPLE_TOPIC}"));
        }
        let flag_strategy = set("TIDEGATE_FLAG_STRATEGY");
        let measured_as = set("TIDEGATE_INSTALLATION");
        if let Some(name) = measured_as.as_deref().filter(|name| !is_dimension(name)) {
            faults.push(format!(
                "TIDEGATE_INSTALLATION is {name:?}, no name of a metric's dimension; like tidegate"
            ));
        }
        let log = set("TIDEGATE_LOG").map_or(Some(LevelFilter::INFO), |level| level.parse().ok());
        // Release builds leave the traces of the SDK out: half a megabyte of every binary.
        let log = log.filter(|level| *level <= LevelFilter::DEBUG);
        if log.is_none() {
            faults.push("TIDEGATE_LOG is none of off, error, warn, info, debug".to_owned());
        }
        match (parsed, log) {
            (Some(topic), Some(log)) if faults.is_empty() => {
                Ok(Self { installation: Installation { table, bus }, topic, flag_strategy, measured_as, log })
            }
            _ => Err(Unset(faults)),
        }
    }
}

/// Whether CloudWatch takes this as the value of a dimension; blanks in it would be nobody's wish.
fn is_dimension(name: &str) -> bool {
    name.len() <= 255 && !name.starts_with(':') && name.chars().all(|c| c.is_ascii_graphic())
}

const EXAMPLE_TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:on-call";

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<Settings, Unset> {
        Settings::read(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn every_fault_of_the_environment_is_told_at_once() {
        let faults = settings(&[
            ("TIDEGATE_BUS", ""),
            ("TIDEGATE_TOPIC", "on-call"),
            ("TIDEGATE_INSTALLATION", "my own"),
            ("TIDEGATE_LOG", "loud"),
        ])
        .unwrap_err();
        assert_eq!(
            faults.to_string(),
            "the environment is not complete: TIDEGATE_TABLE is unset; like tidegate; TIDEGATE_BUS is unset; like tidegate; \
             TIDEGATE_TOPIC is \"on-call\", no ARN of a topic; like arn:aws:sns:eu-west-1:123456789012:on-call; \
             TIDEGATE_INSTALLATION is \"my own\", no name of a metric's dimension; like tidegate; \
             TIDEGATE_LOG is none of off, error, warn, info, debug"
        );
    }

    #[test]
    fn a_function_knows_its_home_and_its_endpoints() {
        let read = |variables: &[(&str, &str)]| {
            Home::read(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
        };
        let home = read(&[
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "hidden"),
            ("AWS_XRAY_DAEMON_ADDRESS", "169.254.79.129:2000"),
            ("AWS_ENDPOINT_URL", "http://all"),
            ("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2", "http://one"),
        ])
        .unwrap();
        assert_eq!(home.xray_daemon, Some(([169, 254, 79, 129], 2000).into()));
        assert_eq!(home.endpoint(None), Some("http://all"));
        assert_eq!(home.endpoint(Some("Elastic Load Balancing v2")), Some("http://one"));
        assert_eq!(home.endpoint(Some("SNS")), None, "the SDK falls back to that of all services");
        assert!(!format!("{home:?}").contains("hidden"));
        let faults = read(&[("AWS_REGION", "eu-west-1")]).unwrap_err();
        assert_eq!(
            faults.0,
            ["AWS_ACCESS_KEY_ID is unset; Lambda sets it", "AWS_SECRET_ACCESS_KEY is unset; Lambda sets it"]
        );
    }

    #[test]
    fn a_bare_topic_stands_beside_the_default_one() {
        let settings =
            settings(&[("TIDEGATE_TABLE", "t"), ("TIDEGATE_BUS", "b"), ("TIDEGATE_TOPIC", EXAMPLE_TOPIC)])
                .unwrap();
        assert_eq!(settings.topic.resolve("checkout"), "arn:aws:sns:eu-west-1:123456789012:checkout");
        assert_eq!(settings.topic.resolve("arn:aws:sns:us-east-1:1:x"), "arn:aws:sns:us-east-1:1:x");
        assert_eq!(settings.log, LevelFilter::INFO);
    }
}
