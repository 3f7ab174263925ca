//! From a list of `setWeight`, `bake` and `pause` to steps, each a weight with its bake and perhaps a gate.

use super::faults::Place;
use super::lenient::Lenient;
use super::raw::{RawPause, RawStep, RawSteps};
use super::values::{Duration, Percentage};
use super::{Gate, Step, Strategy, defaults};
use crate::units::{Span, Weight};

/// Steps of the user's own, and the watch after them. `None` where there are no steps: a fault unless AWS has
/// them.
pub(super) fn strategy(at: &Place, raw: RawSteps, steps_required: bool) -> Option<Strategy> {
    at.no_such_fields::<RawSteps>(&raw.unknown);
    let steps_at = at.field("steps");
    let is_open = raw.steps.is_absent();
    let written = match raw.steps {
        Lenient::Absent if steps_required => steps_at.fault("missing; in drive mode a strategy has steps"),
        Lenient::Right(entries) if entries.is_empty() => {
            steps_at.fault("no steps; for all traffic at once write strategy: AllAtOnce")
        }
        steps => Some(steps_at.optional(steps).unwrap_or_default()),
    };
    let watch_at = at.field("watch");
    let watch = watch_at.optional(raw.watch).map_or(defaults::WATCH, |Duration(span)| span);
    if watch > defaults::LONGEST_WATCH {
        watch_at.fault::<()>(format!("{watch} is too long; at most {}", defaults::LONGEST_WATCH));
    }
    Some(Strategy { steps: steps(&steps_at, written?), is_open, watch })
}

/// One entry of the list, as far as it can be read: a value at fault leaves its kind known.
enum Entry {
    SetWeight(Option<Weight>),
    Bake(Option<Span>),
    Pause(Option<Gate>),
}

const ONE_OF: &str =
    "an entry has exactly one of setWeight, bake and pause; begin each with a dash of its own";

fn entry(at: &Place, raw: RawStep) -> Option<Entry> {
    at.no_such_kinds::<RawStep>(&raw.unknown);
    match (raw.set_weight, raw.bake, raw.pause) {
        (Lenient::Absent, Lenient::Absent, Lenient::Absent) if !raw.unknown.is_empty() => None,
        (Lenient::Absent, Lenient::Absent, Lenient::Absent) => at.fault(ONE_OF),
        (weight, Lenient::Absent, Lenient::Absent) => {
            Some(Entry::SetWeight(set_weight(&at.field("setWeight"), weight)))
        }
        (Lenient::Absent, bake, Lenient::Absent) => Some(Entry::Bake(duration(&at.field("bake"), bake))),
        (Lenient::Absent, Lenient::Absent, gate) => Some(Entry::Pause(pause(&at.field("pause"), gate))),
        _ => at.fault(ONE_OF),
    }
}

fn set_weight(at: &Place, raw: Lenient<Percentage>) -> Option<Weight> {
    match at.optional(raw)?.0 {
        Weight::ZERO => {
            at.fault("0 is no step; the first weight is above 0, and a rollback goes to 0 by itself")
        }
        Weight::FULL => at.fault("100 is no step; promotion to 100 % follows the last step by itself"),
        weight => Some(weight),
    }
}

/// A bake, or the duration of a timed pause.
fn duration(at: &Place, raw: Lenient<Duration>) -> Option<Span> {
    let Duration(span) = at.optional(raw)?;
    let (shortest, longest) = defaults::BAKE;
    if span < shortest {
        return at
            .fault(format!("{span} is too short; at least {shortest}, since metrics come by the minute"));
    }
    if span > longest {
        return at.fault(format!("{span} is too long; at most {longest}"));
    }
    Some(span)
}

fn pause(at: &Place, raw: Lenient<RawPause>) -> Option<Gate> {
    let raw = at.optional(raw)?;
    at.no_such_fields::<RawPause>(&raw.unknown);
    match raw.duration {
        Lenient::Absent => Some(Gate::Manual),
        stated => duration(&at.field("duration"), stated).map(Gate::Timed),
    }
}

/// Where in a step the list stands.
enum Stage {
    /// No weight was set yet.
    Start,
    /// A weight was set there and has not baked.
    Set,
    /// The step has baked and may be left.
    Baked,
    /// The step has baked and paused.
    Paused,
    /// An entry at fault: what may follow it cannot be told, up to the next weight.
    Unclear,
}

/// The steps that have been read so far, and where in the last one the list stands.
struct Steps<'a> {
    done: Vec<Step>,
    /// The last step; `None` before the first, and where its weight is at fault.
    current: Option<Step>,
    /// The `setWeight` of the last step.
    set_at: Option<Place<'a>>,
    stage: Stage,
}

fn steps(at: &Place, entries: Vec<Lenient<RawStep>>) -> Vec<Step> {
    let mut steps = Steps { done: Vec::new(), current: None, set_at: None, stage: Stage::Start };
    for (index, raw) in entries.into_iter().enumerate() {
        let at = at.item(index);
        match at.optional(raw).and_then(|raw| entry(&at, raw)) {
            Some(Entry::SetWeight(weight)) => steps.set_weight(at.field("setWeight"), weight),
            Some(Entry::Bake(span)) => steps.bake(&at.field("bake"), span),
            Some(Entry::Pause(gate)) => steps.pause(&at.field("pause"), gate),
            None => steps.stage = Stage::Unclear,
        }
    }
    steps.finish("the list ends");
    if steps.done.len() > defaults::STEPS {
        at.fault::<()>(format!("{} steps are too many; at most {}", steps.done.len(), defaults::STEPS));
    }
    steps.done
}

impl<'a> Steps<'a> {
    fn set_weight(&mut self, at: Place<'a>, weight: Option<Weight>) {
        self.finish(&format!("{} sets the next weight", at.path()));
        let before = self.done.last().map(|step| step.weight);
        if let (Some(weight), Some(before)) = (weight, before)
            && weight <= before
        {
            let relation = if before == weight { "the same as" } else { "below" };
            let (weight, before) = (weight.percent(), before.percent());
            at.fault::<()>(format!("{weight} is {relation} the step before it ({before}); weights rise"));
        }
        self.current = weight.map(|weight| Step { weight, bake: Span::ZERO, gate: None });
        (self.stage, self.set_at) = (Stage::Set, Some(at));
    }

    fn bake(&mut self, at: &Place, span: Option<Span>) {
        self.stage = match self.stage {
            Stage::Start => {
                return self.misplaced(at, "comes before the first setWeight; there is nothing to watch yet");
            }
            Stage::Paused => {
                return self.misplaced(at, "comes after the step's pause; a step bakes first, then pauses");
            }
            Stage::Unclear => Stage::Unclear,
            Stage::Set | Stage::Baked => Stage::Baked,
        };
        let (Some(step), Some(span)) = (&mut self.current, span) else { return };
        step.bake = step.bake + span;
        let (bake, (_, longest)) = (step.bake, defaults::BAKE);
        if bake > longest {
            at.fault::<()>(format!("the bakes of this step add up to {bake}; at most {longest}"));
        }
    }

    fn pause(&mut self, at: &Place, gate: Option<Gate>) {
        self.stage = match self.stage {
            Stage::Start => {
                return self.misplaced(at, "comes before the first setWeight; there is nothing to watch yet");
            }
            Stage::Set => {
                return self.misplaced(at, "comes before the step's bake; a step bakes first, then pauses");
            }
            Stage::Paused => return self.misplaced(at, "is the step's second pause; a step has one"),
            Stage::Unclear => Stage::Unclear,
            Stage::Baked => Stage::Paused,
        };
        if let Some(step) = &mut self.current {
            step.gate = gate;
        }
    }

    /// Reports what stands in the wrong order, once: what follows would only echo it.
    fn misplaced(&mut self, at: &Place, problem: &str) {
        at.fault::<()>(problem);
        self.stage = Stage::Unclear;
    }

    /// Ends the last step, which must have baked.
    fn finish(&mut self, because: &str) {
        if let (Stage::Set, Some(at)) = (&self.stage, &self.set_at) {
            at.fault::<()>(format!("this weight has no bake before {because}; add one like bake: 10m"));
        }
        self.done.extend(self.current.take());
    }
}
