//! Judges a target: whether a rollout of its next version would start.

use tidegate_engine::ports::{Fault, FaultKind};

use super::Check;
use super::facts::TargetFacts;
use crate::show;

/// Everything about a target.
pub fn checks(facts: &TargetFacts) -> Vec<Check> {
    let mut checks = vec![function(facts)];
    if matches!(&facts.tagged, Err(Fault { kind: FaultKind::Missing(_), .. })) {
        return checks;
    }
    checks.extend(policy(facts));
    checks.extend(alarms(facts));
    checks.push(alias(facts));
    checks.extend(weights(facts));
    checks.extend(versions(facts));
    checks
}

fn name(facts: &TargetFacts) -> &str {
    facts.target.setting("function")
}

fn function(facts: &TargetFacts) -> Check {
    let name = name(facts);
    match &facts.tagged {
        Ok(Some(tagged)) => {
            Check::ok("function", format!("{name} is tagged tidegate:policy={}", tagged.policy))
        }
        Ok(None) => Check::failed(
            "function",
            format!("{name} is not tagged tidegate:policy, so Tidegate may not move its aliases"),
            "aws lambda tag-resource --resource ARN --tags tidegate:policy=NAME, or the same in its template",
        ),
        Err(Fault { kind: FaultKind::Missing(_), .. }) => {
            Check::failed("function", format!("{name} is not there"), "is it in another region or account?")
        }
        Err(fault) => Check::fault("function", fault),
    }
}

fn policy(facts: &TargetFacts) -> Option<Check> {
    let named = facts.tagged.as_ref().ok()?.as_ref()?.policy.as_str();
    let apply = "tidegate policy apply FILE";
    Some(match facts.policy.as_ref()? {
        Ok(Some(record)) => match record.policy() {
            Ok(policy) => match &show::policy::notes(&policy)[..] {
                [] => Check::ok("policy", format!("{named} is stored and valid, applied by {}", record.by)),
                notes => Check::failed(
                    "policy",
                    format!("{named}: {}", notes.join("; ")),
                    format!("change it: {apply}"),
                ),
            },
            Err(faults) => {
                let faults: Vec<String> = faults.0.iter().map(ToString::to_string).collect();
                Check::failed(
                    "policy",
                    format!("{named} is faulty: {}", faults.join("; ")),
                    format!("mend it: {apply}"),
                )
            }
        },
        Ok(None) => Check::failed("policy", format!("none is stored under {named}"), apply),
        Err(fault) => Check::fault("policy", fault),
    })
}

fn alarms(facts: &TargetFacts) -> Option<Check> {
    let existing = match facts.alarms.as_ref()? {
        Ok(existing) => existing,
        Err(fault) => return Some(Check::fault("alarms", fault)),
    };
    let Some(Ok(Some(record))) = &facts.policy else { return None };
    let rules = record.policy().ok()?.analysis.alarms;
    let missing: Vec<String> =
        rules.iter().map(|rule| rule.name.clone()).filter(|name| !existing.contains(name)).collect();
    Some(if rules.is_empty() {
        Check::ok("alarms", "the policy names none")
    } else if missing.is_empty() {
        Check::ok("alarms", format!("all that the policy names are there: {}", rules.len()))
    } else {
        let found = format!("not there: {}; one that is not there never fires", missing.join(", "));
        Check::failed("alarms", found, "create them, or take them out of the policy")
    })
}

fn alias(facts: &TargetFacts) -> Check {
    let alias = facts.target.setting("alias");
    match &facts.observed {
        Ok(observed) => Check::ok("alias", format!("{alias} is on version {}", observed.routing.primary)),
        Err(Fault { kind: FaultKind::Missing(_), .. }) => Check::failed(
            "alias",
            format!("{alias} is not there"),
            format!(
                "aws lambda publish-version --function-name {0}; aws lambda create-alias --function-name {0} --name {alias} \
                 --function-version 1",
                name(facts)
            ),
        ),
        Err(fault) => Check::fault("alias", fault),
    }
}

/// The weights are at rest, or a rollout moves them.
fn weights(facts: &TargetFacts) -> Option<Check> {
    let routing = &facts.observed.as_ref().ok()?.routing;
    let holder = match facts.holder.as_ref()? {
        Ok(holder) => holder,
        Err(fault) => return Some(Check::fault("weights", fault)),
    };
    Some(match (&routing.canary, holder) {
        (None, None) => Check::ok("weights", "at rest"),
        (None, Some(rollout)) => Check::ok("weights", format!("{rollout} is under way")),
        (Some(canary), Some(rollout)) => {
            Check::ok("weights", format!("{} on version {}, by {rollout}", canary.weight, canary.version))
        }
        (Some(canary), None) => Check::failed(
            "weights",
            format!("{} on version {}, and by no rollout of Tidegate", canary.weight, canary.version),
            format!(
                "if nobody else is shifting: aws lambda update-alias --function-name {} --name {} --routing-config \
                 AdditionalVersionWeights={{}}",
                name(facts),
                facts.target.setting("alias")
            ),
        ),
    })
}

/// The newest version could be let in beside the one that carries the traffic.
fn versions(facts: &TargetFacts) -> Option<Check> {
    let newest = match &facts.newest {
        Ok(Some(newest)) => newest,
        Ok(None) => {
            let todo = format!("aws lambda publish-version --function-name {}", name(facts));
            return Some(Check::failed("versions", "none is published", todo));
        }
        Err(fault) => return Some(Check::fault("versions", fault)),
    };
    let stable = &facts.observed.as_ref().ok()?.routing.primary;
    Some(match &facts.examined {
        None => Check::ok("versions", format!("the newest, {newest}, carries the traffic")),
        Some(Ok(examination)) if examination.findings.is_empty() => Check::ok(
            "versions",
            format!("{newest} may be let in beside {stable}: the same role and dead-letter queue"),
        ),
        Some(Ok(examination)) => {
            let findings: Vec<String> = examination.findings.iter().map(ToString::to_string).collect();
            let found = format!("{newest} cannot be let in beside {stable}: {}", findings.join("; "));
            Check::failed(
                "versions",
                found,
                "publish a version that AWS lets share an alias with the one before it",
            )
        }
        Some(Err(fault)) => Check::fault("versions", fault),
    })
}
