//! The page: one HTML file about what was played, with everything in it. Nothing is loaded from anywhere, and no script runs.

mod chart;
mod decisions;
mod scale;
mod svg;

use std::fmt::Write as _;

use tidegate_domain::reason::count;
use tidegate_domain::rollout::Rollout;
use tidegate_domain::units::Span;

use self::chart::chart;
use self::decisions::{Decision, class, decisions};
use self::svg::escape;
use crate::show::numbers::{clock, span};
use crate::show::severity_of;
use crate::story::{Course, Story, Told};

const STYLE: &str = include_str!("page.css");

/// A gate half down in the water.
const MARK: &str = r#"<svg viewBox="0 0 44 44" aria-hidden="true"><g fill="none" stroke="var(--water)" stroke-width="3" stroke-linecap="round"><path d="M5 30c4-4 8-4 12 0s8 4 12 0 8-4 10-1"/><path d="M5 38c4-4 8-4 12 0s8 4 12 0 8-4 10-1" opacity=".55"/></g><g fill="none" stroke="var(--ink)" stroke-width="3" stroke-linejoin="round" stroke-linecap="round"><path d="M10 23V5h24v18"/><path d="M16 5v13h12V5M16 11.500h12"/></g></svg>"#;

/// How the charts are read.
const READING: &str = "<h3>How to read the charts</h3>\n<p class=\"reading\">Numbers mark decisions; the list below each chart says why. A plain \
grey line marks something that happened around the rollout. Shares and error rates are what really happened, as only a \
simulation knows it. The ratio is what Tidegate measured: the estimate pools all minutes so far, and the band holds the true \
ratio, while that stays as it is, at every minute at once, assuming independent requests, with 2.5\u{a0}% a side for being wrong. The band tempers minutes that \
disagree, so that after a sudden change the estimate may leave it for a while. It is for looking at: a rollback is decided on \
evidence of its own, which finds harm that began late.</p>\n";

/// The page about these stories.
pub fn page(stories: &[Story]) -> String {
    let mut html = String::new();
    let _ = write!(
        html,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Tidegate: {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#overview\">To the overview</a>\n\
         <header><h1>{MARK}Tidegate</h1>\n<p class=\"lede\">A new version's traffic is let in a little at a time and judged \
         every minute against the version beside it. When harm shows, the gate closes by itself.</p></header>\n<main>\n",
        title(stories)
    );
    overview(&mut html, stories);
    for story in stories {
        story_section(&mut html, story);
    }
    html.push_str(
        "</main>\n<footer><p>Played by Tidegate's own functions on a simulated cloud under virtual time: the traffic is \
         drawn by chance from a seed, the decisions are not.</p></footer>\n</body>\n</html>\n",
    );
    html
}

fn title(stories: &[Story]) -> String {
    match stories {
        [only] => escape(&only.title),
        _ => format!("{} rollouts", stories.len()),
    }
}

fn anchor(story: &Story) -> String {
    story.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

fn overview(html: &mut String, stories: &[Story]) {
    html.push_str(
        "<section id=\"overview\" aria-label=\"Overview\"><div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Scenario\
         </th><th scope=\"col\">Outcome</th><th scope=\"col\" class=\"num\">Took</th><th scope=\"col\" class=\"num\">Most traffic\
         </th><th scope=\"col\" class=\"num\">On-call told</th><th scope=\"col\">As expected</th></tr></thead>\n<tbody>\n",
    );
    for story in stories {
        let course = story.courses.last();
        let took = course.map_or_else(|| "–".to_owned(), |c| span(took(c)));
        let most = course.and_then(|course| course.weights.iter().map(|(_, weight)| *weight).max());
        let most = most.map_or_else(|| "–".to_owned(), |weight| weight.to_string());
        let expected = if story.is_as_expected() {
            "<span class=\"good\">✓ yes</span>"
        } else {
            "<span class=\"bad\">✗ no</span>"
        };
        let _ = writeln!(
            html,
            "<tr><td><a href=\"#{}\">{}</a></td><td>{}</td><td class=\"num\">{took}</td><td class=\"num\">{most}</td>\
             <td class=\"num\">{}</td><td>{expected}</td></tr>",
            anchor(story),
            escape(&story.title),
            story.outcome().map(chip).unwrap_or_default(),
            times(story.notices.len()),
        );
    }
    html.push_str("</tbody>\n</table></div>\n");
    html.push_str(READING);
    html.push_str("</section>\n");
}

fn times(notices: usize) -> String {
    match notices {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        many => format!("{many} times"),
    }
}

fn took(course: &Course) -> Span {
    let ended = course.timeline.iter().find(|entry| entry.to.is_terminal()).map(|entry| entry.at);
    Span::between(course.rollout.created, ended.unwrap_or(course.end))
}

fn chip(rollout: &Rollout) -> String {
    let phase = rollout.phase.name();
    format!("<span class=\"chip {}\">{phase}</span>", class(phase.health()))
}

fn story_section(html: &mut String, story: &Story) {
    let id = anchor(story);
    let _ = writeln!(
        html,
        "<section id=\"{id}\" aria-labelledby=\"{id}-h\"><div class=\"head\"><h2 id=\"{id}-h\">{}</h2>{}</div>\n\
         <p class=\"story\">{}</p>",
        escape(&story.title),
        story.outcome().map(chip).unwrap_or_default(),
        escape(&story.about)
    );
    for index in 0..story.courses.len() {
        course_figure(html, &format!("{id}-{index}"), story, index);
    }
    if !story.notices.is_empty() {
        html.push_str("<h3>What on-call got</h3>\n");
    }
    for notice in &story.notices {
        notice_block(html, story, notice);
    }
    expected(html, story);
    let cost = &story.cost;
    let _ = writeln!(
        html,
        "<h3>What it took</h3>\n<p>{} invocations of Tidegate's functions, {} calls of AWS services, {} metric series \
         read. Seed {}.</p></section>",
        count(cost.invocations),
        count(cost.calls),
        count(cost.series),
        story.seed
    );
}

fn course_figure(html: &mut String, id: &str, story: &Story, index: usize) {
    let Some(course) = story.courses.get(index) else { return };
    let decisions = decisions(course, &story.around(index), story.zero());
    if story.courses.len() > 1 {
        let _ = writeln!(html, "<h3>{} {}</h3>", escape(&course.rollout.id.0), chip(&course.rollout));
    }
    let _ = writeln!(html, "<figure class=\"scroll\">{}</figure>", chart(id, story, course, &decisions));
    html.push_str("<h3>Decisions, and why</h3>\n<ol class=\"decisions\">\n");
    for Decision { number, clock, headline, why, class, .. } in &decisions {
        let _ = writeln!(
            html,
            "<li class=\"{class}\">{}<span class=\"when\">{clock}</span><span><strong>{}\
             </strong> <span class=\"why\">{}</span></span></li>",
            number.map_or_else(
                || "<span></span>".to_owned(),
                |number| format!("<span class=\"no\"><b>{number}</b></span>")
            ),
            escape(headline),
            escape(why)
        );
    }
    html.push_str("</ol>\n");
}

fn notice_block(html: &mut String, story: &Story, notice: &Told) {
    let class = match severity_of(notice) {
        tidegate_domain::policy::Severity::Info => "good",
        tidegate_domain::policy::Severity::Warning => "care",
        tidegate_domain::policy::Severity::Critical => "bad",
    };
    let _ = writeln!(
        html,
        "<details class=\"notice {class}\" open><summary><span class=\"subject\">{}</span> <time>{}</time></summary>\
         <pre>{}</pre></details>",
        escape(&notice.subject),
        clock(story.zero(), notice.at),
        escape(notice.text.trim_end())
    );
}

fn expected(html: &mut String, story: &Story) {
    html.push_str("<h3>What was expected</h3>\n<ul class=\"expected\">\n");
    for expected in &story.expected {
        let _ = match &expected.instead {
            None => writeln!(html, "<li><span class=\"good\">✓</span> {}</li>", escape(&expected.what)),
            Some(instead) => writeln!(
                html,
                "<li><span class=\"bad\">✗</span> {}: <span class=\"bad\">{}</span></li>",
                escape(&expected.what),
                escape(instead)
            ),
        };
    }
    html.push_str("</ul>\n");
}
