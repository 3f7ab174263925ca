//! `AppSpec` content as JSON, as far as it says what is deployed.

use serde_json::Value;
use tidegate_domain::deployment::LifecycleEvent;
use tidegate_domain::target::Version;

/// What an `AppSpec` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AppSpec {
    /// The version that has to have the traffic.
    pub current: Option<Version>,
    /// The version to deploy; of a task definition its family and revision.
    pub target: Version,
    /// The lifecycle events at which it names a function.
    pub hooks: Vec<LifecycleEvent>,
}

impl AppSpec {
    /// Reads one; where it says too little, what it does not say.
    pub fn read(text: &str) -> Result<Self, String> {
        let spec: Value = serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
        let resource = spec.pointer("/Resources/0").and_then(Value::as_object);
        let resource = resource.and_then(|named| named.values().next()).ok_or("no Resources")?;
        let property = |name: &str| resource.pointer(&format!("/Properties/{name}")).and_then(Value::as_str);
        let version = |name: &str| property(name).map(|version| Version(version.to_owned()));
        let revision = |arn: &str| Version(arn.rsplit('/').next().unwrap_or(arn).to_owned());
        let target = version("TargetVersion").or_else(|| property("TaskDefinition").map(revision));
        let hooks = spec.get("Hooks").and_then(Value::as_array).into_iter().flatten();
        let names = hooks.filter_map(Value::as_object).flat_map(serde_json::Map::keys);
        let event = |name: &String| LifecycleEvent::ALL.into_iter().find(|event| event.name() == name);
        Ok(Self {
            current: version("CurrentVersion"),
            target: target.ok_or("neither TargetVersion nor TaskDefinition")?,
            hooks: names.filter_map(event).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_task_definitions_are_read_with_their_hooks() {
        let lambda = r#"{"version": 0.0,
            "Resources": [{"checkout": {"Type": "AWS::Lambda::Function",
                "Properties": {"Name": "checkout", "Alias": "live", "CurrentVersion": "7", "TargetVersion": "8"}}}],
            "Hooks": [{"BeforeAllowTraffic": "tidegate-health-check"}]}"#;
        let read = AppSpec::read(lambda).unwrap();
        assert_eq!((read.current, read.target), (Some(Version("7".to_owned())), Version("8".to_owned())));
        assert_eq!(read.hooks, [LifecycleEvent::BeforeAllowTraffic]);
        let ecs = r#"{"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties":
            {"TaskDefinition": "arn:aws:ecs:us-east-1:123456789012:task-definition/web:8"}}}]}"#;
        assert_eq!(AppSpec::read(ecs).unwrap().target, Version("web:8".to_owned()));
        assert_eq!(AppSpec::read("{}").unwrap_err(), "no Resources");
    }
}
