//! Which function receives what: the design's table, in one place. Patterns for one function never overlap, so that an event
//! comes to a function once; an event may well come to two functions.

use serde_json::Value;
use tidegate_domain::effect::Owner;

/// A condition on one member of an event's detail.
#[derive(Debug, Clone, Copy)]
pub(super) enum Is {
    /// It is one of these.
    OneOf(&'static [&'static str]),
    /// It is none of these, or not there.
    NoneOf(&'static [&'static str]),
    /// It begins with one of these.
    Begins(&'static [&'static str]),
}

/// A rule of the bus.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub to: Owner,
    pub source: &'static str,
    pub detail_type: &'static str,
    /// A member of the detail, as a JSON pointer, and what it has to be.
    pub detail: Option<(&'static str, Is)>,
}

const fn rule(to: Owner, source: &'static str, detail_type: &'static str) -> Rule {
    Rule { to, source, detail_type, detail: None }
}

const fn only(
    to: Owner,
    source: &'static str,
    detail_type: &'static str,
    path: &'static str,
    is: Is,
) -> Rule {
    Rule { to, source, detail_type, detail: Some((path, is)) }
}

const TIDEGATE: &str = tidegate_wire::bus::SOURCE;
const CODE_DEPLOY: &str = "CodeDeploy Deployment State-change Notification";
const APP_CONFIG: &str = "aws.appconfig";
const VERSIONS: Is = Is::Begins(&["PublishVersion", "UpdateFunctionCode"]);

const OWNERS: &[&str] = &["traffic-shift", "rollback", "health-check", "feature-flag", "notify"];

/// Every rule but for the one for detail types that the contract does not have. The sweep is no rule: the schedule invokes health-check itself.
pub(super) const RULES: &[Rule] = &[
    rule(Owner::TrafficShift, TIDEGATE, "Rollout Requested"),
    only(Owner::TrafficShift, TIDEGATE, "Rollout Command", "/verb", Is::NoneOf(&["abort"])),
    only(Owner::TrafficShift, TIDEGATE, "Verdict Reached", "/owner", Is::OneOf(&["traffic-shift"])),
    only(Owner::TrafficShift, TIDEGATE, "Effects Due", "/owner", Is::OneOf(&["traffic-shift"])),
    rule(Owner::TrafficShift, TIDEGATE, "Deployment Found"),
    only(Owner::TrafficShift, "aws.lambda", "AWS API Call via CloudTrail", "/eventName", VERSIONS),
    only(
        Owner::TrafficShift,
        "aws.codedeploy",
        CODE_DEPLOY,
        "/state",
        Is::OneOf(&["START", "READY", "SUCCESS"]),
    ),
    only(Owner::Rollback, TIDEGATE, "Rollout Command", "/verb", Is::OneOf(&["abort"])),
    only(Owner::Rollback, TIDEGATE, "Verdict Reached", "/owner", Is::OneOf(&["rollback"])),
    only(Owner::Rollback, TIDEGATE, "Effects Due", "/owner", Is::OneOf(&["rollback"])),
    only(
        Owner::Rollback,
        "aws.cloudwatch",
        "CloudWatch Alarm State Change",
        "/state/value",
        Is::OneOf(&["ALARM"]),
    ),
    only(Owner::Rollback, "aws.codedeploy", CODE_DEPLOY, "/state", Is::OneOf(&["FAILURE", "STOP"])),
    rule(Owner::HealthCheck, TIDEGATE, "Ticks Due"),
    only(Owner::HealthCheck, TIDEGATE, "Effects Due", "/owner", Is::OneOf(&["health-check"])),
    rule(Owner::HealthCheck, APP_CONFIG, "On Deployment Start"),
    rule(Owner::FeatureFlag, TIDEGATE, "Flag Toggle Requested"),
    rule(Owner::FeatureFlag, TIDEGATE, "Flags Due"),
    rule(Owner::FeatureFlag, APP_CONFIG, "On Deployment Complete"),
    rule(Owner::FeatureFlag, APP_CONFIG, "On Deployment Rollback"),
    only(
        Owner::FeatureFlag,
        "aws.cloudwatch",
        "CloudWatch Alarm State Change",
        "/state/value",
        Is::OneOf(&["ALARM"]),
    ),
    only(Owner::FeatureFlag, TIDEGATE, "Effects Due", "/owner", Is::OneOf(&["feature-flag"])),
    rule(Owner::Notify, TIDEGATE, "Rollout Outcome"),
    only(Owner::Notify, TIDEGATE, "Effects Due", "/owner", Is::OneOf(&["notify"])),
    only(Owner::Notify, TIDEGATE, "Verdict Reached", "/owner", Is::NoneOf(&["traffic-shift", "rollback"])),
    only(Owner::Notify, TIDEGATE, "Effects Due", "/owner", Is::NoneOf(OWNERS)),
];

impl Rule {
    /// Whether an event matches, as EventBridge decides it.
    pub(super) fn matches(&self, event: &Value) -> bool {
        let text = |member: &str| event.get(member).and_then(Value::as_str);
        text("source") == Some(self.source)
            && text("detail-type") == Some(self.detail_type)
            && self.detail.is_none_or(|(path, is)| {
                is.met_by(event.get("detail").and_then(|detail| detail.pointer(path)).and_then(Value::as_str))
            })
    }
}

impl Is {
    fn met_by(self, member: Option<&str>) -> bool {
        match self {
            Self::OneOf(known) => member.is_some_and(|member| known.contains(&member)),
            Self::NoneOf(known) => member.is_none_or(|member| !known.contains(&member)),
            Self::Begins(known) => {
                member.is_some_and(|member| known.iter().any(|beginning| member.starts_with(beginning)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tidegate_wire::bus::Message;

    fn receivers(source: &str, detail_type: &str, detail: &Value) -> Vec<Owner> {
        let event = json!({ "source": source, "detail-type": detail_type, "detail": detail });
        RULES.iter().filter(|rule| rule.matches(&event)).map(|rule| rule.to).collect()
    }

    #[test]
    fn every_message_of_the_contract_has_exactly_one_receiver() {
        // What became of flags is for users alone.
        assert_eq!(receivers(TIDEGATE, "Flags Changed", &json!({})), []);
        for detail_type in Message::DETAIL_TYPES.iter().filter(|name| **name != "Flags Changed") {
            let verbs = ["promote", "promoteFull", "pause", "resume", "abort", "retry", "retryFixForward"];
            for verb in verbs {
                let found = receivers(TIDEGATE, detail_type, &json!({ "verb": verb, "owner": "rollback" }));
                assert_eq!(found.len(), 1, "{detail_type} {verb}: {found:?}");
            }
        }
        for owner in Owner::ALL {
            assert_eq!(receivers(TIDEGATE, "Effects Due", &json!({ "owner": owner })), [owner]);
        }
    }

    #[test]
    fn what_names_no_owner_that_listens_comes_to_notify_to_be_quarantined() {
        for detail_type in ["Verdict Reached", "Effects Due"] {
            for detail in [json!({}), json!({ "owner": "nobody" }), json!({ "owner": 7 })] {
                assert_eq!(
                    receivers(TIDEGATE, detail_type, &detail),
                    [Owner::Notify],
                    "{detail_type} {detail}"
                );
            }
        }
        assert_eq!(receivers(TIDEGATE, "Verdict Reached", &json!({ "owner": "notify" })), [Owner::Notify]);
        assert_eq!(receivers(TIDEGATE, "Rollout Command", &json!({})), [Owner::TrafficShift]);
    }

    #[test]
    fn a_deployments_states_are_divided_between_two_functions() {
        let receiver = |state: &str| receivers("aws.codedeploy", CODE_DEPLOY, &json!({ "state": state }));
        for state in ["START", "READY", "SUCCESS"] {
            assert_eq!(receiver(state), [Owner::TrafficShift]);
        }
        for state in ["FAILURE", "STOP"] {
            assert_eq!(receiver(state), [Owner::Rollback]);
        }
        assert_eq!(receiver("ELSE"), []);
    }

    #[test]
    fn an_alarm_takes_back_rollouts_and_turns_flags_off() {
        let fires = json!({ "state": { "value": "ALARM" } });
        let receivers = receivers("aws.cloudwatch", "CloudWatch Alarm State Change", &fires);
        assert_eq!(receivers, [Owner::Rollback, Owner::FeatureFlag]);
    }

    #[test]
    fn a_deployment_of_flags_is_told_at_its_start_to_the_guard_and_at_its_end_to_the_toggles() {
        let receiver = |what: &str| receivers(APP_CONFIG, &format!("On Deployment {what}"), &json!({}));
        assert_eq!(receiver("Start"), [Owner::HealthCheck]);
        for end in ["Complete", "Rollback"] {
            assert_eq!(receiver(end), [Owner::FeatureFlag]);
        }
        for nobodys in ["Step", "Baking"] {
            assert_eq!(receiver(nobodys), []);
        }
    }

    #[test]
    fn an_event_of_another_source_or_a_quiet_alarm_comes_to_nobody() {
        assert_eq!(receivers("shop", "Rollout Requested", &json!({})), []);
        let quiet = json!({ "state": { "value": "OK" } });
        assert_eq!(receivers("aws.cloudwatch", "CloudWatch Alarm State Change", &quiet), []);
    }
}
