//! What can be told at a traffic, and what not.

use tidegate_domain::outlook::Outlook;
use tidegate_domain::units::Span;
use tidegate_domain::verdict::{Baseline, Counts};

use super::world::{percent, policy};

/// The outlook of the policy's three steps after a day of so many requests a second.
fn outlook(per_second: u64, failed_in_ten_thousand: u64) -> Option<Outlook> {
    let total = per_second * 86_400;
    let errors = Counts { total, bad: total * failed_in_ten_thousand / 10_000 };
    let baseline = Baseline { errors, latency: None, window: Span::hours(24) };
    Outlook::of(&policy().strategy, &policy().analysis, &baseline)
}

#[test]
fn more_traffic_and_more_errors_show_sooner() {
    let needed = |per_second, rate| outlook(per_second, rate).unwrap().needed;
    assert!(needed(1_000, 10) < needed(100, 10));
    assert!(needed(100, 100) < needed(100, 10));
    assert!(outlook(100, 100).unwrap().can_tell());
}

#[test]
fn little_traffic_takes_longer_than_the_steps_and_says_which_share_would_do() {
    let dim = outlook(2, 10).unwrap();
    assert_eq!(dim.within, Span::minutes(30));
    assert!(!dim.can_tell() && dim.needed > Some(Span::hours(2)) && dim.weight.is_none(), "{dim}");
    let fair = outlook(80, 10).unwrap();
    assert!(!fair.can_tell() && fair.weight > Some(percent(5.0)), "{fair}");
}

#[test]
fn the_share_that_would_do_does() {
    let fair = outlook(80, 10).unwrap();
    let mut strategy = policy().strategy;
    for step in &mut strategy.steps {
        step.weight = fair.weight.unwrap();
    }
    let errors = Counts { total: 80 * 86_400, bad: 8 * 864 };
    let baseline = Baseline { errors, latency: None, window: Span::hours(24) };
    assert!(Outlook::of(&strategy, &policy().analysis, &baseline).unwrap().can_tell());
}

#[test]
fn without_traffic_there_is_no_outlook_and_without_errors_nothing_doubles() {
    assert_eq!(outlook(0, 0), None);
    let clean = outlook(100, 0).unwrap();
    assert_eq!((clean.needed, clean.weight), (None, None));
}
