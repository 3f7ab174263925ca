//! The names that SAM and CodeDeploy give to strategies: `AllAtOnce`, `Canary10Percent5Minutes`,
//! `Linear10PercentEvery1Minute`, with any other numbers too.

use super::faults::Place;
use super::raw::RawStrategy;
use super::{Step, Strategy, defaults, steps};
use crate::units::{Span, Weight};

/// What stands under `strategy`: a name, or steps.
pub(super) fn strategy(at: &Place, raw: RawStrategy, steps_required: bool) -> Option<Strategy> {
    match raw {
        RawStrategy::Named(name) => match named(&name) {
            Ok(steps) => Some(Strategy { steps, is_open: false, watch: defaults::WATCH }),
            Err(problem) => at.fault(problem),
        },
        RawStrategy::Steps(raw) => steps::strategy(at, raw, steps_required),
    }
}

/// The steps that a name stands for, or what is wrong with it.
/// The steps of one of CodeDeploy's configurations; none where its name does not say them.
pub fn steps_of(config: &str) -> Vec<Step> {
    named(config).unwrap_or_default()
}

fn named(name: &str) -> Result<Vec<Step>, String> {
    let unknown = || {
        format!(
            "no strategy is called {name:?}; known: AllAtOnce, CanaryXPercentYMinutes, LinearXPercentEveryYMinutes, \
             or steps of your own"
        )
    };
    let of_platform = ["CodeDeployDefault.Lambda", "CodeDeployDefault.ECS"];
    let plain = of_platform.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    if plain == "AllAtOnce" || plain == "CodeDeployDefault.AllAtOnce" {
        return Ok(Vec::new());
    }
    if let Some(numbers) = plain.strip_prefix("Canary") {
        let (weight, bake) = numbers_of(numbers, "Percent").ok_or_else(unknown)?;
        let bake = within_limits(weight, bake)?;
        return Ok(every(weight, bake).take(1).collect());
    }
    let numbers = plain.strip_prefix("Linear").ok_or_else(unknown)?;
    let (weight, bake) = numbers_of(numbers, "PercentEvery").ok_or_else(unknown)?;
    let bake = within_limits(weight, bake)?;
    Ok(every(weight, bake).collect())
}

/// Percent and minutes of `10Percent5Minutes`.
fn numbers_of(text: &str, between: &str) -> Option<(u32, u32)> {
    let (percent, rest) = text.split_once(between)?;
    let minutes = rest.strip_suffix("Minutes").or_else(|| rest.strip_suffix("Minute"))?;
    Some((whole(percent)?, whole(minutes)?))
}

fn whole(digits: &str) -> Option<u32> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn within_limits(percent: u32, minutes: u32) -> Result<Span, String> {
    let (shortest, longest) = defaults::BAKE;
    if !(1..=99).contains(&percent) {
        return Err(format!(
            "{percent} percent is no step; from 1 to 99, promotion to 100 % follows by itself"
        ));
    }
    if !(shortest.as_minutes()..=longest.as_minutes()).contains(&minutes) {
        return Err(format!("{minutes} minutes is no bake; from {shortest} to {longest}"));
    }
    Ok(Span::minutes(minutes))
}

/// Steps of `percent`, twice `percent` and so on below 100 %, each with the same bake.
fn every(percent: u32, bake: Span) -> impl Iterator<Item = Step> {
    let weights = (1..).map(move |i| percent * i).take_while(|total| *total < 100);
    weights.filter_map(move |total| {
        let weight = Weight::from_percent(f64::from(total)).ok()?;
        Some(Step { weight, bake, gate: None })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `10@5m 20@5m`.
    fn steps_of(name: &str) -> String {
        let steps = named(name).unwrap_or_else(|problem| panic!("{problem}"));
        let steps = steps.iter().map(|step| format!("{}@{}", step.weight.percent(), step.bake));
        steps.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_name_of_sam_and_code_deploy_is_known() {
        for minutes in ["5", "10", "15", "30"] {
            let expected = format!("10@{minutes}m");
            assert_eq!(steps_of(&format!("Canary10Percent{minutes}Minutes")), expected);
            assert_eq!(
                steps_of(&format!("CodeDeployDefault.LambdaCanary10Percent{minutes}Minutes")),
                expected
            );
        }
        for (name, minutes) in [("1Minute", 1), ("2Minutes", 2), ("3Minutes", 3), ("10Minutes", 10)] {
            let expected = (1..=9).map(|i| format!("{i}0@{minutes}m")).collect::<Vec<_>>().join(" ");
            assert_eq!(steps_of(&format!("Linear10PercentEvery{name}")), expected);
            assert_eq!(steps_of(&format!("CodeDeployDefault.LambdaLinear10PercentEvery{name}")), expected);
        }
        assert_eq!(steps_of("AllAtOnce"), "");
        assert_eq!(steps_of("CodeDeployDefault.LambdaAllAtOnce"), "");
        for minutes in [5, 15] {
            let name = format!("CodeDeployDefault.ECSCanary10Percent{minutes}Minutes");
            assert_eq!(steps_of(&name), format!("10@{minutes}m"));
        }
        for minutes in [1, 3] {
            let expected = (1..=9).map(|i| format!("{i}0@{minutes}m")).collect::<Vec<_>>().join(" ");
            let name = format!("CodeDeployDefault.ECSLinear10PercentEvery{minutes}Minutes");
            assert_eq!(steps_of(&name), expected);
        }
        assert_eq!(steps_of("CodeDeployDefault.ECSAllAtOnce"), "");
        assert_eq!(steps_of("CodeDeployDefault.AllAtOnce"), "");
    }

    #[test]
    fn the_same_names_with_other_numbers_are_known_too() {
        assert_eq!(steps_of("Canary5Percent90Minutes"), "5@1h30m");
        assert_eq!(steps_of("Linear30PercentEvery1Minutes"), "30@1m 60@1m 90@1m");
        assert_eq!(steps_of("Linear50PercentEvery2Minutes"), "50@2m");
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_forms() {
        let wrong = ["", "Canary", "Canary10Percent", "canary10Percent5Minutes", "Linear10Percent5Minutes"];
        for name in wrong
            .into_iter()
            .chain(["Canary+10Percent5Minutes", "CanaryPercentMinutes", "AllAtOnce "])
            .chain(["CodeDeployDefault.OneAtATime", "CodeDeployDefault.Canary10Percent5Minutes"])
        {
            let expected = format!(
                "no strategy is called {name:?}; known: AllAtOnce, CanaryXPercentYMinutes, LinearXPercentEveryYMinutes, \
                 or steps of your own"
            );
            assert_eq!(named(name), Err(expected));
        }
    }

    #[test]
    fn numbers_beyond_the_limits_are_refused() {
        let percent = "100 percent is no step; from 1 to 99, promotion to 100 % follows by itself";
        assert_eq!(named("Canary100Percent5Minutes"), Err(percent.to_owned()));
        assert_eq!(
            named("Linear10PercentEvery0Minutes"),
            Err("0 minutes is no bake; from 1m to 7d".to_owned())
        );
        assert_eq!(
            named("Canary10Percent10081Minutes"),
            Err("10081 minutes is no bake; from 1m to 7d".to_owned())
        );
    }
}
