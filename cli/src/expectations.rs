//! What a scenario expects, each in words, with what came instead where it came otherwise.

use tidegate_domain::policy::OutcomeKind;
use tidegate_domain::rollout::RolloutId;
use tidegate_sim::Scenario;
use tidegate_sim::scenario::{ExpectedRollout, ToggleEnd, Unmet};

use crate::story::Expected;

/// Every expectation of a scenario, in the order in which people write them.
pub fn expectations(scenario: &Scenario, unmet: &[Unmet]) -> Vec<Expected> {
    let mut stated: Vec<(String, String)> = Vec::new();
    let expect = &scenario.expect;
    if !expect.rollouts.is_empty() {
        let names: Vec<&str> = expect.rollouts.keys().map(|id| id.0.as_str()).collect();
        stated.push(("expect.rollouts".to_owned(), format!("the rollouts are {}", names.join(", "))));
    }
    for (id, expected) in &expect.rollouts {
        stated.extend(of_rollout(id, expected));
    }
    for (name, routing) in &expect.routing {
        stated.push((format!("expect.routing.{name}"), format!("{name} ends with {routing}")));
    }
    if let Some(kinds) = &expect.notices {
        stated.push(("expect.notices".to_owned(), notices(kinds)));
    }
    if let Some(kinds) = &expect.outcomes {
        stated.push(("expect.outcomes".to_owned(), notices(kinds)));
    }
    for (name, value) in &expect.flags {
        stated.push((format!("expect.flags.{name}"), format!("{name} is {value} at the end")));
    }
    if let Some(begun) = expect.flag_deployments {
        let words = many(begun, "deployment of flags begins", "deployments of flags begin");
        stated.push(("expect.flagDeployments".to_owned(), words));
    }
    if let Some(ends) = &expect.toggles {
        let words: Vec<&str> = ends.iter().copied().map(of_toggle).collect();
        stated.push(("expect.toggles".to_owned(), format!("toggles end {}", words.join(", "))));
    }
    if !expect.told.is_empty() {
        stated.push(("expect.told".to_owned(), format!("people read: {}", expect.told.join("; "))));
    }
    if let Some(letters) = expect.dead_letters {
        stated.push((
            "expect.deadLetters".to_owned(),
            many(letters, "delivery fails for good", "deliveries fail for good"),
        ));
    }
    if let Some(letters) = expect.quarantined {
        stated.push((
            "expect.quarantined".to_owned(),
            many(letters, "event is unreadable", "events are unreadable"),
        ));
    }
    let known: Vec<&str> = stated.iter().map(|(place, _)| place.as_str()).collect();
    let others = unmet.iter().filter(|unmet| !known.contains(&unmet.place.as_str()));
    let others = others.map(|unmet| Expected {
        what: format!("{}: {}", unmet.place, unmet.expected),
        instead: Some(unmet.came.clone()),
    });
    let others: Vec<Expected> = others.collect();
    let met = |place: &str| unmet.iter().find(|unmet| unmet.place == place).map(|unmet| unmet.came.clone());
    stated.into_iter().map(|(place, what)| Expected { instead: met(&place), what }).chain(others).collect()
}

fn of_rollout(id: &RolloutId, expected: &ExpectedRollout) -> Vec<(String, String)> {
    let ExpectedRollout { phase, because, through, weight_at_most, within, not_before } = expected;
    let at = |member: &str| format!("expect.rollouts.{id}.{member}");
    let mut stated = vec![(at("phase"), format!("{id} ends {phase}"))];
    stated.extend(because.iter().map(|because| (at("because"), format!("its reason says \"{because}\""))));
    if !through.is_empty() {
        let names: Vec<String> = through.iter().map(ToString::to_string).collect();
        stated.push((at("through"), format!("it goes through {}", names.join(", "))));
    }
    stated.extend(weight_at_most.iter().map(|most| {
        (at("weightAtMost"), format!("the candidate never has more than {most} of the traffic"))
    }));
    stated.extend(within.iter().map(|within| (at("within"), format!("it is over within {within}"))));
    stated.extend(not_before.iter().map(|least| (at("notBefore"), format!("it takes at least {least}"))));
    stated
}

fn of_toggle(end: ToggleEnd) -> &'static str {
    match end {
        ToggleEnd::Set => "set",
        ToggleEnd::Back => "as before",
        ToggleEnd::Failed => "refused",
        ToggleEnd::UnderWay => "under way",
    }
}

fn many(count: usize, one: &str, several: &str) -> String {
    match count {
        0 => format!("no {one}"),
        1 => format!("one {one}"),
        _ => format!("{count} {several}"),
    }
}

fn notices(kinds: &[OutcomeKind]) -> String {
    if kinds.is_empty() {
        return "on-call is told nothing".to_owned();
    }
    let verbs: Vec<&str> = kinds.iter().map(|kind| kind.verb()).collect();
    format!("on-call is told, in this order: it {}", verbs.join("; it "))
}
