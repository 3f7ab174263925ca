//! The whole program, with three rollouts of everything: so it cannot rot between two runs of the real size.

use tidegate_tests_judge::study::{DECIDERS, Part, Plan};
use tidegate_tests_judge::tally::Runs;
use tidegate_tests_judge::{chart, document};

fn plan(threads: usize) -> Plan {
    Plan { runs: Runs { seed: 5, threads }, harmless: 3, harmful: 3, close: 3, parts: Part::ALL.to_vec() }
}

#[test]
fn the_document_is_complete_and_does_not_depend_on_the_threads() {
    let findings = plan(1).play();
    assert_eq!(findings, plan(3).play());

    let text = document::write(&plan(1), &findings);
    assert!(!text.contains("{{") && !text.contains("}}"), "a place was not filled in:\n{text}");
    for named in &findings.deciders {
        let rows = text.lines().filter(|line| line.contains(&named.name)).count();
        assert!(rows >= 4, "{} stands in {rows} tables of 4", named.name);
    }
    assert_eq!(findings.deciders.len(), DECIDERS);

    let svg = chart::draw(&findings);
    assert_eq!(svg.matches("<circle").count(), 2 * DECIDERS);
    assert!(svg.ends_with("</svg>\n"));
}

#[test]
fn a_part_that_is_not_played_is_left_out() {
    let findings = Plan { parts: vec![Part::Drift], ..plan(2) }.play();
    assert!(findings.harmless.is_empty() && findings.latency.is_empty());
    assert_eq!(findings.drift.len(), 4);
}
