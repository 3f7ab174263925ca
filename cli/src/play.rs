//! Plays a scenario with Tidegate's own functions and gathers what its telling needs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tidegate_domain::policy::Faults;
use tidegate_domain::target::Version;
use tidegate_domain::units::{Span, Weight};
use tidegate_domain::verdict::Counts;
use tidegate_sim::world::Served;
use tidegate_sim::{Call, Counted, Report, RolloutReport, Scenario, Simulation, TargetReport};

use crate::expectations::expectations;
use crate::house::deploy;
use crate::story::{Cost, Course, Happening, Minute, Story, Told};

/// The seed of a scenario that is played without one.
pub const SEED: u64 = 1;

/// How long after its end a rollout is still shown: its users are better off again, or still well.
const AFTER: Span = Span::minutes(5);

/// Plays a scenario to its end.
pub fn play(name: &str, scenario: &Scenario, seed: u64) -> Result<Story, Faults> {
    let mut simulation = Simulation::new(scenario.clone(), seed, deploy())?;
    simulation.run();
    Ok(told(name, scenario, seed, &simulation))
}

/// The story of a scenario as far as it was played.
pub fn told(name: &str, scenario: &Scenario, seed: u64, simulation: &Simulation) -> Story {
    let report = simulation.report();
    let view = simulation.view();
    let courses = report.rollouts.iter().map(|rollout| {
        let target = report.targets.iter().find(|target| target.target == rollout.document.target);
        course(rollout, target, view.ticks(&rollout.id), report.end)
    });
    Story {
        name: name.to_owned(),
        title: report.title.clone(),
        about: report.story.clone(),
        seed,
        start: report.start,
        courses: courses.collect(),
        happenings: happenings(&report),
        notices: notices(&report),
        expected: expectations(scenario, &report.unmet),
        cost: cost(&report),
    }
}

fn course(
    report: &RolloutReport,
    target: Option<&TargetReport>,
    ticks: Vec<tidegate_domain::ticks::Tick>,
    over: Timestamp,
) -> Course {
    let rollout = report.document.clone();
    let last = report.timeline.last().map_or(rollout.updated, |entry| entry.at);
    let end = AFTER.after(last).min(over).max(last);
    let from = rollout.created;
    let within = |at: Timestamp| from <= at && at <= end;
    let minutes = target.into_iter().flat_map(|target| &target.minutes);
    let counts = |served: &BTreeMap<Version, Served>, version: Option<&Version>| {
        let served = version.and_then(|version| served.get(version)).copied().unwrap_or_default();
        Counts { total: served.requests, bad: served.errors }
    };
    let served =
        minutes.filter(|minute| within(minute.minute) && within(Span::minutes(1).after(minute.minute)));
    let served = served.map(|minute| Minute {
        at: minute.minute,
        candidate: counts(&minute.served, Some(&rollout.candidate)),
        stable: counts(&minute.served, rollout.stable.as_ref()),
    });
    let writes = target.into_iter().flat_map(|target| &target.writes).filter(|write| within(write.at));
    let mut weights: Vec<(Timestamp, Weight)> = Vec::new();
    for write in writes {
        let weight = write.after.weight_of(&rollout.candidate);
        if weights.last().map_or(Weight::ZERO, |(_, before)| *before) != weight {
            weights.push((write.at, weight));
        }
    }
    Course { served: served.collect(), weights, ticks, timeline: report.timeline.clone(), end, rollout }
}

/// What a reader cannot see from the rollouts themselves: what the scenario did, and what went wrong. Of a storm, its beginning.
fn happenings(report: &Report) -> Vec<Happening> {
    const MOST: usize = 12;
    let first = report.rollouts.first().map_or(report.start, |rollout| rollout.document.created);
    let rollouts = report.rollouts.iter().map(|rollout| format!("{}:", rollout.id));
    let targets = report.targets.iter().map(|target| format!("{}:", target.target));
    let told: Vec<String> = rollouts.chain(targets).chain(["on-call gets:".to_owned()]).collect();
    let is_told = |what: &str| told.iter().any(|beginning| what.starts_with(beginning));
    let mut all = report.log.iter().filter(|happened| happened.at >= first && !is_told(&happened.what));
    let shown =
        all.by_ref().take(MOST).map(|happened| Happening { at: happened.at, what: happened.what.clone() });
    let mut shown: Vec<Happening> = shown.collect();
    if let Some(next) = all.next() {
        shown.push(Happening { at: next.at, what: format!("… and so on, {} times more", all.count() + 1) });
    }
    shown
}

fn notices(report: &Report) -> Vec<Told> {
    let told = |sent: &tidegate_sim::Sent| Told {
        at: sent.at,
        kind: sent.kind,
        subject: sent.subject.clone(),
        text: sent.text.clone(),
    };
    report.notices.iter().map(told).collect()
}

fn cost(report: &Report) -> Cost {
    let all = || report.calls.values().flatten();
    Cost {
        invocations: report.invocations.values().sum(),
        calls: all().map(|(_, counted)| counted.calls).sum(),
        series: all().filter(|(call, _)| **call == Call::Read).map(|(_, Counted { items, .. })| items).sum(),
    }
}
