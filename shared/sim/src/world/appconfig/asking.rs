//! What extensions are asked: whether a deployment may go on, about once a minute. The answer is what the function returns; an
//! error, or none in time, takes the deployment back.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tidegate_domain::effect::Owner;
use tidegate_domain::flag::FlagState;

use super::{Kind, Where, id};
use crate::queue::{Delivery, Due};
use crate::state::State as Cloud;
use crate::world::traffic::later;

const MINUTE: u64 = 60_000;

/// The deployment about which an invocation was asked, and waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    at: Where,
    number: u64,
}

impl Cloud {
    /// The extension is asked, as in `events/aws/lambda-appconfig-tick.json`.
    pub(super) fn ask_extension(&mut self, at: &Where, number: u64) {
        let Some(environment) = self.world.app_config.environment(at) else { return };
        let (Some(policy), Some(released)) = (&environment.guard, environment.number(number)) else { return };
        let word = match released.state {
            FlagState::Deploying => "DEPLOYING",
            FlagState::Baking => "BAKING",
            FlagState::Validating
            | FlagState::Complete
            | FlagState::RollingBack
            | FlagState::RolledBack
            | FlagState::Reverted => return,
        };
        let named = |kind: Kind, name: &str| json!({ "Id": id(kind, name), "Name": name });
        let payload = json!({
            "InvocationId": "o2xbtm7",
            "Parameters": { "Policy": policy },
            "Type": "AtDeploymentTick",
            "Application": named(Kind::Application, &at.application),
            "Environment": named(Kind::Environment, &at.environment),
            "ConfigurationProfile": named(Kind::Profile, &released.profile),
            "DeploymentNumber": number.to_string(),
            "Description": released.description,
            "ConfigurationVersion": released.version.to_string(),
            "DeploymentState": word,
            "PercentageComplete": released.percentage,
        });
        let delivery = Delivery {
            to: Owner::HealthCheck,
            payload,
            what: "AppConfig tick".to_owned(),
            attempt: 1,
            asked: Some(Asked { at: at.clone(), number }),
        };
        let moment = later(self.now, self.order.between(50, 800));
        self.put(moment, Due::Invoke(delivery));
        self.asks_in(at, number, MINUTE);
    }

    /// The extension answered, or failed.
    pub(crate) fn extension_answers(&mut self, asked: &Asked, answer: Result<&Value, &str>) {
        let Asked { at, number } = asked;
        match answer {
            Ok(answer) => match answer.get("Directive").and_then(Value::as_str) {
                Some("CONTINUE") => {}
                Some("ROLL_BACK") => {
                    let why = answer.get("Description").and_then(Value::as_str).unwrap_or("no description");
                    self.roll_flags_back(at, *number, &format!("an extension asked for it: {why}"));
                }
                Some(_) | None => {
                    self.roll_flags_back(at, *number, &format!("an extension answered {answer}"));
                }
            },
            Err(why) => self.roll_flags_back(at, *number, &format!("an extension failed: {why}")),
        }
    }
}
