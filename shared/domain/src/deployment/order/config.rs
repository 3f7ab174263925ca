//! From a policy's strategy to CodeDeploy's configuration of a deployment.

use crate::deployment::{Config, Platform, Timetable};
use crate::policy::{FlagMoment, Policy, Step};
use crate::units::{Span, Weight};

/// CodeDeploy's configuration for a policy's strategy; `None` where the policy leaves it to the group. What CodeDeploy cannot do
/// is told, with what can.
///
/// ```
/// use tidegate_domain::deployment::{Platform, config};
/// use tidegate_domain::policy::Policy;
///
/// let policy = Policy::from_yaml("{ version: 1, name: checkout, strategy: Canary10Percent5Minutes }")?;
/// let config = config(Platform::Lambda, &policy).unwrap().unwrap();
/// assert_eq!(config.name, "CodeDeployDefault.LambdaCanary10Percent5Minutes");
/// # Ok::<(), tidegate_domain::policy::Faults>(())
/// ```
pub fn config(platform: Platform, policy: &Policy) -> Result<Option<Config>, Vec<String>> {
    let steps = &policy.strategy.steps;
    let mut problems = Vec::new();
    if policy.flags.iter().any(|flag| matches!(flag.at, FlagMoment::Weight(_))) {
        problems.push(
            "flags: CodeDeploy does not wait at a step for a flag; switch it at beforeTraffic or promotion"
                .to_owned(),
        );
    }
    if platform == Platform::Server && !steps.is_empty() {
        problems.push(
            "strategy: on instances CodeDeploy divides no traffic between versions; leave strategy out, so that the group's own \
             configuration counts, or write strategy: AllAtOnce"
                .to_owned(),
        );
        return Err(problems);
    }
    if steps.iter().any(|step| step.gate.is_some()) {
        problems.push(format!(
            "strategy.steps: CodeDeploy moves by a timetable and has no pause; {}",
            instead(platform, "leave the pauses out")
        ));
    }
    match timetable(platform, steps) {
        Ok(timetable) if problems.is_empty() => {
            Ok((!policy.strategy.is_open).then(|| named(platform, timetable)))
        }
        Ok(_) => Err(problems),
        Err(others) => {
            problems.extend(others);
            Err(problems)
        }
    }
}

/// On Lambda, CodeDeploy moves the last share no later than so long after the first.
const LONGEST: Span = Span::hours(48);

fn timetable(platform: Platform, steps: &[Step]) -> Result<Timetable, Vec<String>> {
    let Some(first) = steps.first() else { return Ok(Timetable::AllAtOnce) };
    let mut problems = Vec::new();
    let broken: Vec<String> =
        steps.iter().filter(|step| percent(step.weight).is_none()).map(weight).collect();
    if !broken.is_empty() {
        problems.push(format!(
            "strategy.steps: {} % is no whole percentage, and CodeDeploy knows no others; {}",
            broken.join(", "),
            instead(platform, "write whole ones")
        ));
    }
    let odd = steps.iter().filter(|step| !step.bake.as_seconds().is_multiple_of(60));
    let odd: Vec<String> = odd.map(|step| step.bake.to_string()).collect();
    if !odd.is_empty() {
        problems.push(format!(
            "strategy.steps: {} is no whole number of minutes, and CodeDeploy counts in those; write one like 5m",
            odd.join(", ")
        ));
    }
    let bakes: Span = steps.iter().map(|step| step.bake).sum();
    if platform == Platform::Lambda && bakes > LONGEST {
        problems.push(format!(
            "strategy.steps: the bakes add up to {bakes}, and CodeDeploy takes at most {LONGEST}; {}",
            instead(platform, "shorten them")
        ));
    }
    let is_equal = is_linear(steps);
    if steps.len() > 1 && !is_equal {
        let weights: Vec<String> = steps.iter().map(weight).collect();
        let other = "write equal steps with equal bakes up to 100 %, like Linear10PercentEvery5Minutes";
        problems.push(format!(
            "strategy.steps: CodeDeploy has two steps (canary) or equal ones (linear); for {} %, {}",
            weights.join(", "),
            instead(platform, other)
        ));
    }
    match percent(first.weight) {
        Some(percent) if problems.is_empty() => {
            let minutes = first.bake.as_minutes();
            Ok(if steps.len() == 1 {
                Timetable::Canary { percent, minutes }
            } else {
                Timetable::Linear { percent, minutes }
            })
        }
        Some(_) | None => Err(problems),
    }
}

/// What to do where CodeDeploy cannot: on Lambda, Tidegate can.
fn instead(platform: Platform, change: &str) -> String {
    match platform {
        Platform::Lambda => format!("use target lambda, whose weights Tidegate moves itself, or {change}"),
        Platform::Ecs | Platform::Server => change.to_owned(),
    }
}

fn weight(step: &Step) -> String {
    step.weight.percent().to_string()
}

/// A weight in whole percent; `None` where it has decimals.
fn percent(weight: Weight) -> Option<u8> {
    (1..=99).find(|percent| Weight::from_percent(f64::from(*percent)) == Ok(weight))
}

/// Whether the steps are all the multiples of the first one below 100 %, with equal bakes.
fn is_linear(steps: &[Step]) -> bool {
    let Some(first) = steps.first() else { return false };
    let multiples = (1..).map(|n: u32| f64::from(n) * first.weight.percent());
    let multiples = multiples.take_while(|percent| *percent < 100.0);
    let expected = multiples.map(|percent| (Weight::from_percent(percent).ok(), first.bake));
    expected.eq(steps.iter().map(|step| (Some(step.weight), step.bake)))
}

/// The timetables that CodeDeploy has a configuration for, in percent and minutes.
const LAMBDA_CANARY: [u32; 4] = [5, 10, 15, 30];
const LAMBDA_LINEAR: [u32; 4] = [1, 2, 3, 10];
const ECS_CANARY: [u32; 2] = [5, 15];
const ECS_LINEAR: [u32; 2] = [1, 3];

fn named(platform: Platform, timetable: Timetable) -> Config {
    let (default, own, canary, linear) = match platform {
        Platform::Lambda => ("CodeDeployDefault.Lambda", "Tidegate", &LAMBDA_CANARY[..], &LAMBDA_LINEAR[..]),
        Platform::Ecs => ("CodeDeployDefault.ECS", "TidegateEcs", &ECS_CANARY[..], &ECS_LINEAR[..]),
        Platform::Server => ("CodeDeployDefault.", "Tidegate", &[][..], &[][..]),
    };
    let (is_known, name) = match timetable {
        Timetable::AllAtOnce => (true, "AllAtOnce".to_owned()),
        Timetable::Canary { percent, minutes } => {
            (percent == 10 && canary.contains(&minutes), format!("Canary{percent}Percent{minutes}Minutes"))
        }
        Timetable::Linear { percent, minutes } => {
            // CodeDeploy writes one minute as Minute for Lambda, and as Minutes for ECS.
            let unit = if minutes == 1 && platform == Platform::Lambda { "Minute" } else { "Minutes" };
            (
                percent == 10 && linear.contains(&minutes),
                format!("Linear{percent}PercentEvery{minutes}{unit}"),
            )
        }
    };
    if is_known {
        Config { name: format!("{default}{name}"), creates: None }
    } else {
        Config { name: format!("{own}{name}"), creates: Some(timetable) }
    }
}
