//! Checks before any traffic: each is asked and its answer held against what the policy expects. One that cannot be asked has
//! failed.

use serde_json::json;
use tidegate_domain::check::{Answer, Asks, Check, verdict};
use tidegate_domain::rollout::Rollout;

use crate::ports::{Fault, FaultKind, HttpRequest, Probe};

/// The checks of a rollout's policy that fail, each with its name and its reason. A fault that may pass is none of the version's.
pub(crate) async fn failing(probe: &dyn Probe, rollout: &Rollout) -> Result<Vec<String>, Fault> {
    let mut failing = Vec::new();
    for check in &rollout.policy.checks {
        let told = match asked(probe, rollout, check).await {
            Ok(answer) => verdict(check, &answer),
            Err(fault) if fault.may_pass() => return Err(fault),
            Err(fault) => Err(fault.to_string()),
        };
        failing.extend(told.err().map(|why| format!("{}: {why}", check.name)));
    }
    Ok(failing)
}

async fn asked(probe: &dyn Probe, rollout: &Rollout, check: &Check) -> Result<Answer, Fault> {
    match &check.asks {
        Asks::Invoke { payload } => {
            let function = rollout.target.setting("function");
            if function.is_empty() {
                let problem = format!("{} is no Lambda function; ask it by HTTP", rollout.target);
                return Err(Fault::new(format!("check {}", check.name), FaultKind::Refused(problem)));
            }
            probe.invoke(function, Some(&rollout.candidate.0), payload, check.timeout).await
        }
        Asks::Function { name, payload } => {
            let event = json!({
                "check": check.name, "payload": payload, "rollout": rollout.id,
                "target": rollout.target, "version": rollout.candidate,
            });
            probe.invoke(name, None, &event, check.timeout).await
        }
        Asks::Http { url, method, headers, body } => {
            let request = HttpRequest {
                url: url.clone(),
                method: method.clone(),
                headers: headers.clone(),
                body: body.clone(),
            };
            probe.http(&request, check.timeout).await
        }
    }
}
