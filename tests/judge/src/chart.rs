//! The chart: how soon harm is found against how often a harmless release is taken back. It is SVG, made of numbers
//! alone, on a white ground so that it can be read in a dark viewer too.

use std::fmt::Write as _;

use crate::deciders::Family;
use crate::draws::float;
use crate::labels::Column;
use crate::scenario::{Effect, MINUTES, Noise};
use crate::study::{Findings, Named};
use crate::tables::{harmful, worst};
use crate::tally::Tally;

/// Its name.
pub const FILE: &str = "judge-benchmark.svg";

const WIDTH: f64 = 940.0;
const HEIGHT: f64 = 1000.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 900.0;
/// Height of the area of a panel in which minutes are drawn.
const AREA: f64 = 340.0;
/// Above it, the strip of those that find less than half.
const STRIP: f64 = 44.0;
/// Where the panels' strips begin.
const TOPS: [f64; 2] = [80.0, 548.0];
/// False rollbacks at the ends of the axis; fewer are drawn at the lower end.
const AXIS: (f64, f64) = (0.001, 1.0);
/// Where the labels of rash deciders end, to the left of their points.
const RASH_COLUMN: f64 = 850.0;
/// How far the labels of careful deciders stand to the right of all their points.
const ASIDE: f64 = 30.0;
/// False rollbacks from which a decider is rash.
const RASH: f64 = 0.1;
const LABEL_GAP: f64 = 17.0;
const INK: &str = "#111111";
const GRID: &str = "#e3e3e3";
/// Marks of the axis of false rollbacks.
const TICKS: [(f64, &str); 7] =
    [(0.001, "≤ .1"), (0.005, ".5"), (0.01, "1"), (0.05, "5"), (0.1, "10"), (0.5, "50"), (1.0, "100")];

/// What the panels show.
const PANELS: [(f64, f64, Effect, &str); 2] = [
    (100.0, 0.001, Effect::Times(5.0), "Errors rise from 0.1 % to 0.5 %, at 100 requests per second"),
    (100.0, 0.01, Effect::Times(2.0), "Errors rise from 1 % to 2 %, at 100 requests per second"),
];

/// A decider in a panel.
struct Point<'a> {
    named: &'a Named,
    x: f64,
    y: f64,
    rash: bool,
}

/// Draws it.
pub fn draw(findings: &Findings) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\" role=\"img\">\n\
         <title>How soon harm is found, against how often a harmless release is rolled back</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    let bold = Style { weight: "bold", ..Style::default() };
    text(
        &mut svg,
        (LEFT, 24.0),
        bold,
        "How soon harm is found, against how often a harmless release is rolled back",
    );
    let muted = Style { fill: "#555555", ..Style::default() };
    text(&mut svg, (LEFT, 43.0), muted, "Lower is sooner; further left takes fewer harmless releases back.");
    for (top, (rps, base_rate, effect, title)) in TOPS.into_iter().zip(PANELS) {
        axes(&mut svg, top, title);
        let Some(played) = harmful(findings, rps, base_rate, effect) else { continue };
        let tallies = played.tallies.iter().enumerate();
        let points: Vec<_> =
            tallies.filter_map(|(decider, tally)| point(findings, decider, tally, top)).collect();
        let (rash, careful): (Vec<&Point>, Vec<_>) = points.iter().partition(|point| point.rash);
        label(&mut svg, top, &rash);
        label(&mut svg, top, &careful);
        for point in &points {
            dot(&mut svg, point);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn point<'a>(findings: &'a Findings, decider: usize, tally: &Tally, top: f64) -> Option<Point<'a>> {
    let of_noise = |noise| worst(findings, decider, noise).map(|(_, share)| share);
    let false_rollbacks = Noise::ALL.into_iter().filter_map(of_noise).reduce(f64::max)?;
    let found = tally.median_minute().filter(|_| tally.share() >= 0.5);
    Some(Point {
        named: &findings.deciders[decider],
        x: across(false_rollbacks),
        y: found.map_or(top + STRIP - 13.0, |minute| height(top, minute)),
        rash: false_rollbacks >= RASH,
    })
}

/// Where a share of false rollbacks stands on the logarithmic axis.
fn across(share: f64) -> f64 {
    let (low, high) = (libm::log10(AXIS.0), libm::log10(AXIS.1));
    let at = libm::log10(share.clamp(AXIS.0, AXIS.1));
    LEFT + (RIGHT - LEFT) * (at - low) / (high - low)
}

/// Where a minute stands in the panel whose strip begins at `top`.
fn height(top: f64, minute: f64) -> f64 {
    top + STRIP + AREA * (1.0 - minute / float(MINUTES as u64))
}

/// Frame, grid, axes and title of a panel.
fn axes(svg: &mut String, top: f64, title: &str) {
    let bottom = top + STRIP + AREA;
    text(svg, (LEFT, top - 10.0), Style { weight: "bold", ..Style::default() }, title);
    rectangle(svg, top, STRIP, "#f4f4f4");
    rectangle(svg, top + STRIP, AREA, "#ffffff");
    for minute in [0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0] {
        let y = height(top, minute);
        line(svg, (LEFT, y), (RIGHT, y), GRID);
        text(svg, (LEFT - 8.0, y + 4.0), Style { anchor: "end", ..Style::default() }, &minute.to_string());
    }
    for (share, name) in TICKS {
        let x = across(share);
        line(svg, (x, top + STRIP), (x, bottom), GRID);
        text(svg, (x, bottom + 18.0), Style { anchor: "middle", ..Style::default() }, name);
    }
    let muted = Style { fill: "#555555", ..Style::default() };
    text(svg, (LEFT + 8.0, top + 16.0), muted, "found in fewer than half");
    let middle = f64::midpoint(LEFT, RIGHT);
    let below = Style { anchor: "middle", ..Style::default() };
    text(
        svg,
        (middle, bottom + 38.0),
        below,
        "false rollbacks, %: the worst of 12 services and 7 kinds of noise",
    );
    let y = top + STRIP + AREA / 2.0;
    let _ = writeln!(
        svg,
        "<text x=\"22\" y=\"{y}\" text-anchor=\"middle\" fill=\"{INK}\" transform=\"rotate(-90 22 {y})\">\
         median minute of the rollback</text>"
    );
}

/// Labels in their column, each with a line to its point; the lines first, so that none crosses a label.
fn label(svg: &mut String, top: f64, points: &[&Point]) {
    let column = Column { top: top + 3.0, bottom: top + STRIP + AREA - 3.0, gap: LABEL_GAP };
    let careful = points.iter().map(|point| point.x).fold(LEFT, f64::max) + ASIDE;
    let wanted: Vec<_> = points.iter().map(|point| point.y).collect();
    let places = column.spread(&wanted);
    for (point, &y) in points.iter().zip(&places) {
        let x = if point.rash { RASH_COLUMN + 5.0 } else { careful - 5.0 };
        line(svg, (point.x, point.y), (x, y), colour(point.named.family));
    }
    for (point, &y) in points.iter().zip(&places) {
        let (x, anchor) = if point.rash { (RASH_COLUMN, "end") } else { (careful, "start") };
        let weight = if point.named.family == Family::Judge { "bold" } else { "normal" };
        let style = Style { anchor, fill: colour(point.named.family), weight };
        text(svg, (x, y + 4.5), style, &point.named.name);
    }
}

fn dot(svg: &mut String, point: &Point) {
    let radius = if point.named.family == Family::Judge { 7.0 } else { 5.0 };
    let fill = colour(point.named.family);
    let _ = writeln!(
        svg,
        "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius}\" fill=\"{fill}\" stroke=\"#ffffff\" stroke-width=\"1\"/>",
        point.x, point.y
    );
}

const fn colour(family: Family) -> &'static str {
    match family {
        Family::Alarm => "#b45309",
        Family::Checks => "#7c3aed",
        Family::Fleets => "#15803d",
        Family::Test => "#6b7280",
        Family::Judge => "#1d4ed8",
    }
}

/// How a text looks.
#[derive(Clone, Copy)]
struct Style {
    anchor: &'static str,
    fill: &'static str,
    weight: &'static str,
}

impl Default for Style {
    fn default() -> Self {
        Self { anchor: "start", fill: INK, weight: "normal" }
    }
}

/// Writes a text, with a white rim that keeps lines off it; `<`, `>` and `&` are escaped.
fn text(svg: &mut String, (x, y): (f64, f64), Style { anchor, fill, weight }: Style, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{fill}\" font-weight=\"{weight}\" \
         stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\">{text}</text>"
    );
}

fn line(svg: &mut String, from: (f64, f64), to: (f64, f64), stroke: &str) {
    let _ = writeln!(
        svg,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{stroke}\" stroke-width=\"0.8\"/>",
        from.0, from.1, to.0, to.1
    );
}

fn rectangle(svg: &mut String, top: f64, height: f64, fill: &str) {
    let width = RIGHT - LEFT;
    let _ = writeln!(
        svg,
        "<rect x=\"{LEFT}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\" stroke=\"#999999\"/>"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_is_logarithmic_and_ends_where_its_shares_end() {
        assert!((across(AXIS.0) - LEFT).abs() < 1e-9 && (across(0.0) - LEFT).abs() < 1e-9);
        assert!((across(1.0) - RIGHT).abs() < 1e-9);
        assert!((across(0.1) - across(0.01) - (across(1.0) - across(0.1))).abs() < 1e-9);
    }

    #[test]
    fn names_are_escaped() {
        let mut svg = String::new();
        text(&mut svg, (0.0, 0.0), Style::default(), "alias > 1 %");
        assert!(svg.contains("alias &gt; 1 %"), "{svg}");
    }
}
