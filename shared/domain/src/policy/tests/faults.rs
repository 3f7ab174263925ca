//! What is said of policies with something wrong in them.

use super::*;

/// Each row: what is added to a short policy, and all that is said of it.
type Table<'a> = &'a [(&'a str, &'a str)];

fn check(rows: Table) {
    for (lines, expected) in rows {
        assert_eq!(faults_of(lines), *expected, "{lines}");
    }
}

/// The same for the list of steps alone.
fn check_steps(rows: Table) {
    for (steps, expected) in rows {
        assert_eq!(faults_of(&format!("strategy: {{ steps: [{steps}] }}")), *expected, "{steps}");
    }
}

#[test]
fn ten_faults_are_reported_at_once_in_the_order_of_the_grammar() {
    let text = r"
version: 2
name: Check out
mood: drive
target: { lamda: { function: checkout, alias: live } }
strategy:
  stpes: []
  steps:
    - setWeight: 50
    - bake: 10m
    - setWeight: 30
    - bake: 10 parsecs
    - pause: { duration: 10s }
analysis:
  preset: strict
  metrics:
    - latency: {}
  guards:
    - errorRate: { above: 0.05, for: 4 of 3 }
  alarms:
    - { action: rollback }
flags:
  - { flag: new-basket, at: tomorrow, application: shop, environment: prod, profile: flags }
notify:
  severities: { rolledBak: critical }
deadline: 5
";
    let expected = r#"
mood: no such field; known: analysis, checks, deadline, flags, killSwitches, mode, name, notify, strategy, target, version
version: 2 is not known; this Tidegate reads version 1
name: "Check out" is no name for a policy; 1 to 64 of a-z, 0-9 and -
target: no kind is called "lamda"; known: lambda, ecs, codeDeploy
strategy.stpes: no such field; known: steps, watch
strategy.steps[2].setWeight: 30 is below the step before it (50); weights rise
strategy.steps[3].bake: "10 parsecs" is not a duration; write it like 90s, 10m, 1h30m or 2d
strategy.steps[4].pause.duration: 10s is too short; at least 1m, since metrics come by the minute
analysis.preset: "strict" is unknown; known: balanced, tolerant
analysis.guards[0].errorRate.above: 0.05 is not a rate; write a percentage with its sign, like 5%
analysis.guards[0].errorRate.for: 4 of 3 would never fire; the first is at most the second
analysis.guards[0].errorRate: needs the errors metric; add - errors: {} to the metrics
analysis.alarms[0].name: missing; write it like checkout-5xx
analysis.alarms[0].action: "rollback" is unknown; known: rollBack, hold
flags[0].at: "tomorrow" is no moment; known: beforeTraffic, promotion, or a step's weight like 25%
notify.severities.rolledBak: "rolledBak" is unknown; known: succeeded, rolledBack, superseded, takenOver, refused, paused, stuck, quarantined, flagsSet, flagsRefused, flagsStuck, flagsRolledBack
deadline: 5 is not a duration; write it like 90s, 10m, 1h30m or 2d
"#;
    let faults = Policy::from_yaml(text).unwrap_err();
    assert_eq!(faults.to_string(), expected.trim());
}

#[test]
fn what_is_no_yaml_is_named_by_line_and_column() {
    let faults = |text: &str| Policy::from_yaml(text).unwrap_err().to_string();
    assert_eq!(faults("version: 1\nname: [p"), "line 2, column 7: unclosed bracket '['");
    assert_eq!(
        faults("version: 1\nname: p\nname: q\nstrategy: AllAtOnce"),
        "line 3, column 1: duplicate mapping key `name` is not allowed here"
    );
    assert_eq!(
        faults("version: 1\n\tname: p"),
        "line 1, column 10: while scanning a plain scalar, found a tab"
    );
    assert_eq!(faults(""), "found nothing, expected an object with version, name and strategy");
    assert_eq!(faults("- version: 1"), "found a list, expected an object with version, name and strategy");
    assert_eq!(
        faults("version: 1\n---\nname: p"),
        "line 3, column 1: only single YAML document expected but multiple found"
    );
    assert_eq!(faults("version: .nan"), "line 1, column 10: value `.nan` is not a finite number");
}

#[test]
fn what_a_policy_must_say_is_missed() {
    let said = Policy::from_json(&json!({})).unwrap_err().to_string();
    let expected = "\
version: missing; write it like version: 1
name: missing; write it like name: checkout
strategy: missing; write it like strategy: Canary10Percent5Minutes, or with steps of your own";
    assert_eq!(said, expected);
    check(&[
        (
            "mode: drive",
            "strategy: missing; write it like strategy: Canary10Percent5Minutes, or with steps of your own",
        ),
        ("mode: drive\nstrategy: {}", "strategy.steps: missing; in drive mode a strategy has steps"),
        ("mode: guard", "no fault"),
        ("mode: guard\nstrategy: { watch: 1h }", "no fault"),
        ("mode: gard", "mode: \"gard\" is unknown; known: guard, drive"),
    ]);
}

#[test]
fn a_target_is_one_alias_by_its_bare_names() {
    let rows = [
        ("{ function: checkout, alias: live }", "no fault"),
        ("{ function: checkout }", ".alias: is missing; like live"),
        ("{ function: '', alias: live }", ".function: \"\" has 0 characters; 1 to 64, like checkout"),
        (
            "{ function: 'arn:aws:lambda:eu-west-1:1:function:a', alias: live }",
            ".function: \"arn:aws:lambda:eu-west-1:1:function:a\" is an ARN; write the bare name, like checkout",
        ),
        (
            "{ function: 'check out', alias: live }",
            ".function: \"check out\" is no name in Lambda; a-z, A-Z, 0-9, - and _, like checkout",
        ),
        (
            "{ function: checkout, alias: '8' }",
            ".alias: \"8\" is a version; only an alias can divide traffic, like live",
        ),
        ("{ function: checkout, alias: live, region: x }", ".region: no such field; known: function, alias"),
        ("{ function: checkout, alias: 8 }", ".alias: found 8, expected a text; in quotes: \"8\""),
        ("live", ": found \"live\", expected an object, like { name: value }"),
    ];
    for (lambda, expected) in rows {
        let expected =
            if expected == "no fault" { expected.to_owned() } else { format!("target.lambda{expected}") };
        assert_eq!(faults_of(&format!("strategy: AllAtOnce\ntarget: {{ lambda: {lambda} }}")), expected);
    }
    let one = "target: a target is exactly one kind with its settings; known: lambda, ecs, codeDeploy";
    check(&[
        ("strategy: AllAtOnce\ntarget: {}", one),
        (
            "strategy: AllAtOnce\ntarget: { lambda: { function: a b }, lamda: {} }",
            &format!(
                "target.lambda.function: \"a b\" is no name in Lambda; a-z, A-Z, 0-9, - and _, like checkout\n\
                 target.lambda.alias: is missing; like live\n\
                 target: no kind is called \"lamda\"; known: lambda, ecs, codeDeploy\n{one}"
            ),
        ),
    ]);
}

#[test]
fn steps_rise_and_bake_before_they_go_on() {
    check_steps(&[
        ("", "strategy.steps: no steps; for all traffic at once write strategy: AllAtOnce"),
        (
            "{ setWeight: 5% }, { bake: 1m }, { bake: 7d }",
            "strategy.steps[2].bake: the bakes of this step add up to 7d1m; at most 7d",
        ),
        (
            "{ setWeight: 0 }, { bake: 1m }",
            "strategy.steps[0].setWeight: 0 is no step; the first weight is above 0, and a rollback goes to 0 by itself",
        ),
        (
            "{ setWeight: 100 }, { bake: 1m }",
            "strategy.steps[0].setWeight: 100 is no step; promotion to 100 % follows the last step by itself",
        ),
        (
            "{ setWeight: 101 }, { bake: 1m }",
            "strategy.steps[0].setWeight: 101 is not a share of traffic; write a percentage like 5, 2.5 or 5%",
        ),
        (
            "{ setWeight: 5 }, { bake: 59s }",
            "strategy.steps[1].bake: 59s is too short; at least 1m, since metrics come by the minute",
        ),
        ("{ setWeight: 5 }, { bake: 8d }", "strategy.steps[1].bake: 8d is too long; at most 7d"),
        (
            "{ setWeight: 5 }, { bake: 10 }",
            "strategy.steps[1].bake: 10 is not a duration; write it like 90s, 10m, 1h30m or 2d",
        ),
        (
            "{ bake: 1m }, { pause: {} }, { setWeight: 5 }, { bake: 1m }",
            "strategy.steps[0].bake: comes before the first setWeight; there is nothing to watch yet",
        ),
        (
            "{ setWeight: 5 }, { pause: {} }, { bake: 1m }",
            "strategy.steps[1].pause: comes before the step's bake; a step bakes first, then pauses",
        ),
        (
            "{ setWeight: 5 }, { bake: 1m }, { pause: {} }, { bake: 1m }",
            "strategy.steps[3].bake: comes after the step's pause; a step bakes first, then pauses",
        ),
        (
            "{ setWeight: 5 }, { bake: 1m }, { pause: {} }, { pause: {} }",
            "strategy.steps[3].pause: is the step's second pause; a step has one",
        ),
        (
            "{ setWeight: 5 }, { setWeight: 10 }, { bake: 1m }",
            "strategy.steps[0].setWeight: this weight has no bake before strategy.steps[1].setWeight sets the next weight; add one like bake: 10m",
        ),
        (
            "{ setWeight: 5 }",
            "strategy.steps[0].setWeight: this weight has no bake before the list ends; add one like bake: 10m",
        ),
        (
            "{ setWeight: 5 }, { bake: 1m }, { setWeight: 5 }, { bake: 1m }",
            "strategy.steps[2].setWeight: 5 is the same as the step before it (5); weights rise",
        ),
        (
            "{ setWeight: 5, bake: 1m }",
            "strategy.steps[0]: an entry has exactly one of setWeight, bake and pause; begin each with a dash of its own",
        ),
        (
            "{}",
            "strategy.steps[0]: an entry has exactly one of setWeight, bake and pause; begin each with a dash of its own",
        ),
        (
            "{ setWieght: 5 }, { bake: 1m }",
            "strategy.steps[0]: no kind is called \"setWieght\"; known: bake, pause, setWeight",
        ),
        (
            "{ setWeight: 5 }, { bake: 1m }, { pause: }",
            "strategy.steps[2].pause: found nothing, expected {} or an object like { duration: 10m }",
        ),
        (
            "{ setWeight: 5 }, bake 10m, { setWeight: 10 }, { bake: 1m }",
            "strategy.steps[1]: found \"bake 10m\", expected an object with one of setWeight, bake and pause",
        ),
        (
            "bake",
            "strategy.steps[0]: found \"bake\", expected an object with one of setWeight, bake and pause",
        ),
    ]);
    check(&[
        (
            "strategy: Canary",
            "strategy: no strategy is called \"Canary\"; known: AllAtOnce, CanaryXPercentYMinutes, LinearXPercentEveryYMinutes, or steps of your own",
        ),
        (
            "strategy: 5",
            "strategy: no strategy; write a name like Canary10Percent5Minutes, or an object with steps",
        ),
        (
            "strategy: { steps: AllAtOnce }",
            "strategy.steps: found \"AllAtOnce\", expected a list, with a dash before each entry",
        ),
        (
            "strategy: { steps: [{ setWeight: 5 }, { bake: 1m }], watch: 30d }",
            "strategy.watch: 30d is too long; at most 7d",
        ),
    ]);
}

#[test]
fn flags_and_deadlines_fit_the_steps() {
    let steps = "strategy: { steps: [{ setWeight: 5 }, { bake: 10m }, { setWeight: 50 }, { bake: 10m }] }";
    let flag = |at: &str| {
        faults_of(&format!(
            "{steps}\nflags: [{{ flag: f, at: {at}, application: a, environment: e, profile: p }}]"
        ))
    };
    for at in ["5", "5%", "50 %", "beforeTraffic", "promotion"] {
        assert_eq!(flag(at), "no fault", "{at}");
    }
    assert_eq!(flag("25%"), "flags[0].at: 25% is not the weight of a step; known: 5%, 50%");
    check(&[
        (
            "strategy: AllAtOnce\nflags: [{ flag: f, at: 25%, application: a, environment: e, profile: p }]",
            "flags[0].at: 25% is not the weight of a step, of which this policy has none",
        ),
        (
            "strategy: AllAtOnce\nflags: [{ flag: f, at: 25% }]",
            "flags[0].at: 25% is not the weight of a step, of which this policy has none\nflags[0].application: missing; write it like application: shop\nflags[0].environment: missing; write it like environment: prod\nflags[0].profile: missing; write it like profile: flags",
        ),
        (
            "strategy: AllAtOnce\nflags:\n- &f { flag: f, application: a, environment: e, profile: p }\n- *f",
            "flags[1]: the flag \"f\" is listed before; a rollout switches it once",
        ),
        ("strategy: AllAtOnce\nnotify: { topic: '' }", "notify.topic: empty; write it like topic: on-call"),
        (
            "strategy: AllAtOnce\nnotify: { severities: { paused: loud } }",
            "notify.severities.paused: \"loud\" is unknown; known: info, warning, critical",
        ),
    ]);
    assert_eq!(faults_of(&format!("{steps}\ndeadline: 50m")), "no fault");
    assert_eq!(
        faults_of(&format!("{steps}\ndeadline: 49m")),
        "deadline: 49m is too short; the bakes, timed pauses and the watch alone take 50m"
    );
}

#[test]
fn a_value_of_the_wrong_kind_is_answered_with_what_would_be_right() {
    let said = |text: &str| Policy::from_yaml(text).unwrap_err().to_string();
    assert_eq!(
        said("version: '1'\nname: 8\nstrategy: AllAtOnce\nmode: 5\nanalysis: 7\nflags: none"),
        "version: found \"1\", expected a whole number, like 1\n\
         name: found 8, expected a text; in quotes: \"8\"\n\
         mode: found 5, expected one of guard, drive\n\
         analysis: found 7, expected an object with fields like preset, metrics and guards\n\
         flags: found \"none\", expected a list, with a dash before each entry"
    );
    assert_eq!(
        said("version: -1\nname: [p]\nstrategy: AllAtOnce\ntarget: live"),
        "version: found -1, expected a whole number, like 1\n\
         name: found a list, expected a text, like checkout\n\
         target: found \"live\", expected an object, like { name: value }"
    );
}

#[test]
fn a_topic_is_a_standard_one_by_name_or_by_arn() {
    let said = |topic: &str| faults_of(&format!("strategy: AllAtOnce\nnotify: {{ topic: '{topic}' }}"));
    for topic in [
        "on-call",
        "On_Call-2",
        "arn:aws:sns:eu-west-1:123456789012:on-call",
        "arn:aws-cn:sns:cn-north-1:123456789012:on-call",
        "arn:aws-us-gov:sns:us-gov-west-1:123456789012:on-call",
    ] {
        assert_eq!(said(topic), "no fault", "{topic}");
    }
    let longest = "a".repeat(257);
    for topic in [
        "a b c!",
        "arn:aws:sqs:x",
        "arn:aws:sqs:eu-west-1:123456789012:on-call",
        "arn:aws:sns:eu-west-1:1234:on-call",
        "arn:aws:sns:eu-west-1:123456789012:on-call:subscription",
        longest.as_str(),
    ] {
        assert_eq!(
            said(topic),
            format!(
                "notify.topic: {topic:?} is no SNS topic; a name of 1 to 256 of a-z, A-Z, 0-9, - and _, like on-call, or an ARN, \
                 like arn:aws:sns:eu-west-1:123456789012:on-call"
            )
        );
    }
    assert_eq!(
        said("on-call.fifo"),
        "notify.topic: \"on-call.fifo\" is a FIFO topic, which reaches no e-mail; name a standard one"
    );
}

#[test]
fn there_are_no_more_steps_than_percents() {
    let steps = |count: u32| {
        let step = |i: u32| format!("{{ setWeight: {} }}, {{ bake: 1m }}", f64::from(i) / 10.0);
        let steps: Vec<String> = (1..=count).map(step).collect();
        faults_of(&format!("strategy: {{ steps: [{}] }}", steps.join(", ")))
    };
    assert_eq!(steps(100), "no fault");
    assert_eq!(steps(101), "strategy.steps: 101 steps are too many; at most 100");
}

#[test]
fn a_number_with_an_underscore_is_no_number() {
    check_steps(&[(
        "{ setWeight: 5_0 }, { bake: 1m }",
        "strategy.steps[0].setWeight: \"5_0\" is not a share of traffic; write a percentage like 5, 2.5 or 5%",
    )]);
}
