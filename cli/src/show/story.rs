//! A story on the terminal: title, timeline, what on-call got, what was expected.

use std::fmt::Write as _;

use tidegate_domain::reason::count;
use tidegate_domain::units::Span;

use super::numbers::{clock, span};
use super::severity_of;
use super::style::{BAD, BOLD, DIM, GOOD, WIDTH, hang, in_style, of_phase, of_severity, wrap};
use super::table::Table;
use super::timeline::timeline;
use crate::story::{Expected, Story, Told};

/// The width of the labels in a message.
const LABEL: usize = 11;

/// A story from beginning to end.
pub fn story(story: &Story) -> String {
    let mut text = format!("{}\n", in_style(BOLD.underline(), &story.title));
    for line in wrap(&story.about, WIDTH) {
        let _ = writeln!(text, "{}", in_style(DIM, line));
    }
    for (index, course) in story.courses.iter().enumerate() {
        let rollout = &course.rollout;
        let versions = match &rollout.stable {
            Some(stable) => format!("version {} beside {stable}", rollout.candidate),
            None => format!("version {}", rollout.candidate),
        };
        let _ = writeln!(text, "\n  {}  {} on {}", in_style(BOLD, &rollout.id), versions, rollout.target);
        let _ = writeln!(text, "  {}\n", in_style(DIM, super::policy::steps(&rollout.policy)));
        text.push_str(&timeline(&course.timeline, &rollout.candidate, &story.around(index), story.zero()));
    }
    for notice in &story.notices {
        text.push_str(&self::notice(story, notice));
    }
    text.push('\n');
    for expected in &story.expected {
        text.push_str(&self::expected(expected));
    }
    let cost = &story.cost;
    let _ = writeln!(
        text,
        "  {}",
        in_style(
            DIM,
            format!(
                "{} invocations, {} calls of AWS services, {} metric series read; seed {}",
                count(cost.invocations),
                count(cost.calls),
                count(cost.series),
                story.seed
            )
        )
    );
    text
}

fn notice(story: &Story, notice: &Told) -> String {
    let style = of_severity(severity_of(notice));
    let bar = in_style(style, "┃");
    let at = clock(story.zero(), notice.at);
    let mut text = format!(
        "\n  {bar} {} {}\n",
        in_style(style.bold(), &notice.subject),
        in_style(DIM, format!("({at})"))
    );
    for line in
        notice.text.trim_end().lines().skip_while(|line| notice.subject.ends_with(line) || line.is_empty())
    {
        // What follows a label is hung below it.
        let label = line.find(": ").map_or(0, |_| LABEL);
        let mut broken = wrap(line, WIDTH - LABEL - 4).into_iter();
        let first = broken.next().unwrap_or_default();
        let _ = writeln!(text, "  {}", format!("{bar} {first}").trim_end());
        for line in broken {
            let _ = writeln!(text, "  {bar} {:label$}{line}", "");
        }
    }
    text
}

fn expected(expected: &Expected) -> String {
    let Expected { what, instead } = expected;
    match instead {
        None => format!("  {} {}\n", in_style(GOOD, "✓"), hang(what, 4)),
        Some(instead) => {
            let words = format!("{what}; came: {instead}");
            format!("  {} {}\n", in_style(BAD, "✗"), hang(&words, 4))
        }
    }
}

/// All stories at a glance.
pub fn summary(stories: &[Story]) -> String {
    let mut table = Table::new(["", "scenario", "outcome", "took", "most traffic", "on-call", "calls"])
        .right([3, 4, 5, 6]);
    for story in stories {
        let mark = if story.is_as_expected() { in_style(GOOD, "✓") } else { in_style(BAD, "✗") };
        let course = story.courses.last();
        let outcome = course.map_or_else(
            || "no rollout".to_owned(),
            |course| {
                let phase = course.rollout.phase.name();
                in_style(of_phase(phase), phase)
            },
        );
        let took = course.map_or(Span::ZERO, |course| {
            let end = course.timeline.iter().find(|entry| entry.to.is_terminal()).map(|entry| entry.at);
            Span::between(course.rollout.created, end.unwrap_or(course.end))
        });
        let most = course.and_then(|course| course.weights.iter().map(|(_, weight)| *weight).max());
        table.row([
            mark,
            story.title.clone(),
            outcome,
            span(took),
            most.map_or_else(|| "–".to_owned(), |weight| weight.to_string()),
            format!("{}×", story.notices.len()),
            count(story.cost.calls),
        ]);
    }
    table.to_string()
}
