//! The chart of one rollout: decisions, weight, error rate and ratio over the same time.

use std::fmt::Write as _;

use jiff::Timestamp;
use tidegate_domain::policy::Metric;
use tidegate_domain::units::{Span, Weight};
use tidegate_domain::verdict::Counts;

use super::decisions::Decision;
use super::scale::{Scale, Time, round_up};
use super::svg::{Drawing, Point};
use crate::show::numbers::percent;
use crate::status::interval;
use crate::story::{Course, Minute, Story};

const WIDTH: f64 = 960.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 14.0;
/// The height of one row of decision marks.
const ROW: f64 = 20.0;
/// The space above a panel, in which its title stands.
const TITLE: f64 = 36.0;
const AXIS: f64 = 26.0;

/// One panel's place.
#[derive(Debug, Clone, Copy)]
struct Panel {
    top: f64,
    bottom: f64,
}

/// Draws a rollout. `id` is unique on the page.
pub fn chart(id: &str, story: &Story, course: &Course, decisions: &[Decision]) -> String {
    let end = story.courses.iter().map(|course| course.end).max().unwrap_or(course.end);
    let time = Time::new(story.zero(), end, (LEFT, WIDTH - RIGHT));
    let rows = rows(decisions, time);
    let marks = ROW * count(rows.iter().max().map_or(1, |most| most + 1)) + 4.0;
    let mut top = marks;
    let mut panel = |height: f64| {
        let panel = Panel { top: top + TITLE, bottom: top + TITLE + height };
        top = panel.bottom;
        panel
    };
    let (weight, errors) = (panel(92.0), panel(124.0));
    let metric = course.telling_metric();
    let band = metric.map(|metric| (metric, band(course, metric))).filter(|(_, band)| band.len() > 1);
    let ratio = band.as_ref().map(|_| panel(136.0));
    let bottom = ratio.map_or(errors.bottom, |ratio| ratio.bottom);

    let mut drawing = Drawing::default();
    time_axis(&mut drawing, time, &[Some(weight), Some(errors), ratio], bottom);
    decision_marks(&mut drawing, decisions, &rows, time, bottom);
    weight_panel(&mut drawing, course, time, weight);
    error_panel(&mut drawing, course, time, errors);
    if let (Some(panel), Some((metric, band))) = (ratio, &band) {
        ratio_panel(&mut drawing, metric, band, time, panel);
    }
    let title = format!("Rollout {} over time", course.rollout.id);
    drawing.finish(id, WIDTH, bottom + AXIS, &title, &description(course, decisions))
}

fn description(course: &Course, decisions: &[Decision]) -> String {
    let mut words = format!(
        "The candidate's share of the traffic, the error rates of both versions and their ratio, from {} on. ",
        course.rollout.created
    );
    for decision in decisions {
        let _ = write!(words, "At {}: {} {}. ", decision.clock, decision.headline, decision.why);
    }
    words
}

/// Vertical lines through all panels, and the times below them.
fn time_axis(drawing: &mut Drawing, time: Time, panels: &[Option<Panel>], bottom: f64) {
    for (at, label) in time.marks() {
        for panel in panels.iter().flatten() {
            drawing.line("grid", (time.at(at), panel.top), (time.at(at), panel.bottom));
        }
        let x = time.at(at);
        let anchor = if x + 24.0 > WIDTH { "end" } else { "middle" };
        drawing.text("tick", (x.min(WIDTH - RIGHT + 12.0), bottom + 17.0), anchor, label);
    }
    for panel in panels.iter().flatten() {
        drawing.line("axis", (LEFT, panel.bottom), (WIDTH - RIGHT, panel.bottom));
    }
}

fn title(drawing: &mut Drawing, panel: Panel, title: &str, keys: &[(&str, String)]) {
    let y = panel.top - 8.0;
    drawing.text("panel", (LEFT, y), "start", title);
    drawing.keys((WIDTH - RIGHT, y), keys);
}

fn count(count: usize) -> f64 {
    u32::try_from(count).map_or(0.0, f64::from)
}

fn level(drawing: &mut Drawing, y: f64, label: &str) {
    drawing.line("grid", (LEFT, y), (WIDTH - RIGHT, y));
    drawing.text("tick", (LEFT - 8.0, y + 4.0), "end", label);
}

fn weight_panel(drawing: &mut Drawing, course: &Course, time: Time, panel: Panel) {
    let scale = Scale::linear((0.0, 1.0), (panel.bottom, panel.top));
    title(drawing, panel, "Candidate's share of the traffic", &[]);
    for (share, label) in [(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")] {
        level(drawing, scale.at(share), label);
    }
    let mut points: Vec<Point> = vec![(time.at(course.rollout.created), scale.at(0.0))];
    let mut labels = Vec::new();
    for (at, weight) in &course.weights {
        let before = points.last().map_or(scale.at(0.0), |(_, y)| *y);
        let (x, y) = (time.at(*at), scale.at(weight.fraction()));
        points.extend([(x, before), (x, y)]);
        labels.push(((x, y), *weight));
    }
    let last = points.last().map_or(scale.at(0.0), |(_, y)| *y);
    points.push((time.at(course.end), last));
    let mut area = points.clone();
    area.extend([(time.at(course.end), panel.bottom), (time.at(course.rollout.created), panel.bottom)]);
    drawing.path("candidate-area", &area, true);
    drawing.path("candidate-line", &points, false);
    let mut free_from = LEFT;
    for ((x, y), weight) in labels {
        let fits = x >= free_from && x + 34.0 < WIDTH - RIGHT && weight > Weight::ZERO;
        if fits {
            let y = if weight.fraction() > 0.8 { y + 14.0 } else { y - 5.0 };
            drawing.text("value", (x + 4.0, y), "start", weight);
            free_from = x + 40.0;
        }
    }
}

fn error_panel(drawing: &mut Drawing, course: &Course, time: Time, panel: Panel) {
    let (candidate, stable) = rates(course);
    if candidate.iter().chain(&stable).all(|(_, rate)| rate.is_none()) {
        let middle = (f64::midpoint(LEFT, WIDTH - RIGHT), f64::midpoint(panel.top, panel.bottom) + 4.0);
        drawing.text("tick", middle, "middle", "no requests");
    }
    let highest = candidate.iter().chain(&stable).filter_map(|(_, rate)| *rate).fold(0.0, f64::max);
    let highest = round_up((highest * 1.05).clamp(0.02, 1.0)).min(1.0);
    let scale = Scale::linear((0.0, highest), (panel.bottom, panel.top));
    let version = |name: &str, version: Option<&tidegate_domain::target::Version>| {
        version.map_or_else(|| name.to_owned(), |version| format!("{name} (version {version})"))
    };
    let keys = [
        ("candidate", version("candidate", Some(&course.rollout.candidate))),
        ("stable", version("stable", course.rollout.stable.as_ref())),
    ];
    title(drawing, panel, "Failed requests, minute by minute", &keys);
    for share in [0.0, 0.5, 1.0] {
        level(drawing, scale.at(highest * share), &percent(highest * share));
    }
    for (class, rates) in [("stable-line", stable), ("candidate-line", candidate)] {
        for run in runs(&rates) {
            let middle = |at: Timestamp| time.at(Span::seconds(30).after(at));
            let points: Vec<Point> = run.iter().map(|(at, rate)| (middle(*at), scale.at(*rate))).collect();
            drawing.path(class, &points, false);
            if let [only] = points[..] {
                drawing.disc(&class.replace("line", "dot"), only, 2.0);
            }
        }
    }
}

/// One version's error rate by the minute; `None` where it has none.
type Rates = Vec<(Timestamp, Option<f64>)>;

/// The error rates of candidate and stable. A minute in which a version got its first or lost its last traffic holds a few
/// seconds of it, whose rate says nothing.
fn rates(course: &Course) -> (Rates, Rates) {
    let befores = std::iter::once(Weight::ZERO).chain(course.weights.iter().map(|(_, weight)| *weight));
    let turns: Vec<(Timestamp, Weight, Weight)> =
        course.weights.iter().zip(befores).map(|((at, weight), before)| (*at, before, *weight)).collect();
    let partly = |minute: &Minute, none: Weight| {
        let end = Span::minutes(1).after(minute.at);
        turns.iter().any(|(at, from, to)| minute.at <= *at && *at < end && (*from == none || *to == none))
    };
    let of = |none: Weight, counts: fn(&Minute) -> Counts| -> Rates {
        let rate = |minute: &Minute| counts(minute).rate().filter(|_| !partly(minute, none));
        course.served.iter().map(|minute| (minute.at, rate(minute))).collect()
    };
    (of(Weight::ZERO, |minute| minute.candidate), of(Weight::FULL, |minute| minute.stable))
}

/// The stretches of minutes in a row in which there is something to draw.
fn runs(rates: &Rates) -> Vec<Vec<(Timestamp, f64)>> {
    let mut runs: Vec<Vec<(Timestamp, f64)>> = vec![Vec::new()];
    for (at, rate) in rates {
        match (rate, runs.last_mut()) {
            (Some(rate), Some(run)) => run.push((*at, *rate)),
            (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
            (None | Some(_), _) => {}
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// The confidence sequence as it stood at the end of a minute.
#[derive(Debug, Clone, Copy)]
struct Band {
    at: Timestamp,
    ratio: f64,
    low: Option<f64>,
    high: Option<f64>,
}

fn band(course: &Course, metric: &Metric) -> Vec<Band> {
    let compares = |tick: &tidegate_domain::ticks::Tick| {
        tick.metrics.get(&metric.name).is_some_and(|arms| arms.candidate.total > 0 && arms.stable.total > 0)
    };
    let upto = |end: usize| {
        let ticks = course.ticks.get(..=end)?;
        let interval = interval(ticks, &metric.name, metric.harm);
        let at = Span::minutes(1).after(ticks.last()?.minute);
        Some(Band { at, ratio: interval.ratio?, low: interval.low, high: interval.high })
    };
    let comparing = course.ticks.iter().enumerate().filter(|(_, tick)| compares(tick));
    // A drawing shows no more than a few hundred points; of a long rollout every so many minutes will do.
    let every = comparing.clone().count() / 300 + 1;
    comparing.step_by(every).filter_map(|(end, _)| upto(end)).collect()
}

fn ratio_panel(drawing: &mut Drawing, metric: &Metric, band: &[Band], time: Time, panel: Panel) {
    let ratios = || band.iter().map(|band| band.ratio);
    let high = (ratios().fold(1.0, f64::max) * 2.0).clamp(5.0, 500.0);
    let low = (ratios().fold(1.0, f64::min) / 2.0).clamp(0.05, 0.3);
    let scale = Scale::log((low, high), (panel.bottom, panel.top));
    let keys = [
        ("band", "confidence sequence (2.5 % a side, assuming independent requests)".to_owned()),
        ("candidate", "estimate".to_owned()),
        ("margin", format!("margin {}×", metric.margin)),
    ];
    title(drawing, panel, &format!("{}: candidate over stable", metric.name), &keys);
    for mark in [0.1, 0.5, 2.0, 5.0, 10.0, 50.0, 100.0].into_iter().filter(|mark| (low..high).contains(mark))
    {
        level(drawing, scale.at(mark), &format!("{mark}×"));
    }
    let upper = band.iter().map(|b| (time.at(b.at), scale.at(b.high.unwrap_or(f64::INFINITY))));
    let lower = band.iter().rev().map(|b| (time.at(b.at), scale.at(b.low.unwrap_or(0.0))));
    drawing.path("band", &upper.chain(lower).collect::<Vec<_>>(), true);
    let estimate: Vec<Point> = band.iter().map(|b| (time.at(b.at), scale.at(b.ratio))).collect();
    drawing.path("candidate-line", &estimate, false);
    drawing.line("one", (LEFT, scale.at(1.0)), (WIDTH - RIGHT, scale.at(1.0)));
    drawing.text("tick", (LEFT - 8.0, scale.at(1.0) + 8.0), "end", "1×");
    drawing.line("margin", (LEFT, scale.at(metric.margin)), (WIDTH - RIGHT, scale.at(metric.margin)));
}

/// In which row each decision's mark stands, so that no two overlap.
fn rows(decisions: &[Decision], time: Time) -> Vec<usize> {
    let mut free_from: Vec<f64> = Vec::new();
    decisions
        .iter()
        .map(|decision| {
            let x = time.at(decision.at);
            if decision.number.is_none() {
                return 0;
            }
            let row = free_from.iter().position(|free| *free <= x).unwrap_or(free_from.len());
            if row == free_from.len() {
                free_from.push(0.0);
            }
            free_from[row] = x + 21.0;
            row
        })
        .collect()
}

fn decision_marks(drawing: &mut Drawing, decisions: &[Decision], rows: &[usize], time: Time, bottom: f64) {
    for (decision, row) in decisions.iter().zip(rows) {
        let (x, y) = (time.at(decision.at), ROW / 2.0 + 2.0 + count(*row) * ROW);
        let Some(number) = decision.number else {
            drawing.titled(&decision.why, |drawing| drawing.line("happening", (x, y + 8.0), (x, bottom)));
            continue;
        };
        let title = format!("{} {}: {}", decision.clock, decision.headline, decision.why);
        drawing.titled(&title, |drawing| {
            drawing.line(&format!("mark {}", decision.class), (x, y + 8.0), (x, bottom));
            drawing.disc(&format!("badge {}", decision.class), (x, y), 9.0);
            drawing.text("number", (x, y + 3.8), "middle", number);
        });
    }
}
