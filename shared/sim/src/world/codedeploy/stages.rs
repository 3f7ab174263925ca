//! What a deployment is made of: its stages, by platform, configuration and group.

use serde::{Deserialize, Serialize};
use tidegate_domain::deployment::{LifecycleEvent, Platform, Timetable, Wait};
use tidegate_domain::units::{Span, Weight};

use super::{CodeDeploy, DeploymentGroup, Style};

/// One stage. Each is followed by the next a moment later, unless it says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Stage {
    /// It begins, and shows what it brings.
    Begin,
    /// So much time goes by.
    Rest(Span),
    /// The new version has to run by now.
    Runs,
    /// A hook is asked, and answers.
    Hook(LifecycleEvent),
    /// Somebody is waited for, for so long.
    Wait(Wait, Span),
    /// The new version gets this share.
    Share(Weight),
    /// It is through.
    End,
}

/// How a configuration moves what a group deploys to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moves {
    /// By shares of the traffic.
    Traffic(Timetable),
    /// Instance after instance.
    OneAtATime,
    /// One half of the instances after the other.
    HalfAtATime,
}

const OWN: &str = "CodeDeployDefault.";

/// A configuration's full name: scenarios leave out what says that it is CodeDeploy's own.
pub(crate) fn full_name(platform: Platform, name: &str) -> String {
    let of = match platform {
        Platform::Lambda => "Lambda",
        Platform::Ecs => "ECS",
        Platform::Server => "",
    };
    if name.contains('.') { name.to_owned() } else { format!("{OWN}{of}{name}") }
}

/// What a configuration of CodeDeploy's own does; `None` where it has none of this name for the platform.
pub(crate) fn moves(platform: Platform, name: &str) -> Option<Moves> {
    let name = name.strip_prefix(OWN)?;
    match platform {
        Platform::Lambda => timetable(name.strip_prefix("Lambda")?).map(Moves::Traffic),
        Platform::Ecs => timetable(name.strip_prefix("ECS")?).map(Moves::Traffic),
        Platform::Server => match name {
            "OneAtATime" => Some(Moves::OneAtATime),
            "HalfAtATime" => Some(Moves::HalfAtATime),
            "AllAtOnce" => Some(Moves::Traffic(Timetable::AllAtOnce)),
            _ => None,
        },
    }
}

fn timetable(name: &str) -> Option<Timetable> {
    if name == "AllAtOnce" {
        return Some(Timetable::AllAtOnce);
    }
    let minutes = |text: &str| text.strip_suffix("Minutes").or(text.strip_suffix("Minute"))?.parse().ok();
    if let Some(canary) = name.strip_prefix("Canary") {
        let (percent, rest) = canary.split_once("Percent")?;
        return Some(Timetable::Canary { percent: share(percent)?, minutes: minutes(rest)? });
    }
    let (percent, rest) = name.strip_prefix("Linear")?.split_once("PercentEvery")?;
    Some(Timetable::Linear { percent: share(percent)?, minutes: minutes(rest)? })
}

fn share(percent: &str) -> Option<u8> {
    percent.parse().ok().filter(|percent| (1..100).contains(percent))
}

/// Whether a platform has a lifecycle event at which a function is invoked.
pub(crate) fn fits(platform: Platform, event: LifecycleEvent) -> bool {
    match platform {
        Platform::Lambda => {
            matches!(event, LifecycleEvent::BeforeAllowTraffic | LifecycleEvent::AfterAllowTraffic)
        }
        Platform::Ecs => true,
        Platform::Server => false,
    }
}

impl CodeDeploy {
    /// What a configuration does in a group: one that somebody created, or one of CodeDeploy's own.
    pub(super) fn moves(&self, platform: Platform, config: &str) -> Option<Moves> {
        let created = self.configs.get(config).copied().map(Moves::Traffic);
        created.or_else(|| moves(platform, config))
    }
}

/// The stages of a deployment in a group.
pub(super) fn of(group: &DeploymentGroup, moves: Moves, hooks: &[LifecycleEvent]) -> Vec<Stage> {
    let hook = |event: LifecycleEvent| hooks.contains(&event).then_some(Stage::Hook(event));
    let wait = |wait: Wait, span: Span| (!span.is_zero()).then_some(Stage::Wait(wait, span));
    let mut stages = vec![Stage::Begin];
    match group.platform {
        Platform::Lambda => {
            stages.push(Stage::Runs);
            stages.extend(hook(LifecycleEvent::BeforeAllowTraffic));
            stages.extend(shares(group, moves));
            stages.extend(hook(LifecycleEvent::AfterAllowTraffic));
        }
        Platform::Ecs => {
            stages.extend(hook(LifecycleEvent::BeforeInstall));
            stages.extend([Stage::Rest(group.install), Stage::Runs]);
            stages.extend(hook(LifecycleEvent::AfterInstall));
            stages.extend(hook(LifecycleEvent::AfterAllowTestTraffic));
            stages.extend(wait(Wait::Ready, group.ready_wait));
            stages.extend(hook(LifecycleEvent::BeforeAllowTraffic));
            stages.extend(shares(group, moves));
            stages.extend(hook(LifecycleEvent::AfterAllowTraffic));
            stages.extend(wait(Wait::Termination, group.termination_wait));
        }
        Platform::Server if group.style == Style::BlueGreen => {
            stages.extend([Stage::Rest(group.install), Stage::Runs]);
            stages.extend(wait(Wait::Ready, group.ready_wait));
            stages.extend(shares(group, moves));
            stages.extend(wait(Wait::Termination, group.termination_wait));
        }
        Platform::Server => stages.extend(in_place(group, moves)),
    }
    stages.push(Stage::End);
    stages
}

/// The stages of a deployment that takes another one back.
pub(super) fn way_back() -> Vec<Stage> {
    vec![Stage::Begin, Stage::Rest(Span::seconds(10)), Stage::Share(Weight::FULL), Stage::End]
}

/// New instances get their share of the traffic as they are registered, a few seconds one after the other.
fn shares(group: &DeploymentGroup, moves: Moves) -> Vec<Stage> {
    let percent =
        |percent: u8| Stage::Share(Weight::from_percent(f64::from(percent)).unwrap_or(Weight::FULL));
    match moves {
        Moves::Traffic(Timetable::AllAtOnce) => vec![Stage::Share(Weight::FULL)],
        Moves::Traffic(Timetable::Canary { percent: first, minutes }) => {
            vec![percent(first), Stage::Rest(Span::minutes(minutes)), Stage::Share(Weight::FULL)]
        }
        Moves::Traffic(Timetable::Linear { percent: each, minutes }) => {
            let each = each.max(1);
            let steps = (1..).map(|step: u8| step.saturating_mul(each)).take_while(|share| *share < 100);
            let steps = steps.flat_map(|share| [percent(share), Stage::Rest(Span::minutes(minutes))]);
            steps.chain([Stage::Share(Weight::FULL)]).collect()
        }
        Moves::OneAtATime | Moves::HalfAtATime => {
            batches(group, moves).into_iter().map(Stage::Share).collect()
        }
    }
}

fn in_place(group: &DeploymentGroup, moves: Moves) -> Vec<Stage> {
    let batch = |share| [Stage::Rest(group.install), Stage::Runs, Stage::Share(share)];
    batches(group, moves).into_iter().flat_map(batch).collect()
}

/// The shares after each batch of instances.
fn batches(group: &DeploymentGroup, moves: Moves) -> Vec<Weight> {
    let all = group.instances.max(1);
    let size = match moves {
        Moves::Traffic(_) => all,
        Moves::HalfAtATime => all.div_ceil(2),
        Moves::OneAtATime => 1,
    };
    let done = (1..=all.div_ceil(size)).map(|batch| batch.saturating_mul(size).min(all));
    let share = |done: u8| {
        let hundredths = f64::from(u32::from(done) * 10_000 / u32::from(all));
        Weight::from_percent(hundredths / 100.0).unwrap_or(Weight::FULL)
    };
    done.map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_codedeploys_own_configurations_say_what_they_do() {
        let moves = |platform, name| moves(platform, &full_name(platform, name));
        let canary = Moves::Traffic(Timetable::Canary { percent: 10, minutes: 15 });
        assert_eq!(moves(Platform::Lambda, "Canary10Percent15Minutes"), Some(canary));
        assert_eq!(moves(Platform::Lambda, "CodeDeployDefault.LambdaCanary10Percent15Minutes"), Some(canary));
        let linear = Moves::Traffic(Timetable::Linear { percent: 10, minutes: 1 });
        assert_eq!(moves(Platform::Lambda, "Linear10PercentEvery1Minute"), Some(linear));
        assert_eq!(moves(Platform::Ecs, "Linear10PercentEvery1Minutes"), Some(linear));
        assert_eq!(moves(Platform::Server, "HalfAtATime"), Some(Moves::HalfAtATime));
        for (platform, name) in [(Platform::Server, "Canary10Percent5Minutes"), (Platform::Ecs, "OneAtATime")]
        {
            assert_eq!(moves(platform, name), None, "{name}");
        }
    }
}
