//! How far a rollout is among the steps of its policy, and what may be typed next.

use tidegate_domain::policy::Gate;
use tidegate_domain::rollout::{Bake, PauseCause, Phase, Rollout};
use tidegate_domain::units::Weight;
use tidegate_wire::timeline::Entry;

use crate::status::{GateStatus, Next, StepState, StepStatus};

/// Where a rollout stands among its steps; full promotion counts as the step after the last.
struct Place {
    step: usize,
    state: StepState,
    bake: Option<Bake>,
    at_gate: bool,
}

/// The steps of the policy and full promotion after them.
pub fn steps(rollout: &Rollout, timeline: &[Entry]) -> Vec<StepStatus> {
    let place = place(rollout, timeline);
    let strategy = &rollout.policy.strategy;
    let state = |step: usize| match step.cmp(&place.step) {
        std::cmp::Ordering::Less => StepState::Done,
        std::cmp::Ordering::Equal if place.at_gate => StepState::Done,
        std::cmp::Ordering::Equal => place.state,
        std::cmp::Ordering::Greater => StepState::ToCome,
    };
    let gate = |step: usize, gate: Gate| GateStatus {
        time: match gate {
            Gate::Manual => None,
            Gate::Timed(time) => Some(time),
        },
        state: match state(step) {
            StepState::Done if step == place.step => place.state,
            StepState::Done => StepState::Done,
            StepState::Current | StepState::ToCome | StepState::Stopped => StepState::ToCome,
        },
    };
    let bake = |step: usize| place.bake.as_ref().filter(|_| state(step) == StepState::Current);
    let mut steps: Vec<StepStatus> = strategy
        .steps
        .iter()
        .enumerate()
        .map(|(step, stated)| StepStatus {
            weight: stated.weight,
            bake: stated.bake,
            state: state(step),
            since: bake(step).and_then(|bake| bake.since),
            extended: bake(step).is_some_and(|bake| bake.extended),
            gate: stated.gate.map(|stated| gate(step, stated)),
        })
        .collect();
    let last = steps.len();
    steps.push(StepStatus {
        weight: Weight::FULL,
        bake: strategy.watch,
        state: state(last),
        since: match rollout.phase {
            Phase::Watching { since } => since,
            _ => None,
        },
        extended: false,
        gate: None,
    });
    steps
}

fn place(rollout: &Rollout, timeline: &[Entry]) -> Place {
    let all = rollout.policy.strategy.steps.len();
    let at = |step, state| Place { step, state, bake: None, at_gate: false };
    match &rollout.phase {
        // Before the first step nothing is current, and nothing is done.
        Phase::Queued | Phase::Preflight { .. } | Phase::Refused { .. } => at(0, StepState::ToCome),
        Phase::Baking(bake) => Place { bake: Some(bake.clone()), ..at(bake.step, StepState::Current) },
        Phase::Paused { bake, cause, .. } => Place {
            bake: Some(bake.clone()),
            at_gate: matches!(cause, PauseCause::Gate(_)),
            ..at(bake.step, StepState::Current)
        },
        Phase::Shifting(_) => match reached(rollout, timeline) {
            Some(step) => at(step, StepState::Current),
            None => at(0, StepState::ToCome),
        },
        Phase::Watching { .. } => at(all, StepState::Current),
        Phase::Succeeded => at(all, StepState::Done),
        Phase::RollingBack(_)
        | Phase::Stuck(_)
        | Phase::RolledBack { .. }
        | Phase::Superseded { .. }
        | Phase::TakenOver { .. } => reached(rollout, timeline)
            .map_or_else(|| at(0, StepState::ToCome), |step| at(step, StepState::Stopped)),
    }
}

/// The furthest step whose weight was ever read back; `None` when no traffic moved.
fn reached(rollout: &Rollout, timeline: &[Entry]) -> Option<usize> {
    let most = timeline.iter().map(|entry| entry.weight).max().filter(|most| *most > Weight::ZERO)?;
    let steps = &rollout.policy.strategy.steps;
    let step = steps.iter().rposition(|step| step.weight <= most).unwrap_or(0);
    Some(if most == Weight::FULL { steps.len() } else { step })
}

/// What may be typed next.
pub fn next(rollout: &Rollout) -> Vec<Next> {
    let id = &rollout.id;
    let type_ = |verb: &str, does: String| Next { command: format!("tidegate {verb} {id}"), does };
    let abort = || type_("abort", "takes all traffic back to stable".to_owned());
    let onward = |bake: &Bake| match rollout.step(bake.step + 1) {
        Some(step) => format!("on to {}", step.weight),
        None => "on to all traffic".to_owned(),
    };
    match &rollout.phase {
        Phase::Queued | Phase::Preflight { .. } => {
            vec![type_("abort", "calls it off; no traffic has moved".to_owned())]
        }
        Phase::Baking(bake) => vec![
            type_("promote", format!("{}, whatever the evidence", onward(bake))),
            type_("pause", "holds the weight; it is still judged".to_owned()),
            abort(),
        ],
        Phase::Paused { bake, cause: PauseCause::Gate(_), .. } => {
            vec![type_("promote", onward(bake)), abort()]
        }
        Phase::Paused { bake, cause: PauseCause::RouterDenied(_), .. } => {
            vec![type_("resume", format!("tries again at step {}", bake.step + 1)), abort()]
        }
        Phase::Paused { bake, .. } => vec![
            type_("resume", "begins this step anew".to_owned()),
            type_("promote", format!("{}, whatever the evidence", onward(bake))),
            abort(),
        ],
        Phase::Shifting(_) | Phase::Watching { .. } => vec![abort()],
        Phase::RollingBack(_) => vec![type_("get --watch", "shows it until it is over".to_owned())],
        Phase::Stuck(_) => {
            let by_hand = Next {
                command: format!("aws lambda update-alias … # {}", rollout.target),
                does: "route it to its stable version by hand; Tidegate keeps trying and will see it"
                    .to_owned(),
            };
            vec![by_hand]
        }
        Phase::RolledBack { .. } | Phase::TakenOver { .. } | Phase::Refused { .. } => {
            vec![type_("retry", "starts it once more, under a new name".to_owned())]
        }
        Phase::Superseded { by } => {
            vec![Next {
                command: format!("tidegate get {by}"),
                does: "shows the one that took its place".to_owned(),
            }]
        }
        Phase::Succeeded => Vec::new(),
    }
}
